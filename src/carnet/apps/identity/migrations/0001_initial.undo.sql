DROP TABLE identity_patient CASCADE;
DROP TABLE identity_ins CASCADE;
DROP TABLE identity_professional CASCADE;
DROP TABLE identity_situation CASCADE;
DROP TABLE identity_structure CASCADE;
DROP FUNCTION identity_find(bytea);
