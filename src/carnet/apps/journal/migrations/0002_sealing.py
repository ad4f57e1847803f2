"""The Merkle tree over the journal: where each entry stands in it, and how far the sealer is."""

from django.db import migrations, models

from carnet.apps.storage import schema

CLUSTER = """
-- Which database cluster this is: transaction numbers mean nothing in another one (a restored dump).
CREATE FUNCTION journal_cluster() RETURNS text LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$ SELECT system_identifier::text FROM pg_control_system() $$;
"""
SQL = (
    """
    ALTER TABLE journal_entry ADD COLUMN tx xid8;
    ALTER TABLE journal_entry ALTER COLUMN tx SET DEFAULT pg_current_xact_id();
    CREATE INDEX journal_entry_tx ON journal_entry (tx);
    """
    + schema.partitioned(
        "journal_leaf",
        "chain_id uuid NOT NULL, counter bigint NOT NULL, number bigint NOT NULL, PRIMARY KEY (chain_id, counter)",
        key="chain_id",
    )
    + "CREATE INDEX journal_leaf_number ON journal_leaf (number);"
    + schema.scoped("journal_leaf", "chain_id")
    + """
    CREATE POLICY journal_leaf_sealer ON journal_leaf TO carnet_sealer USING (true);
    CREATE TABLE journal_sealing (id int PRIMARY KEY CHECK (id = 1), size bigint NOT NULL, cluster varchar(24) NOT NULL,
      horizon xid8 NOT NULL, mapped_on date);
    INSERT INTO journal_sealing VALUES (1, 0, '', '0', NULL);
    CREATE TRIGGER journal_leaf_append_only BEFORE UPDATE OR DELETE ON journal_leaf
      FOR EACH ROW EXECUTE FUNCTION journal_refuse();
    CREATE TRIGGER journal_leaf_no_truncate BEFORE TRUNCATE ON journal_leaf
      FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse();
    """
    + schema.grant("SELECT", "journal_leaf", *schema.RECORD_DOORS)
    + schema.grant("SELECT, INSERT", "journal_leaf", "sealer")
    + schema.grant("SELECT, UPDATE", "journal_sealing", "sealer")
    + CLUSTER
    + schema.grant_function("journal_cluster()", "sealer")
)
UNDO = (
    "DROP FUNCTION journal_cluster(); DROP TABLE journal_sealing; DROP TABLE journal_leaf;"
    "DROP INDEX journal_entry_tx; ALTER TABLE journal_entry DROP COLUMN tx;"
)


class Migration(migrations.Migration):
    dependencies = [("journal", "0001_initial")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(SQL, UNDO)],
            state_operations=[
                migrations.CreateModel(
                    name="Leaf",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "chain_id", "counter", blank=True, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("chain_id", models.UUIDField()),
                        ("counter", models.BigIntegerField()),
                        ("number", models.BigIntegerField()),
                    ],
                    options={
                        "db_table": "journal_leaf",
                    },
                ),
                migrations.CreateModel(
                    name="Sealing",
                    fields=[
                        ("id", models.IntegerField(primary_key=True, serialize=False)),
                        ("size", models.BigIntegerField()),
                        ("cluster", models.CharField(max_length=24)),
                        ("horizon", models.CharField(max_length=20)),
                        ("mapped_on", models.DateField(null=True)),
                    ],
                    options={
                        "db_table": "journal_sealing",
                    },
                ),
                migrations.AddField(
                    model_name="entry",
                    name="tx",
                    field=models.CharField(max_length=20, null=True),
                ),
            ],
        ),
    ]
