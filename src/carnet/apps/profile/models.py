"""Table of the health profile."""

from typing import ClassVar

from django.db import models

from carnet.apps.storage.classification import LIFE, Classified, Kind, classify


class Entry(models.Model):
    """One thing that the profile says: what a document states, what a professional wrote, what the person declared.

    Nothing is rewritten: a correction is a new entry that names the one it replaces, which keeps its end.
    """

    pk = models.CompositePrimaryKey("record_id", "entry_id")
    record_id = models.UUIDField()
    entry_id = models.UUIDField()
    section = models.CharField(max_length=20)
    source = models.CharField(max_length=12)
    document_id = models.UUIDField(null=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=64)
    confirmed = models.BooleanField()
    replaces = models.UUIDField(null=True)
    ended_at = models.DateTimeField(null=True)
    sealed = models.BinaryField()
    secret = models.BooleanField()

    class Meta:
        db_table = "profile_entry"

    classified: ClassVar[dict[str, Classified]] = {
        **classify(
            Kind.TECHNICAL, LIFE, "record_id entry_id source document_id recorded_at confirmed replaces ended_at secret",
            why="identifiers, dates and flags that the filter of visibility reads",
        ),
        **classify(Kind.HEALTH, LIFE, "section", why="the law opens or closes whole sections, before anything is opened"),
        **classify(Kind.IDENTITY, LIFE, "recorded_by", why="who wrote it, a professional or the person"),
        **classify(Kind.HEALTH, LIFE, "sealed", sealed=True),
    }  # fmt: skip


class Sheet(models.Model):
    """A link to the emergency sheet, as the holder made it: the sheet itself, encrypted under a key that the link alone carries."""

    pk = models.CompositePrimaryKey("record_id", "id")
    record_id = models.UUIDField()
    id = models.UUIDField()
    token = models.BinaryField()
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    opened = models.IntegerField()
    last_opened_at = models.DateTimeField(null=True)
    content = models.BinaryField()

    class Meta:
        db_table = "profile_sheet"

    classified: ClassVar[dict[str, Classified]] = {
        **classify(
            Kind.TECHNICAL, LIFE, "record_id id token made_at expires_at revoked_at opened last_opened_at", why="digest, dates"
        ),
        **classify(Kind.HEALTH, LIFE, "content", why="encrypted under a key that the server does not keep (SMART Health Links)"),
    }
