-- Without SECURITY DEFINER: row-level security holds in every chain, and the scope of the caller is put back.
CREATE FUNCTION journal_across(p_chains uuid[], p_actor text, p_since timestamptz, p_most bigint)
RETURNS TABLE (chain_id uuid, counter bigint, body text)
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
  kept text := current_setting('carnet.record', true);
  chain uuid;
BEGIN
  FOREACH chain IN ARRAY p_chains LOOP
    PERFORM set_config('carnet.record', chain::text, true);
    RETURN QUERY SELECT e.chain_id, e.counter, e.body FROM journal_entry e WHERE e.chain_id = chain
      AND (p_actor IS NULL OR (e.actor = p_actor AND e.at >= p_since
           AND e.body::jsonb ->> 'code' IS DISTINCT FROM 'document-unknown'))
      ORDER BY e.counter DESC LIMIT p_most;
  END LOOP;
  PERFORM set_config('carnet.record', coalesce(kept, ''), true);
END $$;
REVOKE ALL ON FUNCTION journal_across(uuid[], text, timestamptz, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION journal_across(uuid[], text, timestamptz, bigint) TO carnet_fhir, carnet_dmp, carnet_hl7v2, carnet_webps, carnet_espace, carnet_sealer;
