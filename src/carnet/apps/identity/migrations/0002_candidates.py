"""Keyed digests of traits, by which regulation finds candidates."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
UNDO = Path(__file__).with_suffix(".undo.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("identity", "0001_initial")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(SQL, UNDO)],
            state_operations=[
                migrations.CreateModel(
                    name="TraitToken",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "token", "record_id", blank=True, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("token", models.BinaryField()),
                        ("record_id", models.UUIDField()),
                    ],
                    options={
                        "db_table": "identity_trait_token",
                    },
                ),
            ],
        ),
    ]
