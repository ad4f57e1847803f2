CREATE TABLE records_record (record_id uuid PRIMARY KEY, state varchar(24) NOT NULL, since date NOT NULL,
        reason varchar(60) NOT NULL, activated boolean NOT NULL) PARTITION BY HASH (record_id);
CREATE TABLE records_record_p00 PARTITION OF records_record FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE TABLE records_record_p01 PARTITION OF records_record FOR VALUES WITH (MODULUS 4, REMAINDER 1);
CREATE TABLE records_record_p02 PARTITION OF records_record FOR VALUES WITH (MODULUS 4, REMAINDER 2);
CREATE TABLE records_record_p03 PARTITION OF records_record FOR VALUES WITH (MODULUS 4, REMAINDER 3);
ALTER TABLE records_record ENABLE ROW LEVEL SECURITY;
CREATE POLICY records_record_scope ON records_record USING (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid) WITH CHECK (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid);
CREATE TABLE records_document (record_id uuid NOT NULL, logical_id uuid NOT NULL, entry_uuid uuid NOT NULL, version int NOT NULL,
        unique_id varchar(128) NOT NULL, submission_id uuid NOT NULL, status varchar(12) NOT NULL,
        type_code varchar(40) NOT NULL, class_code varchar(60) NOT NULL, format_code varchar(120) NOT NULL,
        facility varchar(40) NOT NULL, practice varchar(40) NOT NULL, mime varchar(80) NOT NULL, size int NOT NULL,
        address varchar(64) NOT NULL, created_at timestamptz NOT NULL, authored_at timestamptz NOT NULL,
        service_start timestamptz, service_stop timestamptz, author_ids varchar(64)[] NOT NULL,
        author_structures varchar(64)[] NOT NULL, author_families varchar(120)[] NOT NULL,
        author_givens varchar(120)[] NOT NULL, event_codes varchar(80)[] NOT NULL, related varchar(200)[] NOT NULL,
        replaces uuid, depositor varchar(64) NOT NULL, depositor_structure varchar(64) NOT NULL, masked boolean NOT NULL,
        hidden_from_patient boolean NOT NULL, hidden_from_representatives boolean NOT NULL, technical boolean NOT NULL,
        by_patient boolean NOT NULL, deposited_at timestamptz NOT NULL, updated_at timestamptz NOT NULL,
        resource bytea NOT NULL, PRIMARY KEY (record_id, logical_id), UNIQUE (record_id, unique_id)) PARTITION BY HASH (record_id);
CREATE TABLE records_document_p00 PARTITION OF records_document FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE TABLE records_document_p01 PARTITION OF records_document FOR VALUES WITH (MODULUS 4, REMAINDER 1);
CREATE TABLE records_document_p02 PARTITION OF records_document FOR VALUES WITH (MODULUS 4, REMAINDER 2);
CREATE TABLE records_document_p03 PARTITION OF records_document FOR VALUES WITH (MODULUS 4, REMAINDER 3);
ALTER TABLE records_document ENABLE ROW LEVEL SECURITY;
CREATE POLICY records_document_scope ON records_document USING (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid) WITH CHECK (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid);
CREATE TABLE records_submission_set (record_id uuid NOT NULL, submission_id uuid NOT NULL, unique_id varchar(128) NOT NULL,
        source_id varchar(128) NOT NULL, submitted_at timestamptz NOT NULL, depositor varchar(64) NOT NULL,
        resource bytea NOT NULL, PRIMARY KEY (record_id, submission_id)) PARTITION BY HASH (record_id);
CREATE TABLE records_submission_set_p00 PARTITION OF records_submission_set FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE TABLE records_submission_set_p01 PARTITION OF records_submission_set FOR VALUES WITH (MODULUS 4, REMAINDER 1);
CREATE TABLE records_submission_set_p02 PARTITION OF records_submission_set FOR VALUES WITH (MODULUS 4, REMAINDER 2);
CREATE TABLE records_submission_set_p03 PARTITION OF records_submission_set FOR VALUES WITH (MODULUS 4, REMAINDER 3);
ALTER TABLE records_submission_set ENABLE ROW LEVEL SECURITY;
CREATE POLICY records_submission_set_scope ON records_submission_set USING (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid) WITH CHECK (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid);
CREATE TABLE records_document_version (record_id uuid NOT NULL, logical_id uuid NOT NULL, version int NOT NULL,
        entry_uuid uuid NOT NULL, ended_at timestamptz NOT NULL, resource bytea NOT NULL,
        PRIMARY KEY (record_id, logical_id, version)) PARTITION BY HASH (record_id);
CREATE TABLE records_document_version_p00 PARTITION OF records_document_version FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE TABLE records_document_version_p01 PARTITION OF records_document_version FOR VALUES WITH (MODULUS 4, REMAINDER 1);
CREATE TABLE records_document_version_p02 PARTITION OF records_document_version FOR VALUES WITH (MODULUS 4, REMAINDER 2);
CREATE TABLE records_document_version_p03 PARTITION OF records_document_version FOR VALUES WITH (MODULUS 4, REMAINDER 3);
ALTER TABLE records_document_version ENABLE ROW LEVEL SECURITY;
CREATE POLICY records_document_version_scope ON records_document_version USING (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid) WITH CHECK (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid);
CREATE INDEX records_document_page ON records_document (record_id, updated_at DESC, logical_id);
GRANT SELECT, INSERT, UPDATE ON records_record TO carnet_fhir, carnet_dmp, carnet_hl7v2, carnet_webps, carnet_espace, carnet_worker;
GRANT SELECT, INSERT, UPDATE ON records_document TO carnet_fhir, carnet_dmp, carnet_hl7v2, carnet_webps, carnet_espace, carnet_worker;
GRANT SELECT, INSERT, UPDATE ON records_submission_set TO carnet_fhir, carnet_dmp, carnet_hl7v2, carnet_webps, carnet_espace, carnet_worker;
GRANT SELECT, INSERT, UPDATE ON records_document_version TO carnet_fhir, carnet_dmp, carnet_hl7v2, carnet_webps, carnet_espace, carnet_worker;
CREATE TABLE records_directory (logical_id uuid PRIMARY KEY, record_id uuid NOT NULL) PARTITION BY HASH (logical_id);
CREATE TABLE records_directory_p00 PARTITION OF records_directory FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE TABLE records_directory_p01 PARTITION OF records_directory FOR VALUES WITH (MODULUS 4, REMAINDER 1);
CREATE TABLE records_directory_p02 PARTITION OF records_directory FOR VALUES WITH (MODULUS 4, REMAINDER 2);
CREATE TABLE records_directory_p03 PARTITION OF records_directory FOR VALUES WITH (MODULUS 4, REMAINDER 3);
ALTER TABLE records_directory ENABLE ROW LEVEL SECURITY;
CREATE POLICY records_directory_scope ON records_directory USING (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid) WITH CHECK (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid);
CREATE FUNCTION records_locate(p_logical uuid)
RETURNS TABLE (record_id uuid) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT record_id FROM records_directory WHERE logical_id = p_logical
$$;
REVOKE ALL ON FUNCTION records_locate(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION records_locate(uuid) TO carnet_fhir, carnet_dmp, carnet_hl7v2, carnet_webps, carnet_espace, carnet_worker;
GRANT INSERT ON records_directory TO carnet_fhir, carnet_dmp, carnet_hl7v2, carnet_webps, carnet_espace, carnet_worker;
