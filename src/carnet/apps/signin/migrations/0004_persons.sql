-- The help desk makes codes and sees whether there is an account; it reads no credential.
CREATE TABLE signin_account (id uuid PRIMARY KEY, record_id uuid NOT NULL UNIQUE, login bytea UNIQUE, password varchar(200), secret bytea,
  recovery bytea[] NOT NULL, failures int NOT NULL, locked_until timestamptz, last_step bigint NOT NULL, subject bytea UNIQUE,
  name bytea NOT NULL, language varchar(5) NOT NULL, created_at timestamptz NOT NULL, activated_at timestamptz);
CREATE TABLE signin_code (code bytea PRIMARY KEY, record_id uuid NOT NULL, channel varchar(10) NOT NULL, made_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL, used_at timestamptz, made_by varchar(160) NOT NULL, tries int NOT NULL);
CREATE INDEX signin_code_record ON signin_code (record_id);
CREATE TABLE signin_passkey (id bytea PRIMARY KEY, account_id uuid NOT NULL, credential bytea NOT NULL, label varchar(80) NOT NULL,
  created_at timestamptz NOT NULL, used_at timestamptz);
CREATE INDEX signin_passkey_account ON signin_passkey (account_id);
CREATE TABLE signin_person_session (token bytea PRIMARY KEY, id uuid NOT NULL, account_id uuid NOT NULL, acting uuid NOT NULL,
  kind varchar(16) NOT NULL, means varchar(20) NOT NULL, device bytea NOT NULL, label varchar(120) NOT NULL,
  created_at timestamptz NOT NULL, expires_at timestamptz NOT NULL, last_used_at timestamptz NOT NULL, ended_at timestamptz);
CREATE INDEX signin_person_session_account ON signin_person_session (account_id, created_at DESC);

-- Finds a session that lives and was used within the pause, and notes its use, at most once a minute.
CREATE FUNCTION signin_person_session_of(p_token bytea, p_at timestamptz, p_idle interval) RETURNS TABLE (id uuid, account_id uuid,
  record_id uuid, name bytea, acting uuid, kind varchar, language varchar, created_at timestamptz, expires_at timestamptz)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  UPDATE signin_person_session s SET last_used_at = p_at WHERE s.token = p_token AND s.ended_at IS NULL AND s.expires_at > p_at
    AND s.last_used_at > p_at - p_idle AND s.last_used_at < p_at - interval '1 minute';
  SELECT s.id, s.account_id, a.record_id, a.name, s.acting, s.kind, a.language, s.created_at, s.expires_at
  FROM signin_person_session s JOIN signin_account a ON a.id = s.account_id
  WHERE s.token = p_token AND s.ended_at IS NULL AND s.expires_at > p_at AND s.last_used_at > p_at - p_idle
$$;
CREATE FUNCTION signin_purge_persons(p_now timestamptz, p_before timestamptz) RETURNS bigint LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH sessions AS (DELETE FROM signin_person_session WHERE expires_at < p_before RETURNING 1),
  codes AS (DELETE FROM signin_code WHERE expires_at < p_before RETURNING 1)
  SELECT (SELECT count(*) FROM sessions) + (SELECT count(*) FROM codes)
$$;
GRANT SELECT, INSERT, UPDATE ON signin_account TO carnet_espace;
GRANT SELECT, INSERT, UPDATE ON signin_code TO carnet_espace;
GRANT SELECT, INSERT, UPDATE ON signin_passkey TO carnet_espace;
GRANT SELECT, INSERT, UPDATE ON signin_person_session TO carnet_espace;
GRANT DELETE ON signin_passkey TO carnet_espace;
GRANT SELECT, DELETE ON signin_account TO carnet_worker;
GRANT SELECT, DELETE ON signin_code TO carnet_worker;
GRANT SELECT, DELETE ON signin_passkey TO carnet_worker;
GRANT SELECT, DELETE ON signin_person_session TO carnet_worker;
GRANT SELECT, INSERT, UPDATE ON signin_code TO carnet_operator;
GRANT SELECT (id, record_id, name, activated_at, created_at) ON signin_account TO carnet_operator;
GRANT SELECT, INSERT, DELETE ON signin_attempt TO carnet_espace, carnet_operator;
REVOKE ALL ON FUNCTION signin_person_session_of(bytea, timestamptz, interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION signin_person_session_of(bytea, timestamptz, interval) TO carnet_espace;
REVOKE ALL ON FUNCTION signin_purge_persons(timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION signin_purge_persons(timestamptz, timestamptz) TO carnet_worker;
GRANT EXECUTE ON FUNCTION identity_candidates(bytea[], int) TO carnet_espace;
