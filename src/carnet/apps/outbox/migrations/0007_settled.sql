-- What became of the notice of a record is the proof that starts or stops its six weeks: the worker settles it once.
ALTER TABLE outbox_notice ADD COLUMN settled boolean NOT NULL DEFAULT false;
UPDATE outbox_notice SET settled = true WHERE kind = 'record-announced';
CREATE INDEX outbox_notice_announced ON outbox_notice (created_at) WHERE kind = 'record-announced' AND NOT settled;
CREATE FUNCTION outbox_announced(p_limit int) RETURNS TABLE (record_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT record_id FROM outbox_notice WHERE kind = 'record-announced' AND NOT settled AND outcome IN ('sent', 'dead', 'unreachable')
  ORDER BY created_at LIMIT p_limit
$$;
REVOKE ALL ON FUNCTION outbox_announced(int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION outbox_announced(int) TO carnet_worker;
GRANT SELECT, UPDATE ON outbox_notice TO carnet_worker;
