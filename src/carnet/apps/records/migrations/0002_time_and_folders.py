"""Folders, relations between documents, and what the timers of records look for."""

from pathlib import Path

import django.contrib.postgres.fields
from django.db import migrations, models

SQL = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
UNDO = Path(__file__).with_suffix(".undo.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("records", "0001_initial")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(SQL, UNDO)],
            state_operations=[
                migrations.CreateModel(
                    name="Folder",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "record_id", "folder_id", blank=True, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("record_id", models.UUIDField()),
                        ("folder_id", models.UUIDField()),
                        ("unique_id", models.CharField(max_length=128)),
                        ("made_at", models.DateTimeField()),
                        ("depositor", models.CharField(max_length=64)),
                        ("resource", models.BinaryField()),
                    ],
                    options={
                        "db_table": "records_folder",
                    },
                ),
                migrations.CreateModel(
                    name="FolderItem",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "record_id",
                                "folder_id",
                                "logical_id",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("record_id", models.UUIDField()),
                        ("folder_id", models.UUIDField()),
                        ("logical_id", models.UUIDField()),
                        ("added_at", models.DateTimeField()),
                    ],
                    options={
                        "db_table": "records_folder_item",
                    },
                ),
                migrations.AddField(
                    model_name="document",
                    name="parents",
                    field=django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), size=None),
                ),
                migrations.AddField(
                    model_name="document",
                    name="waiting_told_at",
                    field=models.DateTimeField(null=True),
                ),
                migrations.AddField(
                    model_name="record",
                    name="destruction_asked",
                    field=models.DateField(null=True),
                ),
            ],
        ),
    ]
