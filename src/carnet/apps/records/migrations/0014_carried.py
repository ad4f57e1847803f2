"""Messaging looks into the documents that are kept from somebody: which of them carry files is told by their kind."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
UNDO = Path(__file__).with_suffix(".undo.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("records", "0013_withheld")]

    operations = [migrations.RunSQL(SQL, UNDO)]
