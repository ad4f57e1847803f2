"""Destroying the key of a record: the worker alone does it, when the law's term is over."""

from django.db import migrations

from carnet.apps.storage import schema

SQL = schema.grant("UPDATE", "storage_record_key", "worker")
UNDO = "REVOKE UPDATE ON storage_record_key FROM carnet_worker;"


class Migration(migrations.Migration):
    dependencies = [("storage", "0001_initial")]

    operations = [migrations.RunSQL(SQL, UNDO)]
