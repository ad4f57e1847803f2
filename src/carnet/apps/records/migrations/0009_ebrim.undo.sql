ALTER TABLE records_document DROP COLUMN ebrim;
