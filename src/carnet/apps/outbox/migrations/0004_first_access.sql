-- One notice for the first access of a professional to a record, kept as long as the record so that it stays the first; then one a
-- day. Doors insert notices and read none: this function alone looks.
CREATE FUNCTION outbox_tell_access(p_record uuid, p_first uuid, p_daily uuid, p_at timestamptz) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  INSERT INTO outbox_notice (record_id, id, kind, recipient, created_at)
  SELECT p_record, CASE WHEN f.at IS NULL THEN p_first ELSE p_daily END,
    CASE WHEN f.at IS NULL THEN 'first-access' ELSE 'access' END, 'holder', p_at
  FROM (SELECT (SELECT created_at FROM outbox_notice WHERE record_id = p_record AND id = p_first) AS at) AS f
  WHERE f.at IS NULL OR (f.at AT TIME ZONE 'UTC')::date <> (p_at AT TIME ZONE 'UTC')::date
  ON CONFLICT DO NOTHING
$$;
REVOKE ALL ON FUNCTION outbox_tell_access(uuid, uuid, uuid, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION outbox_tell_access(uuid, uuid, uuid, timestamptz) TO carnet_fhir, carnet_dmp, carnet_hl7v2, carnet_webps, carnet_espace;
CREATE OR REPLACE FUNCTION outbox_purge(p_before timestamptz) RETURNS bigint LANGUAGE sql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
  WITH gone AS (DELETE FROM outbox_notice WHERE outcome <> 'waiting' AND kind <> 'first-access' AND created_at < p_before RETURNING 1)
  SELECT count(*) FROM gone
$$;
