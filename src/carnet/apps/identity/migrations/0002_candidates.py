"""Keyed digests of traits, by which regulation finds candidates."""

from django.db import migrations, models

from carnet.apps.storage import schema

CANDIDATES = """
-- Records that share the most tokens first, never more than asked for: a search lists candidates, it does not browse.
CREATE FUNCTION identity_candidates(p_tokens bytea[], p_limit int)
RETURNS TABLE (record_id uuid) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT record_id FROM identity_trait_token WHERE token = ANY(p_tokens)
  GROUP BY record_id ORDER BY count(*) DESC, record_id LIMIT p_limit
$$;
"""
SQL = (
    schema.partitioned(
        "identity_trait_token",
        "token bytea NOT NULL, record_id uuid NOT NULL, PRIMARY KEY (token, record_id)",
        key="token",
    )
    + "CREATE INDEX identity_trait_token_record ON identity_trait_token (record_id);"
    + schema.scoped("identity_trait_token")
    + CANDIDATES
    + schema.grant_function("identity_candidates(bytea[], int)", "fhir", "dmp", "webps")
    + schema.grant("SELECT, INSERT, DELETE", "identity_trait_token", "fhir", "espace", "worker")
    + schema.grant("DELETE", "identity_patient", "worker")
    + schema.grant("DELETE", "identity_ins", "worker")
)
UNDO = "DROP FUNCTION identity_candidates(bytea[], int); DROP TABLE identity_trait_token;"


class Migration(migrations.Migration):
    dependencies = [("identity", "0001_initial")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(SQL, UNDO)],
            state_operations=[
                migrations.CreateModel(
                    name="TraitToken",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "token", "record_id", blank=True, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("token", models.BinaryField()),
                        ("record_id", models.UUIDField()),
                    ],
                    options={
                        "db_table": "identity_trait_token",
                    },
                ),
            ],
        ),
    ]
