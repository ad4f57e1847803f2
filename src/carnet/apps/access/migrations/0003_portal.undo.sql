DROP FUNCTION access_lookups_of(text);
DROP FUNCTION access_review_lookup(text, uuid, varchar, timestamptz);
DROP TABLE access_delegation;
DROP TABLE access_lookup CASCADE;
ALTER TABLE access_choices DROP COLUMN hidden_sections;
DROP TABLE access_presence CASCADE;
DROP TABLE access_presence_share;
