DO $$ BEGIN
          IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'carnet_fhir') THEN
            CREATE ROLE carnet_fhir LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
          END IF;
          GRANT USAGE ON SCHEMA public TO carnet_fhir;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END $$;
DO $$ BEGIN
          IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'carnet_dmp') THEN
            CREATE ROLE carnet_dmp LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
          END IF;
          GRANT USAGE ON SCHEMA public TO carnet_dmp;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END $$;
DO $$ BEGIN
          IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'carnet_hl7v2') THEN
            CREATE ROLE carnet_hl7v2 LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
          END IF;
          GRANT USAGE ON SCHEMA public TO carnet_hl7v2;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END $$;
DO $$ BEGIN
          IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'carnet_webps') THEN
            CREATE ROLE carnet_webps LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
          END IF;
          GRANT USAGE ON SCHEMA public TO carnet_webps;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END $$;
DO $$ BEGIN
          IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'carnet_espace') THEN
            CREATE ROLE carnet_espace LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
          END IF;
          GRANT USAGE ON SCHEMA public TO carnet_espace;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END $$;
DO $$ BEGIN
          IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'carnet_oauth') THEN
            CREATE ROLE carnet_oauth LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
          END IF;
          GRANT USAGE ON SCHEMA public TO carnet_oauth;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END $$;
DO $$ BEGIN
          IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'carnet_mssante') THEN
            CREATE ROLE carnet_mssante LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
          END IF;
          GRANT USAGE ON SCHEMA public TO carnet_mssante;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END $$;
DO $$ BEGIN
          IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'carnet_worker') THEN
            CREATE ROLE carnet_worker LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
          END IF;
          GRANT USAGE ON SCHEMA public TO carnet_worker;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END $$;
DO $$ BEGIN
          IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'carnet_courier') THEN
            CREATE ROLE carnet_courier LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
          END IF;
          GRANT USAGE ON SCHEMA public TO carnet_courier;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END $$;
DO $$ BEGIN
          IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'carnet_sealer') THEN
            CREATE ROLE carnet_sealer LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
          END IF;
          GRANT USAGE ON SCHEMA public TO carnet_sealer;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END $$;
DO $$ BEGIN
          IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'carnet_operator') THEN
            CREATE ROLE carnet_operator LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
          END IF;
          GRANT USAGE ON SCHEMA public TO carnet_operator;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END $$;
CREATE TABLE storage_record_key (record_id uuid NOT NULL, version int NOT NULL, wrapped bytea, created_at timestamptz NOT NULL,
        destroyed_at timestamptz, PRIMARY KEY (record_id, version)) PARTITION BY HASH (record_id);
CREATE TABLE storage_record_key_p00 PARTITION OF storage_record_key FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE TABLE storage_record_key_p01 PARTITION OF storage_record_key FOR VALUES WITH (MODULUS 4, REMAINDER 1);
CREATE TABLE storage_record_key_p02 PARTITION OF storage_record_key FOR VALUES WITH (MODULUS 4, REMAINDER 2);
CREATE TABLE storage_record_key_p03 PARTITION OF storage_record_key FOR VALUES WITH (MODULUS 4, REMAINDER 3);
ALTER TABLE storage_record_key ENABLE ROW LEVEL SECURITY;
CREATE POLICY storage_record_key_scope ON storage_record_key USING (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid) WITH CHECK (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid);
GRANT SELECT ON storage_record_key TO carnet_fhir, carnet_dmp, carnet_hl7v2, carnet_webps, carnet_espace, carnet_worker;
GRANT INSERT ON storage_record_key TO carnet_fhir, carnet_espace, carnet_worker;
