ALTER TABLE access_authorisation DROP COLUMN secret;
ALTER TABLE access_block DROP COLUMN secret;
ALTER TABLE access_emergency DROP COLUMN secret;
