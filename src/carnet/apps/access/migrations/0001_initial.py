"""Tables of access: partitions, row-level security, grants."""

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
                    name="Authorisation",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "record_id",
                                "subject_kind",
                                "subject_id",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("record_id", models.UUIDField()),
                        ("subject_kind", models.CharField(max_length=10)),
                        ("subject_id", models.CharField(max_length=64)),
                        ("ground", models.CharField(max_length=20)),
                        ("granted_at", models.DateTimeField()),
                        ("expires_at", models.DateTimeField()),
                        ("declared_by", models.CharField(max_length=160)),
                    ],
                    options={
                        "db_table": "access_authorisation",
                    },
                ),
                migrations.CreateModel(
                    name="Block",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "record_id",
                                "subject_kind",
                                "subject_id",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("record_id", models.UUIDField()),
                        ("subject_kind", models.CharField(max_length=10)),
                        ("subject_id", models.CharField(max_length=64)),
                        ("since", models.DateTimeField()),
                    ],
                    options={
                        "db_table": "access_block",
                    },
                ),
                migrations.CreateModel(
                    name="Budget",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "actor", "kind", "hour", blank=True, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("actor", models.CharField(max_length=160)),
                        ("kind", models.CharField(max_length=20)),
                        ("hour", models.DateTimeField()),
                        ("used", models.IntegerField()),
                    ],
                    options={
                        "db_table": "access_budget",
                    },
                ),
                migrations.CreateModel(
                    name="Choices",
                    fields=[
                        ("record_id", models.UUIDField(primary_key=True, serialize=False)),
                        ("initial_consent_at", models.DateTimeField(null=True)),
                        ("initial_consent_by", models.CharField(max_length=160)),
                        ("break_glass", models.BooleanField()),
                        ("regulation", models.BooleanField()),
                        ("masked_in_emergency", models.BooleanField()),
                        ("objects_to_deposits_of", django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=64), size=None)),
                    ],
                    options={
                        "db_table": "access_choices",
                    },
                ),
                migrations.CreateModel(
                    name="EmergencyAccess",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "record_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("record_id", models.UUIDField()),
                        ("id", models.UUIDField()),
                        ("professional_id", models.CharField(max_length=64)),
                        ("mode", models.CharField(max_length=20)),
                        ("started_at", models.DateTimeField()),
                        ("ends_at", models.DateTimeField()),
                        ("reason", models.BinaryField()),
                        ("reviewed_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "db_table": "access_emergency",
                    },
                ),
                migrations.CreateModel(
                    name="Relation",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "record_id",
                                "kind",
                                "professional_id",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("record_id", models.UUIDField()),
                        ("kind", models.CharField(max_length=20)),
                        ("professional_id", models.CharField(max_length=64)),
                        ("since", models.DateTimeField()),
                    ],
                    options={
                        "db_table": "access_relation",
                    },
                ),
            ],
        ),
    ]
