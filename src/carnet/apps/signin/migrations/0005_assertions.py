"""Assertions that served: each VIHF opens the DMP door once."""

from django.db import migrations, models

from carnet.apps.storage import schema

SQL = (
    """
    CREATE TABLE signin_assertion (digest bytea PRIMARY KEY, until timestamptz NOT NULL);
    CREATE INDEX signin_assertion_until ON signin_assertion (until);
    """
    + schema.grant("SELECT, INSERT, DELETE", "signin_assertion", "dmp")
)


class Migration(migrations.Migration):
    dependencies = [("signin", "0004_persons")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(SQL, schema.drop("signin_assertion"))],
            state_operations=[
                migrations.CreateModel(
                    name="Assertion",
                    fields=[
                        ("digest", models.BinaryField(primary_key=True, serialize=False)),
                        ("until", models.DateTimeField()),
                    ],
                    options={"db_table": "signin_assertion"},
                ),
            ],
        ),
    ]
