"""Secure messaging: correspondents, threads, messages, attachments and the queue of a record; mailboxes and trusted domains."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
UNDO = Path(__file__).with_suffix(".undo.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    initial = True
    dependencies = [
        ("storage", "0003_root_check"), ("identity", "0002_candidates"), ("access", "0005_third_switch"),
        ("records", "0007_structure_authors"), ("outbox", "0004_first_access"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(SQL, UNDO)],
            state_operations=[
                migrations.CreateModel(
                    name="Correspondent",
                    fields=[
                        ("pk", models.CompositePrimaryKey("record_id", "id", blank=True, editable=False, primary_key=True, serialize=False)),
                        ("record_id", models.UUIDField()),
                        ("id", models.UUIDField()),
                        ("address_index", models.CharField(max_length=64)),
                        ("kind", models.CharField(max_length=12)),
                        ("mailbox_id", models.UUIDField(null=True)),
                        ("learnt_at", models.DateTimeField()),
                        ("last_at", models.DateTimeField()),
                        ("ended_at", models.DateTimeField(null=True)),
                        ("blocked_at", models.DateTimeField(null=True)),
                        ("reported_at", models.DateTimeField(null=True)),
                        ("secret", models.BooleanField()),
                        ("sealed", models.BinaryField()),
                    ],
                    options={"db_table": "messaging_correspondent"},
                ),
                migrations.CreateModel(
                    name="Thread",
                    fields=[
                        ("pk", models.CompositePrimaryKey("record_id", "id", blank=True, editable=False, primary_key=True, serialize=False)),
                        ("record_id", models.UUIDField()),
                        ("id", models.UUIDField()),
                        ("correspondent_id", models.UUIDField()),
                        ("mailbox_id", models.UUIDField(null=True)),
                        ("kind", models.CharField(max_length=12)),
                        ("status", models.CharField(max_length=12)),
                        ("opened_at", models.DateTimeField()),
                        ("updated_at", models.DateTimeField()),
                        ("ended_at", models.DateTimeField(null=True)),
                        ("assigned_to", models.CharField(max_length=64)),
                        ("secret", models.BooleanField()),
                        ("sealed", models.BinaryField()),
                    ],
                    options={"db_table": "messaging_thread"},
                ),
                migrations.CreateModel(
                    name="Message",
                    fields=[
                        ("pk", models.CompositePrimaryKey("record_id", "id", blank=True, editable=False, primary_key=True, serialize=False)),
                        ("record_id", models.UUIDField()),
                        ("id", models.UUIDField()),
                        ("thread_id", models.UUIDField()),
                        ("incoming", models.BooleanField()),
                        ("at", models.DateTimeField()),
                        ("author", models.CharField(max_length=120)),
                        ("state", models.CharField(max_length=12)),
                        ("state_at", models.DateTimeField(null=True)),
                        ("problem", models.CharField(max_length=40)),
                        ("read_at", models.DateTimeField(null=True)),
                        ("mail_index", models.CharField(max_length=64, null=True)),
                        ("content_index", models.CharField(max_length=64, null=True)),
                        ("receipt_due", models.BooleanField()),
                        ("secret", models.BooleanField()),
                        ("sealed", models.BinaryField()),
                    ],
                    options={"db_table": "messaging_message"},
                ),
                migrations.CreateModel(
                    name="Attachment",
                    fields=[
                        ("pk", models.CompositePrimaryKey("record_id", "id", blank=True, editable=False, primary_key=True, serialize=False)),
                        ("record_id", models.UUIDField()),
                        ("id", models.UUIDField()),
                        ("message_id", models.UUIDField()),
                        ("position", models.IntegerField()),
                        ("mime", models.CharField(max_length=120)),
                        ("size", models.IntegerField()),
                        ("address", models.CharField(max_length=64)),
                        ("archive", models.UUIDField(null=True)),
                        ("problem", models.CharField(max_length=60)),
                        ("filed_at", models.DateTimeField(null=True)),
                        ("filed_as", models.UUIDField(null=True)),
                        ("sealed", models.BinaryField()),
                    ],
                    options={"db_table": "messaging_attachment"},
                ),
                migrations.CreateModel(
                    name="Outgoing",
                    fields=[
                        ("pk", models.CompositePrimaryKey("record_id", "id", blank=True, editable=False, primary_key=True, serialize=False)),
                        ("record_id", models.UUIDField()),
                        ("id", models.UUIDField()),
                        ("message_id", models.UUIDField(null=True)),
                        ("route", models.CharField(max_length=8)),
                        ("created_at", models.DateTimeField()),
                        ("next_at", models.DateTimeField()),
                        ("attempts", models.IntegerField()),
                        ("state", models.CharField(max_length=12)),
                        ("problem", models.CharField(max_length=40)),
                        ("address", models.CharField(max_length=64)),
                        ("sealed", models.BinaryField()),
                    ],
                    options={"db_table": "messaging_outgoing"},
                ),
                migrations.CreateModel(
                    name="Mailbox",
                    fields=[
                        ("id", models.UUIDField(primary_key=True, serialize=False)),
                        ("address", models.CharField(max_length=254, unique=True)),
                        ("kind", models.CharField(max_length=3)),
                        ("label", models.CharField(max_length=200)),
                        ("owner", models.CharField(max_length=64)),
                        ("structure", models.CharField(max_length=64)),
                        ("unlisted", models.BooleanField()),
                        ("hours", models.CharField(max_length=120)),
                        ("automatic_reply", models.CharField(max_length=2000)),
                        ("automatic_until", models.DateField(null=True)),
                        ("imap", models.BooleanField()),
                        ("phone", models.CharField(max_length=40)),
                        ("created_at", models.DateTimeField()),
                    ],
                    options={"db_table": "messaging_mailbox"},
                ),
                migrations.CreateModel(
                    name="Trusted",
                    fields=[
                        ("domain", models.CharField(max_length=254, primary_key=True, serialize=False)),
                    ],
                    options={"db_table": "messaging_trusted"},
                ),
                migrations.CreateModel(
                    name="TrustedEdition",
                    fields=[
                        ("edition", models.CharField(max_length=64, primary_key=True, serialize=False)),
                        ("imported_at", models.DateTimeField()),
                        ("imported_by", models.CharField(max_length=120)),
                    ],
                    options={"db_table": "messaging_list"},
                ),
            ],
        ),
    ]
