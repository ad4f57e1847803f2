"""Tables of journal: partitions, row-level security, grants."""

from django.db import migrations, models

from carnet.apps.storage import schema

TABLE = "journal_entry"
APPEND = """
CREATE FUNCTION journal_append(p_chain uuid, p_at timestamptz, p_actor text, p_body text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  n bigint;
  head bytea;
BEGIN
  -- The head of a chain is guarded by an advisory lock: no row is ever locked or updated here.
  PERFORM pg_advisory_xact_lock(hashtextextended(p_chain::text, 1));
  SELECT counter, hash INTO n, head FROM journal_entry WHERE chain_id = p_chain ORDER BY counter DESC LIMIT 1;
  n := coalesce(n, 0) + 1;
  head := coalesce(head, decode(repeat('00', 32), 'hex'));
  -- The process that writes is what the database says it is, not what the process says.
  INSERT INTO journal_entry (chain_id, counter, at, actor, writer, body, previous, hash)
  VALUES (p_chain, n, p_at, p_actor, session_user, p_body, head,
          sha256(head || int8send(n) || convert_to(session_user || E'\\n' || p_body, 'UTF8')));
  RETURN n;
END $$;
CREATE FUNCTION journal_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the journal is append-only';
END $$;
CREATE TRIGGER journal_entry_append_only BEFORE UPDATE OR DELETE ON journal_entry
  FOR EACH ROW EXECUTE FUNCTION journal_refuse();
CREATE TRIGGER journal_entry_no_truncate BEFORE TRUNCATE ON journal_entry
  FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse();
"""
SQL = (
    schema.partitioned(
        TABLE,
        """chain_id uuid NOT NULL, counter bigint NOT NULL, at timestamptz NOT NULL, actor varchar(160) NOT NULL,
        writer varchar(64) NOT NULL, body text NOT NULL, previous bytea NOT NULL, hash bytea NOT NULL, PRIMARY KEY (chain_id, counter)""",
        key="chain_id",
    )
    + schema.scoped(TABLE, "chain_id")
    + APPEND
    # Every process appends through the function, which alone sets counter and hashes; none updates or deletes.
    + schema.grant_function("journal_append(uuid, timestamptz, text, text)", *schema.ROLES)
    + schema.grant("SELECT", TABLE, *schema.RECORD_DOORS, "sealer")
    + f"CREATE POLICY {TABLE}_sealer ON {TABLE} FOR SELECT TO carnet_sealer USING (true);"
)
UNDO = (
    schema.drop(TABLE) + "DROP FUNCTION journal_append(uuid, timestamptz, text, text); DROP FUNCTION journal_refuse();"
)


class Migration(migrations.Migration):
    initial = True

    dependencies = [("storage", "0001_initial")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(SQL, UNDO)],
            state_operations=[
                migrations.CreateModel(
                    name="Entry",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "chain_id", "counter", blank=True, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("chain_id", models.UUIDField()),
                        ("counter", models.BigIntegerField()),
                        ("at", models.DateTimeField()),
                        ("actor", models.CharField(max_length=160)),
                        ("writer", models.CharField(max_length=64)),
                        ("body", models.TextField()),
                        ("previous", models.BinaryField()),
                        ("hash", models.BinaryField()),
                    ],
                    options={
                        "db_table": "journal_entry",
                    },
                ),
            ],
        ),
    ]
