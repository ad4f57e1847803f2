-- When each document of a record came, as a moment: its day is that of the civil zone, which the database does not know. The function
-- that gives the day of UTC (records_outline) stays for processes of the release before.
CREATE FUNCTION records_deposited(p_record uuid) RETURNS TABLE (logical_id uuid, at timestamptz, structure varchar, by_patient boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT logical_id, deposited_at, depositor_structure, by_patient FROM records_document
  WHERE record_id = p_record AND NOT technical AND status <> 'Deleted' ORDER BY deposited_at DESC, logical_id LIMIT 5000
$$;
REVOKE ALL ON FUNCTION records_deposited(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION records_deposited(uuid) TO carnet_operator;
