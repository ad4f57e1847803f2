"""Systematic creation: arrivals, notices, oppositions, unions, and what the figures count."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
UNDO = Path(__file__).with_suffix(".undo.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("records", "0010_machine_words")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(SQL, UNDO)],
            state_operations=[
                migrations.AddField("record", "died_on", models.DateField(null=True)),
                migrations.CreateModel(
                    name="Arrival",
                    fields=[
                        ("record_id", models.UUIDField(primary_key=True, serialize=False)),
                        ("import_id", models.UUIDField(null=True)),
                        ("arrived_on", models.DateField()),
                        ("territory", models.CharField(max_length=3)),
                        ("birth_year", models.SmallIntegerField()),
                        ("channel", models.CharField(max_length=6)),
                        ("notified_at", models.DateTimeField(null=True)),
                        ("returned_at", models.DateTimeField(null=True)),
                        ("batch_id", models.UUIDField(null=True)),
                        ("sealed", models.BinaryField()),
                    ],
                    options={
                        "db_table": "records_arrival",
                    },
                ),
                migrations.CreateModel(
                    name="Import",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        ("digest", models.CharField(max_length=64, unique=True)),
                        ("name", models.CharField(max_length=200)),
                        ("started_at", models.DateTimeField()),
                        ("updated_at", models.DateTimeField()),
                        ("by_whom", models.CharField(max_length=160)),
                        ("line", models.BigIntegerField()),
                        ("place", models.BigIntegerField()),
                        ("created", models.BigIntegerField()),
                        ("known", models.BigIntegerField()),
                        ("changed", models.BigIntegerField()),
                        ("refused", models.BigIntegerField()),
                        ("done", models.BooleanField()),
                    ],
                    options={
                        "db_table": "records_import",
                    },
                ),
                migrations.CreateModel(
                    name="LetterBatch",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        ("territory", models.CharField(max_length=3)),
                        ("letters", models.IntegerField()),
                        ("asked_at", models.DateTimeField()),
                        ("asked_by", models.CharField(max_length=160)),
                        ("posting_on", models.DateField()),
                        ("printed_at", models.DateTimeField(null=True)),
                        ("printed_by", models.CharField(max_length=160)),
                        ("posted_at", models.DateTimeField(null=True)),
                        ("posted_by", models.CharField(max_length=160)),
                        ("outcome", models.CharField(max_length=10)),
                    ],
                    options={
                        "db_table": "records_letter_batch",
                    },
                ),
                migrations.CreateModel(
                    name="Opposition",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        ("record_id", models.UUIDField()),
                        ("way", models.CharField(max_length=8)),
                        ("asked_at", models.DateTimeField()),
                        ("asked_by", models.CharField(max_length=160)),
                        ("done_at", models.DateTimeField(null=True)),
                        ("done_by", models.CharField(max_length=160)),
                        ("outcome", models.CharField(max_length=10)),
                    ],
                    options={
                        "db_table": "records_opposition",
                    },
                ),
                migrations.CreateModel(
                    name="Passage",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "record_id", "event", "day", blank=True, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("record_id", models.UUIDField()),
                        ("event", models.CharField(max_length=24)),
                        ("day", models.DateField()),
                    ],
                    options={
                        "db_table": "records_passage",
                    },
                ),
                migrations.CreateModel(
                    name="RefusedLine",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "import_id", "line", blank=True, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("import_id", models.UUIDField()),
                        ("line", models.BigIntegerField()),
                        ("reason", models.CharField(max_length=40)),
                    ],
                    options={
                        "db_table": "records_import_refused",
                    },
                ),
                migrations.CreateModel(
                    name="Union",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        ("kind", models.CharField(max_length=8)),
                        ("kept", models.UUIDField()),
                        ("absorbed", models.UUIDField()),
                        ("asked_at", models.DateTimeField()),
                        ("asked_by", models.CharField(max_length=160)),
                        ("confirmed_at", models.DateTimeField(null=True)),
                        ("confirmed_by", models.CharField(max_length=160)),
                        ("done_at", models.DateTimeField(null=True)),
                        ("undo_asked_at", models.DateTimeField(null=True)),
                        ("undo_asked_by", models.CharField(max_length=160)),
                        ("undone_at", models.DateTimeField(null=True)),
                        ("outcome", models.CharField(max_length=40)),
                        ("state_before", models.CharField(max_length=24)),
                        ("moved", models.JSONField()),
                    ],
                    options={
                        "db_table": "records_union",
                    },
                ),
            ],
        ),
    ]
