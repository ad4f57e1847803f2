-- A process that opens sessions cannot list them: it finds one by its token, through the function.
CREATE TABLE signin_software (client_id varchar(80) PRIMARY KEY, name varchar(120) NOT NULL,
  redirect_uris varchar(300)[] NOT NULL, regulation boolean NOT NULL, active boolean NOT NULL);
CREATE TABLE signin_attempt (id bytea PRIMARY KEY, step varchar(20) NOT NULL, sealed bytea NOT NULL,
  expires_at timestamptz NOT NULL);
CREATE TABLE signin_session (token bytea PRIMARY KEY, professional_id varchar(64) NOT NULL,
  client_id varchar(80) NOT NULL, actor text NOT NULL, created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL, ended_at timestamptz);

CREATE FUNCTION signin_session_of(p_token bytea)
RETURNS TABLE (actor text, expires_at timestamptz) LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
  SELECT actor, expires_at FROM signin_session WHERE token = p_token AND ended_at IS NULL
$$;
CREATE FUNCTION signin_end(p_token bytea, p_at timestamptz) RETURNS void LANGUAGE sql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
  UPDATE signin_session SET ended_at = p_at WHERE token = p_token AND ended_at IS NULL
$$;
REVOKE ALL ON FUNCTION signin_session_of(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION signin_session_of(bytea) TO carnet_fhir, carnet_dmp, carnet_webps;
REVOKE ALL ON FUNCTION signin_end(bytea, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION signin_end(bytea, timestamptz) TO carnet_fhir, carnet_dmp, carnet_webps;
GRANT SELECT ON signin_software TO carnet_fhir, carnet_webps, carnet_operator;
GRANT INSERT, UPDATE ON signin_software TO carnet_operator;
GRANT SELECT, INSERT, DELETE ON signin_attempt TO carnet_fhir, carnet_webps;
GRANT INSERT ON signin_session TO carnet_fhir, carnet_webps;
