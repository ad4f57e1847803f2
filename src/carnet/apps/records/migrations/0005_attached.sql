ALTER TABLE records_record ADD COLUMN attached boolean NOT NULL DEFAULT true;
GRANT UPDATE (state, since, reason, destruction_asked) ON records_record TO carnet_dmp;
