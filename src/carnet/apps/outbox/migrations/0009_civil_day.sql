-- The day of an access is the one that people count: whoever asks says when it began. The function without that word stays for
-- processes of the release before, which count days of UTC.
CREATE FUNCTION outbox_tell_access(p_record uuid, p_first uuid, p_daily uuid, p_at timestamptz, p_day_began timestamptz) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  INSERT INTO outbox_notice (record_id, id, kind, recipient, created_at)
  SELECT p_record, CASE WHEN f.at IS NULL THEN p_first ELSE p_daily END,
    CASE WHEN f.at IS NULL THEN 'first-access' ELSE 'access' END, 'holder', p_at
  FROM (SELECT (SELECT created_at FROM outbox_notice WHERE record_id = p_record AND id = p_first) AS at) AS f
  WHERE f.at IS NULL OR f.at < p_day_began
  ON CONFLICT DO NOTHING
$$;
REVOKE ALL ON FUNCTION outbox_tell_access(uuid, uuid, uuid, timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION outbox_tell_access(uuid, uuid, uuid, timestamptz, timestamptz)
  TO carnet_fhir, carnet_dmp, carnet_hl7v2, carnet_webps, carnet_espace;
