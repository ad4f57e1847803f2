"""Sections of the profile that the holder closes, and codes of presence."""

import django.contrib.postgres.fields
from django.db import migrations, models

from carnet.apps.storage import schema

COLUMNS = """record_id uuid NOT NULL, id uuid NOT NULL, code bytea NOT NULL, made_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL, made_by varchar(64) NOT NULL, used_at timestamptz, used_by varchar(64) NOT NULL,
    PRIMARY KEY (record_id, id)"""
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
)
UNDO = "ALTER TABLE access_choices DROP COLUMN hidden_sections;" + schema.drop("access_presence") + "DROP TABLE access_presence_share;"


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
            ],
        ),
    ]
