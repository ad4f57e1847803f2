-- Every process appends through the function, which alone sets counter and hashes; none updates or deletes.
CREATE TABLE journal_entry (chain_id uuid NOT NULL, counter bigint NOT NULL, at timestamptz NOT NULL, actor varchar(160) NOT NULL,
        writer varchar(64) NOT NULL, body text NOT NULL, previous bytea NOT NULL, hash bytea NOT NULL, PRIMARY KEY (chain_id, counter)) PARTITION BY HASH (chain_id);
CREATE TABLE journal_entry_p00 PARTITION OF journal_entry FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE TABLE journal_entry_p01 PARTITION OF journal_entry FOR VALUES WITH (MODULUS 4, REMAINDER 1);
CREATE TABLE journal_entry_p02 PARTITION OF journal_entry FOR VALUES WITH (MODULUS 4, REMAINDER 2);
CREATE TABLE journal_entry_p03 PARTITION OF journal_entry FOR VALUES WITH (MODULUS 4, REMAINDER 3);
ALTER TABLE journal_entry ENABLE ROW LEVEL SECURITY;
CREATE POLICY journal_entry_scope ON journal_entry USING (chain_id = NULLIF(current_setting('carnet.record', true), '')::uuid) WITH CHECK (chain_id = NULLIF(current_setting('carnet.record', true), '')::uuid);
CREATE FUNCTION journal_append(p_chain uuid, p_at timestamptz, p_actor text, p_body text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  n bigint;
  head bytea;
BEGIN
  -- The head of a chain is guarded by an advisory lock: no row is ever locked or updated here.
  PERFORM pg_advisory_xact_lock(hashtextextended(p_chain::text, 1));
  SELECT counter, hash INTO n, head FROM journal_entry WHERE chain_id = p_chain ORDER BY counter DESC LIMIT 1;
  n := coalesce(n, 0) + 1;
  head := coalesce(head, decode(repeat('00', 32), 'hex'));
  -- The process that writes is what the database says it is, not what the process says.
  INSERT INTO journal_entry (chain_id, counter, at, actor, writer, body, previous, hash)
  VALUES (p_chain, n, p_at, p_actor, session_user, p_body, head,
          sha256(head || int8send(n) || convert_to(session_user || E'\n' || p_body, 'UTF8')));
  RETURN n;
END $$;
CREATE FUNCTION journal_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the journal is append-only';
END $$;
CREATE TRIGGER journal_entry_append_only BEFORE UPDATE OR DELETE ON journal_entry
  FOR EACH ROW EXECUTE FUNCTION journal_refuse();
CREATE TRIGGER journal_entry_no_truncate BEFORE TRUNCATE ON journal_entry
  FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse();
REVOKE ALL ON FUNCTION journal_append(uuid, timestamptz, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION journal_append(uuid, timestamptz, text, text) TO carnet_fhir, carnet_dmp, carnet_hl7v2, carnet_webps, carnet_espace, carnet_oauth, carnet_mssante, carnet_worker, carnet_courier, carnet_sealer, carnet_operator;
GRANT SELECT ON journal_entry TO carnet_fhir, carnet_dmp, carnet_hl7v2, carnet_webps, carnet_espace, carnet_sealer;
CREATE POLICY journal_entry_sealer ON journal_entry FOR SELECT TO carnet_sealer USING (true);
