CREATE TABLE access_agreement (record_id uuid NOT NULL, id uuid NOT NULL, service_id uuid NOT NULL, person_id uuid NOT NULL, person_kind varchar(16) NOT NULL,
    lines varchar(160)[] NOT NULL, granted_at timestamptz NOT NULL, expires_at timestamptz NOT NULL, reminded_at timestamptz, withdrawn_at timestamptz,
    PRIMARY KEY (record_id, id)) PARTITION BY HASH (record_id);
CREATE TABLE access_agreement_p00 PARTITION OF access_agreement FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE TABLE access_agreement_p01 PARTITION OF access_agreement FOR VALUES WITH (MODULUS 4, REMAINDER 1);
CREATE TABLE access_agreement_p02 PARTITION OF access_agreement FOR VALUES WITH (MODULUS 4, REMAINDER 2);
CREATE TABLE access_agreement_p03 PARTITION OF access_agreement FOR VALUES WITH (MODULUS 4, REMAINDER 3);
ALTER TABLE access_agreement ENABLE ROW LEVEL SECURITY;
CREATE POLICY access_agreement_scope ON access_agreement USING (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid) WITH CHECK (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid);
CREATE UNIQUE INDEX access_agreement_live ON access_agreement (record_id, service_id) WHERE withdrawn_at IS NULL;
CREATE INDEX access_agreement_service ON access_agreement (service_id);
CREATE INDEX access_agreement_end ON access_agreement (expires_at) WHERE withdrawn_at IS NULL;
GRANT SELECT, INSERT, UPDATE ON access_agreement TO carnet_espace;
-- A call of a service holds its agreement while it reads: to lock a row one must be able to change a column of it.
GRANT SELECT, UPDATE (reminded_at) ON access_agreement TO carnet_fhir;
GRANT SELECT, UPDATE, DELETE ON access_agreement TO carnet_worker;
-- Agreements that end by a day and were not reminded of, and those whose service is no longer referenced: identifiers alone.
CREATE FUNCTION access_agreements_ending(p_until timestamptz, p_limit int) RETURNS TABLE (record_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT DISTINCT a.record_id FROM access_agreement a WHERE a.withdrawn_at IS NULL AND a.expires_at <= p_until
  AND a.reminded_at IS NULL LIMIT p_limit
$$;
REVOKE ALL ON FUNCTION access_agreements_ending(timestamptz, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION access_agreements_ending(timestamptz, int) TO carnet_worker;
-- How many people agreed to a service, and still do: a number, for whoever examines it.
CREATE FUNCTION access_agreements_of(p_service uuid, p_at timestamptz) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT count(*) FROM access_agreement a WHERE a.service_id = p_service AND a.withdrawn_at IS NULL AND a.expires_at > p_at
$$;
REVOKE ALL ON FUNCTION access_agreements_of(uuid, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION access_agreements_of(uuid, timestamptz) TO carnet_operator;
