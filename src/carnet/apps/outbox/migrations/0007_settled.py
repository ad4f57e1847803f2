"""What became of the notice of a record, settled once."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
UNDO = Path(__file__).with_suffix(".undo.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("outbox", "0006_addresses")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(SQL, UNDO)],
            state_operations=[migrations.AddField("notice", "settled", models.BooleanField(db_default=False, default=False))],
        ),
    ]
