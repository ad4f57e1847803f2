-- The reviewer reads who, when and which mode; the reason in words is sealed under a key that no operator has.
ALTER TABLE access_authorisation ADD COLUMN end_noted boolean NOT NULL DEFAULT false;
    CREATE INDEX access_authorisation_ended ON access_authorisation (expires_at) WHERE NOT end_noted;
    ALTER TABLE access_emergency ADD COLUMN priority boolean NOT NULL DEFAULT false,
      ADD COLUMN reviewed_by varchar(160) NOT NULL DEFAULT '', ADD COLUMN verdict varchar(20) NOT NULL DEFAULT '';
    CREATE INDEX access_emergency_waiting ON access_emergency (started_at) WHERE reviewed_at IS NULL;
CREATE POLICY access_emergency_operator ON access_emergency TO carnet_operator USING (true);

CREATE FUNCTION access_due_ends(p_at timestamptz, p_limit int)
RETURNS TABLE (record_id uuid) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT DISTINCT record_id FROM access_authorisation WHERE NOT end_noted AND expires_at <= p_at LIMIT p_limit
$$;
REVOKE ALL ON FUNCTION access_due_ends(timestamptz, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION access_due_ends(timestamptz, int) TO carnet_worker;
GRANT DELETE ON access_authorisation TO carnet_worker;
GRANT DELETE ON access_block TO carnet_worker;
GRANT DELETE ON access_relation TO carnet_worker;
GRANT DELETE ON access_choices TO carnet_worker;
GRANT DELETE ON access_emergency TO carnet_worker;
GRANT UPDATE ON access_authorisation TO carnet_worker;
GRANT SELECT, DELETE ON access_budget TO carnet_worker;
GRANT SELECT (record_id, id, professional_id, mode, started_at, ends_at, priority, reviewed_at, reviewed_by, verdict), UPDATE (reviewed_at, reviewed_by, verdict) ON access_emergency TO carnet_operator;
