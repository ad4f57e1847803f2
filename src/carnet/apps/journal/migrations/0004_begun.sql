-- First lines of many new records at once. No lock is needed where no head is: a chain that exists breaks the primary key.
CREATE FUNCTION journal_begin(p_chains uuid[], p_ats timestamptz[], p_actors text[], p_bodies text[]) RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH begun AS (INSERT INTO journal_entry (chain_id, counter, at, actor, writer, body, previous, hash)
    SELECT c, 1, t, a, session_user, b, decode(repeat('00', 32), 'hex'),
      sha256(decode(repeat('00', 32), 'hex') || int8send(1) || convert_to(session_user || E'\n' || b, 'UTF8'))
    FROM unnest(p_chains, p_ats, p_actors, p_bodies) AS x(c, t, a, b) RETURNING 1)
  SELECT count(*) FROM begun
$$;
REVOKE ALL ON FUNCTION journal_begin(uuid[], timestamptz[], text[], text[]) FROM PUBLIC;
