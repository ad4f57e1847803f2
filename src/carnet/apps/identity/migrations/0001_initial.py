"""Tables of identity: partitions, row-level security, grants."""

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
                    name="Patient",
                    fields=[
                        ("record_id", models.UUIDField(primary_key=True, serialize=False)),
                        ("status", models.CharField(max_length=8)),
                        (
                            "annotations",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=8), size=None
                            ),
                        ),
                        ("sealed", models.BinaryField()),
                    ],
                    options={
                        "db_table": "identity_patient",
                    },
                ),
                migrations.CreateModel(
                    name="PatientIns",
                    fields=[
                        ("ins_index", models.BinaryField(primary_key=True, serialize=False)),
                        ("record_id", models.UUIDField()),
                        ("active", models.BooleanField()),
                        ("valid_from", models.DateField(null=True)),
                        ("valid_to", models.DateField(null=True)),
                        ("sealed", models.BinaryField()),
                    ],
                    options={
                        "db_table": "identity_ins",
                    },
                ),
                migrations.CreateModel(
                    name="Professional",
                    fields=[
                        ("id", models.CharField(max_length=64, primary_key=True, serialize=False)),
                        ("family", models.CharField(max_length=120)),
                        ("given", models.CharField(max_length=120)),
                        ("civility", models.CharField(max_length=12)),
                        ("updated_at", models.DateTimeField()),
                    ],
                    options={
                        "db_table": "identity_professional",
                    },
                ),
                migrations.CreateModel(
                    name="Situation",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "professional_id",
                                "number",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("professional_id", models.CharField(max_length=64)),
                        ("number", models.IntegerField()),
                        ("profession_system", models.CharField(max_length=64)),
                        ("profession_code", models.CharField(max_length=8)),
                        ("category", models.CharField(max_length=4)),
                        ("savoir_faire", models.CharField(max_length=12)),
                        ("structure_id", models.CharField(max_length=64)),
                        ("sector", models.CharField(max_length=8)),
                        ("mode", models.CharField(max_length=4)),
                        ("role", models.CharField(max_length=12)),
                        ("open", models.BooleanField()),
                    ],
                    options={
                        "db_table": "identity_situation",
                    },
                ),
                migrations.CreateModel(
                    name="Structure",
                    fields=[
                        ("id", models.CharField(max_length=64, primary_key=True, serialize=False)),
                        ("name", models.CharField(max_length=200)),
                        ("sector", models.CharField(max_length=8)),
                        (
                            "other_ids",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=64), size=None
                            ),
                        ),
                    ],
                    options={
                        "db_table": "identity_structure",
                    },
                ),
            ],
        ),
    ]
