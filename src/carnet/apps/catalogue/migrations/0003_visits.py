"""A publisher's visit that was ended stays so for whoever kept its cookie."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
UNDO = Path(__file__).with_suffix(".undo.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0002_subscriptions")]

    operations = [migrations.RunSQL(SQL, UNDO)]
