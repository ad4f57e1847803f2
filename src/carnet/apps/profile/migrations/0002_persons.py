"""What a minor keeps from the representatives, and links to the emergency sheet."""

from django.db import migrations, models

from carnet.apps.storage import schema

COLUMNS = """record_id uuid NOT NULL, id uuid NOT NULL, token bytea NOT NULL, made_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL, revoked_at timestamptz, opened int NOT NULL, last_opened_at timestamptz, content bytea NOT NULL,
    PRIMARY KEY (record_id, id)"""
SHEET_OF = "profile_sheet_of(bytea, timestamptz)"
FUNCTIONS = """
-- The encrypted sheet of a link that lives; its opening is counted.
CREATE FUNCTION profile_sheet_of(p_token bytea, p_at timestamptz) RETURNS TABLE (record_id uuid, id uuid, content bytea)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  UPDATE profile_sheet s SET opened = s.opened + 1, last_opened_at = p_at
  WHERE s.token = p_token AND s.revoked_at IS NULL AND s.expires_at > p_at RETURNING s.record_id, s.id, s.content
$$;
"""
SQL = (
    "ALTER TABLE profile_entry ADD COLUMN secret boolean NOT NULL DEFAULT false;"
    + schema.grant("DELETE", "profile_entry", "espace")
    + schema.partitioned("profile_sheet", COLUMNS)
    + schema.scoped("profile_sheet")
    + "CREATE INDEX profile_sheet_token ON profile_sheet (token);"
    + schema.grant("SELECT, INSERT, UPDATE", "profile_sheet", "espace")
    + schema.grant("SELECT, DELETE", "profile_sheet", "worker")
    + FUNCTIONS
    + schema.grant_function(SHEET_OF, "espace")
)
UNDO = (
    f"DROP FUNCTION {SHEET_OF};"
    + schema.drop("profile_sheet")
    + "REVOKE DELETE ON profile_entry FROM carnet_espace; ALTER TABLE profile_entry DROP COLUMN secret;"
)


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
