"""Accounts of persons: provisional codes, credentials, passkeys, sessions."""

from pathlib import Path

import django.contrib.postgres.fields
from django.db import migrations, models

SQL = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
UNDO = Path(__file__).with_suffix(".undo.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("signin", "0003_portal"), ("identity", "0002_candidates")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(SQL, UNDO)],
            state_operations=[
                            migrations.CreateModel(
                                name='Account',
                                fields=[
                                    ('id', models.UUIDField(primary_key=True, serialize=False)),
                                    ('record_id', models.UUIDField(unique=True)),
                                    ('login', models.BinaryField(null=True)),
                                    ('password', models.CharField(max_length=200, null=True)),
                                    ('secret', models.BinaryField(null=True)),
                                    ('recovery', django.contrib.postgres.fields.ArrayField(base_field=models.BinaryField(), size=None)),
                                    ('failures', models.IntegerField()),
                                    ('locked_until', models.DateTimeField(null=True)),
                                    ('last_step', models.BigIntegerField()),
                                    ('subject', models.BinaryField(null=True)),
                                    ('name', models.BinaryField()),
                                    ('language', models.CharField(max_length=5)),
                                    ('created_at', models.DateTimeField()),
                                    ('activated_at', models.DateTimeField(null=True)),
                                ],
                                options={
                                    'db_table': 'signin_account',
                                },
                            ),
                            migrations.CreateModel(
                                name='Passkey',
                                fields=[
                                    ('id', models.BinaryField(primary_key=True, serialize=False)),
                                    ('account_id', models.UUIDField()),
                                    ('credential', models.BinaryField()),
                                    ('label', models.CharField(max_length=80)),
                                    ('created_at', models.DateTimeField()),
                                    ('used_at', models.DateTimeField(null=True)),
                                ],
                                options={
                                    'db_table': 'signin_passkey',
                                },
                            ),
                            migrations.CreateModel(
                                name='PersonSession',
                                fields=[
                                    ('token', models.BinaryField(primary_key=True, serialize=False)),
                                    ('id', models.UUIDField()),
                                    ('account_id', models.UUIDField()),
                                    ('acting', models.UUIDField()),
                                    ('kind', models.CharField(max_length=16)),
                                    ('means', models.CharField(max_length=20)),
                                    ('device', models.BinaryField()),
                                    ('label', models.CharField(max_length=120)),
                                    ('created_at', models.DateTimeField()),
                                    ('expires_at', models.DateTimeField()),
                                    ('last_used_at', models.DateTimeField()),
                                    ('ended_at', models.DateTimeField(null=True)),
                                ],
                                options={
                                    'db_table': 'signin_person_session',
                                },
                            ),
                            migrations.CreateModel(
                                name='ProvisionalCode',
                                fields=[
                                    ('code', models.BinaryField(primary_key=True, serialize=False)),
                                    ('record_id', models.UUIDField()),
                                    ('channel', models.CharField(max_length=10)),
                                    ('made_at', models.DateTimeField()),
                                    ('expires_at', models.DateTimeField()),
                                    ('used_at', models.DateTimeField(null=True)),
                                    ('made_by', models.CharField(max_length=160)),
                                    ('tries', models.IntegerField()),
                                ],
                                options={
                                    'db_table': 'signin_code',
                                },
                            ),
            ],
        ),
    ]
