"""Sessions of the portal end when nothing happens; a professional's own preferences."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
UNDO = Path(__file__).with_suffix(".undo.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("signin", "0002_devices")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(SQL, UNDO)],
            state_operations=[
                migrations.AddField(
                    model_name="session", name="last_used_at", field=models.DateTimeField(null=True)
                ),
                migrations.CreateModel(
                    name="Preference",
                    fields=[
                        ("professional_id", models.CharField(max_length=64, primary_key=True, serialize=False)),
                        ("situation", models.CharField(max_length=200)),
                        ("legal_read_at", models.DateTimeField(null=True)),
                        ("shortcuts", models.BooleanField()),
                    ],
                    options={"db_table": "signin_preference"},
                ),
            ],
        ),
    ]
