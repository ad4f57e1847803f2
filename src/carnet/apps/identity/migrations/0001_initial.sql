-- The way from an INS to a record: one key at a time by a function, so that no role can list it.
CREATE TABLE identity_patient (record_id uuid PRIMARY KEY, status varchar(8) NOT NULL, annotations varchar(8)[] NOT NULL,
        sealed bytea NOT NULL) PARTITION BY HASH (record_id);
CREATE TABLE identity_patient_p00 PARTITION OF identity_patient FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE TABLE identity_patient_p01 PARTITION OF identity_patient FOR VALUES WITH (MODULUS 4, REMAINDER 1);
CREATE TABLE identity_patient_p02 PARTITION OF identity_patient FOR VALUES WITH (MODULUS 4, REMAINDER 2);
CREATE TABLE identity_patient_p03 PARTITION OF identity_patient FOR VALUES WITH (MODULUS 4, REMAINDER 3);
ALTER TABLE identity_patient ENABLE ROW LEVEL SECURITY;
CREATE POLICY identity_patient_scope ON identity_patient USING (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid) WITH CHECK (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid);
CREATE TABLE identity_ins (ins_index bytea PRIMARY KEY, record_id uuid NOT NULL, active boolean NOT NULL, valid_from date,
        valid_to date, sealed bytea NOT NULL) PARTITION BY HASH (ins_index);
CREATE TABLE identity_ins_p00 PARTITION OF identity_ins FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE TABLE identity_ins_p01 PARTITION OF identity_ins FOR VALUES WITH (MODULUS 4, REMAINDER 1);
CREATE TABLE identity_ins_p02 PARTITION OF identity_ins FOR VALUES WITH (MODULUS 4, REMAINDER 2);
CREATE TABLE identity_ins_p03 PARTITION OF identity_ins FOR VALUES WITH (MODULUS 4, REMAINDER 3);
CREATE INDEX identity_ins_record ON identity_ins (record_id);
ALTER TABLE identity_ins ENABLE ROW LEVEL SECURITY;
CREATE POLICY identity_ins_scope ON identity_ins USING (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid) WITH CHECK (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid);
CREATE FUNCTION identity_find(p_index bytea)
RETURNS TABLE (record_id uuid) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT record_id FROM identity_ins WHERE ins_index = p_index
$$;
REVOKE ALL ON FUNCTION identity_find(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION identity_find(bytea) TO carnet_fhir, carnet_dmp, carnet_hl7v2, carnet_webps, carnet_espace, carnet_worker;
GRANT SELECT, INSERT, UPDATE ON identity_patient TO carnet_fhir, carnet_espace, carnet_worker;
GRANT SELECT, INSERT, UPDATE ON identity_ins TO carnet_fhir, carnet_espace, carnet_worker;
GRANT SELECT ON identity_patient TO carnet_dmp, carnet_hl7v2, carnet_webps;
GRANT SELECT ON identity_ins TO carnet_dmp, carnet_hl7v2, carnet_webps;
CREATE TABLE identity_professional (id varchar(64) PRIMARY KEY, family varchar(120) NOT NULL,
  given varchar(120) NOT NULL, civility varchar(12) NOT NULL, updated_at timestamptz NOT NULL);
CREATE TABLE identity_situation (professional_id varchar(64) NOT NULL, number int NOT NULL,
  profession_system varchar(64) NOT NULL, profession_code varchar(8) NOT NULL, category varchar(4) NOT NULL,
  savoir_faire varchar(12) NOT NULL, structure_id varchar(64) NOT NULL, sector varchar(8) NOT NULL,
  mode varchar(4) NOT NULL, role varchar(12) NOT NULL, open boolean NOT NULL, PRIMARY KEY (professional_id, number));
CREATE TABLE identity_structure (id varchar(64) PRIMARY KEY, name varchar(200) NOT NULL, sector varchar(8) NOT NULL,
  other_ids varchar(64)[] NOT NULL);
CREATE INDEX identity_structure_other ON identity_structure USING gin (other_ids);
GRANT SELECT ON identity_professional, identity_situation, identity_structure TO carnet_fhir, carnet_dmp, carnet_hl7v2, carnet_webps, carnet_espace, carnet_oauth, carnet_mssante, carnet_worker, carnet_courier, carnet_sealer, carnet_operator;
GRANT INSERT, UPDATE, DELETE ON identity_professional, identity_situation, identity_structure TO carnet_operator;
