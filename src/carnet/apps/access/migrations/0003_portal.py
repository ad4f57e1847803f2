"""Sections of the profile that the holder closes, codes of presence, delegations and their reviews."""

import django.contrib.postgres.fields
from django.db import migrations, models

from carnet.apps.storage import schema

COLUMNS = """record_id uuid NOT NULL, id uuid NOT NULL, code bytea NOT NULL, made_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL, made_by varchar(64) NOT NULL, used_at timestamptz, used_by varchar(64) NOT NULL,
    PRIMARY KEY (record_id, id)"""
LOOKUP = """record_id uuid NOT NULL, id uuid NOT NULL, delegating varchar(64) NOT NULL, delegate varchar(64) NOT NULL,
    delegate_name varchar(160) NOT NULL, at timestamptz NOT NULL, reviewed_at timestamptz, verdict varchar(20) NOT NULL,
    PRIMARY KEY (record_id, id)"""
_HEAD = "LANGUAGE sql {} SECURITY DEFINER SET search_path = public, pg_temp AS $$"
LOOKUPS_OF, REVIEW_LOOKUP = "access_lookups_of(text)", "access_review_lookup(text, uuid, varchar, timestamptz)"
FUNCTIONS = f"""
-- The delegating professional's own list, across records: who looked, when, in which record; nothing of its content.
CREATE FUNCTION access_lookups_of(p_who text) RETURNS TABLE (record_id uuid, id uuid, delegate varchar, delegate_name varchar,
  at timestamptz) {_HEAD.format("STABLE")}
  SELECT record_id, id, delegate, delegate_name, at FROM access_lookup WHERE delegating = p_who AND reviewed_at IS NULL
  ORDER BY at LIMIT 500
$$;
CREATE FUNCTION access_review_lookup(p_who text, p_id uuid, p_verdict varchar, p_at timestamptz) RETURNS uuid {_HEAD.format("VOLATILE")}
  UPDATE access_lookup SET reviewed_at = p_at, verdict = p_verdict
  WHERE delegating = p_who AND id = p_id AND reviewed_at IS NULL RETURNING record_id
$$;
"""
SQL = (
    "ALTER TABLE access_choices ADD COLUMN hidden_sections varchar(20)[];"
    + schema.partitioned("access_presence", COLUMNS)
    + schema.scoped("access_presence")
    + schema.grant("SELECT, INSERT, UPDATE", "access_presence", "fhir", "dmp", "webps", "espace")
    + schema.grant("SELECT, DELETE", "access_presence", "worker")
    # What operators see: how many authorisations were declared with a proof of presence, never whose.
    + "CREATE TABLE access_presence_share (day date PRIMARY KEY, declared int NOT NULL, proved int NOT NULL);"
    + schema.grant("SELECT, INSERT, UPDATE", "access_presence_share", "fhir", "dmp", "webps")
    + schema.grant("SELECT", "access_presence_share", "operator")
    + """CREATE TABLE access_delegation (delegating varchar(64) NOT NULL, delegate varchar(64) NOT NULL,
      structure varchar(64) NOT NULL, since timestamptz NOT NULL, until timestamptz NOT NULL, PRIMARY KEY (delegating, delegate));"""
    + schema.grant("SELECT, INSERT, UPDATE", "access_delegation", "webps")
    + schema.partitioned("access_lookup", LOOKUP)
    + schema.scoped("access_lookup")
    + "CREATE INDEX access_lookup_waiting ON access_lookup (delegating, at) WHERE reviewed_at IS NULL;"
    + schema.grant("SELECT, INSERT", "access_lookup", "webps")
    + schema.grant("SELECT, DELETE", "access_lookup", "worker")
    + FUNCTIONS
    + schema.grant_function(LOOKUPS_OF, "webps")
    + schema.grant_function(REVIEW_LOOKUP, "webps")
)
UNDO = (
    f"DROP FUNCTION {LOOKUPS_OF}; DROP FUNCTION {REVIEW_LOOKUP}; DROP TABLE access_delegation;"
    + schema.drop("access_lookup")
    + "ALTER TABLE access_choices DROP COLUMN hidden_sections;"
    + schema.drop("access_presence")
    + "DROP TABLE access_presence_share;"
)


class Migration(migrations.Migration):
    dependencies = [("access", "0002_time_and_reviews")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(SQL, UNDO)],
            state_operations=[
                migrations.AddField(
                    model_name="choices",
                    name="hidden_sections",
                    field=django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=20), null=True, size=None
                    ),
                ),
                migrations.CreateModel(
                    name="Presence",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "record_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("record_id", models.UUIDField()),
                        ("id", models.UUIDField()),
                        ("code", models.BinaryField()),
                        ("made_at", models.DateTimeField()),
                        ("expires_at", models.DateTimeField()),
                        ("made_by", models.CharField(max_length=64)),
                        ("used_at", models.DateTimeField(null=True)),
                        ("used_by", models.CharField(max_length=64)),
                    ],
                    options={"db_table": "access_presence"},
                ),
                migrations.CreateModel(
                    name="PresenceShare",
                    fields=[
                        ("day", models.DateField(primary_key=True, serialize=False)),
                        ("declared", models.IntegerField()),
                        ("proved", models.IntegerField()),
                    ],
                    options={"db_table": "access_presence_share"},
                ),
                migrations.CreateModel(
                    name="Delegation",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "delegating", "delegate", blank=True, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("delegating", models.CharField(max_length=64)),
                        ("delegate", models.CharField(max_length=64)),
                        ("structure", models.CharField(max_length=64)),
                        ("since", models.DateTimeField()),
                        ("until", models.DateTimeField()),
                    ],
                    options={"db_table": "access_delegation"},
                ),
                migrations.CreateModel(
                    name="Lookup",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "record_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("record_id", models.UUIDField()),
                        ("id", models.UUIDField()),
                        ("delegating", models.CharField(max_length=64)),
                        ("delegate", models.CharField(max_length=64)),
                        ("delegate_name", models.CharField(max_length=160)),
                        ("at", models.DateTimeField()),
                        ("reviewed_at", models.DateTimeField(null=True)),
                        ("verdict", models.CharField(max_length=20)),
                    ],
                    options={"db_table": "access_lookup"},
                ),
            ],
        ),
    ]
