ALTER TABLE signin_session ADD COLUMN last_used_at timestamptz;
    CREATE TABLE signin_preference (professional_id varchar(64) PRIMARY KEY, situation varchar(200) NOT NULL,
      legal_read_at timestamptz, shortcuts boolean NOT NULL);

-- Finds a session of the portal that lives and was used within the pause, and notes its use, at most once a minute.
CREATE FUNCTION signin_portal_session(p_token bytea, p_at timestamptz, p_idle interval)
RETURNS TABLE (actor text, expires_at timestamptz, id uuid, situation varchar, legal_read_at timestamptz, shortcuts boolean) LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  UPDATE signin_session SET last_used_at = p_at WHERE token = p_token AND ended_at IS NULL AND expires_at > p_at
    AND last_used_at > p_at - p_idle AND last_used_at < p_at - interval '1 minute';
  SELECT s.actor, s.expires_at, s.id, p.situation, p.legal_read_at, coalesce(p.shortcuts, true) FROM signin_session s
  LEFT JOIN signin_preference p ON p.professional_id = s.professional_id
  WHERE s.token = p_token AND s.ended_at IS NULL AND s.last_used_at > p_at - p_idle
$$;
CREATE FUNCTION signin_preferences(p_owner text) RETURNS TABLE (situation varchar, legal_read_at timestamptz, shortcuts boolean) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT situation, legal_read_at, shortcuts FROM signin_preference WHERE professional_id = p_owner
$$;
CREATE FUNCTION signin_prefer(p_owner text, p_situation varchar, p_legal timestamptz, p_shortcuts boolean) RETURNS void LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  INSERT INTO signin_preference AS p (professional_id, situation, legal_read_at, shortcuts)
  VALUES (p_owner, coalesce(p_situation, ''), p_legal, coalesce(p_shortcuts, true))
  ON CONFLICT (professional_id) DO UPDATE SET situation = coalesce(p_situation, p.situation),
  legal_read_at = coalesce(p_legal, p.legal_read_at), shortcuts = coalesce(p_shortcuts, p.shortcuts)
$$;
CREATE FUNCTION signin_act_for(p_token bytea, p_actor text) RETURNS void LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  UPDATE signin_session SET actor = p_actor WHERE token = p_token AND ended_at IS NULL
    AND actor::jsonb - 'on_behalf_of' = p_actor::jsonb - 'on_behalf_of'
$$;
REVOKE ALL ON FUNCTION signin_portal_session(bytea, timestamptz, interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION signin_portal_session(bytea, timestamptz, interval) TO carnet_webps;
REVOKE ALL ON FUNCTION signin_preferences(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION signin_preferences(text) TO carnet_webps;
REVOKE ALL ON FUNCTION signin_prefer(text, varchar, timestamptz, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION signin_prefer(text, varchar, timestamptz, boolean) TO carnet_webps;
REVOKE ALL ON FUNCTION signin_act_for(bytea, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION signin_act_for(bytea, text) TO carnet_webps;
