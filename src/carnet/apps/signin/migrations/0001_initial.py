"""Tables of signin: partitions, row-level security, grants."""

import django.contrib.postgres.fields
from django.db import migrations, models

from carnet.apps.storage import schema

FIND = """
CREATE FUNCTION signin_session_of(p_token bytea)
RETURNS TABLE (actor text, expires_at timestamptz) LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
  SELECT actor, expires_at FROM signin_session WHERE token = p_token AND ended_at IS NULL
$$;
CREATE FUNCTION signin_end(p_token bytea, p_at timestamptz) RETURNS void LANGUAGE sql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
  UPDATE signin_session SET ended_at = p_at WHERE token = p_token AND ended_at IS NULL
$$;
"""
SQL = (
    """
CREATE TABLE signin_software (client_id varchar(80) PRIMARY KEY, name varchar(120) NOT NULL,
  redirect_uris varchar(300)[] NOT NULL, regulation boolean NOT NULL, active boolean NOT NULL);
CREATE TABLE signin_attempt (id bytea PRIMARY KEY, step varchar(20) NOT NULL, sealed bytea NOT NULL,
  expires_at timestamptz NOT NULL);
CREATE TABLE signin_session (token bytea PRIMARY KEY, professional_id varchar(64) NOT NULL,
  client_id varchar(80) NOT NULL, actor text NOT NULL, created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL, ended_at timestamptz);
"""
    + FIND
    + schema.grant_function("signin_session_of(bytea)", "fhir", "dmp", "webps")
    + schema.grant_function("signin_end(bytea, timestamptz)", "fhir", "dmp", "webps")
    + schema.grant("SELECT", "signin_software", "fhir", "webps", "operator")
    + schema.grant("INSERT, UPDATE", "signin_software", "operator")
    + schema.grant("SELECT, INSERT, DELETE", "signin_attempt", "fhir", "webps")
    # A process that opens sessions cannot list them: it finds one by its token, through the function.
    + schema.grant("INSERT", "signin_session", "fhir", "webps")
)
UNDO = "DROP TABLE signin_software, signin_attempt, signin_session; DROP FUNCTION signin_session_of(bytea); DROP FUNCTION signin_end(bytea, timestamptz);"


class Migration(migrations.Migration):
    initial = True

    dependencies = [("storage", "0001_initial")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(SQL, UNDO)],
            state_operations=[
                migrations.CreateModel(
                    name="Attempt",
                    fields=[
                        ("id", models.BinaryField(primary_key=True, serialize=False)),
                        ("step", models.CharField(max_length=20)),
                        ("sealed", models.BinaryField()),
                        ("expires_at", models.DateTimeField()),
                    ],
                    options={
                        "db_table": "signin_attempt",
                    },
                ),
                migrations.CreateModel(
                    name="Session",
                    fields=[
                        ("token", models.BinaryField(primary_key=True, serialize=False)),
                        ("professional_id", models.CharField(max_length=64)),
                        ("client_id", models.CharField(max_length=80)),
                        ("actor", models.TextField()),
                        ("created_at", models.DateTimeField()),
                        ("expires_at", models.DateTimeField()),
                        ("ended_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "db_table": "signin_session",
                    },
                ),
                migrations.CreateModel(
                    name="Software",
                    fields=[
                        ("client_id", models.CharField(max_length=80, primary_key=True, serialize=False)),
                        ("name", models.CharField(max_length=120)),
                        (
                            "redirect_uris",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=300), size=None
                            ),
                        ),
                        ("regulation", models.BooleanField()),
                        ("active", models.BooleanField()),
                    ],
                    options={
                        "db_table": "signin_software",
                    },
                ),
            ],
        ),
    ]
