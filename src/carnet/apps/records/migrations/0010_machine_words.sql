-- NULL: nothing to read by machine; false: waits; true: read. A process of the release before says nothing, and nothing is read.
ALTER TABLE records_words ADD COLUMN machine boolean;
CREATE INDEX records_words_machine ON records_words (record_id) WHERE machine = false;
CREATE FUNCTION records_unread_pictures(p_limit int) RETURNS TABLE (record_id uuid, logical_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT record_id, logical_id FROM records_words WHERE machine = false LIMIT p_limit
$$;
REVOKE ALL ON FUNCTION records_unread_pictures(int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION records_unread_pictures(int) TO carnet_worker;
GRANT INSERT, UPDATE ON records_words TO carnet_worker;
