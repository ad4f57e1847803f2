-- Proves that a process holds the root key of this database; tells nothing of the key.
CREATE TABLE storage_root_check (one boolean PRIMARY KEY DEFAULT true CHECK (one), value bytea NOT NULL, made_at timestamptz NOT NULL);
GRANT SELECT ON storage_root_check TO carnet_fhir, carnet_dmp, carnet_hl7v2, carnet_webps, carnet_espace, carnet_oauth, carnet_mssante, carnet_worker, carnet_courier, carnet_sealer, carnet_operator;
