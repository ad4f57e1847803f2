"""Addresses that were somebody's until lately."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
UNDO = Path(__file__).with_suffix(".undo.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("outbox", "0004_first_access")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(SQL, UNDO)],
            state_operations=[
                migrations.CreateModel(
                    name="Former",
                    fields=[
                        ("pk", models.CompositePrimaryKey("owner", "id", blank=True, editable=False, primary_key=True, serialize=False)),
                        ("owner", models.CharField(max_length=120)),
                        ("id", models.UUIDField()),
                        ("address", models.BinaryField()),
                        ("until", models.DateTimeField()),
                    ],
                    options={"db_table": "outbox_former"},
                ),
            ],
        ),
    ]
