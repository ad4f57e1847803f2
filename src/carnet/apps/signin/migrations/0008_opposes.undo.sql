CREATE OR REPLACE FUNCTION signin_purge_persons(p_now timestamptz, p_before timestamptz) RETURNS bigint LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH sessions AS (DELETE FROM signin_person_session WHERE expires_at < p_before RETURNING 1),
  codes AS (DELETE FROM signin_code WHERE expires_at < p_before RETURNING 1)
  SELECT (SELECT count(*) FROM sessions) + (SELECT count(*) FROM codes)
$$;
ALTER TABLE signin_code DROP COLUMN opposes_until;
DROP FUNCTION signin_take_over(uuid, uuid, timestamptz);
DROP FUNCTION signin_end_account(uuid, timestamptz);
