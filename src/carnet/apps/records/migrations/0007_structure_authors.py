"""Counts of the own list see what a structure wrote for itself."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
UNDO = Path(__file__).with_suffix(".undo.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("records", "0006_words_edition")]

    operations = [migrations.RunSQL(SQL, UNDO)]
