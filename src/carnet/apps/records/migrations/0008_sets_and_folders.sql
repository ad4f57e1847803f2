-- A set knows the folders that it made and what it put into folders; one that brought no document shows without one.
ALTER TABLE records_submission_set ADD COLUMN bare boolean NOT NULL DEFAULT false;
ALTER TABLE records_folder ADD COLUMN submission_id uuid, ADD COLUMN bare boolean NOT NULL DEFAULT false;
ALTER TABLE records_folder_item ADD COLUMN submission_id uuid;
