DROP FUNCTION outbox_announced(int);
ALTER TABLE outbox_notice DROP COLUMN settled;
REVOKE UPDATE ON outbox_notice FROM carnet_worker;
