-- The worker destroys: rows whose codes and dates are readable go with the key.
ALTER TABLE records_record ADD COLUMN destruction_asked date;
    ALTER TABLE records_document ADD COLUMN parents uuid[] NOT NULL DEFAULT '{}', ADD COLUMN waiting_told_at timestamptz;
    UPDATE records_document SET parents = ARRAY[replaces] WHERE replaces IS NOT NULL;
INSERT INTO records_directory (logical_id, record_id) SELECT submission_id, record_id FROM records_submission_set
  ON CONFLICT DO NOTHING;
    CREATE INDEX records_record_due ON records_record (state, since);
    CREATE INDEX records_document_unique ON records_document (unique_id);
    CREATE INDEX records_document_entry ON records_document (entry_uuid);
    CREATE INDEX records_document_waiting ON records_document (deposited_at)
      WHERE hidden_from_patient AND NOT technical AND status <> 'Deleted';
    CREATE TABLE records_folder (record_id uuid NOT NULL, folder_id uuid NOT NULL, unique_id varchar(128) NOT NULL,
        made_at timestamptz NOT NULL, depositor varchar(64) NOT NULL, resource bytea NOT NULL,
        PRIMARY KEY (record_id, folder_id), UNIQUE (record_id, unique_id)) PARTITION BY HASH (record_id);
CREATE TABLE records_folder_p00 PARTITION OF records_folder FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE TABLE records_folder_p01 PARTITION OF records_folder FOR VALUES WITH (MODULUS 4, REMAINDER 1);
CREATE TABLE records_folder_p02 PARTITION OF records_folder FOR VALUES WITH (MODULUS 4, REMAINDER 2);
CREATE TABLE records_folder_p03 PARTITION OF records_folder FOR VALUES WITH (MODULUS 4, REMAINDER 3);
ALTER TABLE records_folder ENABLE ROW LEVEL SECURITY;
CREATE POLICY records_folder_scope ON records_folder USING (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid) WITH CHECK (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid);
CREATE TABLE records_folder_item (record_id uuid NOT NULL, folder_id uuid NOT NULL, logical_id uuid NOT NULL,
        added_at timestamptz NOT NULL, PRIMARY KEY (record_id, folder_id, logical_id)) PARTITION BY HASH (record_id);
CREATE TABLE records_folder_item_p00 PARTITION OF records_folder_item FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE TABLE records_folder_item_p01 PARTITION OF records_folder_item FOR VALUES WITH (MODULUS 4, REMAINDER 1);
CREATE TABLE records_folder_item_p02 PARTITION OF records_folder_item FOR VALUES WITH (MODULUS 4, REMAINDER 2);
CREATE TABLE records_folder_item_p03 PARTITION OF records_folder_item FOR VALUES WITH (MODULUS 4, REMAINDER 3);
ALTER TABLE records_folder_item ENABLE ROW LEVEL SECURITY;
CREATE POLICY records_folder_item_scope ON records_folder_item USING (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid) WITH CHECK (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE ON records_folder TO carnet_fhir, carnet_dmp, carnet_hl7v2, carnet_webps, carnet_espace;
GRANT SELECT, INSERT, UPDATE ON records_folder_item TO carnet_fhir, carnet_dmp, carnet_hl7v2, carnet_webps, carnet_espace;
CREATE INDEX records_folder_item_document ON records_folder_item (record_id, logical_id);
CREATE FUNCTION records_locate_named(p_name text)
RETURNS TABLE (record_id uuid, logical_id uuid) LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
  SELECT record_id, logical_id FROM records_document WHERE unique_id = p_name
  UNION SELECT record_id, logical_id FROM records_document
  WHERE entry_uuid = CASE WHEN p_name ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN p_name::uuid END LIMIT 2
$$;
-- Timers learn identifiers only; each record is then entered by itself.
CREATE FUNCTION records_due(p_state text, p_since date, p_asked date, p_limit int)
RETURNS TABLE (record_id uuid) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT record_id FROM records_record WHERE state = p_state AND (since <= p_since OR destruction_asked <= p_asked)
  ORDER BY since LIMIT p_limit
$$;
CREATE FUNCTION records_due_waiting(p_before timestamptz, p_untold boolean, p_limit int)
RETURNS TABLE (record_id uuid) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT DISTINCT d.record_id FROM records_document d WHERE hidden_from_patient AND NOT technical AND status <> 'Deleted'
  AND deposited_at <= p_before AND (NOT p_untold OR (waiting_told_at IS NULL AND EXISTS (
    SELECT FROM records_record r WHERE r.record_id = d.record_id AND r.state = 'open'))) LIMIT p_limit
$$;
REVOKE ALL ON FUNCTION records_locate_named(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION records_locate_named(text) TO carnet_fhir, carnet_dmp, carnet_hl7v2, carnet_webps, carnet_espace;
REVOKE ALL ON FUNCTION records_due(text, date, date, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION records_due(text, date, date, int) TO carnet_worker;
REVOKE ALL ON FUNCTION records_due_waiting(timestamptz, boolean, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION records_due_waiting(timestamptz, boolean, int) TO carnet_worker;
GRANT SELECT, DELETE ON records_document TO carnet_worker;
GRANT SELECT, DELETE ON records_document_version TO carnet_worker;
GRANT SELECT, DELETE ON records_submission_set TO carnet_worker;
GRANT SELECT, DELETE ON records_directory TO carnet_worker;
GRANT SELECT, DELETE ON records_folder TO carnet_worker;
GRANT SELECT, DELETE ON records_folder_item TO carnet_worker;
