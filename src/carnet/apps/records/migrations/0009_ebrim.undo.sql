DROP TRIGGER records_ebrim_follows ON records_document;
DROP FUNCTION records_ebrim_follows();
ALTER TABLE records_document DROP COLUMN ebrim;
