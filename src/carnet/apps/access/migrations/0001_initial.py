"""Tables of access: partitions, row-level security, grants."""

import django.contrib.postgres.fields
from django.db import migrations, models

from carnet.apps.storage import schema

TABLES = {
    "access_authorisation": """record_id uuid NOT NULL, subject_kind varchar(10) NOT NULL, subject_id varchar(64) NOT NULL,
        ground varchar(20) NOT NULL, granted_at timestamptz NOT NULL, expires_at timestamptz NOT NULL,
        declared_by varchar(160) NOT NULL, PRIMARY KEY (record_id, subject_kind, subject_id)""",
    "access_block": """record_id uuid NOT NULL, subject_kind varchar(10) NOT NULL, subject_id varchar(64) NOT NULL,
        since timestamptz NOT NULL, PRIMARY KEY (record_id, subject_kind, subject_id)""",
    "access_relation": """record_id uuid NOT NULL, kind varchar(20) NOT NULL, professional_id varchar(64) NOT NULL,
        since timestamptz NOT NULL, PRIMARY KEY (record_id, kind, professional_id)""",
    "access_choices": """record_id uuid PRIMARY KEY, initial_consent_at timestamptz,
        initial_consent_by varchar(160) NOT NULL, break_glass boolean NOT NULL, regulation boolean NOT NULL,
        masked_in_emergency boolean NOT NULL, objects_to_deposits_of varchar(64)[] NOT NULL""",
    "access_emergency": """record_id uuid NOT NULL, id uuid NOT NULL, professional_id varchar(64) NOT NULL,
        mode varchar(20) NOT NULL, started_at timestamptz NOT NULL, ends_at timestamptz NOT NULL, reason bytea NOT NULL,
        reviewed_at timestamptz, PRIMARY KEY (record_id, id)""",
}
SQL = (
    "".join(schema.partitioned(table, columns) + schema.scoped(table) for table, columns in TABLES.items())
    + "".join(schema.grant("SELECT", table, *schema.RECORD_DOORS, "worker") for table in TABLES)
    + "".join(schema.grant("INSERT, UPDATE, DELETE", table, "fhir", "dmp", "webps", "espace") for table in TABLES)
    + """
CREATE TABLE access_budget (actor varchar(160) NOT NULL, kind varchar(20) NOT NULL, hour timestamptz NOT NULL,
  used int NOT NULL, PRIMARY KEY (actor, kind, hour));
"""
    + schema.grant("SELECT, INSERT, UPDATE", "access_budget", *schema.RECORD_DOORS)
)
UNDO = "".join(schema.drop(table) for table in (*TABLES, "access_budget"))


class Migration(migrations.Migration):
    initial = True

    dependencies = [("storage", "0001_initial")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(SQL, UNDO)],
            state_operations=[
                migrations.CreateModel(
                    name="Authorisation",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "record_id",
                                "subject_kind",
                                "subject_id",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("record_id", models.UUIDField()),
                        ("subject_kind", models.CharField(max_length=10)),
                        ("subject_id", models.CharField(max_length=64)),
                        ("ground", models.CharField(max_length=20)),
                        ("granted_at", models.DateTimeField()),
                        ("expires_at", models.DateTimeField()),
                        ("declared_by", models.CharField(max_length=160)),
                    ],
                    options={
                        "db_table": "access_authorisation",
                    },
                ),
                migrations.CreateModel(
                    name="Block",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "record_id",
                                "subject_kind",
                                "subject_id",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("record_id", models.UUIDField()),
                        ("subject_kind", models.CharField(max_length=10)),
                        ("subject_id", models.CharField(max_length=64)),
                        ("since", models.DateTimeField()),
                    ],
                    options={
                        "db_table": "access_block",
                    },
                ),
                migrations.CreateModel(
                    name="Budget",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "actor", "kind", "hour", blank=True, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("actor", models.CharField(max_length=160)),
                        ("kind", models.CharField(max_length=20)),
                        ("hour", models.DateTimeField()),
                        ("used", models.IntegerField()),
                    ],
                    options={
                        "db_table": "access_budget",
                    },
                ),
                migrations.CreateModel(
                    name="Choices",
                    fields=[
                        ("record_id", models.UUIDField(primary_key=True, serialize=False)),
                        ("initial_consent_at", models.DateTimeField(null=True)),
                        ("initial_consent_by", models.CharField(max_length=160)),
                        ("break_glass", models.BooleanField()),
                        ("regulation", models.BooleanField()),
                        ("masked_in_emergency", models.BooleanField()),
                        ("objects_to_deposits_of", django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=64), size=None)),
                    ],
                    options={
                        "db_table": "access_choices",
                    },
                ),
                migrations.CreateModel(
                    name="EmergencyAccess",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "record_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("record_id", models.UUIDField()),
                        ("id", models.UUIDField()),
                        ("professional_id", models.CharField(max_length=64)),
                        ("mode", models.CharField(max_length=20)),
                        ("started_at", models.DateTimeField()),
                        ("ends_at", models.DateTimeField()),
                        ("reason", models.BinaryField()),
                        ("reviewed_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "db_table": "access_emergency",
                    },
                ),
                migrations.CreateModel(
                    name="Relation",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "record_id",
                                "kind",
                                "professional_id",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("record_id", models.UUIDField()),
                        ("kind", models.CharField(max_length=20)),
                        ("professional_id", models.CharField(max_length=64)),
                        ("since", models.DateTimeField()),
                    ],
                    options={
                        "db_table": "access_relation",
                    },
                ),
            ],
        ),
    ]
