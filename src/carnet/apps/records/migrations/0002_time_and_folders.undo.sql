DROP FUNCTION records_locate_named(text), records_due(text, date, date, int), records_due_waiting(timestamptz, boolean, int);
DROP TABLE records_folder CASCADE;
DROP TABLE records_folder_item CASCADE;
DROP INDEX records_record_due, records_document_unique, records_document_entry, records_document_waiting;
ALTER TABLE records_record DROP COLUMN destruction_asked;
ALTER TABLE records_document DROP COLUMN parents, DROP COLUMN waiting_told_at;
