"""The holder is told of the first access of each professional, and that notice is remembered."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
UNDO = Path(__file__).with_suffix(".undo.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("outbox", "0003_codes")]

    operations = [migrations.RunSQL(SQL, UNDO)]
