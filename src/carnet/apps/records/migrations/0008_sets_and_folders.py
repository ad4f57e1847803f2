"""Submission sets know their folders and what they put into folders (ITI-18, GetSubmissionSetAndContents)."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
UNDO = Path(__file__).with_suffix(".undo.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("records", "0007_structure_authors")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(SQL, UNDO)],
            state_operations=[
                migrations.AddField("submissionset", "bare", models.BooleanField(db_default=False, default=False)),
                migrations.AddField("folder", "bare", models.BooleanField(db_default=False, default=False)),
                migrations.AddField("folder", "submission_id", models.UUIDField(null=True)),
                migrations.AddField("folderitem", "submission_id", models.UUIDField(null=True)),
            ],
        ),
    ]
