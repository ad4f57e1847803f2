"""Prevention: what was said, appointments and reminders, private calendars, choices, editions of the rules."""

from pathlib import Path

from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models

SQL = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
UNDO = Path(__file__).with_suffix(".undo.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    initial = True
    dependencies = [("storage", "0003_root_check"), ("records", "0007_structure_authors"), ("profile", "0002_persons")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(SQL, UNDO)],
            state_operations=[
                migrations.CreateModel(
                    name="Choice",
                    fields=[
                        ("record_id", models.UUIDField(primary_key=True, serialize=False)),
                        ("muted", ArrayField(base_field=models.CharField(max_length=16), size=None)),
                        ("changed_at", models.DateTimeField()),
                        ("look_on", models.DateField(null=True)),
                        ("told_on", models.DateField(null=True)),
                    ],
                    options={
                        "db_table": "prevention_choice",
                    },
                ),
                migrations.CreateModel(
                    name="Event",
                    fields=[
                        ("pk", models.CompositePrimaryKey("record_id", "id", blank=True, editable=False, primary_key=True, serialize=False)),
                        ("record_id", models.UUIDField()),
                        ("id", models.UUIDField()),
                        ("kind", models.CharField(max_length=12)),
                        ("on_day", models.DateField()),
                        ("at_time", models.TimeField(null=True)),
                        ("status", models.CharField(max_length=12)),
                        ("made_at", models.DateTimeField()),
                        ("made_by", models.CharField(max_length=160)),
                        ("changed_at", models.DateTimeField()),
                        ("reminded_at", models.DateTimeField(null=True)),
                        ("withdrawn_at", models.DateTimeField(null=True)),
                        ("secret", models.BooleanField()),
                        ("sealed", models.BinaryField()),
                    ],
                    options={
                        "db_table": "prevention_event",
                    },
                ),
                migrations.CreateModel(
                    name="Feed",
                    fields=[
                        ("pk", models.CompositePrimaryKey("record_id", "id", blank=True, editable=False, primary_key=True, serialize=False)),
                        ("record_id", models.UUIDField()),
                        ("id", models.UUIDField()),
                        ("token", models.BinaryField()),
                        ("person", models.UUIDField()),
                        ("person_kind", models.CharField(max_length=16)),
                        ("whole", models.BooleanField()),
                        ("made_at", models.DateTimeField()),
                        ("revoked_at", models.DateTimeField(null=True)),
                        ("read_on", models.DateField(null=True)),
                    ],
                    options={
                        "db_table": "prevention_feed",
                    },
                ),
                migrations.CreateModel(
                    name="Said",
                    fields=[
                        ("pk", models.CompositePrimaryKey("record_id", "id", blank=True, editable=False, primary_key=True, serialize=False)),
                        ("record_id", models.UUIDField()),
                        ("id", models.UUIDField()),
                        ("said_at", models.DateTimeField()),
                        ("said_by", models.CharField(max_length=64)),
                        ("ended_at", models.DateTimeField(null=True)),
                        ("secret", models.BooleanField()),
                        ("sealed", models.BinaryField()),
                    ],
                    options={
                        "db_table": "prevention_said",
                    },
                ),
                migrations.CreateModel(
                    name="StoredEdition",
                    fields=[
                        ("id", models.CharField(max_length=60, primary_key=True, serialize=False)),
                        ("digest", models.CharField(max_length=64)),
                        ("in_force_from", models.DateField()),
                        ("imported_at", models.DateTimeField()),
                        ("imported_by", models.CharField(max_length=120)),
                        ("content", models.TextField()),
                    ],
                    options={
                        "db_table": "prevention_edition",
                    },
                ),
            ],
        ),
    ]
