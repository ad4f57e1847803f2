-- Systematic creation: where an insured person came from and is told, what happened to each record, and what operators decide on.
CREATE TABLE records_arrival (record_id uuid PRIMARY KEY, import_id uuid, arrived_on date NOT NULL, territory varchar(3) NOT NULL,
        birth_year smallint NOT NULL, channel varchar(6) NOT NULL, notified_at timestamptz, returned_at timestamptz, batch_id uuid,
        sealed bytea NOT NULL) PARTITION BY HASH (record_id);
CREATE TABLE records_arrival_p00 PARTITION OF records_arrival FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE TABLE records_arrival_p01 PARTITION OF records_arrival FOR VALUES WITH (MODULUS 4, REMAINDER 1);
CREATE TABLE records_arrival_p02 PARTITION OF records_arrival FOR VALUES WITH (MODULUS 4, REMAINDER 2);
CREATE TABLE records_arrival_p03 PARTITION OF records_arrival FOR VALUES WITH (MODULUS 4, REMAINDER 3);
ALTER TABLE records_arrival ENABLE ROW LEVEL SECURITY;
CREATE POLICY records_arrival_scope ON records_arrival USING (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid) WITH CHECK (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid);
ALTER TABLE records_record ADD COLUMN died_on date;
CREATE INDEX records_arrival_batch ON records_arrival (batch_id) WHERE batch_id IS NOT NULL;
CREATE INDEX records_arrival_letters ON records_arrival (territory, arrived_on, record_id)
  WHERE channel = 'letter' AND batch_id IS NULL AND notified_at IS NULL;
-- One line for each thing that happened to a record: figures count them, and name nobody.
CREATE TABLE records_passage (record_id uuid NOT NULL, event varchar(24) NOT NULL, day date NOT NULL,
        PRIMARY KEY (record_id, event, day)) PARTITION BY HASH (record_id);
CREATE TABLE records_passage_p00 PARTITION OF records_passage FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE TABLE records_passage_p01 PARTITION OF records_passage FOR VALUES WITH (MODULUS 4, REMAINDER 1);
CREATE TABLE records_passage_p02 PARTITION OF records_passage FOR VALUES WITH (MODULUS 4, REMAINDER 2);
CREATE TABLE records_passage_p03 PARTITION OF records_passage FOR VALUES WITH (MODULUS 4, REMAINDER 3);
ALTER TABLE records_passage ENABLE ROW LEVEL SECURITY;
CREATE POLICY records_passage_scope ON records_passage USING (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid) WITH CHECK (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid);
CREATE INDEX records_passage_day ON records_passage (day, event);
CREATE TABLE records_import (id uuid PRIMARY KEY, digest varchar(64) NOT NULL, name varchar(200) NOT NULL, started_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL, by_whom varchar(160) NOT NULL, line bigint NOT NULL, place bigint NOT NULL, created bigint NOT NULL,
        known bigint NOT NULL, changed bigint NOT NULL, refused bigint NOT NULL, done boolean NOT NULL);
CREATE UNIQUE INDEX records_import_digest ON records_import (digest);
CREATE TABLE records_import_refused (import_id uuid NOT NULL, line bigint NOT NULL, reason varchar(40) NOT NULL,
        PRIMARY KEY (import_id, line));
-- Letters are printed and posted in batches; nobody does both the asking and the printing.
CREATE TABLE records_letter_batch (id uuid PRIMARY KEY, territory varchar(3) NOT NULL, letters int NOT NULL, asked_at timestamptz NOT NULL,
        asked_by varchar(160) NOT NULL, posting_on date NOT NULL, printed_at timestamptz, printed_by varchar(160) NOT NULL,
        posted_at timestamptz, posted_by varchar(160) NOT NULL, outcome varchar(10) NOT NULL);
CREATE TABLE records_opposition (id uuid PRIMARY KEY, record_id uuid NOT NULL, way varchar(8) NOT NULL, asked_at timestamptz NOT NULL,
        asked_by varchar(160) NOT NULL, done_at timestamptz, done_by varchar(160) NOT NULL, outcome varchar(10) NOT NULL);
CREATE UNIQUE INDEX records_opposition_waits ON records_opposition (record_id) WHERE done_at IS NULL;
CREATE TABLE records_union (id uuid PRIMARY KEY, kind varchar(8) NOT NULL, kept uuid NOT NULL, absorbed uuid NOT NULL,
        asked_at timestamptz NOT NULL, asked_by varchar(160) NOT NULL, confirmed_at timestamptz, confirmed_by varchar(160) NOT NULL,
        done_at timestamptz, undo_asked_at timestamptz, undo_asked_by varchar(160) NOT NULL, undone_at timestamptz,
        outcome varchar(40) NOT NULL, state_before varchar(24) NOT NULL, moved jsonb NOT NULL);
CREATE INDEX records_union_kept ON records_union (kept);
CREATE INDEX records_union_absorbed ON records_union (absorbed);
CREATE OR REPLACE FUNCTION records_due(p_state text, p_since date, p_asked date, p_limit int)
RETURNS TABLE (record_id uuid) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT r.record_id FROM records_record r WHERE state = p_state AND (since <= p_since OR destruction_asked <= p_asked)
  AND NOT EXISTS (SELECT FROM records_opposition o WHERE o.record_id = r.record_id AND o.done_at IS NULL)
  ORDER BY since LIMIT p_limit
$$;
CREATE FUNCTION records_letters_due(p_territory text, p_limit int) RETURNS TABLE (record_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT a.record_id FROM records_arrival a JOIN records_record r USING (record_id) WHERE a.territory = p_territory
  AND a.channel = 'letter' AND a.batch_id IS NULL AND a.notified_at IS NULL AND r.state = 'to_notify'
  ORDER BY a.arrived_on, a.record_id LIMIT p_limit
$$;
CREATE FUNCTION records_letters_waiting() RETURNS TABLE (territory varchar, letters bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT a.territory, count(*) FROM records_arrival a JOIN records_record r USING (record_id)
  WHERE a.channel = 'letter' AND a.batch_id IS NULL AND a.notified_at IS NULL AND r.state = 'to_notify' GROUP BY 1 ORDER BY 1
$$;
CREATE FUNCTION records_letters_of(p_batch uuid) RETURNS TABLE (record_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT record_id FROM records_arrival WHERE batch_id = p_batch ORDER BY record_id
$$;
-- What an operator sees of the documents of a record that is compared with another one: when, and by which structure. Deleted ones stay
-- where they are: nobody sees them.
CREATE FUNCTION records_outline(p_record uuid) RETURNS TABLE (logical_id uuid, day date, structure varchar, by_patient boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT logical_id, deposited_at::date, depositor_structure, by_patient FROM records_document
  WHERE record_id = p_record AND NOT technical AND status <> 'Deleted' ORDER BY deposited_at DESC, logical_id LIMIT 5000
$$;
-- From whom a line about a document is hidden: for the journal of an operator's act, which shows it to nobody.
CREATE FUNCTION records_veils(p_record uuid, p_documents uuid[]) RETURNS TABLE (logical_id uuid, hidden_from_patient boolean, hidden_from_representatives boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT logical_id, hidden_from_patient, hidden_from_representatives FROM records_document WHERE record_id = p_record AND logical_id = ANY(p_documents)
$$;
-- Records whose lines the person of this one reads beside their own, since both are theirs.
CREATE FUNCTION records_absorbed(p_record uuid) RETURNS TABLE (record_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT absorbed FROM records_union WHERE kept = p_record AND kind = 'unite' AND done_at IS NOT NULL AND outcome IN ('', 'final')
  ORDER BY done_at
$$;
-- Counts alone: the process that draws the figures reads no record.
CREATE FUNCTION records_figures(p_from date) RETURNS TABLE (week date, event varchar, territory varchar, age int, people bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT date_trunc('week', p.day)::date, p.event, coalesce(a.territory, ''),
    CASE WHEN a.birth_year > 0 THEN (extract(year FROM p.day)::int - a.birth_year) / 10 * 10 ELSE -1 END, count(*)
  FROM records_passage p LEFT JOIN records_arrival a USING (record_id) WHERE p.day >= p_from GROUP BY 1, 2, 3, 4
$$;
CREATE FUNCTION records_standing() RETURNS TABLE (state varchar, people bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT state, count(*) FROM records_record GROUP BY 1
$$;
REVOKE ALL ON FUNCTION records_letters_due(text, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION records_letters_due(text, int) TO carnet_operator;
REVOKE ALL ON FUNCTION records_letters_waiting() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION records_letters_waiting() TO carnet_operator;
REVOKE ALL ON FUNCTION records_letters_of(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION records_letters_of(uuid) TO carnet_operator;
REVOKE ALL ON FUNCTION records_figures(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION records_figures(date) TO carnet_operator, carnet_espace;
REVOKE ALL ON FUNCTION records_standing() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION records_standing() TO carnet_operator, carnet_espace;
REVOKE ALL ON FUNCTION records_outline(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION records_outline(uuid) TO carnet_operator;
REVOKE ALL ON FUNCTION records_veils(uuid, uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION records_veils(uuid, uuid[]) TO carnet_operator, carnet_worker;
REVOKE ALL ON FUNCTION records_absorbed(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION records_absorbed(uuid) TO carnet_espace, carnet_webps, carnet_fhir, carnet_dmp, carnet_worker;
GRANT INSERT ON records_folder, records_folder_item, records_alert TO carnet_worker;
GRANT SELECT, UPDATE ON records_arrival TO carnet_operator, carnet_worker;
GRANT DELETE ON records_arrival TO carnet_worker;
GRANT SELECT, INSERT ON records_arrival TO carnet_espace;
GRANT SELECT ON records_passage TO carnet_espace;
GRANT INSERT ON records_passage TO carnet_fhir, carnet_dmp, carnet_hl7v2, carnet_webps, carnet_espace, carnet_worker, carnet_operator;
GRANT SELECT, DELETE ON records_passage TO carnet_worker;
GRANT SELECT ON records_import, records_import_refused TO carnet_operator;
GRANT SELECT, INSERT, UPDATE ON records_letter_batch, records_opposition, records_union TO carnet_operator;
GRANT SELECT, UPDATE, DELETE ON records_opposition, records_union TO carnet_worker;
GRANT SELECT, UPDATE ON records_opposition TO carnet_espace;
GRANT SELECT, UPDATE ON records_record TO carnet_operator;
