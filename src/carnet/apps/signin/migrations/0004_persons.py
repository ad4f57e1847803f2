"""Accounts of persons: provisional codes, credentials, passkeys, sessions."""

import django.contrib.postgres.fields
from django.db import migrations, models

from carnet.apps.storage import schema

_HEAD = "LANGUAGE sql {} SECURITY DEFINER SET search_path = public, pg_temp AS $$"
SESSION_OF, PURGE = "signin_person_session_of(bytea, timestamptz, interval)", "signin_purge_persons(timestamptz, timestamptz)"
TABLES = """
CREATE TABLE signin_account (id uuid PRIMARY KEY, record_id uuid NOT NULL UNIQUE, login bytea UNIQUE, password varchar(200), secret bytea,
  recovery bytea[] NOT NULL, failures int NOT NULL, locked_until timestamptz, last_step bigint NOT NULL, subject bytea UNIQUE,
  name bytea NOT NULL, language varchar(5) NOT NULL, created_at timestamptz NOT NULL, activated_at timestamptz);
CREATE TABLE signin_code (code bytea PRIMARY KEY, record_id uuid NOT NULL, channel varchar(10) NOT NULL, made_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL, used_at timestamptz, made_by varchar(160) NOT NULL, tries int NOT NULL);
CREATE INDEX signin_code_record ON signin_code (record_id);
CREATE TABLE signin_passkey (id bytea PRIMARY KEY, account_id uuid NOT NULL, credential bytea NOT NULL, label varchar(80) NOT NULL,
  created_at timestamptz NOT NULL, used_at timestamptz);
CREATE INDEX signin_passkey_account ON signin_passkey (account_id);
CREATE TABLE signin_person_session (token bytea PRIMARY KEY, id uuid NOT NULL, account_id uuid NOT NULL, acting uuid NOT NULL,
  kind varchar(16) NOT NULL, means varchar(20) NOT NULL, device bytea NOT NULL, label varchar(120) NOT NULL,
  created_at timestamptz NOT NULL, expires_at timestamptz NOT NULL, last_used_at timestamptz NOT NULL, ended_at timestamptz);
CREATE INDEX signin_person_session_account ON signin_person_session (account_id, created_at DESC);
"""
FUNCTIONS = f"""
-- Finds a session that lives and was used within the pause, and notes its use, at most once a minute.
CREATE FUNCTION signin_person_session_of(p_token bytea, p_at timestamptz, p_idle interval) RETURNS TABLE (id uuid, account_id uuid,
  record_id uuid, name bytea, acting uuid, kind varchar, language varchar, created_at timestamptz, expires_at timestamptz)
{_HEAD.format("VOLATILE")}
  UPDATE signin_person_session s SET last_used_at = p_at WHERE s.token = p_token AND s.ended_at IS NULL AND s.expires_at > p_at
    AND s.last_used_at > p_at - p_idle AND s.last_used_at < p_at - interval '1 minute';
  SELECT s.id, s.account_id, a.record_id, a.name, s.acting, s.kind, a.language, s.created_at, s.expires_at
  FROM signin_person_session s JOIN signin_account a ON a.id = s.account_id
  WHERE s.token = p_token AND s.ended_at IS NULL AND s.expires_at > p_at AND s.last_used_at > p_at - p_idle
$$;
CREATE FUNCTION signin_purge_persons(p_now timestamptz, p_before timestamptz) RETURNS bigint {_HEAD.format("VOLATILE")}
  WITH sessions AS (DELETE FROM signin_person_session WHERE expires_at < p_before RETURNING 1),
  codes AS (DELETE FROM signin_code WHERE expires_at < p_before RETURNING 1)
  SELECT (SELECT count(*) FROM sessions) + (SELECT count(*) FROM codes)
$$;
"""
NAMES = ("signin_account", "signin_code", "signin_passkey", "signin_person_session")
SQL = (
    TABLES
    + FUNCTIONS
    + "".join(schema.grant("SELECT, INSERT, UPDATE", table, "espace") for table in NAMES)
    + schema.grant("DELETE", "signin_passkey", "espace")
    + "".join(schema.grant("SELECT, DELETE", table, "worker") for table in NAMES)
    # The help desk makes codes and sees whether there is an account; it reads no credential.
    + schema.grant("SELECT, INSERT, UPDATE", "signin_code", "operator")
    + "GRANT SELECT (id, record_id, name, activated_at, created_at) ON signin_account TO carnet_operator;"
    + schema.grant("SELECT, INSERT, DELETE", "signin_attempt", "espace", "operator")
    + schema.grant_function(SESSION_OF, "espace")
    + schema.grant_function(PURGE, "worker")
    + "GRANT EXECUTE ON FUNCTION identity_candidates(bytea[], int) TO carnet_espace;"
)
UNDO = f"DROP FUNCTION {SESSION_OF}; DROP FUNCTION {PURGE}; DROP TABLE signin_account, signin_code, signin_passkey, signin_person_session;"


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
