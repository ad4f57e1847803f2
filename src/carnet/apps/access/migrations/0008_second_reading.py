"""A person who does not agree with an answer asks for a second reader, once."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
UNDO = Path(__file__).with_suffix(".undo.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("access", "0007_openings")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(SQL, UNDO)],
            state_operations=[
                migrations.AddField("Case", "objection", models.BinaryField(null=True)),
                migrations.AddField("Case", "objected_at", models.DateTimeField(null=True)),
                migrations.AddField("Case", "first_answer", models.BinaryField(null=True)),
                migrations.AddField("Case", "first_verdict", models.CharField(max_length=24, db_default="")),
                migrations.AddField("Case", "first_reader", models.CharField(max_length=160, db_default="")),
            ],
        )
    ]
