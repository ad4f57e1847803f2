CREATE TABLE access_opening (record_id uuid NOT NULL, person varchar(160) NOT NULL, kind varchar(10) NOT NULL, day date NOT NULL, care varchar(10) NOT NULL,
    at timestamptz NOT NULL, certificate varchar(64) NOT NULL, structure varchar(64) NOT NULL, profession varchar(60) NOT NULL, savoir_faire varchar(20) NOT NULL,
    sector varchar(20) NOT NULL, PRIMARY KEY (record_id, person, kind, day)) PARTITION BY HASH (record_id);
CREATE TABLE access_opening_p00 PARTITION OF access_opening FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE TABLE access_opening_p01 PARTITION OF access_opening FOR VALUES WITH (MODULUS 4, REMAINDER 1);
CREATE TABLE access_opening_p02 PARTITION OF access_opening FOR VALUES WITH (MODULUS 4, REMAINDER 2);
CREATE TABLE access_opening_p03 PARTITION OF access_opening FOR VALUES WITH (MODULUS 4, REMAINDER 3);
ALTER TABLE access_opening ENABLE ROW LEVEL SECURITY;
CREATE POLICY access_opening_scope ON access_opening USING (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid) WITH CHECK (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid);
CREATE INDEX access_opening_person ON access_opening (person, kind, at);
CREATE INDEX access_opening_certificate ON access_opening (certificate, kind, at) WHERE certificate <> '';
CREATE INDEX access_opening_structure ON access_opening (structure, kind, at) WHERE structure <> '';
GRANT SELECT, INSERT, UPDATE ON access_opening TO carnet_fhir, carnet_dmp, carnet_webps;
GRANT SELECT ON access_opening TO carnet_hl7v2, carnet_espace, carnet_mssante;
GRANT SELECT, DELETE ON access_opening TO carnet_worker;

CREATE TABLE access_signin (person varchar(160) PRIMARY KEY, at timestamptz NOT NULL);
GRANT SELECT ON access_signin TO carnet_fhir, carnet_dmp, carnet_hl7v2;
GRANT SELECT, INSERT, UPDATE ON access_signin TO carnet_webps;
GRANT SELECT, DELETE ON access_signin TO carnet_worker;

CREATE TABLE access_stop (id uuid PRIMARY KEY, subject varchar(180) NOT NULL, since timestamptz NOT NULL, name varchar(160) NOT NULL,
    structure varchar(160) NOT NULL, facts varchar(200) NOT NULL, lifted_at timestamptz, lifted_by varchar(160) NOT NULL, verdict varchar(24) NOT NULL,
    note varchar(1000) NOT NULL);
CREATE UNIQUE INDEX access_stop_open ON access_stop (subject) WHERE lifted_at IS NULL;
CREATE INDEX access_stop_subject ON access_stop (subject, lifted_at);
GRANT SELECT, INSERT ON access_stop TO carnet_fhir, carnet_dmp, carnet_hl7v2, carnet_webps;
GRANT SELECT ON access_stop TO carnet_espace, carnet_mssante;
GRANT SELECT, UPDATE (lifted_at, lifted_by, verdict, note) ON access_stop TO carnet_operator;
GRANT SELECT, DELETE ON access_stop TO carnet_worker;

-- How many records a person, a certificate or a structure opened in each of these windows (hours), in numbers alone: since the sign-in that
-- answers a step-up, and in the whole window; nothing of before an operator lifted a stop counts.
CREATE FUNCTION access_opened(p_by text, p_subject text, p_stop text, p_kind text, p_care text, p_at timestamptz, p_hours int[], p_proof timestamptz)
RETURNS TABLE (hours int, proved bigint, whole bigint) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH known AS MATERIALIZED (SELECT
      greatest(p_proof, (SELECT s.at FROM access_signin s WHERE p_by = 'person' AND s.person = p_subject), '-infinity') AS proof,
      coalesce((SELECT max(t.lifted_at) FROM access_stop t WHERE t.subject = p_stop), '-infinity') AS lifted),
  windows AS (SELECT h, p_at - make_interval(hours => h) AS since FROM unnest(p_hours) h),
  opened AS MATERIALIZED (SELECT f.record_id, max(f.at) AS at FROM (
      SELECT o.record_id, o.at FROM access_opening o WHERE p_by = 'person' AND o.person = p_subject AND o.kind = p_kind AND o.care = p_care
        AND o.at >= (SELECT min(since) FROM windows)
      UNION ALL SELECT o.record_id, o.at FROM access_opening o WHERE p_by = 'certificate' AND o.certificate = p_subject AND o.certificate <> ''
        AND o.kind = p_kind AND o.care = p_care AND o.at >= (SELECT min(since) FROM windows)
      UNION ALL SELECT o.record_id, o.at FROM access_opening o WHERE p_by = 'structure' AND o.structure = p_subject AND o.structure <> ''
        AND o.kind = p_kind AND o.care = p_care AND o.at >= (SELECT min(since) FROM windows)) f GROUP BY f.record_id)
  SELECT w.h, count(o.record_id) FILTER (WHERE o.at > k.proof), count(o.record_id)
  FROM windows w CROSS JOIN known k LEFT JOIN opened o ON o.at >= w.since AND o.at > k.lifted GROUP BY w.h
$$;
REVOKE ALL ON FUNCTION access_opened(text, text, text, text, text, timestamptz, int[], timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION access_opened(text, text, text, text, text, timestamptz, int[], timestamptz) TO carnet_fhir, carnet_dmp, carnet_hl7v2, carnet_webps, carnet_espace, carnet_mssante;
-- The same for what is counted without a record: negative answers, searches by traits.
CREATE FUNCTION access_counted(p_subject text, p_stop text, p_kind text, p_at timestamptz, p_hours int[], p_proof timestamptz)
RETURNS TABLE (hours int, proved bigint, whole bigint) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH known AS MATERIALIZED (SELECT
      greatest(p_proof, (SELECT s.at FROM access_signin s WHERE s.person = p_subject), '-infinity') AS proof,
      coalesce((SELECT max(t.lifted_at) FROM access_stop t WHERE t.subject = p_stop), '-infinity') AS lifted)
  SELECT h, coalesce(sum(b.used) FILTER (WHERE b.hour >= date_trunc('second', k.proof)), 0), coalesce(sum(b.used), 0)
  FROM unnest(p_hours) h CROSS JOIN known k LEFT JOIN access_budget b ON b.actor = p_subject AND b.kind = p_kind
    AND b.hour >= p_at - make_interval(hours => h) AND b.hour > k.lifted GROUP BY h
$$;
REVOKE ALL ON FUNCTION access_counted(text, text, text, timestamptz, int[], timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION access_counted(text, text, text, timestamptz, int[], timestamptz) TO carnet_fhir, carnet_dmp, carnet_hl7v2, carnet_webps, carnet_espace, carnet_mssante;
CREATE FUNCTION access_forget_openings(p_before timestamptz) RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH gone AS (DELETE FROM access_opening WHERE at < p_before RETURNING 1) SELECT count(*) FROM gone
$$;
REVOKE ALL ON FUNCTION access_forget_openings(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION access_forget_openings(timestamptz) TO carnet_worker;
-- What a proposed edition of the bounds is tried on: who opened how much when, without the record.
CREATE FUNCTION access_openings_since(p_since timestamptz)
RETURNS TABLE (record bigint, person text, kind text, care text, at timestamptz, certificate text, structure text, profession text, savoir_faire text, sector text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT dense_rank() OVER (ORDER BY o.record_id), o.person, o.kind, o.care, o.at, o.certificate, o.structure, o.profession, o.savoir_faire, o.sector
  FROM access_opening o WHERE o.at >= p_since ORDER BY o.at
$$;
REVOKE ALL ON FUNCTION access_openings_since(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION access_openings_since(timestamptz) TO carnet_operator;
-- Lines of the journal name nobody of the person's side: whoever may read them finds the names in the record that is open, sealed under its key.
GRANT SELECT (record_id, person_id, kind, starts, sealed) ON access_person TO carnet_fhir, carnet_dmp, carnet_webps;
