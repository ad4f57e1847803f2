"""Codes of announcements: until when they oppose."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
UNDO = Path(__file__).with_suffix(".undo.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("signin", "0007_letters")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(SQL, UNDO)],
            state_operations=[migrations.AddField("provisionalcode", "opposes_until", models.DateTimeField(null=True))],
        ),
    ]
