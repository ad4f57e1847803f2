"""Folders, relations between documents, and what the timers of records look for."""

import django.contrib.postgres.fields
from django.db import migrations, models

from carnet.apps.storage import schema

TABLES = {
    "records_folder": """record_id uuid NOT NULL, folder_id uuid NOT NULL, unique_id varchar(128) NOT NULL,
        made_at timestamptz NOT NULL, depositor varchar(64) NOT NULL, resource bytea NOT NULL,
        PRIMARY KEY (record_id, folder_id), UNIQUE (record_id, unique_id)""",
    "records_folder_item": """record_id uuid NOT NULL, folder_id uuid NOT NULL, logical_id uuid NOT NULL,
        added_at timestamptz NOT NULL, PRIMARY KEY (record_id, folder_id, logical_id)""",
}
ERASED = ("records_document", "records_document_version", "records_submission_set", "records_directory",
          "records_folder", "records_folder_item")  # fmt: skip
FUNCTIONS = """
CREATE FUNCTION records_locate_named(p_name text)
RETURNS TABLE (record_id uuid, logical_id uuid) LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
  SELECT record_id, logical_id FROM records_document WHERE unique_id = p_name
  UNION SELECT record_id, logical_id FROM records_document
  WHERE entry_uuid = CASE WHEN p_name ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN p_name::uuid END LIMIT 2
$$;
-- Timers learn identifiers only; each record is then entered by itself.
CREATE FUNCTION records_due(p_state text, p_since date, p_asked date, p_limit int)
RETURNS TABLE (record_id uuid) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT record_id FROM records_record WHERE state = p_state AND (since <= p_since OR destruction_asked <= p_asked)
  ORDER BY since LIMIT p_limit
$$;
CREATE FUNCTION records_due_waiting(p_before timestamptz, p_untold boolean, p_limit int)
RETURNS TABLE (record_id uuid) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT DISTINCT d.record_id FROM records_document d WHERE hidden_from_patient AND NOT technical AND status <> 'Deleted'
  AND deposited_at <= p_before AND (NOT p_untold OR (waiting_told_at IS NULL AND EXISTS (
    SELECT FROM records_record r WHERE r.record_id = d.record_id AND r.state = 'open'))) LIMIT p_limit
$$;
"""
SQL = (
    """
    ALTER TABLE records_record ADD COLUMN destruction_asked date;
    ALTER TABLE records_document ADD COLUMN parents uuid[] NOT NULL DEFAULT '{}', ADD COLUMN waiting_told_at timestamptz;
    UPDATE records_document SET parents = ARRAY[replaces] WHERE replaces IS NOT NULL;
INSERT INTO records_directory (logical_id, record_id) SELECT submission_id, record_id FROM records_submission_set
  ON CONFLICT DO NOTHING;
    CREATE INDEX records_record_due ON records_record (state, since);
    CREATE INDEX records_document_unique ON records_document (unique_id);
    CREATE INDEX records_document_entry ON records_document (entry_uuid);
    CREATE INDEX records_document_waiting ON records_document (deposited_at)
      WHERE hidden_from_patient AND NOT technical AND status <> 'Deleted';
    """
    + "".join(schema.partitioned(table, columns) + schema.scoped(table) for table, columns in TABLES.items())
    + "".join(schema.grant("SELECT, INSERT, UPDATE", table, *schema.RECORD_DOORS) for table in TABLES)
    + "CREATE INDEX records_folder_item_document ON records_folder_item (record_id, logical_id);"
    + FUNCTIONS
    + schema.grant_function("records_locate_named(text)", *schema.RECORD_DOORS)
    + schema.grant_function("records_due(text, date, date, int)", "worker")
    + schema.grant_function("records_due_waiting(timestamptz, boolean, int)", "worker")
    # The worker destroys: rows whose codes and dates are readable go with the key.
    + "".join(schema.grant("SELECT, DELETE", table, "worker") for table in ERASED)
)
UNDO = (
    "DROP FUNCTION records_locate_named(text), records_due(text, date, date, int), records_due_waiting(timestamptz, boolean, int);"
    + "".join(schema.drop(table) for table in TABLES)
    + "DROP INDEX records_record_due, records_document_unique, records_document_entry, records_document_waiting;"
    "ALTER TABLE records_record DROP COLUMN destruction_asked;"
    "ALTER TABLE records_document DROP COLUMN parents, DROP COLUMN waiting_told_at;"
)


class Migration(migrations.Migration):
    dependencies = [("records", "0001_initial")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(SQL, UNDO)],
            state_operations=[
                migrations.CreateModel(
                    name="Folder",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "record_id", "folder_id", blank=True, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("record_id", models.UUIDField()),
                        ("folder_id", models.UUIDField()),
                        ("unique_id", models.CharField(max_length=128)),
                        ("made_at", models.DateTimeField()),
                        ("depositor", models.CharField(max_length=64)),
                        ("resource", models.BinaryField()),
                    ],
                    options={
                        "db_table": "records_folder",
                    },
                ),
                migrations.CreateModel(
                    name="FolderItem",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "record_id",
                                "folder_id",
                                "logical_id",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("record_id", models.UUIDField()),
                        ("folder_id", models.UUIDField()),
                        ("logical_id", models.UUIDField()),
                        ("added_at", models.DateTimeField()),
                    ],
                    options={
                        "db_table": "records_folder_item",
                    },
                ),
                migrations.AddField(
                    model_name="document",
                    name="parents",
                    field=django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), size=None),
                ),
                migrations.AddField(
                    model_name="document",
                    name="waiting_told_at",
                    field=models.DateTimeField(null=True),
                ),
                migrations.AddField(
                    model_name="record",
                    name="destruction_asked",
                    field=models.DateField(null=True),
                ),
            ],
        ),
    ]
