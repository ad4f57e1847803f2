"""Delivery of notices: attempts, outcomes, and where people are told."""

from pathlib import Path

import django.contrib.postgres.fields
from django.db import migrations, models

SQL = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
UNDO = Path(__file__).with_suffix(".undo.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("outbox", "0001_initial")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(SQL, UNDO)],
            state_operations=[
                migrations.CreateModel(
                    name="Contact",
                    fields=[
                        ("owner", models.CharField(max_length=120, primary_key=True, serialize=False)),
                        ("address", models.BinaryField()),
                        ("muted", django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), size=None)),
                        ("digest", models.CharField(max_length=12)),
                        ("updated_at", models.DateTimeField()),
                    ],
                    options={
                        "db_table": "outbox_contact",
                    },
                ),
                migrations.AddField(
                    model_name="notice",
                    name="attempts",
                    field=models.IntegerField(),
                ),
                migrations.AddField(
                    model_name="notice",
                    name="next_at",
                    field=models.DateTimeField(null=True),
                ),
                migrations.AddField(
                    model_name="notice",
                    name="outcome",
                    field=models.CharField(max_length=12),
                ),
                migrations.AddField(
                    model_name="notice",
                    name="problem",
                    field=models.CharField(max_length=120),
                ),
            ],
        ),
    ]
