DROP FUNCTION signin_end_software(text, timestamptz);
DROP TABLE signin_certificate;
ALTER TABLE signin_software DROP COLUMN registered_at, DROP COLUMN registered_by;
