ALTER TABLE journal_entry ADD COLUMN tx xid8;
    ALTER TABLE journal_entry ALTER COLUMN tx SET DEFAULT pg_current_xact_id();
    CREATE INDEX journal_entry_tx ON journal_entry (tx);
    CREATE TABLE journal_leaf (chain_id uuid NOT NULL, counter bigint NOT NULL, number bigint NOT NULL, PRIMARY KEY (chain_id, counter)) PARTITION BY HASH (chain_id);
CREATE TABLE journal_leaf_p00 PARTITION OF journal_leaf FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE TABLE journal_leaf_p01 PARTITION OF journal_leaf FOR VALUES WITH (MODULUS 4, REMAINDER 1);
CREATE TABLE journal_leaf_p02 PARTITION OF journal_leaf FOR VALUES WITH (MODULUS 4, REMAINDER 2);
CREATE TABLE journal_leaf_p03 PARTITION OF journal_leaf FOR VALUES WITH (MODULUS 4, REMAINDER 3);
CREATE INDEX journal_leaf_number ON journal_leaf (number);
ALTER TABLE journal_leaf ENABLE ROW LEVEL SECURITY;
CREATE POLICY journal_leaf_scope ON journal_leaf USING (chain_id = NULLIF(current_setting('carnet.record', true), '')::uuid) WITH CHECK (chain_id = NULLIF(current_setting('carnet.record', true), '')::uuid);
CREATE POLICY journal_leaf_sealer ON journal_leaf TO carnet_sealer USING (true);
    CREATE TABLE journal_sealing (id int PRIMARY KEY CHECK (id = 1), size bigint NOT NULL, cluster varchar(24) NOT NULL,
      horizon xid8 NOT NULL, mapped_on date);
    INSERT INTO journal_sealing VALUES (1, 0, '', '0', NULL);
    CREATE TRIGGER journal_leaf_append_only BEFORE UPDATE OR DELETE ON journal_leaf
      FOR EACH ROW EXECUTE FUNCTION journal_refuse();
    CREATE TRIGGER journal_leaf_no_truncate BEFORE TRUNCATE ON journal_leaf
      FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse();
    GRANT SELECT ON journal_leaf TO carnet_fhir, carnet_dmp, carnet_hl7v2, carnet_webps, carnet_espace;
GRANT SELECT, INSERT ON journal_leaf TO carnet_sealer;
GRANT SELECT, UPDATE ON journal_sealing TO carnet_sealer;
-- Which database cluster this is: transaction numbers mean nothing in another one (a restored dump).
CREATE FUNCTION journal_cluster() RETURNS text LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$ SELECT system_identifier::text FROM pg_control_system() $$;
REVOKE ALL ON FUNCTION journal_cluster() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION journal_cluster() TO carnet_sealer;
