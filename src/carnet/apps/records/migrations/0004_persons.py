"""The help desk sees the state of a record; nothing else of it."""

from django.db import migrations

from carnet.apps.storage import schema


class Migration(migrations.Migration):
    dependencies = [("records", "0003_portal"), ("access", "0004_persons"), ("signin", "0004_persons")]

    operations = [
        migrations.RunSQL(
            schema.grant("SELECT", "records_record", "operator"), "REVOKE SELECT ON records_record FROM carnet_operator;"
        )
    ]
