"""Tables of identity: partitions, row-level security, grants."""

import django.contrib.postgres.fields
from django.db import migrations, models

from carnet.apps.storage import schema

FIND = """
CREATE FUNCTION identity_find(p_index bytea)
RETURNS TABLE (record_id uuid) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT record_id FROM identity_ins WHERE ins_index = p_index
$$;
"""
SQL = (
    schema.partitioned(
        "identity_patient",
        """record_id uuid PRIMARY KEY, status varchar(8) NOT NULL, annotations varchar(8)[] NOT NULL,
        sealed bytea NOT NULL""",
    )
    + schema.scoped("identity_patient")
    # The way from an INS to a record: one key at a time by a function, so that no role can list it.
    + schema.partitioned(
        "identity_ins",
        """ins_index bytea PRIMARY KEY, record_id uuid NOT NULL, active boolean NOT NULL, valid_from date,
        valid_to date, sealed bytea NOT NULL""",
        key="ins_index",
    )
    + "CREATE INDEX identity_ins_record ON identity_ins (record_id);"
    + schema.scoped("identity_ins")
    + FIND
    + schema.grant_function("identity_find(bytea)", *schema.RECORD_DOORS, "worker")
    + schema.grant("SELECT, INSERT, UPDATE", "identity_patient", "fhir", "espace", "worker")
    + schema.grant("SELECT, INSERT, UPDATE", "identity_ins", "fhir", "espace", "worker")
    + schema.grant("SELECT", "identity_patient", "dmp", "hl7v2", "webps")
    + schema.grant("SELECT", "identity_ins", "dmp", "hl7v2", "webps")
    + """
CREATE TABLE identity_professional (id varchar(64) PRIMARY KEY, family varchar(120) NOT NULL,
  given varchar(120) NOT NULL, civility varchar(12) NOT NULL, updated_at timestamptz NOT NULL);
CREATE TABLE identity_situation (professional_id varchar(64) NOT NULL, number int NOT NULL,
  profession_system varchar(64) NOT NULL, profession_code varchar(8) NOT NULL, category varchar(4) NOT NULL,
  savoir_faire varchar(12) NOT NULL, structure_id varchar(64) NOT NULL, sector varchar(8) NOT NULL,
  mode varchar(4) NOT NULL, role varchar(12) NOT NULL, open boolean NOT NULL, PRIMARY KEY (professional_id, number));
CREATE TABLE identity_structure (id varchar(64) PRIMARY KEY, name varchar(200) NOT NULL, sector varchar(8) NOT NULL,
  other_ids varchar(64)[] NOT NULL);
CREATE INDEX identity_structure_other ON identity_structure USING gin (other_ids);
"""
    + schema.grant("SELECT", "identity_professional, identity_situation, identity_structure", *schema.ROLES)
    + schema.grant(
        "INSERT, UPDATE, DELETE", "identity_professional, identity_situation, identity_structure", "operator"
    )
)
UNDO = (
    "".join(schema.drop("identity_" + t) for t in ("patient", "ins", "professional", "situation", "structure"))
    + "DROP FUNCTION identity_find(bytea);"
)


class Migration(migrations.Migration):
    initial = True

    dependencies = [("storage", "0001_initial")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(SQL, UNDO)],
            state_operations=[
                migrations.CreateModel(
                    name="Patient",
                    fields=[
                        ("record_id", models.UUIDField(primary_key=True, serialize=False)),
                        ("status", models.CharField(max_length=8)),
                        (
                            "annotations",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=8), size=None
                            ),
                        ),
                        ("sealed", models.BinaryField()),
                    ],
                    options={
                        "db_table": "identity_patient",
                    },
                ),
                migrations.CreateModel(
                    name="PatientIns",
                    fields=[
                        ("ins_index", models.BinaryField(primary_key=True, serialize=False)),
                        ("record_id", models.UUIDField()),
                        ("active", models.BooleanField()),
                        ("valid_from", models.DateField(null=True)),
                        ("valid_to", models.DateField(null=True)),
                        ("sealed", models.BinaryField()),
                    ],
                    options={
                        "db_table": "identity_ins",
                    },
                ),
                migrations.CreateModel(
                    name="Professional",
                    fields=[
                        ("id", models.CharField(max_length=64, primary_key=True, serialize=False)),
                        ("family", models.CharField(max_length=120)),
                        ("given", models.CharField(max_length=120)),
                        ("civility", models.CharField(max_length=12)),
                        ("updated_at", models.DateTimeField()),
                    ],
                    options={
                        "db_table": "identity_professional",
                    },
                ),
                migrations.CreateModel(
                    name="Situation",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "professional_id",
                                "number",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("professional_id", models.CharField(max_length=64)),
                        ("number", models.IntegerField()),
                        ("profession_system", models.CharField(max_length=64)),
                        ("profession_code", models.CharField(max_length=8)),
                        ("category", models.CharField(max_length=4)),
                        ("savoir_faire", models.CharField(max_length=12)),
                        ("structure_id", models.CharField(max_length=64)),
                        ("sector", models.CharField(max_length=8)),
                        ("mode", models.CharField(max_length=4)),
                        ("role", models.CharField(max_length=12)),
                        ("open", models.BooleanField()),
                    ],
                    options={
                        "db_table": "identity_situation",
                    },
                ),
                migrations.CreateModel(
                    name="Structure",
                    fields=[
                        ("id", models.CharField(max_length=64, primary_key=True, serialize=False)),
                        ("name", models.CharField(max_length=200)),
                        ("sector", models.CharField(max_length=8)),
                        (
                            "other_ids",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=64), size=None
                            ),
                        ),
                    ],
                    options={
                        "db_table": "identity_structure",
                    },
                ),
            ],
        ),
    ]
