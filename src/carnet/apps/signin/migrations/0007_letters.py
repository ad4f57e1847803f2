"""Letters with a code, which wait for a second operator."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
UNDO = Path(__file__).with_suffix(".undo.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("signin", "0006_gone")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(SQL, UNDO)],
            state_operations=[
                migrations.CreateModel(
                    name="Letter",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        ("record_id", models.UUIDField()),
                        ("asked_at", models.DateTimeField()),
                        ("asked_by", models.CharField(max_length=160)),
                        ("done_at", models.DateTimeField(null=True)),
                        ("done_by", models.CharField(max_length=160)),
                        ("outcome", models.CharField(max_length=10)),
                    ],
                    options={"db_table": "signin_letter"},
                ),
            ],
        ),
    ]
