"""Tables of prevention: what was said, appointments and reminders, private calendars, choices; and the editions of the rules."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from carnet.apps.storage.classification import LIFE, Classified, Kind, classify


class Said(models.Model):
    """What the person said of themselves or of an item of the agenda: a fact that decides, done, not done, does not know."""

    pk = models.CompositePrimaryKey("record_id", "id")
    record_id = models.UUIDField()
    id = models.UUIDField()
    said_at = models.DateTimeField()
    said_by = models.CharField(max_length=64)
    ended_at = models.DateTimeField(null=True)
    secret = models.BooleanField()
    sealed = models.BinaryField()

    class Meta:
        db_table = "prevention_said"

    classified: ClassVar[dict[str, Classified]] = {
        **classify(Kind.TECHNICAL, LIFE, "record_id id said_at ended_at secret", why="identifiers, dates, a flag"),
        **classify(Kind.IDENTITY, LIFE, "said_by", why="who said it"),
        **classify(Kind.HEALTH, LIFE, "sealed", sealed=True),
    }


class Event(models.Model):
    """An appointment or a reminder."""

    pk = models.CompositePrimaryKey("record_id", "id")
    record_id = models.UUIDField()
    id = models.UUIDField()
    kind = models.CharField(max_length=12)
    on_day = models.DateField()
    at_time = models.TimeField(null=True)
    status = models.CharField(max_length=12)
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=160)
    changed_at = models.DateTimeField()
    reminded_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    secret = models.BooleanField()
    sealed = models.BinaryField()

    class Meta:
        db_table = "prevention_event"

    classified: ClassVar[dict[str, Classified]] = {
        **classify(
            Kind.TECHNICAL, LIFE, "record_id id kind on_day at_time status made_at changed_at reminded_at withdrawn_at secret",
            why="the worker finds what is for tomorrow by its day, and opens nothing",
        ),
        **classify(Kind.IDENTITY, LIFE, "made_by", why="who wrote it: a person, or a professional's software"),
        **classify(Kind.HEALTH, LIFE, "sealed", sealed=True),
    }  # fmt: skip


class Feed(models.Model):
    """A private address of the calendar, until its person cuts it."""

    pk = models.CompositePrimaryKey("record_id", "id")
    record_id = models.UUIDField()
    id = models.UUIDField()
    token = models.BinaryField()
    person = models.UUIDField()
    person_kind = models.CharField(max_length=16)
    whole = models.BooleanField()
    made_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    read_on = models.DateField(null=True)

    class Meta:
        db_table = "prevention_feed"

    classified: ClassVar[dict[str, Classified]] = {
        **classify(
            Kind.TECHNICAL, LIFE, "record_id id token person_kind whole made_at revoked_at read_on", why="digest of a token, dates"
        ),
        **classify(Kind.IDENTITY, LIFE, "person", why="who made it: what they may see is what it shows"),
    }


class Choice(models.Model):
    """What somebody wants to be told of, and when the agenda is to be looked at again."""

    record_id = models.UUIDField(primary_key=True)
    muted = ArrayField(models.CharField(max_length=16))
    changed_at = models.DateTimeField()
    look_on = models.DateField(null=True)
    told_on = models.DateField(null=True)

    class Meta:
        db_table = "prevention_choice"

    classified: ClassVar[dict[str, Classified]] = classify(
        Kind.TECHNICAL, LIFE, "record_id muted changed_at look_on told_on",
        why="families of messages that somebody does not want; days on which the worker looks and told",
    )  # fmt: skip


class StoredEdition(models.Model):
    """An edition of the rules that was imported. It is never changed."""

    id = models.CharField(max_length=60, primary_key=True)
    digest = models.CharField(max_length=64)
    in_force_from = models.DateField()
    imported_at = models.DateTimeField()
    imported_by = models.CharField(max_length=120)
    content = models.TextField()

    class Meta:
        db_table = "prevention_edition"

    classified: ClassVar[dict[str, Classified]] = {
        **classify(
            Kind.TECHNICAL, "for ever", "id digest in_force_from imported_at content", why="published rules, of nobody's record"
        ),
        **classify(Kind.IDENTITY, "for ever", "imported_by", why="the operator who imported it"),
    }
