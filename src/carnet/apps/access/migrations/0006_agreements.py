"""What a person agreed to for a connected service."""

from pathlib import Path

from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models

SQL = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
UNDO = Path(__file__).with_suffix(".undo.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("access", "0005_third_switch")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(SQL, UNDO)],
            state_operations=[
                migrations.CreateModel(
                    name="Agreement",
                    fields=[
                        ("pk", models.CompositePrimaryKey("record_id", "id", blank=True, editable=False, primary_key=True, serialize=False)),
                        ("record_id", models.UUIDField()),
                        ("id", models.UUIDField()),
                        ("service_id", models.UUIDField()),
                        ("person_id", models.UUIDField()),
                        ("person_kind", models.CharField(max_length=16)),
                        ("lines", ArrayField(base_field=models.CharField(max_length=160), size=None)),
                        ("granted_at", models.DateTimeField()),
                        ("expires_at", models.DateTimeField()),
                        ("reminded_at", models.DateTimeField(null=True)),
                        ("withdrawn_at", models.DateTimeField(null=True)),
                    ],
                    options={"db_table": "access_agreement"},
                ),
            ],
        ),
    ]
