-- Dead letters are shown to the operator, who may have them tried again; nothing else of the outbox.
ALTER TABLE outbox_notice ADD COLUMN outcome varchar(12) NOT NULL DEFAULT 'waiting',
      ADD COLUMN attempts int NOT NULL DEFAULT 0, ADD COLUMN next_at timestamptz,
      ADD COLUMN problem varchar(120) NOT NULL DEFAULT '';
    CREATE INDEX outbox_notice_waiting ON outbox_notice (created_at) WHERE outcome = 'waiting';
    CREATE TABLE outbox_contact (owner varchar(120) PRIMARY KEY, address bytea NOT NULL, muted varchar(40)[] NOT NULL,
      digest varchar(12) NOT NULL, updated_at timestamptz NOT NULL);
    ALTER TABLE outbox_contact ENABLE ROW LEVEL SECURITY;
CREATE POLICY outbox_contact_scope ON outbox_contact USING (owner = 'holder:' || NULLIF(current_setting('carnet.record', true), '')::uuid::text);
CREATE POLICY outbox_contact_courier ON outbox_contact FOR SELECT TO carnet_courier USING (true);
CREATE POLICY outbox_contact_operator ON outbox_contact TO carnet_operator USING (owner LIKE 'professional:%');
CREATE POLICY outbox_notice_operator ON outbox_notice FOR SELECT TO carnet_operator USING (outcome = 'dead');
CREATE FUNCTION outbox_purge(p_before timestamptz) RETURNS bigint LANGUAGE sql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
  WITH gone AS (DELETE FROM outbox_notice WHERE outcome <> 'waiting' AND created_at < p_before RETURNING 1)
  SELECT count(*) FROM gone
$$;
CREATE FUNCTION outbox_retry(p_at timestamptz) RETURNS bigint LANGUAGE sql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
  WITH again AS (UPDATE outbox_notice SET outcome = 'waiting', attempts = 0, next_at = p_at WHERE outcome = 'dead' RETURNING 1)
  SELECT count(*) FROM again
$$;
REVOKE ALL ON FUNCTION outbox_purge(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION outbox_purge(timestamptz) TO carnet_worker;
REVOKE ALL ON FUNCTION outbox_retry(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION outbox_retry(timestamptz) TO carnet_operator;
GRANT SELECT ON outbox_contact TO carnet_courier, carnet_espace, carnet_operator, carnet_worker;
GRANT INSERT, UPDATE, DELETE ON outbox_contact TO carnet_espace, carnet_operator, carnet_worker;
GRANT DELETE ON outbox_notice TO carnet_worker;
GRANT SELECT ON outbox_notice TO carnet_operator;
