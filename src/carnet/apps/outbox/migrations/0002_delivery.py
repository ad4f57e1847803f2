"""Delivery of notices: attempts, outcomes, and where people are told."""

import django.contrib.postgres.fields
from django.db import migrations, models

from carnet.apps.storage import schema

PURGE = """
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
"""
SQL = (
    """
    ALTER TABLE outbox_notice ADD COLUMN outcome varchar(12) NOT NULL DEFAULT 'waiting',
      ADD COLUMN attempts int NOT NULL DEFAULT 0, ADD COLUMN next_at timestamptz,
      ADD COLUMN problem varchar(120) NOT NULL DEFAULT '';
    CREATE INDEX outbox_notice_waiting ON outbox_notice (created_at) WHERE outcome = 'waiting';
    CREATE TABLE outbox_contact (owner varchar(120) PRIMARY KEY, address bytea NOT NULL, muted varchar(40)[] NOT NULL,
      digest varchar(12) NOT NULL, updated_at timestamptz NOT NULL);
    ALTER TABLE outbox_contact ENABLE ROW LEVEL SECURITY;
    """
    + f"""CREATE POLICY outbox_contact_scope ON outbox_contact USING (owner = 'holder:' || {schema.SCOPE}::text);
    CREATE POLICY outbox_contact_courier ON outbox_contact FOR SELECT TO carnet_courier USING (true);
    CREATE POLICY outbox_contact_operator ON outbox_contact TO carnet_operator USING (owner LIKE 'professional:%');
    CREATE POLICY outbox_notice_operator ON outbox_notice FOR SELECT TO carnet_operator USING (outcome = 'dead');"""
    + PURGE
    + schema.grant_function("outbox_purge(timestamptz)", "worker")
    + schema.grant_function("outbox_retry(timestamptz)", "operator")
    + schema.grant("SELECT", "outbox_contact", "courier", "espace", "operator", "worker")
    + schema.grant("INSERT, UPDATE, DELETE", "outbox_contact", "espace", "operator", "worker")
    + schema.grant("DELETE", "outbox_notice", "worker")
    # Dead letters are shown to the operator, who may have them tried again; nothing else of the outbox.
    + schema.grant("SELECT", "outbox_notice", "operator")
)
UNDO = (
    "DROP FUNCTION outbox_purge(timestamptz), outbox_retry(timestamptz); DROP TABLE outbox_contact; DROP INDEX outbox_notice_waiting;"
    "DROP POLICY outbox_notice_operator ON outbox_notice;"
    "ALTER TABLE outbox_notice DROP COLUMN outcome, DROP COLUMN attempts, DROP COLUMN next_at, DROP COLUMN problem;"
)


class Migration(migrations.Migration):
    dependencies = [("outbox", "0001_initial")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(SQL, UNDO)],
            state_operations=[
                migrations.CreateModel(
                    name="Contact",
                    fields=[
                        ("owner", models.CharField(max_length=120, primary_key=True, serialize=False)),
                        ("address", models.BinaryField()),
                        ("muted", django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), size=None)),
                        ("digest", models.CharField(max_length=12)),
                        ("updated_at", models.DateTimeField()),
                    ],
                    options={
                        "db_table": "outbox_contact",
                    },
                ),
                migrations.AddField(
                    model_name="notice",
                    name="attempts",
                    field=models.IntegerField(),
                ),
                migrations.AddField(
                    model_name="notice",
                    name="next_at",
                    field=models.DateTimeField(null=True),
                ),
                migrations.AddField(
                    model_name="notice",
                    name="outcome",
                    field=models.CharField(max_length=12),
                ),
                migrations.AddField(
                    model_name="notice",
                    name="problem",
                    field=models.CharField(max_length=120),
                ),
            ],
        ),
    ]
