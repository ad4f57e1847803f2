"""Subscriptions: what a service is told of, changes that wait to be looked at, events that were told."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
UNDO = Path(__file__).with_suffix(".undo.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0001_initial"), ("prevention", "0001_initial"), ("profile", "0002_persons")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(SQL, UNDO)],
            state_operations=[
                migrations.CreateModel(
                    name="Subscription",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        ("record_id", models.UUIDField()),
                        ("service_id", models.UUIDField()),
                        ("client_id", models.CharField(max_length=64)),
                        ("kind", models.CharField(max_length=16)),
                        ("endpoint", models.CharField(max_length=300)),
                        ("payload", models.CharField(max_length=10)),
                        ("state", models.CharField(max_length=10)),
                        ("made_at", models.DateTimeField()),
                        ("ends_at", models.DateTimeField(null=True)),
                        ("number", models.IntegerField()),
                    ],
                    options={"db_table": "catalogue_subscription"},
                ),
                migrations.CreateModel(
                    name="Change",
                    fields=[
                        ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                        ("subscription_id", models.UUIDField()),
                        ("focus", models.CharField(max_length=80)),
                        ("at", models.DateTimeField()),
                    ],
                    options={"db_table": "catalogue_change"},
                ),
                migrations.CreateModel(
                    name="Event",
                    fields=[
                        ("pk", models.CompositePrimaryKey("subscription_id", "number", blank=True, editable=False, primary_key=True, serialize=False)),
                        ("subscription_id", models.UUIDField()),
                        ("number", models.IntegerField()),
                        ("at", models.DateTimeField()),
                        ("focus", models.CharField(max_length=80)),
                    ],
                    options={"db_table": "catalogue_event"},
                ),
            ],
        ),
    ]
