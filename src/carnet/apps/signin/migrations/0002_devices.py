"""Sessions have a public id, a device, a certificate and a session of the provider: they can be listed and cut."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
UNDO = Path(__file__).with_suffix(".undo.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("signin", "0001_initial")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(SQL, UNDO)],
            state_operations=[
                migrations.CreateModel(
                    name="Device",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "professional_id", "device", blank=True, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("professional_id", models.CharField(max_length=64)),
                        ("device", models.BinaryField()),
                        ("label", models.CharField(max_length=120)),
                        ("first_seen", models.DateTimeField()),
                        ("last_seen", models.DateTimeField()),
                        ("cut_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "db_table": "signin_device",
                    },
                ),
                migrations.CreateModel(
                    name="UsedToken",
                    fields=[
                        ("id", models.BinaryField(primary_key=True, serialize=False)),
                        ("expires_at", models.DateTimeField()),
                    ],
                    options={
                        "db_table": "signin_used_token",
                    },
                ),
                migrations.AddField(
                    model_name="session",
                    name="bound_to",
                    field=models.BinaryField(null=True),
                ),
                migrations.AddField(
                    model_name="session",
                    name="device",
                    field=models.BinaryField(null=True),
                ),
                migrations.AddField(
                    model_name="session",
                    name="id",
                    field=models.UUIDField(),
                ),
                migrations.AddField(
                    model_name="session",
                    name="means",
                    field=models.CharField(max_length=20),
                ),
                migrations.AddField(
                    model_name="session",
                    name="provider_session",
                    field=models.CharField(max_length=120),
                ),
                migrations.AddField(
                    model_name="session",
                    name="provider_subject",
                    field=models.CharField(max_length=160),
                ),
            ],
        ),
    ]
