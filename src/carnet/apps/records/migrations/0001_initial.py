"""Tables of records: partitions, row-level security, grants."""

import django.contrib.postgres.fields
from django.db import migrations, models

from carnet.apps.storage import schema

TABLES = {
    "records_record": """record_id uuid PRIMARY KEY, state varchar(24) NOT NULL, since date NOT NULL,
        reason varchar(60) NOT NULL, activated boolean NOT NULL""",
    "records_document": """record_id uuid NOT NULL, logical_id uuid NOT NULL, entry_uuid uuid NOT NULL, version int NOT NULL,
        unique_id varchar(128) NOT NULL, submission_id uuid NOT NULL, status varchar(12) NOT NULL,
        type_code varchar(40) NOT NULL, class_code varchar(60) NOT NULL, format_code varchar(120) NOT NULL,
        facility varchar(40) NOT NULL, practice varchar(40) NOT NULL, mime varchar(80) NOT NULL, size int NOT NULL,
        address varchar(64) NOT NULL, created_at timestamptz NOT NULL, authored_at timestamptz NOT NULL,
        service_start timestamptz, service_stop timestamptz, author_ids varchar(64)[] NOT NULL,
        author_structures varchar(64)[] NOT NULL, author_families varchar(120)[] NOT NULL,
        author_givens varchar(120)[] NOT NULL, event_codes varchar(80)[] NOT NULL, related varchar(200)[] NOT NULL,
        replaces uuid, depositor varchar(64) NOT NULL, depositor_structure varchar(64) NOT NULL, masked boolean NOT NULL,
        hidden_from_patient boolean NOT NULL, hidden_from_representatives boolean NOT NULL, technical boolean NOT NULL,
        by_patient boolean NOT NULL, deposited_at timestamptz NOT NULL, updated_at timestamptz NOT NULL,
        resource bytea NOT NULL, PRIMARY KEY (record_id, logical_id), UNIQUE (record_id, unique_id)""",
    "records_submission_set": """record_id uuid NOT NULL, submission_id uuid NOT NULL, unique_id varchar(128) NOT NULL,
        source_id varchar(128) NOT NULL, submitted_at timestamptz NOT NULL, depositor varchar(64) NOT NULL,
        resource bytea NOT NULL, PRIMARY KEY (record_id, submission_id)""",
    "records_document_version": """record_id uuid NOT NULL, logical_id uuid NOT NULL, version int NOT NULL,
        entry_uuid uuid NOT NULL, ended_at timestamptz NOT NULL, resource bytea NOT NULL,
        PRIMARY KEY (record_id, logical_id, version)""",
}
LOCATE = """
CREATE FUNCTION records_locate(p_logical uuid)
RETURNS TABLE (record_id uuid) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT record_id FROM records_directory WHERE logical_id = p_logical
$$;
"""
SQL = (
    "".join(schema.partitioned(table, columns) + schema.scoped(table) for table, columns in TABLES.items())
    + "CREATE INDEX records_document_page ON records_document (record_id, updated_at DESC, logical_id);"
    + "".join(schema.grant("SELECT, INSERT, UPDATE", table, *schema.RECORD_DOORS, "worker") for table in TABLES)
    + schema.partitioned("records_directory", "logical_id uuid PRIMARY KEY, record_id uuid NOT NULL", key="logical_id")
    + schema.scoped("records_directory")
    + LOCATE
    + schema.grant_function("records_locate(uuid)", *schema.RECORD_DOORS, "worker")
    + schema.grant("INSERT", "records_directory", *schema.RECORD_DOORS, "worker")
)
UNDO = "".join(schema.drop(table) for table in (*TABLES, "records_directory")) + "DROP FUNCTION records_locate(uuid);"


class Migration(migrations.Migration):
    initial = True

    dependencies = [("storage", "0001_initial")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(SQL, UNDO)],
            state_operations=[
                migrations.CreateModel(
                    name="Directory",
                    fields=[
                        ("logical_id", models.UUIDField(primary_key=True, serialize=False)),
                        ("record_id", models.UUIDField()),
                    ],
                    options={
                        "db_table": "records_directory",
                    },
                ),
                migrations.CreateModel(
                    name="Document",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "record_id", "logical_id", blank=True, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("record_id", models.UUIDField()),
                        ("logical_id", models.UUIDField()),
                        ("entry_uuid", models.UUIDField()),
                        ("version", models.IntegerField()),
                        ("unique_id", models.CharField(max_length=128)),
                        ("submission_id", models.UUIDField()),
                        ("status", models.CharField(max_length=12)),
                        ("type_code", models.CharField(max_length=40)),
                        ("class_code", models.CharField(max_length=60)),
                        ("format_code", models.CharField(max_length=120)),
                        ("facility", models.CharField(max_length=40)),
                        ("practice", models.CharField(max_length=40)),
                        ("mime", models.CharField(max_length=80)),
                        ("size", models.IntegerField()),
                        ("address", models.CharField(max_length=64)),
                        ("created_at", models.DateTimeField()),
                        ("authored_at", models.DateTimeField()),
                        ("service_start", models.DateTimeField(null=True)),
                        ("service_stop", models.DateTimeField(null=True)),
                        (
                            "author_ids",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=64), size=None
                            ),
                        ),
                        (
                            "author_structures",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=64), size=None
                            ),
                        ),
                        (
                            "author_families",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=120), size=None
                            ),
                        ),
                        (
                            "author_givens",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=120), size=None
                            ),
                        ),
                        (
                            "event_codes",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=80), size=None
                            ),
                        ),
                        (
                            "related",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=200), size=None
                            ),
                        ),
                        ("replaces", models.UUIDField(null=True)),
                        ("depositor", models.CharField(max_length=64)),
                        ("depositor_structure", models.CharField(max_length=64)),
                        ("masked", models.BooleanField()),
                        ("hidden_from_patient", models.BooleanField()),
                        ("hidden_from_representatives", models.BooleanField()),
                        ("technical", models.BooleanField()),
                        ("by_patient", models.BooleanField()),
                        ("deposited_at", models.DateTimeField()),
                        ("updated_at", models.DateTimeField()),
                        ("resource", models.BinaryField()),
                    ],
                    options={
                        "db_table": "records_document",
                    },
                ),
                migrations.CreateModel(
                    name="DocumentVersion",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "record_id",
                                "logical_id",
                                "version",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("record_id", models.UUIDField()),
                        ("logical_id", models.UUIDField()),
                        ("version", models.IntegerField()),
                        ("entry_uuid", models.UUIDField()),
                        ("ended_at", models.DateTimeField()),
                        ("resource", models.BinaryField()),
                    ],
                    options={
                        "db_table": "records_document_version",
                    },
                ),
                migrations.CreateModel(
                    name="Record",
                    fields=[
                        ("record_id", models.UUIDField(primary_key=True, serialize=False)),
                        ("state", models.CharField(max_length=24)),
                        ("since", models.DateField()),
                        ("reason", models.CharField(max_length=60)),
                        ("activated", models.BooleanField()),
                    ],
                    options={
                        "db_table": "records_record",
                    },
                ),
                migrations.CreateModel(
                    name="SubmissionSet",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "record_id",
                                "submission_id",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("record_id", models.UUIDField()),
                        ("submission_id", models.UUIDField()),
                        ("unique_id", models.CharField(max_length=128)),
                        ("source_id", models.CharField(max_length=128)),
                        ("submitted_at", models.DateTimeField()),
                        ("depositor", models.CharField(max_length=64)),
                        ("resource", models.BinaryField()),
                    ],
                    options={
                        "db_table": "records_submission_set",
                    },
                ),
            ],
        ),
    ]
