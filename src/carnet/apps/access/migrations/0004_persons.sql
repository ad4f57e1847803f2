-- The operator examines cases across records; what is written in them is sealed under a key that opens no record.
-- The help desk finds somebody by INS and date of birth, and ties a representative to a child.
ALTER TABLE access_choices ADD COLUMN masks_new boolean, ADD COLUMN masked_categories varchar(20)[];
CREATE TABLE access_person (record_id uuid NOT NULL, person_id uuid NOT NULL, kind varchar(16) NOT NULL, starts timestamptz NOT NULL,
        ends timestamptz, scope varchar(40)[] NOT NULL, reads_only boolean NOT NULL, sealed bytea NOT NULL,
        PRIMARY KEY (record_id, person_id, kind)) PARTITION BY HASH (record_id);
CREATE TABLE access_person_p00 PARTITION OF access_person FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE TABLE access_person_p01 PARTITION OF access_person FOR VALUES WITH (MODULUS 4, REMAINDER 1);
CREATE TABLE access_person_p02 PARTITION OF access_person FOR VALUES WITH (MODULUS 4, REMAINDER 2);
CREATE TABLE access_person_p03 PARTITION OF access_person FOR VALUES WITH (MODULUS 4, REMAINDER 3);
ALTER TABLE access_person ENABLE ROW LEVEL SECURITY;
CREATE POLICY access_person_scope ON access_person USING (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid) WITH CHECK (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid);
CREATE TABLE access_invitation (record_id uuid NOT NULL, id uuid NOT NULL, code bytea NOT NULL, kind varchar(16) NOT NULL,
        scope varchar(40)[] NOT NULL, reads_only boolean NOT NULL, ends timestamptz, sealed bytea NOT NULL,
        made_at timestamptz NOT NULL, expires_at timestamptz NOT NULL, answer varchar(10) NOT NULL, PRIMARY KEY (record_id, id)) PARTITION BY HASH (record_id);
CREATE TABLE access_invitation_p00 PARTITION OF access_invitation FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE TABLE access_invitation_p01 PARTITION OF access_invitation FOR VALUES WITH (MODULUS 4, REMAINDER 1);
CREATE TABLE access_invitation_p02 PARTITION OF access_invitation FOR VALUES WITH (MODULUS 4, REMAINDER 2);
CREATE TABLE access_invitation_p03 PARTITION OF access_invitation FOR VALUES WITH (MODULUS 4, REMAINDER 3);
ALTER TABLE access_invitation ENABLE ROW LEVEL SECURITY;
CREATE POLICY access_invitation_scope ON access_invitation USING (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid) WITH CHECK (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid);
CREATE TABLE access_case (record_id uuid NOT NULL, id uuid NOT NULL, kind varchar(16) NOT NULL, subject varchar(120) NOT NULL,
        about bytea NOT NULL, told bytea NOT NULL, state varchar(12) NOT NULL, opened_at timestamptz NOT NULL,
        opened_by varchar(160) NOT NULL, due_at timestamptz NOT NULL, taken_by varchar(160) NOT NULL, answer bytea,
        verdict varchar(24) NOT NULL, answered_at timestamptz, PRIMARY KEY (record_id, id)) PARTITION BY HASH (record_id);
CREATE TABLE access_case_p00 PARTITION OF access_case FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE TABLE access_case_p01 PARTITION OF access_case FOR VALUES WITH (MODULUS 4, REMAINDER 1);
CREATE TABLE access_case_p02 PARTITION OF access_case FOR VALUES WITH (MODULUS 4, REMAINDER 2);
CREATE TABLE access_case_p03 PARTITION OF access_case FOR VALUES WITH (MODULUS 4, REMAINDER 3);
ALTER TABLE access_case ENABLE ROW LEVEL SECURITY;
CREATE POLICY access_case_scope ON access_case USING (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid) WITH CHECK (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid);
CREATE INDEX access_person_person ON access_person (person_id);
CREATE INDEX access_invitation_code ON access_invitation (code);
CREATE INDEX access_case_open ON access_case (due_at) WHERE state <> 'answered';
GRANT SELECT, INSERT, UPDATE ON access_person TO carnet_espace;
GRANT SELECT, INSERT, UPDATE ON access_invitation TO carnet_espace;
GRANT SELECT, INSERT, UPDATE ON access_case TO carnet_espace;
GRANT SELECT, DELETE ON access_person TO carnet_worker;
GRANT SELECT, DELETE ON access_invitation TO carnet_worker;
GRANT SELECT, DELETE ON access_case TO carnet_worker;
CREATE POLICY access_case_operator ON access_case TO carnet_operator USING (true) WITH CHECK (true);
GRANT SELECT, UPDATE ON access_case TO carnet_operator;
GRANT SELECT ON access_lookup TO carnet_espace;
GRANT EXECUTE ON FUNCTION identity_find(bytea) TO carnet_operator;
GRANT SELECT ON identity_patient, storage_record_key TO carnet_operator;
GRANT SELECT, INSERT, UPDATE ON access_person TO carnet_operator;
-- The records on which one person may act: identifiers and dates alone, the person's own record first.
CREATE FUNCTION access_records_of(p_person uuid, p_at timestamptz) RETURNS TABLE (record_id uuid, kind varchar, ends timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT record_id, kind, ends FROM access_person WHERE person_id = p_person AND starts <= p_at AND (ends IS NULL OR ends > p_at)
  ORDER BY kind = 'holder' DESC, starts LIMIT 50
$$;
CREATE FUNCTION access_invitation_of(p_code bytea, p_at timestamptz) RETURNS TABLE (record_id uuid, id uuid) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT record_id, id FROM access_invitation WHERE code = p_code AND answer = '' AND expires_at > p_at
$$;
REVOKE ALL ON FUNCTION access_records_of(uuid, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION access_records_of(uuid, timestamptz) TO carnet_espace;
REVOKE ALL ON FUNCTION access_invitation_of(bytea, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION access_invitation_of(bytea, timestamptz) TO carnet_espace;
