"""A notice may carry a code to send, sealed until it is sent."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
UNDO = Path(__file__).with_suffix(".undo.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("outbox", "0002_delivery")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(SQL, UNDO)],
            state_operations=[
                            migrations.AddField(
                                model_name='notice',
                                name='secret',
                                field=models.BinaryField(null=True),
                            ),
            ],
        ),
    ]
