"""Tables of outbox: partitions, row-level security, grants."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
UNDO = Path(__file__).with_suffix(".undo.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    initial = True

    dependencies = [("storage", "0001_initial")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(SQL, UNDO)],
            state_operations=[
                migrations.CreateModel(
                    name="Notice",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "record_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("record_id", models.UUIDField()),
                        ("id", models.UUIDField()),
                        ("kind", models.CharField(max_length=40)),
                        ("recipient", models.CharField(max_length=120)),
                        ("created_at", models.DateTimeField()),
                        ("delivered_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "db_table": "outbox_notice",
                    },
                ),
            ],
        ),
    ]
