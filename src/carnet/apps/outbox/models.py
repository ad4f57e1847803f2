"""Tables of the outbox."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from carnet.apps.storage.classification import LIFE, Classified, Kind, classify


class Notice(models.Model):
    """Something to tell somebody. The kind and dates only: no health content, no name of a document.

    `outcome` is `waiting`, `sent`, `muted`, `unreachable` (nobody gave an address) or `dead`.
    """

    pk = models.CompositePrimaryKey("record_id", "id")
    record_id = models.UUIDField()
    id = models.UUIDField()
    kind = models.CharField(max_length=40)
    recipient = models.CharField(max_length=120)
    created_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=12)
    attempts = models.IntegerField()
    next_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=120)
    secret = models.BinaryField(null=True)
    settled = models.BooleanField(default=False, db_default=False)
    """Of the announcement of a record: whether what became of it was noted there."""

    class Meta:
        db_table = "outbox_notice"

    classified: ClassVar[dict[str, Classified]] = {
        **classify(
            Kind.TECHNICAL, "one year", "record_id id kind recipient created_at delivered_at outcome attempts next_at problem "
            "settled",
            why="pseudonyms, codes, dates",
        ),
        **classify(Kind.IDENTITY, "until it is sent", "secret", why="a code to send, sealed under the key of the courier"),
    }  # fmt: skip


class Former(models.Model):
    """An address that was somebody's until lately, sealed like the present one."""

    pk = models.CompositePrimaryKey("owner", "id")
    owner = models.CharField(max_length=120)
    id = models.UUIDField()
    address = models.BinaryField()
    until = models.DateTimeField()

    class Meta:
        db_table = "outbox_former"

    classified: ClassVar[dict[str, Classified]] = {
        **classify(Kind.TECHNICAL, "ninety days", "owner id until", why="pseudonym and a date"),
        **classify(Kind.IDENTITY, "ninety days", "address", why="sealed under the key of the courier, which holds no record's key"),
    }


class Contact(models.Model):
    """Where and how somebody is told: the address sealed under the courier's key, what is muted, at once or once a day."""

    owner = models.CharField(max_length=120, primary_key=True)
    address = models.BinaryField()
    muted = ArrayField(models.CharField(max_length=40))
    digest = models.CharField(max_length=12)
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "outbox_contact"

    classified: ClassVar[dict[str, Classified]] = {
        **classify(Kind.TECHNICAL, LIFE, "owner muted digest updated_at", why="pseudonym and preferences"),
        **classify(Kind.IDENTITY, LIFE, "address", why="sealed under the key of the courier, which holds no record's key"),
    }
