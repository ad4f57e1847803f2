"""The medicines database."""

from pathlib import Path

import django.contrib.postgres.fields
from django.db import migrations, models

SQL = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
UNDO = Path(__file__).with_suffix(".undo.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    initial = True
    dependencies = []

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(SQL, UNDO)],
            state_operations=[
                migrations.CreateModel(
                    name="Term",
                    fields=[
                        ("term", models.CharField(max_length=120, primary_key=True, serialize=False)),
                        ("substances", django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=200), size=None)),
                    ],
                    options={"db_table": "medicines_term"},
                ),
            ],
        ),
    ]
