DROP FUNCTION outbox_tell_access(uuid, uuid, uuid, timestamptz, timestamptz);
