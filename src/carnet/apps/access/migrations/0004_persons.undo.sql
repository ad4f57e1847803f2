DROP FUNCTION access_records_of(uuid, timestamptz);
DROP FUNCTION access_invitation_of(bytea, timestamptz);
DROP TABLE access_person CASCADE;
DROP TABLE access_invitation CASCADE;
DROP TABLE access_case CASCADE;
ALTER TABLE access_choices DROP COLUMN masks_new, DROP COLUMN masked_categories;
