"""A record has several chains (those that are hidden from somebody stand apart): read them in one round trip."""

from django.db import migrations

from carnet.apps.storage import schema

# Without SECURITY DEFINER: row-level security holds in every chain, and the scope of the caller is put back.
ACROSS = """
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
"""
SIGNATURE = "journal_across(uuid[], text, timestamptz, bigint)"
SQL = ACROSS + schema.grant_function(SIGNATURE, *schema.RECORD_DOORS, "sealer")


class Migration(migrations.Migration):
    dependencies = [("journal", "0002_sealing")]

    operations = [migrations.RunSQL(SQL, f"DROP FUNCTION {SIGNATURE};")]
