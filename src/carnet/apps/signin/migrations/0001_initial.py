"""Tables of signin: partitions, row-level security, grants."""

from pathlib import Path

import django.contrib.postgres.fields
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
                    name="Attempt",
                    fields=[
                        ("id", models.BinaryField(primary_key=True, serialize=False)),
                        ("step", models.CharField(max_length=20)),
                        ("sealed", models.BinaryField()),
                        ("expires_at", models.DateTimeField()),
                    ],
                    options={
                        "db_table": "signin_attempt",
                    },
                ),
                migrations.CreateModel(
                    name="Session",
                    fields=[
                        ("token", models.BinaryField(primary_key=True, serialize=False)),
                        ("professional_id", models.CharField(max_length=64)),
                        ("client_id", models.CharField(max_length=80)),
                        ("actor", models.TextField()),
                        ("created_at", models.DateTimeField()),
                        ("expires_at", models.DateTimeField()),
                        ("ended_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "db_table": "signin_session",
                    },
                ),
                migrations.CreateModel(
                    name="Software",
                    fields=[
                        ("client_id", models.CharField(max_length=80, primary_key=True, serialize=False)),
                        ("name", models.CharField(max_length=120)),
                        (
                            "redirect_uris",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=300), size=None
                            ),
                        ),
                        ("regulation", models.BooleanField()),
                        ("active", models.BooleanField()),
                    ],
                    options={
                        "db_table": "signin_software",
                    },
                ),
            ],
        ),
    ]
