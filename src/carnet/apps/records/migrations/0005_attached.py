"""Records that are not attached to Mon espace: their professionals still close and reopen them (PDT-INF-526, note 10)."""

from django.db import migrations, models

from carnet.apps.storage import schema

SQL = "ALTER TABLE records_record ADD COLUMN attached boolean NOT NULL DEFAULT true;" + schema.grant(
    "UPDATE (state, since, reason, destruction_asked)", "records_record", "dmp"
)
UNDO = "REVOKE UPDATE (state, since, reason, destruction_asked) ON records_record FROM carnet_dmp; ALTER TABLE records_record DROP COLUMN attached;"


class Migration(migrations.Migration):
    dependencies = [("records", "0004_persons")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(SQL, UNDO)],
            state_operations=[
                migrations.AddField(
                    model_name="record", name="attached", field=models.BooleanField(db_default=True, default=True)
                ),
            ],
        ),
    ]
