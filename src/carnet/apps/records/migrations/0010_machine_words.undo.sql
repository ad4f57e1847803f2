DROP FUNCTION records_unread_pictures(int);
REVOKE INSERT, UPDATE ON records_words FROM carnet_worker;
ALTER TABLE records_words DROP COLUMN machine;
