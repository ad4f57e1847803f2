DROP FUNCTION signin_session_of(bytea);
DROP FUNCTION signin_sessions(text, timestamptz);
DROP FUNCTION signin_devices(text);
DROP FUNCTION signin_seen(text, bytea, text, timestamptz);
DROP FUNCTION signin_cut(text, uuid, timestamptz);
DROP FUNCTION signin_cut_device(text, bytea, timestamptz);
DROP FUNCTION signin_provider_ended(text, text, timestamptz);
DROP FUNCTION signin_use_once(bytea, timestamptz);
DROP FUNCTION signin_purge(timestamptz, timestamptz);
CREATE FUNCTION signin_session_of(p_token bytea)
RETURNS TABLE (actor text, expires_at timestamptz) LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
  SELECT actor, expires_at FROM signin_session WHERE token = p_token AND ended_at IS NULL
$$;
REVOKE ALL ON FUNCTION signin_session_of(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION signin_session_of(bytea) TO carnet_fhir, carnet_dmp, carnet_webps;
DROP TABLE signin_device, signin_used_token;
DROP INDEX signin_session_owner, signin_session_provider;
ALTER TABLE signin_session DROP COLUMN id, DROP COLUMN means, DROP COLUMN device, DROP COLUMN bound_to, DROP COLUMN provider_subject, DROP COLUMN provider_session;
