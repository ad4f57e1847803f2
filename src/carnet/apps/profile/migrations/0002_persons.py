"""What a minor keeps from the representatives, and links to the emergency sheet."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
UNDO = Path(__file__).with_suffix(".undo.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("profile", "0001_initial")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(SQL, UNDO)],
            state_operations=[
                            migrations.CreateModel(
                                name='Sheet',
                                fields=[
                                    ('pk', models.CompositePrimaryKey('record_id', 'id', blank=True, editable=False, primary_key=True, serialize=False)),
                                    ('record_id', models.UUIDField()),
                                    ('id', models.UUIDField()),
                                    ('token', models.BinaryField()),
                                    ('made_at', models.DateTimeField()),
                                    ('expires_at', models.DateTimeField()),
                                    ('revoked_at', models.DateTimeField(null=True)),
                                    ('opened', models.IntegerField()),
                                    ('last_opened_at', models.DateTimeField(null=True)),
                                    ('content', models.BinaryField()),
                                ],
                                options={
                                    'db_table': 'profile_sheet',
                                },
                            ),
                            migrations.AddField(
                                model_name='entry',
                                name='secret',
                                field=models.BooleanField(default=None),
                                preserve_default=False,
                            ),
            ],
        ),
    ]
