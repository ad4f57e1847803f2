CREATE TABLE access_authorisation (record_id uuid NOT NULL, subject_kind varchar(10) NOT NULL, subject_id varchar(64) NOT NULL,
        ground varchar(20) NOT NULL, granted_at timestamptz NOT NULL, expires_at timestamptz NOT NULL,
        declared_by varchar(160) NOT NULL, PRIMARY KEY (record_id, subject_kind, subject_id)) PARTITION BY HASH (record_id);
CREATE TABLE access_authorisation_p00 PARTITION OF access_authorisation FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE TABLE access_authorisation_p01 PARTITION OF access_authorisation FOR VALUES WITH (MODULUS 4, REMAINDER 1);
CREATE TABLE access_authorisation_p02 PARTITION OF access_authorisation FOR VALUES WITH (MODULUS 4, REMAINDER 2);
CREATE TABLE access_authorisation_p03 PARTITION OF access_authorisation FOR VALUES WITH (MODULUS 4, REMAINDER 3);
ALTER TABLE access_authorisation ENABLE ROW LEVEL SECURITY;
CREATE POLICY access_authorisation_scope ON access_authorisation USING (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid) WITH CHECK (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid);
CREATE TABLE access_block (record_id uuid NOT NULL, subject_kind varchar(10) NOT NULL, subject_id varchar(64) NOT NULL,
        since timestamptz NOT NULL, PRIMARY KEY (record_id, subject_kind, subject_id)) PARTITION BY HASH (record_id);
CREATE TABLE access_block_p00 PARTITION OF access_block FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE TABLE access_block_p01 PARTITION OF access_block FOR VALUES WITH (MODULUS 4, REMAINDER 1);
CREATE TABLE access_block_p02 PARTITION OF access_block FOR VALUES WITH (MODULUS 4, REMAINDER 2);
CREATE TABLE access_block_p03 PARTITION OF access_block FOR VALUES WITH (MODULUS 4, REMAINDER 3);
ALTER TABLE access_block ENABLE ROW LEVEL SECURITY;
CREATE POLICY access_block_scope ON access_block USING (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid) WITH CHECK (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid);
CREATE TABLE access_relation (record_id uuid NOT NULL, kind varchar(20) NOT NULL, professional_id varchar(64) NOT NULL,
        since timestamptz NOT NULL, PRIMARY KEY (record_id, kind, professional_id)) PARTITION BY HASH (record_id);
CREATE TABLE access_relation_p00 PARTITION OF access_relation FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE TABLE access_relation_p01 PARTITION OF access_relation FOR VALUES WITH (MODULUS 4, REMAINDER 1);
CREATE TABLE access_relation_p02 PARTITION OF access_relation FOR VALUES WITH (MODULUS 4, REMAINDER 2);
CREATE TABLE access_relation_p03 PARTITION OF access_relation FOR VALUES WITH (MODULUS 4, REMAINDER 3);
ALTER TABLE access_relation ENABLE ROW LEVEL SECURITY;
CREATE POLICY access_relation_scope ON access_relation USING (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid) WITH CHECK (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid);
CREATE TABLE access_choices (record_id uuid PRIMARY KEY, initial_consent_at timestamptz,
        initial_consent_by varchar(160) NOT NULL, break_glass boolean NOT NULL, regulation boolean NOT NULL,
        masked_in_emergency boolean NOT NULL, objects_to_deposits_of varchar(64)[] NOT NULL) PARTITION BY HASH (record_id);
CREATE TABLE access_choices_p00 PARTITION OF access_choices FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE TABLE access_choices_p01 PARTITION OF access_choices FOR VALUES WITH (MODULUS 4, REMAINDER 1);
CREATE TABLE access_choices_p02 PARTITION OF access_choices FOR VALUES WITH (MODULUS 4, REMAINDER 2);
CREATE TABLE access_choices_p03 PARTITION OF access_choices FOR VALUES WITH (MODULUS 4, REMAINDER 3);
ALTER TABLE access_choices ENABLE ROW LEVEL SECURITY;
CREATE POLICY access_choices_scope ON access_choices USING (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid) WITH CHECK (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid);
CREATE TABLE access_emergency (record_id uuid NOT NULL, id uuid NOT NULL, professional_id varchar(64) NOT NULL,
        mode varchar(20) NOT NULL, started_at timestamptz NOT NULL, ends_at timestamptz NOT NULL, reason bytea NOT NULL,
        reviewed_at timestamptz, PRIMARY KEY (record_id, id)) PARTITION BY HASH (record_id);
CREATE TABLE access_emergency_p00 PARTITION OF access_emergency FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE TABLE access_emergency_p01 PARTITION OF access_emergency FOR VALUES WITH (MODULUS 4, REMAINDER 1);
CREATE TABLE access_emergency_p02 PARTITION OF access_emergency FOR VALUES WITH (MODULUS 4, REMAINDER 2);
CREATE TABLE access_emergency_p03 PARTITION OF access_emergency FOR VALUES WITH (MODULUS 4, REMAINDER 3);
ALTER TABLE access_emergency ENABLE ROW LEVEL SECURITY;
CREATE POLICY access_emergency_scope ON access_emergency USING (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid) WITH CHECK (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid);
GRANT SELECT ON access_authorisation TO carnet_fhir, carnet_dmp, carnet_hl7v2, carnet_webps, carnet_espace, carnet_worker;
GRANT SELECT ON access_block TO carnet_fhir, carnet_dmp, carnet_hl7v2, carnet_webps, carnet_espace, carnet_worker;
GRANT SELECT ON access_relation TO carnet_fhir, carnet_dmp, carnet_hl7v2, carnet_webps, carnet_espace, carnet_worker;
GRANT SELECT ON access_choices TO carnet_fhir, carnet_dmp, carnet_hl7v2, carnet_webps, carnet_espace, carnet_worker;
GRANT SELECT ON access_emergency TO carnet_fhir, carnet_dmp, carnet_hl7v2, carnet_webps, carnet_espace, carnet_worker;
GRANT INSERT, UPDATE, DELETE ON access_authorisation TO carnet_fhir, carnet_dmp, carnet_webps, carnet_espace;
GRANT INSERT, UPDATE, DELETE ON access_block TO carnet_fhir, carnet_dmp, carnet_webps, carnet_espace;
GRANT INSERT, UPDATE, DELETE ON access_relation TO carnet_fhir, carnet_dmp, carnet_webps, carnet_espace;
GRANT INSERT, UPDATE, DELETE ON access_choices TO carnet_fhir, carnet_dmp, carnet_webps, carnet_espace;
GRANT INSERT, UPDATE, DELETE ON access_emergency TO carnet_fhir, carnet_dmp, carnet_webps, carnet_espace;
CREATE TABLE access_budget (actor varchar(160) NOT NULL, kind varchar(20) NOT NULL, hour timestamptz NOT NULL,
  used int NOT NULL, PRIMARY KEY (actor, kind, hour));
GRANT SELECT, INSERT, UPDATE ON access_budget TO carnet_fhir, carnet_dmp, carnet_hl7v2, carnet_webps, carnet_espace;
