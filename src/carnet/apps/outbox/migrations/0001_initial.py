"""Tables of outbox: partitions, row-level security, grants."""

from django.db import migrations, models

from carnet.apps.storage import schema

TABLE = "outbox_notice"
SQL = (
    schema.partitioned(
        TABLE,
        """record_id uuid NOT NULL, id uuid NOT NULL, kind varchar(40) NOT NULL, recipient varchar(120) NOT NULL,
        created_at timestamptz NOT NULL, delivered_at timestamptz, PRIMARY KEY (record_id, id)""",
    )
    + schema.scoped(TABLE)
    + schema.grant("SELECT, INSERT", TABLE, *schema.RECORD_DOORS, "worker")
    # The courier reads every notice and marks it; it opens no record.
    + schema.grant("SELECT, UPDATE", TABLE, "courier")
    + f"CREATE POLICY {TABLE}_courier ON {TABLE} TO carnet_courier USING (true);"
)
UNDO = schema.drop(TABLE)


class Migration(migrations.Migration):
    initial = True

    dependencies = [("storage", "0001_initial")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(SQL, UNDO)],
            state_operations=[
                migrations.CreateModel(
                    name="Notice",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "record_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("record_id", models.UUIDField()),
                        ("id", models.UUIDField()),
                        ("kind", models.CharField(max_length=40)),
                        ("recipient", models.CharField(max_length=120)),
                        ("created_at", models.DateTimeField()),
                        ("delivered_at", models.DateTimeField(null=True)),
                    ],
                    options={
                        "db_table": "outbox_notice",
                    },
                ),
            ],
        ),
    ]
