DROP FUNCTION journal_across(uuid[], text, timestamptz, bigint);
