"""Addresses of those who run the installation and of structures, set by the operator."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
UNDO = Path(__file__).with_suffix(".undo.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("outbox", "0005_former")]

    operations = [migrations.RunSQL(SQL, UNDO)]
