DROP FUNCTION outbox_purge(timestamptz), outbox_retry(timestamptz);
DROP TABLE outbox_contact;
DROP INDEX outbox_notice_waiting;
DROP POLICY outbox_notice_operator ON outbox_notice;
ALTER TABLE outbox_notice DROP COLUMN outcome, DROP COLUMN attempts, DROP COLUMN next_at, DROP COLUMN problem;
