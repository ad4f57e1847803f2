"""The health profile: entries with their source, in the scope of their record."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
UNDO = Path(__file__).with_suffix(".undo.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    initial = True
    dependencies = [("storage", "0001_initial"), ("records", "0003_portal")]

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
