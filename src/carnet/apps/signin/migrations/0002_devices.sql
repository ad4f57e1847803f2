ALTER TABLE signin_session ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid(), ADD COLUMN means varchar(20) NOT NULL DEFAULT 'psc',
      ADD COLUMN device bytea, ADD COLUMN bound_to bytea, ADD COLUMN provider_subject varchar(160) NOT NULL DEFAULT '',
      ADD COLUMN provider_session varchar(120) NOT NULL DEFAULT '';
    -- The default stays: a process of 0.1 that is still running opens sessions without naming it.
    CREATE INDEX signin_session_owner ON signin_session (professional_id) WHERE ended_at IS NULL;
    CREATE INDEX signin_session_provider ON signin_session (provider_session, provider_subject) WHERE ended_at IS NULL;
    CREATE TABLE signin_device (professional_id varchar(64) NOT NULL, device bytea NOT NULL, label varchar(120) NOT NULL,
      first_seen timestamptz NOT NULL, last_seen timestamptz NOT NULL, cut_at timestamptz, PRIMARY KEY (professional_id, device));
    CREATE TABLE signin_used_token (id bytea PRIMARY KEY, expires_at timestamptz NOT NULL);
    DROP FUNCTION signin_session_of(bytea);

CREATE FUNCTION signin_session_of(p_token bytea) RETURNS TABLE (actor text, expires_at timestamptz, bound_to bytea, id uuid) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT actor, expires_at, bound_to, id FROM signin_session WHERE token = p_token AND ended_at IS NULL
$$;
CREATE FUNCTION signin_sessions(p_owner text, p_at timestamptz)
RETURNS TABLE (id uuid, client_id varchar, means varchar, created_at timestamptz, expires_at timestamptz, device bytea) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT id, client_id, means, created_at, expires_at, device FROM signin_session
  WHERE professional_id = p_owner AND ended_at IS NULL AND expires_at > p_at ORDER BY created_at DESC
$$;
CREATE FUNCTION signin_devices(p_owner text)
RETURNS TABLE (device bytea, label varchar, first_seen timestamptz, last_seen timestamptz) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT device, label, first_seen, last_seen FROM signin_device WHERE professional_id = p_owner AND cut_at IS NULL
  ORDER BY last_seen DESC
$$;
-- Says whether the device is new: never seen, or cut since.
CREATE FUNCTION signin_seen(p_owner text, p_device bytea, p_label text, p_at timestamptz) RETURNS boolean LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH before AS (SELECT 1 FROM signin_device WHERE professional_id = p_owner AND device = p_device AND cut_at IS NULL),
  kept AS (INSERT INTO signin_device AS d VALUES (p_owner, p_device, p_label, p_at, p_at, NULL)
    ON CONFLICT (professional_id, device) DO UPDATE SET last_seen = p_at, cut_at = NULL,
    first_seen = CASE WHEN d.cut_at IS NULL THEN d.first_seen ELSE p_at END RETURNING 1)
  SELECT NOT EXISTS (SELECT FROM before) AND EXISTS (SELECT FROM kept)
$$;
CREATE FUNCTION signin_cut(p_owner text, p_id uuid, p_at timestamptz) RETURNS bigint LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH cut AS (UPDATE signin_session SET ended_at = p_at WHERE professional_id = p_owner AND id = p_id
    AND ended_at IS NULL RETURNING 1) SELECT count(*) FROM cut
$$;
CREATE FUNCTION signin_cut_device(p_owner text, p_device bytea, p_at timestamptz) RETURNS bigint LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH gone AS (UPDATE signin_device SET cut_at = p_at WHERE professional_id = p_owner AND device = p_device
    AND cut_at IS NULL RETURNING 1),
  cut AS (UPDATE signin_session SET ended_at = p_at WHERE professional_id = p_owner AND device = p_device
    AND ended_at IS NULL RETURNING 1) SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM cut)
$$;
-- Back-channel logout names a session of the provider, or the person alone: then every session of the person.
CREATE FUNCTION signin_provider_ended(p_session text, p_subject text, p_at timestamptz) RETURNS bigint LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH cut AS (UPDATE signin_session SET ended_at = p_at WHERE ended_at IS NULL AND provider_subject <> ''
    AND (p_session = '' OR provider_session = p_session) AND (p_subject = '' OR provider_subject = p_subject)
    AND (p_session <> '' OR p_subject <> '') RETURNING 1) SELECT count(*) FROM cut
$$;
CREATE FUNCTION signin_use_once(p_id bytea, p_expires timestamptz) RETURNS boolean LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH used AS (INSERT INTO signin_used_token VALUES (p_id, p_expires) ON CONFLICT DO NOTHING RETURNING 1)
  SELECT EXISTS (SELECT FROM used)
$$;
CREATE FUNCTION signin_purge(p_at timestamptz, p_year_ago timestamptz) RETURNS bigint LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH a AS (DELETE FROM signin_attempt WHERE expires_at < p_at RETURNING 1),
  u AS (DELETE FROM signin_used_token WHERE expires_at < p_at RETURNING 1),
  d AS (DELETE FROM signin_device WHERE last_seen < p_year_ago RETURNING 1),
  s AS (DELETE FROM signin_session WHERE expires_at < p_year_ago RETURNING 1)
  SELECT (SELECT count(*) FROM a) + (SELECT count(*) FROM u) + (SELECT count(*) FROM d) + (SELECT count(*) FROM s)
$$;
REVOKE ALL ON FUNCTION signin_session_of(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION signin_session_of(bytea) TO carnet_fhir, carnet_dmp, carnet_webps;
REVOKE ALL ON FUNCTION signin_sessions(text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION signin_sessions(text, timestamptz) TO carnet_fhir, carnet_dmp, carnet_webps;
REVOKE ALL ON FUNCTION signin_devices(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION signin_devices(text) TO carnet_fhir, carnet_dmp, carnet_webps;
REVOKE ALL ON FUNCTION signin_seen(text, bytea, text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION signin_seen(text, bytea, text, timestamptz) TO carnet_fhir, carnet_dmp, carnet_webps;
REVOKE ALL ON FUNCTION signin_cut(text, uuid, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION signin_cut(text, uuid, timestamptz) TO carnet_fhir, carnet_dmp, carnet_webps;
REVOKE ALL ON FUNCTION signin_cut_device(text, bytea, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION signin_cut_device(text, bytea, timestamptz) TO carnet_fhir, carnet_dmp, carnet_webps;
REVOKE ALL ON FUNCTION signin_provider_ended(text, text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION signin_provider_ended(text, text, timestamptz) TO carnet_fhir, carnet_dmp, carnet_webps;
REVOKE ALL ON FUNCTION signin_use_once(bytea, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION signin_use_once(bytea, timestamptz) TO carnet_fhir, carnet_dmp, carnet_webps;
REVOKE ALL ON FUNCTION signin_purge(timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION signin_purge(timestamptz, timestamptz) TO carnet_worker;
