"""The end of authorisations is noted once; emergency accesses wait for their review."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
UNDO = Path(__file__).with_suffix(".undo.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("access", "0001_initial")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(SQL, UNDO)],
            state_operations=[
                migrations.AddField(
                    model_name="authorisation",
                    name="end_noted",
                    field=models.BooleanField(),
                ),
                migrations.AddField(
                    model_name="emergencyaccess",
                    name="priority",
                    field=models.BooleanField(),
                ),
                migrations.AddField(
                    model_name="emergencyaccess",
                    name="reviewed_by",
                    field=models.CharField(max_length=160),
                ),
                migrations.AddField(
                    model_name="emergencyaccess",
                    name="verdict",
                    field=models.CharField(max_length=20),
                ),
            ],
        ),
    ]
