REVOKE UPDATE (state, since, reason, destruction_asked) ON records_record FROM carnet_dmp;
ALTER TABLE records_record DROP COLUMN attached;
