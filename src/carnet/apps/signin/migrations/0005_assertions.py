"""Assertions that served: each VIHF opens the DMP door once."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
UNDO = Path(__file__).with_suffix(".undo.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("signin", "0004_persons")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(SQL, UNDO)],
            state_operations=[
                migrations.CreateModel(
                    name="Assertion",
                    fields=[
                        ("digest", models.BinaryField(primary_key=True, serialize=False)),
                        ("until", models.DateTimeField()),
                    ],
                    options={"db_table": "signin_assertion"},
                ),
            ],
        ),
    ]
