-- How many notices wait for another try, and what the last of them met: a count and a code of the mail server, of nobody by name.
CREATE FUNCTION outbox_delayed() RETURNS TABLE (notices bigint, problem varchar)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT count(*), (array_agg(problem ORDER BY next_at DESC))[1] FROM outbox_notice
  WHERE outcome = 'waiting' AND attempts > 0 AND problem <> ''
$$;
REVOKE ALL ON FUNCTION outbox_delayed() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION outbox_delayed() TO carnet_operator;
