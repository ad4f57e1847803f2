-- What operators see: how many authorisations were declared with a proof of presence, never whose.
ALTER TABLE access_choices ADD COLUMN hidden_sections varchar(20)[];
CREATE TABLE access_presence (record_id uuid NOT NULL, id uuid NOT NULL, code bytea NOT NULL, made_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL, made_by varchar(64) NOT NULL, used_at timestamptz, used_by varchar(64) NOT NULL,
    PRIMARY KEY (record_id, id)) PARTITION BY HASH (record_id);
CREATE TABLE access_presence_p00 PARTITION OF access_presence FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE TABLE access_presence_p01 PARTITION OF access_presence FOR VALUES WITH (MODULUS 4, REMAINDER 1);
CREATE TABLE access_presence_p02 PARTITION OF access_presence FOR VALUES WITH (MODULUS 4, REMAINDER 2);
CREATE TABLE access_presence_p03 PARTITION OF access_presence FOR VALUES WITH (MODULUS 4, REMAINDER 3);
ALTER TABLE access_presence ENABLE ROW LEVEL SECURITY;
CREATE POLICY access_presence_scope ON access_presence USING (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid) WITH CHECK (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE ON access_presence TO carnet_fhir, carnet_dmp, carnet_webps, carnet_espace;
GRANT SELECT, DELETE ON access_presence TO carnet_worker;
CREATE TABLE access_presence_share (day date PRIMARY KEY, declared int NOT NULL, proved int NOT NULL);
GRANT SELECT, INSERT, UPDATE ON access_presence_share TO carnet_fhir, carnet_dmp, carnet_webps;
GRANT SELECT ON access_presence_share TO carnet_operator;
CREATE TABLE access_delegation (delegating varchar(64) NOT NULL, delegate varchar(64) NOT NULL,
      structure varchar(64) NOT NULL, since timestamptz NOT NULL, until timestamptz NOT NULL, PRIMARY KEY (delegating, delegate));
GRANT SELECT, INSERT, UPDATE ON access_delegation TO carnet_webps;
CREATE TABLE access_lookup (record_id uuid NOT NULL, id uuid NOT NULL, delegating varchar(64) NOT NULL, delegate varchar(64) NOT NULL,
    delegate_name varchar(160) NOT NULL, at timestamptz NOT NULL, reviewed_at timestamptz, verdict varchar(20) NOT NULL,
    PRIMARY KEY (record_id, id)) PARTITION BY HASH (record_id);
CREATE TABLE access_lookup_p00 PARTITION OF access_lookup FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE TABLE access_lookup_p01 PARTITION OF access_lookup FOR VALUES WITH (MODULUS 4, REMAINDER 1);
CREATE TABLE access_lookup_p02 PARTITION OF access_lookup FOR VALUES WITH (MODULUS 4, REMAINDER 2);
CREATE TABLE access_lookup_p03 PARTITION OF access_lookup FOR VALUES WITH (MODULUS 4, REMAINDER 3);
ALTER TABLE access_lookup ENABLE ROW LEVEL SECURITY;
CREATE POLICY access_lookup_scope ON access_lookup USING (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid) WITH CHECK (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid);
CREATE INDEX access_lookup_waiting ON access_lookup (delegating, at) WHERE reviewed_at IS NULL;
GRANT SELECT, INSERT ON access_lookup TO carnet_webps;
GRANT SELECT, DELETE ON access_lookup TO carnet_worker;
-- The delegating professional's own list, across records: who looked, when, in which record; nothing of its content.
CREATE FUNCTION access_lookups_of(p_who text) RETURNS TABLE (record_id uuid, id uuid, delegate varchar, delegate_name varchar,
  at timestamptz) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT record_id, id, delegate, delegate_name, at FROM access_lookup WHERE delegating = p_who AND reviewed_at IS NULL
  ORDER BY at LIMIT 500
$$;
CREATE FUNCTION access_review_lookup(p_who text, p_id uuid, p_verdict varchar, p_at timestamptz) RETURNS uuid LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  UPDATE access_lookup SET reviewed_at = p_at, verdict = p_verdict
  WHERE delegating = p_who AND id = p_id AND reviewed_at IS NULL RETURNING record_id
$$;
REVOKE ALL ON FUNCTION access_lookups_of(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION access_lookups_of(text) TO carnet_webps;
REVOKE ALL ON FUNCTION access_review_lookup(text, uuid, varchar, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION access_review_lookup(text, uuid, varchar, timestamptz) TO carnet_webps;
