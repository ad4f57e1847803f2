"""Tables of the outbox."""

from typing import ClassVar

from django.db import models

from carnet.apps.storage.classification import Classified, Kind, classify


class Notice(models.Model):
    """Something to tell somebody. The kind and dates only: no health content, no name of a document."""

    pk = models.CompositePrimaryKey("record_id", "id")
    record_id = models.UUIDField()
    id = models.UUIDField()
    kind = models.CharField(max_length=40)
    recipient = models.CharField(max_length=120)
    created_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "outbox_notice"

    classified: ClassVar[dict[str, Classified]] = classify(
        Kind.TECHNICAL,
        "one year",
        "record_id id kind recipient created_at delivered_at",
        why="pseudonyms, codes, dates",
    )
