"""Tables of records: partitions, row-level security, grants."""

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
                    name="Directory",
                    fields=[
                        ("logical_id", models.UUIDField(primary_key=True, serialize=False)),
                        ("record_id", models.UUIDField()),
                    ],
                    options={
                        "db_table": "records_directory",
                    },
                ),
                migrations.CreateModel(
                    name="Document",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "record_id", "logical_id", blank=True, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("record_id", models.UUIDField()),
                        ("logical_id", models.UUIDField()),
                        ("entry_uuid", models.UUIDField()),
                        ("version", models.IntegerField()),
                        ("unique_id", models.CharField(max_length=128)),
                        ("submission_id", models.UUIDField()),
                        ("status", models.CharField(max_length=12)),
                        ("type_code", models.CharField(max_length=40)),
                        ("class_code", models.CharField(max_length=60)),
                        ("format_code", models.CharField(max_length=120)),
                        ("facility", models.CharField(max_length=40)),
                        ("practice", models.CharField(max_length=40)),
                        ("mime", models.CharField(max_length=80)),
                        ("size", models.IntegerField()),
                        ("address", models.CharField(max_length=64)),
                        ("created_at", models.DateTimeField()),
                        ("authored_at", models.DateTimeField()),
                        ("service_start", models.DateTimeField(null=True)),
                        ("service_stop", models.DateTimeField(null=True)),
                        (
                            "author_ids",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=64), size=None
                            ),
                        ),
                        (
                            "author_structures",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=64), size=None
                            ),
                        ),
                        (
                            "author_families",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=120), size=None
                            ),
                        ),
                        (
                            "author_givens",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=120), size=None
                            ),
                        ),
                        (
                            "event_codes",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=80), size=None
                            ),
                        ),
                        (
                            "related",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=200), size=None
                            ),
                        ),
                        ("replaces", models.UUIDField(null=True)),
                        ("depositor", models.CharField(max_length=64)),
                        ("depositor_structure", models.CharField(max_length=64)),
                        ("masked", models.BooleanField()),
                        ("hidden_from_patient", models.BooleanField()),
                        ("hidden_from_representatives", models.BooleanField()),
                        ("technical", models.BooleanField()),
                        ("by_patient", models.BooleanField()),
                        ("deposited_at", models.DateTimeField()),
                        ("updated_at", models.DateTimeField()),
                        ("resource", models.BinaryField()),
                    ],
                    options={
                        "db_table": "records_document",
                    },
                ),
                migrations.CreateModel(
                    name="DocumentVersion",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "record_id",
                                "logical_id",
                                "version",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("record_id", models.UUIDField()),
                        ("logical_id", models.UUIDField()),
                        ("version", models.IntegerField()),
                        ("entry_uuid", models.UUIDField()),
                        ("ended_at", models.DateTimeField()),
                        ("resource", models.BinaryField()),
                    ],
                    options={
                        "db_table": "records_document_version",
                    },
                ),
                migrations.CreateModel(
                    name="Record",
                    fields=[
                        ("record_id", models.UUIDField(primary_key=True, serialize=False)),
                        ("state", models.CharField(max_length=24)),
                        ("since", models.DateField()),
                        ("reason", models.CharField(max_length=60)),
                        ("activated", models.BooleanField()),
                    ],
                    options={
                        "db_table": "records_record",
                    },
                ),
                migrations.CreateModel(
                    name="SubmissionSet",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "record_id",
                                "submission_id",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("record_id", models.UUIDField()),
                        ("submission_id", models.UUIDField()),
                        ("unique_id", models.CharField(max_length=128)),
                        ("source_id", models.CharField(max_length=128)),
                        ("submitted_at", models.DateTimeField()),
                        ("depositor", models.CharField(max_length=64)),
                        ("resource", models.BinaryField()),
                    ],
                    options={
                        "db_table": "records_submission_set",
                    },
                ),
            ],
        ),
    ]
