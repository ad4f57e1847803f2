DROP TABLE journal_entry CASCADE;
DROP FUNCTION journal_append(uuid, timestamptz, text, text);
DROP FUNCTION journal_refuse();
