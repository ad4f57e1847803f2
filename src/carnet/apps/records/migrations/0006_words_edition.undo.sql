ALTER TABLE records_words DROP COLUMN edition;
