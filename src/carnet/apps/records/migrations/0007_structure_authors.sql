-- The filter of the search knows structures that are authors. The function of 0.5, with one value less, stays for processes that
-- still run, and is dropped by the release after this one.
CREATE FUNCTION records_new_counts(p_records uuid[], p_since timestamptz[], v1 text[], v2 boolean, v3 varchar[], v4 text, v5 text, v6 text, v7 text, v8 text, v9 text, v10 text, v11 boolean, v12 boolean, v13 text, v14 text, v15 text, v16 text, v17 text, v18 text)
RETURNS TABLE (record_id uuid, n bigint) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT q.record_id, count(*) FROM unnest(p_records, p_since) AS q (record_id, since)
  JOIN records_document d ON d.record_id = q.record_id AND d.updated_at > coalesce(q.since, '-infinity')
    AND d.status = 'Approved'
  WHERE NOT technical AND status = ANY(v1) AND (v2 OR type_code = ANY(v3::varchar[]))
  AND (NOT masked OR v4 = 'all' OR (v5 = 'own' AND (v6 = ANY(author_ids) OR depositor = v7
       OR (v8 <> '' AND (depositor_structure = v9 OR (author_ids = '{}' AND v10 = ANY(author_structures)))))))
  AND (NOT hidden_from_patient OR v11) AND (NOT hidden_from_representatives OR v12)
  AND (v13 = 'any' OR (v14 = 'author' AND v15 = ANY(author_ids))
       OR (v16 = 'structure' AND v17 <> '' AND v18 = ANY(author_structures))) GROUP BY q.record_id
$$;
REVOKE ALL ON FUNCTION records_new_counts(uuid[], timestamptz[], text[], boolean, varchar[], text, text, text, text, text, text, text, boolean, boolean, text, text, text, text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION records_new_counts(uuid[], timestamptz[], text[], boolean, varchar[], text, text, text, text, text, text, text, boolean, boolean, text, text, text, text, text, text) TO carnet_fhir, carnet_dmp, carnet_webps;
