"""Holders, representatives and carers; invitations; cases; what is masked on arrival."""

import django.contrib.postgres.fields
from django.db import migrations, models

from carnet.apps.storage import schema

TABLES = {
    "access_person": """record_id uuid NOT NULL, person_id uuid NOT NULL, kind varchar(16) NOT NULL, starts timestamptz NOT NULL,
        ends timestamptz, scope varchar(40)[] NOT NULL, reads_only boolean NOT NULL, sealed bytea NOT NULL,
        PRIMARY KEY (record_id, person_id, kind)""",
    "access_invitation": """record_id uuid NOT NULL, id uuid NOT NULL, code bytea NOT NULL, kind varchar(16) NOT NULL,
        scope varchar(40)[] NOT NULL, reads_only boolean NOT NULL, ends timestamptz, sealed bytea NOT NULL,
        made_at timestamptz NOT NULL, expires_at timestamptz NOT NULL, answer varchar(10) NOT NULL, PRIMARY KEY (record_id, id)""",
    "access_case": """record_id uuid NOT NULL, id uuid NOT NULL, kind varchar(16) NOT NULL, subject varchar(120) NOT NULL,
        about bytea NOT NULL, told bytea NOT NULL, state varchar(12) NOT NULL, opened_at timestamptz NOT NULL,
        opened_by varchar(160) NOT NULL, due_at timestamptz NOT NULL, taken_by varchar(160) NOT NULL, answer bytea,
        verdict varchar(24) NOT NULL, answered_at timestamptz, PRIMARY KEY (record_id, id)""",
}
_HEAD = "LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$"
RECORDS_OF, INVITATION_OF = "access_records_of(uuid, timestamptz)", "access_invitation_of(bytea, timestamptz)"
FUNCTIONS = f"""
-- The records on which one person may act: identifiers and dates alone, the person's own record first.
CREATE FUNCTION access_records_of(p_person uuid, p_at timestamptz) RETURNS TABLE (record_id uuid, kind varchar, ends timestamptz)
{_HEAD}
  SELECT record_id, kind, ends FROM access_person WHERE person_id = p_person AND starts <= p_at AND (ends IS NULL OR ends > p_at)
  ORDER BY kind = 'holder' DESC, starts LIMIT 50
$$;
CREATE FUNCTION access_invitation_of(p_code bytea, p_at timestamptz) RETURNS TABLE (record_id uuid, id uuid) {_HEAD}
  SELECT record_id, id FROM access_invitation WHERE code = p_code AND answer = '' AND expires_at > p_at
$$;
"""
SQL = (
    "ALTER TABLE access_choices ADD COLUMN masks_new boolean, ADD COLUMN masked_categories varchar(20)[];"
    + "".join(schema.partitioned(table, columns) + schema.scoped(table) for table, columns in TABLES.items())
    + "CREATE INDEX access_person_person ON access_person (person_id);"
    + "CREATE INDEX access_invitation_code ON access_invitation (code);"
    + "CREATE INDEX access_case_open ON access_case (due_at) WHERE state <> 'answered';"
    + "".join(schema.grant("SELECT, INSERT, UPDATE", table, "espace") for table in TABLES)
    + "".join(schema.grant("SELECT, DELETE", table, "worker") for table in TABLES)
    # The operator examines cases across records; what is written in them is sealed under a key that opens no record.
    + "CREATE POLICY access_case_operator ON access_case TO carnet_operator USING (true) WITH CHECK (true);"
    + schema.grant("SELECT, UPDATE", "access_case", "operator")
    + schema.grant("SELECT", "access_lookup", "espace")
    # The help desk finds somebody by INS and date of birth, and ties a representative to a child.
    + "GRANT EXECUTE ON FUNCTION identity_find(bytea) TO carnet_operator;"
    + schema.grant("SELECT", "identity_patient, storage_record_key", "operator")
    + schema.grant("SELECT, INSERT, UPDATE", "access_person", "operator")
    + FUNCTIONS
    + schema.grant_function(RECORDS_OF, "espace")
    + schema.grant_function(INVITATION_OF, "espace")
)
UNDO = (
    f"DROP FUNCTION {RECORDS_OF}; DROP FUNCTION {INVITATION_OF};"
    + "".join(schema.drop(table) for table in TABLES)
    + "ALTER TABLE access_choices DROP COLUMN masks_new, DROP COLUMN masked_categories;"
)


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
