"""Which records a professional opened and when, sign-ins that answer a step-up, and activities closed until an operator lifts it."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
UNDO = Path(__file__).with_suffix(".undo.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("access", "0006_agreements")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(SQL, UNDO)],
            state_operations=[
                migrations.CreateModel(
                    name="Opening",
                    fields=[
                        ("pk", models.CompositePrimaryKey("record_id", "person", "kind", "day", blank=True, editable=False, primary_key=True, serialize=False)),
                        ("record_id", models.UUIDField()),
                        ("person", models.CharField(max_length=160)),
                        ("kind", models.CharField(max_length=10)),
                        ("day", models.DateField()),
                        ("care", models.CharField(max_length=10)),
                        ("at", models.DateTimeField()),
                        ("certificate", models.CharField(max_length=64)),
                        ("structure", models.CharField(max_length=64)),
                        ("profession", models.CharField(max_length=60)),
                        ("savoir_faire", models.CharField(max_length=20)),
                        ("sector", models.CharField(max_length=20)),
                    ],
                    options={"db_table": "access_opening"},
                ),
                migrations.CreateModel(
                    name="SignIn",
                    fields=[
                        ("person", models.CharField(max_length=160, primary_key=True, serialize=False)),
                        ("at", models.DateTimeField()),
                    ],
                    options={"db_table": "access_signin"},
                ),
                migrations.CreateModel(
                    name="Stop",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        ("subject", models.CharField(max_length=180)),
                        ("since", models.DateTimeField()),
                        ("name", models.CharField(max_length=160)),
                        ("structure", models.CharField(max_length=160)),
                        ("facts", models.CharField(max_length=200)),
                        ("lifted_at", models.DateTimeField(null=True)),
                        ("lifted_by", models.CharField(max_length=160)),
                        ("verdict", models.CharField(max_length=24)),
                        ("note", models.CharField(max_length=1000)),
                    ],
                    options={"db_table": "access_stop"},
                ),
            ],
        ),
    ]
