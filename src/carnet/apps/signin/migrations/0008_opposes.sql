-- The code of an announcement opens an account for two days (mail) or thirty (letter), and opposes as long as the six weeks run.
ALTER TABLE signin_code ADD COLUMN opposes_until timestamptz;
CREATE OR REPLACE FUNCTION signin_purge_persons(p_now timestamptz, p_before timestamptz) RETURNS bigint LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH sessions AS (DELETE FROM signin_person_session WHERE expires_at < p_before RETURNING 1),
  codes AS (DELETE FROM signin_code WHERE greatest(expires_at, opposes_until) < p_before RETURNING 1)
  SELECT (SELECT count(*) FROM sessions) + (SELECT count(*) FROM codes)
$$;
-- Whoever died signs in no more, nor does anybody with what they left.
CREATE FUNCTION signin_end_account(p_record uuid, p_at timestamptz) RETURNS void LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
  UPDATE signin_person_session SET ended_at = p_at WHERE ended_at IS NULL
    AND account_id IN (SELECT id FROM signin_account WHERE record_id = p_record);
  DELETE FROM signin_passkey WHERE account_id IN (SELECT id FROM signin_account WHERE record_id = p_record);
  UPDATE signin_account SET login = NULL, password = NULL, secret = NULL, recovery = '{}', subject = NULL WHERE record_id = p_record;
  UPDATE signin_code SET expires_at = least(expires_at, p_at), opposes_until = CASE WHEN opposes_until > p_at THEN p_at ELSE opposes_until END
    WHERE record_id = p_record AND used_at IS NULL;
$$;
REVOKE ALL ON FUNCTION signin_end_account(uuid, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION signin_end_account(uuid, timestamptz) TO carnet_operator, carnet_worker;
CREATE FUNCTION signin_take_over(p_from uuid, p_to uuid, p_at timestamptz) RETURNS text LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM signin_account WHERE record_id = p_from) THEN RETURN ''; END IF;
  UPDATE signin_person_session SET ended_at = p_at WHERE ended_at IS NULL
    AND account_id IN (SELECT id FROM signin_account WHERE record_id = p_from);
  IF EXISTS (SELECT FROM signin_account WHERE record_id = p_to) THEN
    PERFORM signin_end_account(p_from, p_at);
    RETURN 'ended';
  END IF;
  UPDATE signin_account SET record_id = p_to WHERE record_id = p_from;
  RETURN 'moved';
END $$;
REVOKE ALL ON FUNCTION signin_take_over(uuid, uuid, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION signin_take_over(uuid, uuid, timestamptz) TO carnet_worker;
