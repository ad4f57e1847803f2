DROP TABLE records_record CASCADE;
DROP TABLE records_document CASCADE;
DROP TABLE records_submission_set CASCADE;
DROP TABLE records_document_version CASCADE;
DROP TABLE records_directory CASCADE;
DROP FUNCTION records_locate(uuid);
