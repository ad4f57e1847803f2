DROP FUNCTION journal_begin(uuid[], timestamptz[], text[], text[]);
