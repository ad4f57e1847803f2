DROP TABLE outbox_notice CASCADE;
