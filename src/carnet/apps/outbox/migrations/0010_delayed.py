"""The operator sees that mail does not leave while it is still tried, and not when it is given up days later."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
UNDO = Path(__file__).with_suffix(".undo.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("outbox", "0009_civil_day")]

    operations = [migrations.RunSQL(SQL, UNDO)]
