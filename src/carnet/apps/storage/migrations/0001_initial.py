"""Roles of the processes, and the keys of records."""

from django.db import migrations, models

from carnet.apps.storage import schema

TABLE = "storage_record_key"
SQL = (
    schema.create_roles()
    + schema.partitioned(
        TABLE,
        """record_id uuid NOT NULL, version int NOT NULL, wrapped bytea, created_at timestamptz NOT NULL,
        destroyed_at timestamptz, PRIMARY KEY (record_id, version)""",
    )
    + schema.scoped(TABLE)
    + schema.grant("SELECT", TABLE, *schema.RECORD_DOORS, "worker")
    + schema.grant("INSERT", TABLE, "fhir", "espace", "worker")
)
UNDO = schema.drop(TABLE)


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(SQL, UNDO)],
            state_operations=[
                migrations.CreateModel(
                    name="RecordKey",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "record_id", "version", blank=True, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("record_id", models.UUIDField()),
                        ("version", models.IntegerField()),
                        ("wrapped", models.BinaryField(null=True)),
                        ("created_at", models.DateTimeField()),
                        ("destroyed_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "db_table": "storage_record_key",
                    },
                ),
            ],
        ),
    ]
