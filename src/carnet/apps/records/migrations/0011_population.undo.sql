REVOKE UPDATE ON records_record FROM carnet_operator;
ALTER TABLE records_record DROP COLUMN died_on;
REVOKE INSERT ON records_folder, records_folder_item, records_alert FROM carnet_worker;
DROP FUNCTION records_outline(uuid), records_veils(uuid, uuid[]), records_absorbed(uuid);
DROP FUNCTION records_letters_due(text, int), records_letters_waiting(), records_letters_of(uuid), records_figures(date), records_standing();
CREATE OR REPLACE FUNCTION records_due(p_state text, p_since date, p_asked date, p_limit int)
RETURNS TABLE (record_id uuid) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT record_id FROM records_record WHERE state = p_state AND (since <= p_since OR destruction_asked <= p_asked)
  ORDER BY since LIMIT p_limit
$$;
DROP TABLE records_arrival, records_passage, records_import, records_import_refused, records_letter_batch, records_opposition, records_union;
