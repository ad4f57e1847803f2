ALTER TABLE records_folder_item DROP COLUMN submission_id;
ALTER TABLE records_folder DROP COLUMN submission_id, DROP COLUMN bare;
ALTER TABLE records_submission_set DROP COLUMN bare;
