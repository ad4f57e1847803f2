DROP FUNCTION records_own_list(text, text, text, timestamptz, interval);
DROP FUNCTION records_new_counts(uuid[], timestamptz[], text[], boolean, varchar[], text, text, text, text, text, text, boolean, boolean, text, text, text, text, text, text);
DROP INDEX access_authorisation_subject, records_document_date;
DROP TABLE records_words CASCADE;
DROP TABLE records_alert CASCADE;
