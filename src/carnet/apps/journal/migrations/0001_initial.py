"""Tables of journal: partitions, row-level security, grants."""

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
                    name="Entry",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "chain_id", "counter", blank=True, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("chain_id", models.UUIDField()),
                        ("counter", models.BigIntegerField()),
                        ("at", models.DateTimeField()),
                        ("actor", models.CharField(max_length=160)),
                        ("writer", models.CharField(max_length=64)),
                        ("body", models.TextField()),
                        ("previous", models.BinaryField()),
                        ("hash", models.BinaryField()),
                    ],
                    options={
                        "db_table": "journal_entry",
                    },
                ),
            ],
        ),
    ]
