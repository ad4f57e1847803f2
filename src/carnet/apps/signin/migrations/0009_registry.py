"""Software and its certificates, registered by an operator."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
UNDO = Path(__file__).with_suffix(".undo.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("signin", "0008_opposes")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(SQL, UNDO)],
            state_operations=[
                migrations.AddField("software", "registered_at", models.DateTimeField(null=True)),
                migrations.AddField("software", "registered_by", models.CharField(max_length=160, db_default="", default="")),
                migrations.CreateModel(
                    name="RegisteredCertificate",
                    fields=[
                        ("fingerprint", models.CharField(max_length=64, primary_key=True, serialize=False)),
                        ("client_id", models.CharField(max_length=80)),
                        ("subject", models.CharField(max_length=300)),
                        ("issuer", models.CharField(max_length=300)),
                        ("ends_on", models.DateField()),
                        ("registered_at", models.DateTimeField()),
                        ("registered_by", models.CharField(max_length=160)),
                        ("told_days", models.SmallIntegerField(null=True)),
                    ],
                    options={"db_table": "signin_certificate"},
                ),
            ],
        ),
    ]
