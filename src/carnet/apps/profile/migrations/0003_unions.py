"""Two records of one person are united by the worker: it writes what it moves."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
UNDO = Path(__file__).with_suffix(".undo.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("profile", "0002_persons")]

    operations = [migrations.RunSQL(SQL, UNDO)]
