-- Software is registered by an operator, with the certificates that it signs or calls with: who answers for it is told before they end.
ALTER TABLE signin_software ADD COLUMN registered_at timestamptz, ADD COLUMN registered_by varchar(160) NOT NULL DEFAULT '';
CREATE TABLE signin_certificate (fingerprint varchar(64) PRIMARY KEY, client_id varchar(80) NOT NULL, subject varchar(300) NOT NULL,
  issuer varchar(300) NOT NULL, ends_on date NOT NULL, registered_at timestamptz NOT NULL, registered_by varchar(160) NOT NULL, told_days smallint);
CREATE INDEX signin_certificate_ends ON signin_certificate (ends_on);
CREATE FUNCTION signin_end_software(p_client text, p_at timestamptz) RETURNS bigint LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
  WITH ended AS (UPDATE signin_session SET ended_at = p_at WHERE client_id = p_client AND ended_at IS NULL AND expires_at > p_at RETURNING 1)
  SELECT count(*) FROM ended
$$;
REVOKE ALL ON FUNCTION signin_end_software(text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION signin_end_software(text, timestamptz) TO carnet_operator;
GRANT SELECT, INSERT, DELETE ON signin_certificate TO carnet_operator;
GRANT SELECT, UPDATE ON signin_certificate TO carnet_worker;
