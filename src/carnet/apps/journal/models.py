"""Tables of the journal."""

from typing import ClassVar

from django.db import models

from carnet.apps.storage.classification import Classified, Kind, classify


class Entry(models.Model):
    """One entry of one chain (a record, else an actor): counter, body, hash of the previous entry and its own."""

    pk = models.CompositePrimaryKey("chain_id", "counter")
    chain_id = models.UUIDField()
    counter = models.BigIntegerField()
    at = models.DateTimeField()
    actor = models.CharField(max_length=160)
    writer = models.CharField(max_length=64)
    body = models.TextField()
    previous = models.BinaryField()
    hash = models.BinaryField()

    class Meta:
        db_table = "journal_entry"

    classified: ClassVar[dict[str, Classified]] = {
        **classify(Kind.TECHNICAL, "ten years", "chain_id counter at writer previous hash", why="pseudonym, dates, digests"),
        **classify(
            Kind.IDENTITY,
            "ten years",
            "actor body",
            why="who did what must be readable without the record's key; no health content",
        ),
    }
