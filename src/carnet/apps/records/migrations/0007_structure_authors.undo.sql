DROP FUNCTION records_new_counts(uuid[], timestamptz[], text[], boolean, varchar[], text, text, text, text, text, text, text, boolean, boolean, text, text, text, text, text, text);
