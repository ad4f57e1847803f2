"""The end of authorisations is noted once; emergency accesses wait for their review."""

from django.db import migrations, models

from carnet.apps.storage import schema

ERASED = ("access_authorisation", "access_block", "access_relation", "access_choices", "access_emergency")
FUNCTIONS = """
CREATE FUNCTION access_due_ends(p_at timestamptz, p_limit int)
RETURNS TABLE (record_id uuid) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT DISTINCT record_id FROM access_authorisation WHERE NOT end_noted AND expires_at <= p_at LIMIT p_limit
$$;
"""
SQL = (
    """
    ALTER TABLE access_authorisation ADD COLUMN end_noted boolean NOT NULL DEFAULT false;
    CREATE INDEX access_authorisation_ended ON access_authorisation (expires_at) WHERE NOT end_noted;
    ALTER TABLE access_emergency ADD COLUMN priority boolean NOT NULL DEFAULT false,
      ADD COLUMN reviewed_by varchar(160) NOT NULL DEFAULT '', ADD COLUMN verdict varchar(20) NOT NULL DEFAULT '';
    CREATE INDEX access_emergency_waiting ON access_emergency (started_at) WHERE reviewed_at IS NULL;
    CREATE POLICY access_emergency_operator ON access_emergency TO carnet_operator USING (true);
    """
    + FUNCTIONS
    + schema.grant_function("access_due_ends(timestamptz, int)", "worker")
    + "".join(schema.grant("DELETE", table, "worker") for table in ERASED)
    + schema.grant("UPDATE", "access_authorisation", "worker")
    + schema.grant("SELECT, DELETE", "access_budget", "worker")
    # The reviewer reads who, when and which mode; the reason in words is sealed under a key that no operator has.
    + "GRANT SELECT (record_id, id, professional_id, mode, started_at, ends_at, priority, reviewed_at, reviewed_by, verdict), "
    "UPDATE (reviewed_at, reviewed_by, verdict) ON access_emergency TO carnet_operator;"
)
UNDO = (
    "DROP FUNCTION access_due_ends(timestamptz, int); DROP POLICY access_emergency_operator ON access_emergency;"
    "DROP INDEX access_authorisation_ended, access_emergency_waiting;"
    "ALTER TABLE access_authorisation DROP COLUMN end_noted;"
    "ALTER TABLE access_emergency DROP COLUMN priority, DROP COLUMN reviewed_by, DROP COLUMN verdict;"
)


class Migration(migrations.Migration):
    dependencies = [("access", "0001_initial")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(SQL, UNDO)],
            state_operations=[
                migrations.AddField(
                    model_name="authorisation",
                    name="end_noted",
                    field=models.BooleanField(),
                ),
                migrations.AddField(
                    model_name="emergencyaccess",
                    name="priority",
                    field=models.BooleanField(),
                ),
                migrations.AddField(
                    model_name="emergencyaccess",
                    name="reviewed_by",
                    field=models.CharField(max_length=160),
                ),
                migrations.AddField(
                    model_name="emergencyaccess",
                    name="verdict",
                    field=models.CharField(max_length=20),
                ),
            ],
        ),
    ]
