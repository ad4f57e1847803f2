"""What is done in a secret connection is marked in the tables too: lists of the representatives leave it out."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
UNDO = Path(__file__).with_suffix(".undo.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("access", "0009_unions")]

    operations = [
        migrations.RunSQL(
            SQL,
            UNDO,
            state_operations=[
                migrations.AddField(name, "secret", models.BooleanField(db_default=False))
                for name in ("authorisation", "block", "emergencyaccess")
            ],
        )
    ]
