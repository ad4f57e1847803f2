"""A record has several chains (those that are hidden from somebody stand apart): read them in one round trip."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
UNDO = Path(__file__).with_suffix(".undo.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("journal", "0002_sealing")]

    operations = [migrations.RunSQL(SQL, UNDO)]
