DROP TABLE outbox_former;
