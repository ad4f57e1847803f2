ALTER TABLE profile_entry ADD COLUMN secret boolean NOT NULL DEFAULT false;
GRANT DELETE ON profile_entry TO carnet_espace;
CREATE TABLE profile_sheet (record_id uuid NOT NULL, id uuid NOT NULL, token bytea NOT NULL, made_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL, revoked_at timestamptz, opened int NOT NULL, last_opened_at timestamptz, content bytea NOT NULL,
    PRIMARY KEY (record_id, id)) PARTITION BY HASH (record_id);
CREATE TABLE profile_sheet_p00 PARTITION OF profile_sheet FOR VALUES WITH (MODULUS 4, REMAINDER 0);
CREATE TABLE profile_sheet_p01 PARTITION OF profile_sheet FOR VALUES WITH (MODULUS 4, REMAINDER 1);
CREATE TABLE profile_sheet_p02 PARTITION OF profile_sheet FOR VALUES WITH (MODULUS 4, REMAINDER 2);
CREATE TABLE profile_sheet_p03 PARTITION OF profile_sheet FOR VALUES WITH (MODULUS 4, REMAINDER 3);
ALTER TABLE profile_sheet ENABLE ROW LEVEL SECURITY;
CREATE POLICY profile_sheet_scope ON profile_sheet USING (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid) WITH CHECK (record_id = NULLIF(current_setting('carnet.record', true), '')::uuid);
CREATE INDEX profile_sheet_token ON profile_sheet (token);
GRANT SELECT, INSERT, UPDATE ON profile_sheet TO carnet_espace;
GRANT SELECT, DELETE ON profile_sheet TO carnet_worker;
-- The encrypted sheet of a link that lives; its opening is counted.
CREATE FUNCTION profile_sheet_of(p_token bytea, p_at timestamptz) RETURNS TABLE (record_id uuid, id uuid, content bytea)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  UPDATE profile_sheet s SET opened = s.opened + 1, last_opened_at = p_at
  WHERE s.token = p_token AND s.revoked_at IS NULL AND s.expires_at > p_at RETURNING s.record_id, s.id, s.content
$$;
REVOKE ALL ON FUNCTION profile_sheet_of(bytea, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION profile_sheet_of(bytea, timestamptz) TO carnet_espace;
