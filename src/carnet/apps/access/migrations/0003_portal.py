"""Sections of the profile that the holder closes, codes of presence, delegations and their reviews."""

from pathlib import Path

import django.contrib.postgres.fields
from django.db import migrations, models

SQL = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
UNDO = Path(__file__).with_suffix(".undo.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("access", "0002_time_and_reviews")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(SQL, UNDO)],
            state_operations=[
                migrations.AddField(
                    model_name="choices",
                    name="hidden_sections",
                    field=django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=20), null=True, size=None
                    ),
                ),
                migrations.CreateModel(
                    name="Presence",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "record_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("record_id", models.UUIDField()),
                        ("id", models.UUIDField()),
                        ("code", models.BinaryField()),
                        ("made_at", models.DateTimeField()),
                        ("expires_at", models.DateTimeField()),
                        ("made_by", models.CharField(max_length=64)),
                        ("used_at", models.DateTimeField(null=True)),
                        ("used_by", models.CharField(max_length=64)),
                    ],
                    options={"db_table": "access_presence"},
                ),
                migrations.CreateModel(
                    name="PresenceShare",
                    fields=[
                        ("day", models.DateField(primary_key=True, serialize=False)),
                        ("declared", models.IntegerField()),
                        ("proved", models.IntegerField()),
                    ],
                    options={"db_table": "access_presence_share"},
                ),
                migrations.CreateModel(
                    name="Delegation",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "delegating", "delegate", blank=True, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("delegating", models.CharField(max_length=64)),
                        ("delegate", models.CharField(max_length=64)),
                        ("structure", models.CharField(max_length=64)),
                        ("since", models.DateTimeField()),
                        ("until", models.DateTimeField()),
                    ],
                    options={"db_table": "access_delegation"},
                ),
                migrations.CreateModel(
                    name="Lookup",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "record_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("record_id", models.UUIDField()),
                        ("id", models.UUIDField()),
                        ("delegating", models.CharField(max_length=64)),
                        ("delegate", models.CharField(max_length=64)),
                        ("delegate_name", models.CharField(max_length=160)),
                        ("at", models.DateTimeField()),
                        ("reviewed_at", models.DateTimeField(null=True)),
                        ("verdict", models.CharField(max_length=20)),
                    ],
                    options={"db_table": "access_lookup"},
                ),
            ],
        ),
    ]
