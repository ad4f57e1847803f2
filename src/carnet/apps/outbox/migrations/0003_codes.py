"""A notice may carry a code to send, sealed until it is sent."""

from django.db import migrations, models

from carnet.apps.storage import schema

SQL = "ALTER TABLE outbox_notice ADD COLUMN secret bytea;" + schema.grant("SELECT, INSERT", "outbox_notice", "operator") + (
    # The help desk sends a code to the address that the holder gave, and reads no notice.
    f"CREATE POLICY outbox_notice_help ON outbox_notice FOR INSERT TO carnet_operator WITH CHECK (record_id = {schema.SCOPE});"
)
UNDO = "DROP POLICY outbox_notice_help ON outbox_notice; ALTER TABLE outbox_notice DROP COLUMN secret;"


class Migration(migrations.Migration):
    dependencies = [("outbox", "0002_delivery")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(SQL, UNDO)],
            state_operations=[
                            migrations.AddField(
                                model_name='notice',
                                name='secret',
                                field=models.BinaryField(null=True),
                            ),
            ],
        ),
    ]
