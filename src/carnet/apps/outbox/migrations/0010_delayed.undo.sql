DROP FUNCTION outbox_delayed();
