"""Tables of sign-in: software, attempts in progress, sessions."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from carnet.apps.storage.classification import Classified, Kind, classify


class Software(models.Model):
    """A software of professionals that may send its users here."""

    client_id = models.CharField(max_length=80, primary_key=True)
    name = models.CharField(max_length=120)
    redirect_uris = ArrayField(models.CharField(max_length=300))
    regulation = models.BooleanField()
    active = models.BooleanField()

    class Meta:
        db_table = "signin_software"

    classified: ClassVar[dict[str, Classified]] = classify(
        Kind.TECHNICAL, "as long as it is registered", "client_id name redirect_uris regulation active", why="no person"
    )


class Attempt(models.Model):
    """A sign-in in progress, from the software's request to its code. Sealed under a key of the process family."""

    id = models.BinaryField(primary_key=True)
    step = models.CharField(max_length=20)
    sealed = models.BinaryField()
    expires_at = models.DateTimeField()

    class Meta:
        db_table = "signin_attempt"

    classified: ClassVar[dict[str, Classified]] = {
        **classify(Kind.TECHNICAL, "ten minutes", "id step expires_at", why="digest and dates"),
        **classify(Kind.IDENTITY, "ten minutes", "sealed", why="sealed under a derived key, not that of a record"),
    }


class Session(models.Model):
    """A session of a professional in a software: found by the digest of its opaque token."""

    token = models.BinaryField(primary_key=True)
    id = models.UUIDField()
    professional_id = models.CharField(max_length=64)
    client_id = models.CharField(max_length=80)
    means = models.CharField(max_length=20)
    device = models.BinaryField(null=True)
    bound_to = models.BinaryField(null=True)
    provider_subject = models.CharField(max_length=160)
    provider_session = models.CharField(max_length=120)
    actor = models.TextField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "signin_session"

    classified: ClassVar[dict[str, Classified]] = {
        **classify(
            Kind.TECHNICAL,
            "one year",
            "token id client_id means device bound_to created_at expires_at ended_at last_used_at",
            why="digests and dates",
        ),
        **classify(
            Kind.IDENTITY,
            "one year",
            "professional_id provider_subject provider_session actor",
            why="who signed in, for the review of accesses",
        ),
    }


class Device(models.Model):
    """A browser or a certificate from which a professional signed in: known by a digest, cut by its owner."""

    pk = models.CompositePrimaryKey("professional_id", "device")
    professional_id = models.CharField(max_length=64)
    device = models.BinaryField()
    label = models.CharField(max_length=120)
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    cut_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "signin_device"

    classified: ClassVar[dict[str, Classified]] = {
        **classify(Kind.TECHNICAL, "one year", "device label first_seen last_seen cut_at", why="digest, kind of device, dates"),
        **classify(Kind.IDENTITY, "one year", "professional_id", why="whose device it is"),
    }


class UsedToken(models.Model):
    """The identifier of a logout token that was used: none is accepted twice."""

    id = models.BinaryField(primary_key=True)
    expires_at = models.DateTimeField()

    class Meta:
        db_table = "signin_used_token"

    classified: ClassVar[dict[str, Classified]] = classify(
        Kind.TECHNICAL, "until it expires", "id expires_at", why="digest and date"
    )


class Preference(models.Model):
    """What a professional prefers: the situation chosen last, when the legal notice was read, single-key shortcuts."""

    professional_id = models.CharField(max_length=64, primary_key=True)
    situation = models.CharField(max_length=200)
    legal_read_at = models.DateTimeField(null=True)
    shortcuts = models.BooleanField()

    class Meta:
        db_table = "signin_preference"

    classified: ClassVar[dict[str, Classified]] = classify(
        Kind.IDENTITY, "as long as the directory knows the person", "professional_id situation legal_read_at shortcuts",
        why="read at sign-in",
    )  # fmt: skip
