"""Metadata as ebRIM beside the FHIR resource: a search by SOAP joins what is ready."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
UNDO = Path(__file__).with_suffix(".undo.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("records", "0008_sets_and_folders")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(SQL, UNDO)],
            state_operations=[migrations.AddField("document", "ebrim", models.BinaryField(null=True))],
        ),
    ]
