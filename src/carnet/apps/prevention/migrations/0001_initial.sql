CREATE TABLE prevention_said (record_id uuid NOT NULL, id uuid NOT NULL, said_at timestamptz NOT NULL, said_by varchar(64) NOT NULL, ended_at timestamptz,
    secret boolean NOT NULL, sealed bytea NOT NULL, PRIMARY KEY (record_id, id)) PARTITION BY HASH (record_id);
CREATE TABLE prevention_said_p00 PARTITION OF prevention_said FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE TABLE prevention_said_p01 PARTITION OF prevention_said FOR VALUES WITH (MODULUS 4, REMAINDER 1);
CREATE TABLE prevention_said_p02 PARTITION OF prevention_said FOR VALUES WITH (MODULUS 4, REMAINDER 2);
CREATE TABLE prevention_said_p03 PARTITION OF prevention_said FOR VALUES WITH (MODULUS 4, REMAINDER 3);
ALTER TABLE prevention_said ENABLE ROW LEVEL SECURITY;
CREATE POLICY prevention_said_scope ON prevention_said USING (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid) WITH CHECK (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid);
CREATE TABLE prevention_event (record_id uuid NOT NULL, id uuid NOT NULL, kind varchar(12) NOT NULL, on_day date NOT NULL, at_time time, status varchar(12) NOT NULL,
    made_at timestamptz NOT NULL, made_by varchar(160) NOT NULL, changed_at timestamptz NOT NULL, reminded_at timestamptz, withdrawn_at timestamptz, secret boolean NOT NULL,
    sealed bytea NOT NULL, PRIMARY KEY (record_id, id)) PARTITION BY HASH (record_id);
CREATE TABLE prevention_event_p00 PARTITION OF prevention_event FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE TABLE prevention_event_p01 PARTITION OF prevention_event FOR VALUES WITH (MODULUS 4, REMAINDER 1);
CREATE TABLE prevention_event_p02 PARTITION OF prevention_event FOR VALUES WITH (MODULUS 4, REMAINDER 2);
CREATE TABLE prevention_event_p03 PARTITION OF prevention_event FOR VALUES WITH (MODULUS 4, REMAINDER 3);
ALTER TABLE prevention_event ENABLE ROW LEVEL SECURITY;
CREATE POLICY prevention_event_scope ON prevention_event USING (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid) WITH CHECK (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid);
CREATE TABLE prevention_feed (record_id uuid NOT NULL, id uuid NOT NULL, token bytea NOT NULL, person uuid NOT NULL, person_kind varchar(16) NOT NULL,
    whole boolean NOT NULL, made_at timestamptz NOT NULL, revoked_at timestamptz, read_on date, PRIMARY KEY (record_id, id)) PARTITION BY HASH (record_id);
CREATE TABLE prevention_feed_p00 PARTITION OF prevention_feed FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE TABLE prevention_feed_p01 PARTITION OF prevention_feed FOR VALUES WITH (MODULUS 4, REMAINDER 1);
CREATE TABLE prevention_feed_p02 PARTITION OF prevention_feed FOR VALUES WITH (MODULUS 4, REMAINDER 2);
CREATE TABLE prevention_feed_p03 PARTITION OF prevention_feed FOR VALUES WITH (MODULUS 4, REMAINDER 3);
ALTER TABLE prevention_feed ENABLE ROW LEVEL SECURITY;
CREATE POLICY prevention_feed_scope ON prevention_feed USING (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid) WITH CHECK (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid);
CREATE TABLE prevention_choice (record_id uuid NOT NULL PRIMARY KEY, muted varchar(16)[] NOT NULL, changed_at timestamptz NOT NULL, look_on date, told_on date) PARTITION BY HASH (record_id);
CREATE TABLE prevention_choice_p00 PARTITION OF prevention_choice FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE TABLE prevention_choice_p01 PARTITION OF prevention_choice FOR VALUES WITH (MODULUS 4, REMAINDER 1);
CREATE TABLE prevention_choice_p02 PARTITION OF prevention_choice FOR VALUES WITH (MODULUS 4, REMAINDER 2);
CREATE TABLE prevention_choice_p03 PARTITION OF prevention_choice FOR VALUES WITH (MODULUS 4, REMAINDER 3);
ALTER TABLE prevention_choice ENABLE ROW LEVEL SECURITY;
CREATE POLICY prevention_choice_scope ON prevention_choice USING (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid) WITH CHECK (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid);
CREATE INDEX prevention_event_day ON prevention_event (on_day) WHERE status = 'booked' AND reminded_at IS NULL AND withdrawn_at IS NULL;
CREATE INDEX prevention_feed_token ON prevention_feed (token);
CREATE INDEX prevention_choice_look ON prevention_choice (look_on);
CREATE TABLE prevention_edition (id varchar(60) PRIMARY KEY, digest varchar(64) NOT NULL UNIQUE, in_force_from date NOT NULL,
    imported_at timestamptz NOT NULL, imported_by varchar(120) NOT NULL, content text NOT NULL);
-- An edition is immutable: what was decided by it can be decided again.
CREATE FUNCTION prevention_edition_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'an edition of the prevention rules is never changed';
END
$$;
CREATE TRIGGER prevention_edition_kept BEFORE UPDATE OR DELETE ON prevention_edition FOR EACH ROW EXECUTE FUNCTION prevention_edition_kept();
GRANT SELECT, INSERT, UPDATE ON prevention_said, prevention_event, prevention_feed, prevention_choice TO carnet_espace;
GRANT SELECT, INSERT, UPDATE ON prevention_event TO carnet_fhir;
GRANT SELECT, INSERT, UPDATE, DELETE ON prevention_said, prevention_event, prevention_feed, prevention_choice TO carnet_worker;
GRANT SELECT ON prevention_edition TO carnet_espace, carnet_webps, carnet_fhir, carnet_worker;
GRANT SELECT, INSERT ON prevention_edition TO carnet_operator;
-- Appointments and reminders of a day that nobody was reminded of: identifiers alone.
CREATE FUNCTION prevention_due_reminders(p_first date, p_last date, p_limit int) RETURNS TABLE (record_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT DISTINCT e.record_id FROM prevention_event e JOIN records_record r ON r.record_id = e.record_id AND r.state = 'open'
  WHERE e.status = 'booked' AND e.reminded_at IS NULL AND e.withdrawn_at IS NULL AND e.on_day BETWEEN p_first AND p_last LIMIT p_limit
$$;
REVOKE ALL ON FUNCTION prevention_due_reminders(date, date, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION prevention_due_reminders(date, date, int) TO carnet_worker;
-- Open records whose agenda is to be looked at on a day: those that were never looked at, and those whose day has come.
CREATE FUNCTION prevention_to_look(p_day date, p_limit int) RETURNS TABLE (record_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT r.record_id FROM records_record r LEFT JOIN prevention_choice c ON c.record_id = r.record_id
  WHERE r.state = 'open' AND (c.look_on IS NULL OR c.look_on <= p_day) ORDER BY r.record_id LIMIT p_limit
$$;
REVOKE ALL ON FUNCTION prevention_to_look(date, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION prevention_to_look(date, int) TO carnet_worker;
-- The calendar of a token that lives.
CREATE FUNCTION prevention_feed_of(p_token bytea) RETURNS TABLE (record_id uuid, id uuid, person uuid, person_kind varchar, whole boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT f.record_id, f.id, f.person, f.person_kind, f.whole FROM prevention_feed f WHERE f.token = p_token AND f.revoked_at IS NULL
$$;
REVOKE ALL ON FUNCTION prevention_feed_of(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION prevention_feed_of(bytea) TO carnet_espace;
