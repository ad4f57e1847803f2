CREATE TABLE profile_entry (record_id uuid NOT NULL, entry_id uuid NOT NULL, section varchar(20) NOT NULL, source varchar(12) NOT NULL,
    document_id uuid, recorded_at timestamptz NOT NULL, recorded_by varchar(64) NOT NULL, confirmed boolean NOT NULL,
    replaces uuid, ended_at timestamptz, sealed bytea NOT NULL, PRIMARY KEY (record_id, entry_id)) PARTITION BY HASH (record_id);
CREATE TABLE profile_entry_p00 PARTITION OF profile_entry FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE TABLE profile_entry_p01 PARTITION OF profile_entry FOR VALUES WITH (MODULUS 4, REMAINDER 1);
CREATE TABLE profile_entry_p02 PARTITION OF profile_entry FOR VALUES WITH (MODULUS 4, REMAINDER 2);
CREATE TABLE profile_entry_p03 PARTITION OF profile_entry FOR VALUES WITH (MODULUS 4, REMAINDER 3);
ALTER TABLE profile_entry ENABLE ROW LEVEL SECURITY;
CREATE POLICY profile_entry_scope ON profile_entry USING (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid) WITH CHECK (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid);
CREATE INDEX profile_entry_document ON profile_entry (record_id, document_id);
CREATE INDEX profile_entry_section ON profile_entry (record_id, section, recorded_at DESC);
GRANT SELECT, INSERT, UPDATE ON profile_entry TO carnet_fhir, carnet_dmp, carnet_hl7v2, carnet_webps, carnet_espace;
GRANT SELECT, DELETE ON profile_entry TO carnet_worker;
