CREATE TABLE records_words (record_id uuid NOT NULL, logical_id uuid NOT NULL, sealed bytea NOT NULL,
        PRIMARY KEY (record_id, logical_id)) PARTITION BY HASH (record_id);
CREATE TABLE records_words_p00 PARTITION OF records_words FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE TABLE records_words_p01 PARTITION OF records_words FOR VALUES WITH (MODULUS 4, REMAINDER 1);
CREATE TABLE records_words_p02 PARTITION OF records_words FOR VALUES WITH (MODULUS 4, REMAINDER 2);
CREATE TABLE records_words_p03 PARTITION OF records_words FOR VALUES WITH (MODULUS 4, REMAINDER 3);
ALTER TABLE records_words ENABLE ROW LEVEL SECURITY;
CREATE POLICY records_words_scope ON records_words USING (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid) WITH CHECK (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid);
CREATE TABLE records_alert (record_id uuid NOT NULL, professional_id varchar(64) NOT NULL, types varchar(40)[] NOT NULL,
        profession_system varchar(80) NOT NULL, profession_code varchar(20) NOT NULL, structure varchar(64) NOT NULL, since timestamptz NOT NULL,
        PRIMARY KEY (record_id, professional_id)) PARTITION BY HASH (record_id);
CREATE TABLE records_alert_p00 PARTITION OF records_alert FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE TABLE records_alert_p01 PARTITION OF records_alert FOR VALUES WITH (MODULUS 4, REMAINDER 1);
CREATE TABLE records_alert_p02 PARTITION OF records_alert FOR VALUES WITH (MODULUS 4, REMAINDER 2);
CREATE TABLE records_alert_p03 PARTITION OF records_alert FOR VALUES WITH (MODULUS 4, REMAINDER 3);
ALTER TABLE records_alert ENABLE ROW LEVEL SECURITY;
CREATE POLICY records_alert_scope ON records_alert USING (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid) WITH CHECK (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE ON records_words TO carnet_fhir, carnet_dmp, carnet_hl7v2, carnet_webps, carnet_espace;
GRANT SELECT, INSERT, UPDATE ON records_alert TO carnet_fhir, carnet_dmp, carnet_hl7v2, carnet_webps, carnet_espace;
GRANT DELETE ON records_alert TO carnet_webps, carnet_fhir;
GRANT SELECT, DELETE ON records_words TO carnet_worker;
GRANT SELECT, DELETE ON records_alert TO carnet_worker;
CREATE INDEX access_authorisation_subject ON access_authorisation (subject_id, subject_kind);
CREATE INDEX records_document_date ON records_document (record_id, authored_at DESC, logical_id);
CREATE FUNCTION records_own_list(p_person text, p_structure text, p_actor text, p_at timestamptz, p_pause interval)
RETURNS TABLE (record_id uuid, state varchar, since date, reason varchar, status varchar, annotations varchar[], sealed bytea,
  wrapped bytea, ground varchar, granted_at timestamptz, expires_at timestamptz, initial boolean, break_glass boolean,
  regulation boolean, masked_in_emergency boolean, objects boolean, blocked boolean, treating boolean, administrator boolean,
  structure_authorised boolean, emergency_until timestamptz, hidden_sections varchar[], ins bytea, last_visit timestamptz) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT s.record_id, r.*, i.*, k.*, a.*, n.sealed AS ins, v.max AS last_visit
  FROM (SELECT DISTINCT record_id FROM access_authorisation WHERE (subject_kind = 'person' AND subject_id = p_person
    AND (ground = 'care_team' OR expires_at > p_at))
    OR (subject_kind = 'structure' AND subject_id = p_structure AND expires_at > p_at) LIMIT 2000) AS s
  JOIN LATERAL (SELECT state, since, reason FROM records_record WHERE record_id = s.record_id AND state = 'open') AS r ON true
  JOIN LATERAL (SELECT status, annotations, sealed FROM identity_patient WHERE record_id = s.record_id) AS i ON true JOIN LATERAL (SELECT wrapped FROM storage_record_key WHERE record_id = s.record_id AND destroyed_at IS NULL ORDER BY version DESC LIMIT 1) AS k ON true
  JOIN LATERAL (SELECT a.ground, a.granted_at, a.expires_at, c.initial_consent_at IS NOT NULL AS initial,
  coalesce(c.break_glass, true) AS break_glass, coalesce(c.regulation, true) AS regulation,
  coalesce(c.masked_in_emergency, false) AS masked_in_emergency,
  c.objects_to_deposits_of && ARRAY[p_person, p_structure]::varchar[] AS objects,
  EXISTS (SELECT FROM access_block b WHERE b.record_id = s.record_id
          AND ((b.subject_kind = 'person' AND b.subject_id = p_person)
            OR (b.subject_kind = 'structure' AND b.subject_id = p_structure))) AS blocked,
  EXISTS (SELECT FROM access_relation r WHERE r.record_id = s.record_id AND r.professional_id = p_person
          AND r.kind = 'treating_doctor') AS treating,
  EXISTS (SELECT FROM access_relation r WHERE r.record_id = s.record_id AND r.professional_id = p_person
          AND r.kind = 'administrator') AS administrator,
  EXISTS (SELECT FROM access_authorisation t WHERE t.record_id = s.record_id AND t.subject_kind = 'structure'
          AND t.subject_id = p_structure AND t.expires_at > p_at) AS structure_authorised,
  (SELECT max(e.ends_at) FROM access_emergency e WHERE e.record_id = s.record_id AND e.professional_id = p_person
          AND e.mode = 'normal') AS emergency_until,
  coalesce(c.hidden_sections, '{}') AS hidden_sections
FROM (SELECT s.record_id) AS one
LEFT JOIN access_choices c ON c.record_id = s.record_id
LEFT JOIN access_authorisation a ON a.record_id = s.record_id AND a.subject_kind = 'person' AND a.subject_id = p_person) AS a ON true
  JOIN LATERAL (SELECT sealed FROM identity_ins WHERE record_id = s.record_id AND active
    ORDER BY valid_from DESC NULLS LAST LIMIT 1) AS n ON true
  LEFT JOIN LATERAL (SELECT max(at) FROM (SELECT at, lag(at) OVER (ORDER BY at DESC, counter DESC) AS later FROM journal_entry
    WHERE chain_id = s.record_id AND actor = p_actor AND at <= p_at AND body::jsonb ->> 'outcome' = 'permit'
    AND body::jsonb ->> 'act' IN ('TD3.1:metadata', 'TD3.2')) AS visits WHERE coalesce(later, p_at) - at > p_pause) AS v ON true
$$;
CREATE FUNCTION records_new_counts(p_records uuid[], p_since timestamptz[], v1 text[], v2 boolean, v3 varchar[], v4 text, v5 text, v6 text, v7 text, v8 text, v9 text, v10 boolean, v11 boolean, v12 text, v13 text, v14 text, v15 text, v16 text, v17 text)
RETURNS TABLE (record_id uuid, n bigint) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT q.record_id, count(*) FROM unnest(p_records, p_since) AS q (record_id, since)
  JOIN records_document d ON d.record_id = q.record_id AND d.updated_at > coalesce(q.since, '-infinity')
    AND d.status = 'Approved'
  WHERE NOT technical AND status = ANY(v1) AND (v2 OR type_code = ANY(v3::varchar[]))
  AND (NOT masked OR v4 = 'all' OR (v5 = 'own' AND (v6 = ANY(author_ids) OR depositor = v7
       OR (v8 <> '' AND depositor_structure = v9))))
  AND (NOT hidden_from_patient OR v10) AND (NOT hidden_from_representatives OR v11)
  AND (v12 = 'any' OR (v13 = 'author' AND v14 = ANY(author_ids))
       OR (v15 = 'structure' AND v16 <> '' AND v17 = ANY(author_structures))) GROUP BY q.record_id
$$;
REVOKE ALL ON FUNCTION records_own_list(text, text, text, timestamptz, interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION records_own_list(text, text, text, timestamptz, interval) TO carnet_fhir, carnet_dmp, carnet_webps;
REVOKE ALL ON FUNCTION records_new_counts(uuid[], timestamptz[], text[], boolean, varchar[], text, text, text, text, text, text, boolean, boolean, text, text, text, text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION records_new_counts(uuid[], timestamptz[], text[], boolean, varchar[], text, text, text, text, text, text, boolean, boolean, text, text, text, text, text, text) TO carnet_fhir, carnet_dmp, carnet_webps;
