"""Tables of sign-in: software, attempts in progress, sessions."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from carnet.apps.storage.classification import LIFE, Classified, Kind, classify


class Software(models.Model):
    """A software of professionals that may send its users here."""

    client_id = models.CharField(max_length=80, primary_key=True)
    name = models.CharField(max_length=120)
    redirect_uris = ArrayField(models.CharField(max_length=300))
    regulation = models.BooleanField()
    active = models.BooleanField()
    registered_at = models.DateTimeField(null=True)
    registered_by = models.CharField(max_length=160, default="", db_default="")

    class Meta:
        db_table = "signin_software"

    classified: ClassVar[dict[str, Classified]] = classify(
        Kind.TECHNICAL,
        "as long as it is registered",
        "client_id name redirect_uris regulation active registered_at registered_by",
        why="no person",
    )


class RegisteredCertificate(models.Model):
    """A certificate of a software: what it says of itself, and until when it holds."""

    fingerprint = models.CharField(max_length=64, primary_key=True)
    client_id = models.CharField(max_length=80)
    subject = models.CharField(max_length=300)
    issuer = models.CharField(max_length=300)
    ends_on = models.DateField()
    registered_at = models.DateTimeField()
    registered_by = models.CharField(max_length=160)
    told_days = models.SmallIntegerField(null=True)
    """For how many days before the end it was told of last."""

    class Meta:
        db_table = "signin_certificate"

    classified: ClassVar[dict[str, Classified]] = classify(
        Kind.TECHNICAL, "as long as its software is registered",
        "fingerprint client_id subject issuer ends_on registered_at registered_by told_days", why="no person: a software",
    )  # fmt: skip


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


class Account(models.Model):
    """The account of a person: how they sign in. Names and secrets are sealed under a key of accounts, logins are digests."""

    id = models.UUIDField(primary_key=True)
    record_id = models.UUIDField(unique=True)
    login = models.BinaryField(null=True)
    password = models.CharField(max_length=200, null=True)
    secret = models.BinaryField(null=True)
    recovery = ArrayField(models.BinaryField())
    failures = models.IntegerField()
    locked_until = models.DateTimeField(null=True)
    last_step = models.BigIntegerField()
    subject = models.BinaryField(null=True)
    name = models.BinaryField()
    language = models.CharField(max_length=5)
    created_at = models.DateTimeField()
    activated_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "signin_account"

    classified: ClassVar[dict[str, Classified]] = {
        **classify(
            Kind.TECHNICAL, LIFE,
            "id record_id login password recovery failures locked_until last_step subject language created_at activated_at",
            why="pseudonyms, digests, a hash (scrypt), dates",
        ),
        **classify(Kind.IDENTITY, LIFE, "name secret", why="sealed under a derived key, which opens no record"),
    }  # fmt: skip


class ProvisionalCode(models.Model):
    """A single-use code that lets a person into their account: by mail, by letter, or from the help desk."""

    code = models.BinaryField(primary_key=True)
    record_id = models.UUIDField()
    channel = models.CharField(max_length=10)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    made_by = models.CharField(max_length=160)
    tries = models.IntegerField()
    opposes_until = models.DateTimeField(null=True)
    """Of an announcement: until when it opposes, which is longer than it opens."""

    class Meta:
        db_table = "signin_code"

    classified: ClassVar[dict[str, Classified]] = classify(
        Kind.TECHNICAL,
        "one year",
        "code record_id channel made_at expires_at used_at made_by tries opposes_until",
        why="digest, pseudonym, dates",
    )


class Letter(models.Model):
    """A letter with a code that an operator asked for; another prints it. The code itself stands nowhere."""

    id = models.UUIDField(primary_key=True)
    record_id = models.UUIDField()
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=160)
    done_at = models.DateTimeField(null=True)
    done_by = models.CharField(max_length=160)
    outcome = models.CharField(max_length=10)

    class Meta:
        db_table = "signin_letter"

    classified: ClassVar[dict[str, Classified]] = classify(
        Kind.TECHNICAL, LIFE, "id record_id asked_at asked_by done_at done_by outcome", why="pseudonym, operators, dates"
    )


class Passkey(models.Model):
    """A passkey of a person: its public key, never a secret."""

    id = models.BinaryField(primary_key=True)
    account_id = models.UUIDField()
    credential = models.BinaryField()
    label = models.CharField(max_length=80)
    created_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "signin_passkey"

    classified: ClassVar[dict[str, Classified]] = classify(
        Kind.TECHNICAL, LIFE, "id account_id credential label created_at used_at", why="public key, kind of device, dates"
    )


class PersonSession(models.Model):
    """A session of a person: found by the digest of its token; on which record it acts."""

    token = models.BinaryField(primary_key=True)
    id = models.UUIDField()
    account_id = models.UUIDField()
    acting = models.UUIDField()
    kind = models.CharField(max_length=16)
    means = models.CharField(max_length=20)
    device = models.BinaryField()
    label = models.CharField(max_length=120)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "signin_person_session"

    classified: ClassVar[dict[str, Classified]] = classify(
        Kind.TECHNICAL, "one year",
        "token id account_id acting kind means device label created_at expires_at last_used_at ended_at",
        why="digests, pseudonyms, dates",
    )  # fmt: skip


class Assertion(models.Model):
    """The digest of a VIHF's signature, until nobody could use it any more: it opens the door once."""

    digest = models.BinaryField(primary_key=True)
    until = models.DateTimeField()

    class Meta:
        db_table = "signin_assertion"

    classified: ClassVar[dict[str, Classified]] = classify(
        Kind.TECHNICAL, "as long as the assertion lives", "digest until", why="a digest of a signature"
    )
