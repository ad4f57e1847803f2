"""An operator who compares two records reads the moments of deposits, not days of UTC."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
UNDO = Path(__file__).with_suffix(".undo.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("records", "0011_population")]

    operations = [migrations.RunSQL(SQL, UNDO)]
