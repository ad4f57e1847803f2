"""Tables of the journal."""

from typing import ClassVar

from django.db import models

from carnet.apps.storage.classification import Classified, Kind, classify

KEPT = (
    "without an end: nothing removes an entry (the law asks for ten years; ending the oldest while the chain stays provable "
    "is not built)"
)
"""How long journal entries are kept, as the reference page says it."""


class Entry(models.Model):
    """One entry of one chain (a record, else an actor): counter, body, hash of the previous entry and its own.

    `tx` is the transaction that wrote it (PostgreSQL's xid8), by which the sealer finds what is new.
    """

    pk = models.CompositePrimaryKey("chain_id", "counter")
    chain_id = models.UUIDField()
    counter = models.BigIntegerField()
    at = models.DateTimeField()
    actor = models.CharField(max_length=160)
    writer = models.CharField(max_length=64)
    body = models.TextField()
    previous = models.BinaryField()
    hash = models.BinaryField()
    tx = models.CharField(max_length=20, null=True)

    class Meta:
        db_table = "journal_entry"

    classified: ClassVar[dict[str, Classified]] = {
        **classify(Kind.TECHNICAL, KEPT, "chain_id counter at writer previous hash tx", why="pseudonym, dates, digests"),
        **classify(
            Kind.IDENTITY,
            KEPT,
            "actor body",
            why="who did what must be readable without the record's key; no health content",
        ),
    }


class Leaf(models.Model):
    """The place of an entry in the Merkle tree."""

    pk = models.CompositePrimaryKey("chain_id", "counter")
    chain_id = models.UUIDField()
    counter = models.BigIntegerField()
    number = models.BigIntegerField()

    class Meta:
        db_table = "journal_leaf"

    classified: ClassVar[dict[str, Classified]] = classify(
        Kind.TECHNICAL, KEPT, "chain_id counter number", why="pseudonym and numbers"
    )


class Sealing(models.Model):
    """How far the sealer is: leaves placed, and up to which transaction of which database cluster it has looked."""

    id = models.IntegerField(primary_key=True)
    size = models.BigIntegerField()
    cluster = models.CharField(max_length=24)
    horizon = models.CharField(max_length=20)
    mapped_on = models.DateField(null=True)

    class Meta:
        db_table = "journal_sealing"

    classified: ClassVar[dict[str, Classified]] = classify(
        Kind.TECHNICAL, "as long as the journal", "id size cluster horizon mapped_on", why="counters"
    )
