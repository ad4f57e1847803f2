"""Messaging asks the record whether what a mail carries is kept from somebody."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
UNDO = Path(__file__).with_suffix(".undo.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("records", "0012_deposited")]

    operations = [migrations.RunSQL(SQL, UNDO)]
