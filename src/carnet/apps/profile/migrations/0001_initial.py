"""The health profile: entries with their source, in the scope of their record."""

from django.db import migrations, models

from carnet.apps.storage import schema

COLUMNS = """record_id uuid NOT NULL, entry_id uuid NOT NULL, section varchar(20) NOT NULL, source varchar(12) NOT NULL,
    document_id uuid, recorded_at timestamptz NOT NULL, recorded_by varchar(64) NOT NULL, confirmed boolean NOT NULL,
    replaces uuid, ended_at timestamptz, sealed bytea NOT NULL, PRIMARY KEY (record_id, entry_id)"""
SQL = (
    schema.partitioned("profile_entry", COLUMNS)
    + schema.scoped("profile_entry")
    + "CREATE INDEX profile_entry_document ON profile_entry (record_id, document_id);"
    + "CREATE INDEX profile_entry_section ON profile_entry (record_id, section, recorded_at DESC);"
    + schema.grant("SELECT, INSERT, UPDATE", "profile_entry", *schema.RECORD_DOORS)
    + schema.grant("SELECT, DELETE", "profile_entry", "worker")
)


class Migration(migrations.Migration):
    initial = True
    dependencies = [("storage", "0001_initial"), ("records", "0003_portal")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(SQL, schema.drop("profile_entry"))],
            state_operations=[
                migrations.CreateModel(
                    name="Entry",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "record_id", "entry_id", blank=True, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("record_id", models.UUIDField()),
                        ("entry_id", models.UUIDField()),
                        ("section", models.CharField(max_length=20)),
                        ("source", models.CharField(max_length=12)),
                        ("document_id", models.UUIDField(null=True)),
                        ("recorded_at", models.DateTimeField()),
                        ("recorded_by", models.CharField(max_length=64)),
                        ("confirmed", models.BooleanField()),
                        ("replaces", models.UUIDField(null=True)),
                        ("ended_at", models.DateTimeField(null=True)),
                        ("sealed", models.BinaryField()),
                    ],
                    options={"db_table": "profile_entry"},
                ),
            ],
        ),
    ]
