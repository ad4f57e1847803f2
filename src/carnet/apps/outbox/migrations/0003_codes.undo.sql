DROP POLICY outbox_notice_help ON outbox_notice;
ALTER TABLE outbox_notice DROP COLUMN secret;
