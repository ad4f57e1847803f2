CREATE OR REPLACE FUNCTION outbox_purge(p_before timestamptz) RETURNS bigint LANGUAGE sql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
  WITH gone AS (DELETE FROM outbox_notice WHERE outcome <> 'waiting' AND created_at < p_before RETURNING 1)
  SELECT count(*) FROM gone
$$;
DROP FUNCTION outbox_tell_access(uuid, uuid, uuid, timestamptz);
