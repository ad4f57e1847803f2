"""What the portal of professionals needs: words of documents, alerts, and the list of one's own records."""

from django.db import migrations, models
import django.contrib.postgres.fields

from carnet.apps.records.own_list import COUNTED, count_source, list_source
from carnet.apps.storage import schema

TABLES = {
    "records_words": """record_id uuid NOT NULL, logical_id uuid NOT NULL, sealed bytea NOT NULL,
        PRIMARY KEY (record_id, logical_id)""",
    "records_alert": """record_id uuid NOT NULL, professional_id varchar(64) NOT NULL, types varchar(40)[] NOT NULL,
        profession_system varchar(80) NOT NULL, profession_code varchar(20) NOT NULL, structure varchar(64) NOT NULL, since timestamptz NOT NULL,
        PRIMARY KEY (record_id, professional_id)""",
}
_HEAD = "LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$"
OWN_LIST = "records_own_list(text, text, text, timestamptz, interval)"
_COUNT_TYPES = ", ".join(COUNTED)
NEW_COUNTS = f"records_new_counts(uuid[], timestamptz[], {_COUNT_TYPES})"
_PARAMETERS = ", ".join(f"v{n} {kind}" for n, kind in enumerate(COUNTED, start=1))
FUNCTIONS = f"""
CREATE FUNCTION records_own_list(p_person text, p_structure text, p_actor text, p_at timestamptz, p_pause interval)
RETURNS TABLE (record_id uuid, state varchar, since date, reason varchar, status varchar, annotations varchar[], sealed bytea,
  wrapped bytea, ground varchar, granted_at timestamptz, expires_at timestamptz, initial boolean, break_glass boolean,
  regulation boolean, masked_in_emergency boolean, objects boolean, blocked boolean, treating boolean, administrator boolean,
  structure_authorised boolean, emergency_until timestamptz, hidden_sections varchar[], ins bytea, last_visit timestamptz) {_HEAD}{list_source()}$$;
CREATE FUNCTION records_new_counts(p_records uuid[], p_since timestamptz[], {_PARAMETERS})
RETURNS TABLE (record_id uuid, n bigint) {_HEAD}{count_source()}$$;
"""
SQL = (
    "".join(schema.partitioned(table, columns) + schema.scoped(table) for table, columns in TABLES.items())
    + "".join(schema.grant("SELECT, INSERT, UPDATE", table, *schema.RECORD_DOORS) for table in TABLES)
    + schema.grant("DELETE", "records_alert", "webps", "fhir")
    + "".join(schema.grant("SELECT, DELETE", table, "worker") for table in TABLES)
    + "CREATE INDEX access_authorisation_subject ON access_authorisation (subject_id, subject_kind);"
    + "CREATE INDEX records_document_date ON records_document (record_id, authored_at DESC, logical_id);"
    + FUNCTIONS
    + schema.grant_function(OWN_LIST, "fhir", "dmp", "webps")
    + schema.grant_function(NEW_COUNTS, "fhir", "dmp", "webps")
)
UNDO = (
    f"DROP FUNCTION {OWN_LIST}; DROP FUNCTION {NEW_COUNTS}; DROP INDEX access_authorisation_subject, records_document_date;"
    + "".join(schema.drop(table) for table in TABLES)
)


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0002_time_and_folders"),
        ("access", "0003_portal"),
        ("identity", "0002_candidates"),
        ("journal", "0002_sealing"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(SQL, UNDO)],
            state_operations=[
                migrations.CreateModel(
                    name="Words",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "record_id", "logical_id", blank=True, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("record_id", models.UUIDField()),
                        ("logical_id", models.UUIDField()),
                        ("sealed", models.BinaryField()),
                    ],
                    options={"db_table": "records_words"},
                ),
                migrations.CreateModel(
                    name="Alert",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "record_id", "professional_id", blank=True, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("record_id", models.UUIDField()),
                        ("professional_id", models.CharField(max_length=64)),
                        (
                            "types",
                            django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), size=None),
                        ),
                        ("profession_system", models.CharField(max_length=80)),
                        ("profession_code", models.CharField(max_length=20)),
                        ("structure", models.CharField(max_length=64)),
                        ("since", models.DateTimeField()),
                    ],
                    options={"db_table": "records_alert"},
                ),
            ],
        ),
    ]
