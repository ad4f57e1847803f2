"""Tables of storage."""

from typing import ClassVar

from django.db import models

from carnet.apps.storage.classification import LIFE, Classified, Kind, classify


class RecordKey(models.Model):
    """The wrapped key of a record. Destroying it erases the record's content."""

    pk = models.CompositePrimaryKey("record_id", "version")
    record_id = models.UUIDField()
    version = models.IntegerField()
    wrapped = models.BinaryField(null=True)
    created_at = models.DateTimeField()
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "storage_record_key"

    classified: ClassVar[dict[str, Classified]] = {
        **classify(Kind.TECHNICAL, LIFE, "record_id version created_at destroyed_at", why="pseudonym and dates"),
        **classify(Kind.TECHNICAL, "until erasure", "wrapped", why="wrapped by the root key"),
    }


class RootCheck(models.Model):
    """One row: the check value of the root key. A process that holds another key does not start."""

    one = models.BooleanField(primary_key=True, default=True)
    value = models.BinaryField()
    made_at = models.DateTimeField()

    class Meta:
        db_table = "storage_root_check"

    classified: ClassVar[dict[str, Classified]] = {
        **classify(Kind.TECHNICAL, "always", "one value made_at", why="derived one way from the root key; tells nothing of it"),
    }
