CREATE TABLE identity_trait_token (token bytea NOT NULL, record_id uuid NOT NULL, PRIMARY KEY (token, record_id)) PARTITION BY HASH (token);
CREATE TABLE identity_trait_token_p00 PARTITION OF identity_trait_token FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE TABLE identity_trait_token_p01 PARTITION OF identity_trait_token FOR VALUES WITH (MODULUS 4, REMAINDER 1);
CREATE TABLE identity_trait_token_p02 PARTITION OF identity_trait_token FOR VALUES WITH (MODULUS 4, REMAINDER 2);
CREATE TABLE identity_trait_token_p03 PARTITION OF identity_trait_token FOR VALUES WITH (MODULUS 4, REMAINDER 3);
CREATE INDEX identity_trait_token_record ON identity_trait_token (record_id);
ALTER TABLE identity_trait_token ENABLE ROW LEVEL SECURITY;
CREATE POLICY identity_trait_token_scope ON identity_trait_token USING (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid) WITH CHECK (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid);
-- Records that share the most tokens first, never more than asked for: a search lists candidates, it does not browse.
CREATE FUNCTION identity_candidates(p_tokens bytea[], p_limit int)
RETURNS TABLE (record_id uuid) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT record_id FROM identity_trait_token WHERE token = ANY(p_tokens)
  GROUP BY record_id ORDER BY count(*) DESC, record_id LIMIT p_limit
$$;
REVOKE ALL ON FUNCTION identity_candidates(bytea[], int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION identity_candidates(bytea[], int) TO carnet_fhir, carnet_dmp, carnet_webps;
GRANT SELECT, INSERT, DELETE ON identity_trait_token TO carnet_fhir, carnet_espace, carnet_worker;
GRANT DELETE ON identity_patient TO carnet_worker;
GRANT DELETE ON identity_ins TO carnet_worker;
