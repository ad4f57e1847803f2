"""What the portal of professionals needs: words of documents, alerts, and the list of one's own records."""

from pathlib import Path

from django.db import migrations, models
import django.contrib.postgres.fields

SQL = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
UNDO = Path(__file__).with_suffix(".undo.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0002_time_and_folders"),
        ("access", "0003_portal"),
        ("identity", "0002_candidates"),
        ("journal", "0002_sealing"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(SQL, UNDO)],
            state_operations=[
                migrations.CreateModel(
                    name="Words",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "record_id", "logical_id", blank=True, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("record_id", models.UUIDField()),
                        ("logical_id", models.UUIDField()),
                        ("sealed", models.BinaryField()),
                    ],
                    options={"db_table": "records_words"},
                ),
                migrations.CreateModel(
                    name="Alert",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "record_id", "professional_id", blank=True, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("record_id", models.UUIDField()),
                        ("professional_id", models.CharField(max_length=64)),
                        (
                            "types",
                            django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), size=None),
                        ),
                        ("profession_system", models.CharField(max_length=80)),
                        ("profession_code", models.CharField(max_length=20)),
                        ("structure", models.CharField(max_length=64)),
                        ("since", models.DateTimeField()),
                    ],
                    options={"db_table": "records_alert"},
                ),
            ],
        ),
    ]
