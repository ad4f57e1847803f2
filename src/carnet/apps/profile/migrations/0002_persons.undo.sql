DROP FUNCTION profile_sheet_of(bytea, timestamptz);
DROP TABLE profile_sheet CASCADE;
REVOKE DELETE ON profile_entry FROM carnet_espace;
ALTER TABLE profile_entry DROP COLUMN secret;
