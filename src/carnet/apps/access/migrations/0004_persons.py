"""Holders, representatives and carers; invitations; cases; what is masked on arrival."""

from pathlib import Path

import django.contrib.postgres.fields
from django.db import migrations, models

SQL = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
UNDO = Path(__file__).with_suffix(".undo.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("access", "0003_portal"), ("identity", "0002_candidates")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(SQL, UNDO)],
            state_operations=[
                            migrations.CreateModel(
                                name='Case',
                                fields=[
                                    ('pk', models.CompositePrimaryKey('record_id', 'id', blank=True, editable=False, primary_key=True, serialize=False)),
                                    ('record_id', models.UUIDField()),
                                    ('id', models.UUIDField()),
                                    ('kind', models.CharField(max_length=16)),
                                    ('subject', models.CharField(max_length=120)),
                                    ('about', models.BinaryField()),
                                    ('told', models.BinaryField()),
                                    ('state', models.CharField(max_length=12)),
                                    ('opened_at', models.DateTimeField()),
                                    ('opened_by', models.CharField(max_length=160)),
                                    ('due_at', models.DateTimeField()),
                                    ('taken_by', models.CharField(max_length=160)),
                                    ('answer', models.BinaryField(null=True)),
                                    ('verdict', models.CharField(max_length=24)),
                                    ('answered_at', models.DateTimeField(null=True)),
                                ],
                                options={
                                    'db_table': 'access_case',
                                },
                            ),
                            migrations.CreateModel(
                                name='Invitation',
                                fields=[
                                    ('pk', models.CompositePrimaryKey('record_id', 'id', blank=True, editable=False, primary_key=True, serialize=False)),
                                    ('record_id', models.UUIDField()),
                                    ('id', models.UUIDField()),
                                    ('code', models.BinaryField()),
                                    ('kind', models.CharField(max_length=16)),
                                    ('scope', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), size=None)),
                                    ('reads_only', models.BooleanField()),
                                    ('ends', models.DateTimeField(null=True)),
                                    ('sealed', models.BinaryField()),
                                    ('made_at', models.DateTimeField()),
                                    ('expires_at', models.DateTimeField()),
                                    ('answer', models.CharField(max_length=10)),
                                ],
                                options={
                                    'db_table': 'access_invitation',
                                },
                            ),
                            migrations.CreateModel(
                                name='Person',
                                fields=[
                                    ('pk', models.CompositePrimaryKey('record_id', 'person_id', 'kind', blank=True, editable=False, primary_key=True, serialize=False)),
                                    ('record_id', models.UUIDField()),
                                    ('person_id', models.UUIDField()),
                                    ('kind', models.CharField(max_length=16)),
                                    ('starts', models.DateTimeField()),
                                    ('ends', models.DateTimeField(null=True)),
                                    ('scope', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), size=None)),
                                    ('reads_only', models.BooleanField()),
                                    ('sealed', models.BinaryField()),
                                ],
                                options={
                                    'db_table': 'access_person',
                                },
                            ),
                            migrations.AddField(
                                model_name='choices',
                                name='masked_categories',
                                field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), null=True, size=None),
                            ),
                            migrations.AddField(
                                model_name='choices',
                                name='masks_new',
                                field=models.BooleanField(null=True),
                            ),
            ],
        ),
    ]
