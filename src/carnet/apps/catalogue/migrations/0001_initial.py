"""Services and their files, clients, tokens, what is told to services."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
UNDO = Path(__file__).with_suffix(".undo.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    initial = True
    dependencies = [("access", "0006_agreements"), ("records", "0007_structure_authors"), ("signin", "0006_gone"), ("prevention", "0001_initial")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(SQL, UNDO)],
            state_operations=[
                migrations.CreateModel(
                    name="Service",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        ("publisher", models.CharField(max_length=14)),
                        ("publisher_name", models.CharField(max_length=160)),
                        ("contact", models.CharField(max_length=200)),
                        ("state", models.CharField(max_length=16)),
                        ("name", models.CharField(max_length=60)),
                        ("file", models.JSONField()),
                        ("listed", models.JSONField(null=True)),
                        ("criteria", models.CharField(max_length=60)),
                        ("version", models.IntegerField()),
                        ("made_at", models.DateTimeField()),
                        ("changed_at", models.DateTimeField()),
                        ("examined_at", models.DateTimeField(null=True)),
                        ("ends_on", models.DateField(null=True)),
                        ("renewal_asked_at", models.DateTimeField(null=True)),
                    ],
                    options={"db_table": "catalogue_service"},
                ),
                migrations.CreateModel(
                    name="Step",
                    fields=[
                        ("pk", models.CompositePrimaryKey("service_id", "number", blank=True, editable=False, primary_key=True, serialize=False)),
                        ("service_id", models.UUIDField()),
                        ("number", models.IntegerField()),
                        ("at", models.DateTimeField()),
                        ("actor", models.CharField(max_length=160)),
                        ("side", models.CharField(max_length=12)),
                        ("act", models.CharField(max_length=20)),
                        ("state", models.CharField(max_length=16)),
                        ("said", models.CharField(max_length=4000)),
                    ],
                    options={"db_table": "catalogue_step"},
                ),
                migrations.CreateModel(
                    name="Complaint",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        ("service_id", models.UUIDField()),
                        ("at", models.DateTimeField()),
                        ("sealed", models.BinaryField()),
                        ("answered_at", models.DateTimeField(null=True)),
                        ("answered_by", models.CharField(max_length=160)),
                        ("answer", models.CharField(max_length=4000)),
                    ],
                    options={"db_table": "catalogue_complaint"},
                ),
                migrations.CreateModel(
                    name="Client",
                    fields=[
                        ("client_id", models.CharField(max_length=64, primary_key=True, serialize=False)),
                        ("service_id", models.UUIDField()),
                        ("metadata", models.JSONField()),
                        ("secret", models.BinaryField(null=True)),
                        ("registration", models.BinaryField()),
                        ("made_at", models.DateTimeField()),
                        ("ended_at", models.DateTimeField(null=True)),
                    ],
                    options={"db_table": "catalogue_client"},
                ),
                migrations.CreateModel(
                    name="Token",
                    fields=[
                        ("digest", models.BinaryField(primary_key=True, serialize=False)),
                        ("kind", models.CharField(max_length=12)),
                        ("family", models.UUIDField()),
                        ("client_id", models.CharField(max_length=64)),
                        ("service_id", models.UUIDField()),
                        ("record_id", models.UUIDField(null=True)),
                        ("person_id", models.UUIDField(null=True)),
                        ("person_kind", models.CharField(max_length=16)),
                        ("scope", models.CharField(max_length=2000)),
                        ("audience", models.CharField(max_length=300)),
                        ("bound", models.CharField(max_length=120)),
                        ("data", models.JSONField()),
                        ("made_at", models.DateTimeField()),
                        ("expires_at", models.DateTimeField()),
                        ("used_at", models.DateTimeField(null=True)),
                        ("ended_at", models.DateTimeField(null=True)),
                    ],
                    options={"db_table": "catalogue_token"},
                ),
                migrations.CreateModel(
                    name="Proof",
                    fields=[
                        ("digest", models.BinaryField(primary_key=True, serialize=False)),
                        ("expires_at", models.DateTimeField()),
                    ],
                    options={"db_table": "catalogue_proof"},
                ),
                migrations.CreateModel(
                    name="Call",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        ("client_id", models.CharField(max_length=64)),
                        ("kind", models.CharField(max_length=12)),
                        ("url", models.CharField(max_length=300)),
                        ("told", models.JSONField()),
                        ("made_at", models.DateTimeField()),
                        ("attempts", models.IntegerField()),
                        ("next_at", models.DateTimeField()),
                        ("outcome", models.CharField(max_length=10)),
                        ("problem", models.CharField(max_length=60)),
                        ("done_at", models.DateTimeField(null=True)),
                    ],
                    options={"db_table": "catalogue_call"},
                ),
            ],
        ),
    ]
