-- For the import of the directory, in its own transaction. The operator's process reads no session.
CREATE FUNCTION signin_gone(p_ids text[], p_at timestamptz) RETURNS bigint LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
  WITH cut AS (UPDATE signin_session SET ended_at = p_at WHERE professional_id = ANY(p_ids) AND ended_at IS NULL RETURNING 1)
  SELECT count(*) FROM cut
$$;
REVOKE ALL ON FUNCTION signin_gone(text[], timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION signin_gone(text[], timestamptz) TO carnet_operator;
