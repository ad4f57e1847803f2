"""Tables of secure messaging."""

from typing import ClassVar

from django.db import models

from carnet.apps.storage.classification import LIFE, Classified, Kind, classify


class Correspondent(models.Model):
    """Somebody whom the person may write to: an address that wrote first, or a pharmacy they went to."""

    pk = models.CompositePrimaryKey("record_id", "id")
    record_id = models.UUIDField()
    id = models.UUIDField()
    address_index = models.CharField(max_length=64)
    kind = models.CharField(max_length=12)
    mailbox_id = models.UUIDField(null=True)
    learnt_at = models.DateTimeField()
    last_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    blocked_at = models.DateTimeField(null=True)
    reported_at = models.DateTimeField(null=True)
    secret = models.BooleanField()
    sealed = models.BinaryField()

    class Meta:
        db_table = "messaging_correspondent"

    classified: ClassVar[dict[str, Classified]] = {
        **classify(
            Kind.TECHNICAL,
            LIFE,
            "record_id id address_index kind mailbox_id learnt_at last_at ended_at blocked_at reported_at secret",
            why="keyed digests under the record's key, dates and flags that lists read",
        ),
        **classify(Kind.HEALTH, LIFE, "sealed", sealed=True),
    }


class Thread(models.Model):
    """One conversation of the person with one correspondent."""

    pk = models.CompositePrimaryKey("record_id", "id")
    record_id = models.UUIDField()
    id = models.UUIDField()
    correspondent_id = models.UUIDField()
    mailbox_id = models.UUIDField(null=True)
    kind = models.CharField(max_length=12)
    status = models.CharField(max_length=12)
    opened_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    assigned_to = models.CharField(max_length=64)
    secret = models.BooleanField()
    sealed = models.BinaryField()

    class Meta:
        db_table = "messaging_thread"

    classified: ClassVar[dict[str, Classified]] = {
        **classify(
            Kind.TECHNICAL, LIFE, "record_id id correspondent_id mailbox_id kind status opened_at updated_at ended_at secret",
            why="identifiers, dates and states that lists read",
        ),
        **classify(Kind.IDENTITY, LIFE, "assigned_to", why="who wrote or took it on, a number of the directory or a pseudonym"),
        **classify(Kind.HEALTH, LIFE, "sealed", sealed=True),
    }  # fmt: skip


class Message(models.Model):
    """One message of a thread: received, written, or still being written."""

    pk = models.CompositePrimaryKey("record_id", "id")
    record_id = models.UUIDField()
    id = models.UUIDField()
    thread_id = models.UUIDField()
    incoming = models.BooleanField()
    at = models.DateTimeField()
    author = models.CharField(max_length=120)
    state = models.CharField(max_length=12)
    state_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=40)
    read_at = models.DateTimeField(null=True)
    mail_index = models.CharField(max_length=64, null=True)
    content_index = models.CharField(max_length=64, null=True)
    receipt_due = models.BooleanField()
    secret = models.BooleanField()
    sealed = models.BinaryField()

    class Meta:
        db_table = "messaging_message"

    classified: ClassVar[dict[str, Classified]] = {
        **classify(
            Kind.TECHNICAL,
            LIFE,
            "record_id id thread_id incoming at state state_at problem read_at mail_index content_index receipt_due secret",
            why="identifiers, keyed digests, dates and states",
        ),
        **classify(Kind.IDENTITY, LIFE, "author", why="who wrote or took it on, a number of the directory or a pseudonym"),
        **classify(Kind.HEALTH, LIFE, "sealed", sealed=True),
    }


class Attachment(models.Model):
    """A file of a message, and what became of it in the record."""

    pk = models.CompositePrimaryKey("record_id", "id")
    record_id = models.UUIDField()
    id = models.UUIDField()
    message_id = models.UUIDField()
    position = models.IntegerField()
    mime = models.CharField(max_length=120)
    size = models.IntegerField()
    address = models.CharField(max_length=64)
    archive = models.UUIDField(null=True)
    problem = models.CharField(max_length=60)
    filed_at = models.DateTimeField(null=True)
    filed_as = models.UUIDField(null=True)
    sealed = models.BinaryField()

    class Meta:
        db_table = "messaging_attachment"

    classified: ClassVar[dict[str, Classified]] = {
        **classify(
            Kind.TECHNICAL, LIFE, "record_id id message_id position size address archive problem filed_at filed_as mime",
            why="identifiers, size, keyed digest of the bytes",
        ),
        **classify(Kind.HEALTH, LIFE, "sealed", sealed=True),
    }  # fmt: skip


class Outgoing(models.Model):
    """A mail that waits for the relay; its bytes are in the store, sealed."""

    pk = models.CompositePrimaryKey("record_id", "id")
    record_id = models.UUIDField()
    id = models.UUIDField()
    message_id = models.UUIDField(null=True)
    route = models.CharField(max_length=8)
    created_at = models.DateTimeField()
    next_at = models.DateTimeField()
    attempts = models.IntegerField()
    state = models.CharField(max_length=12)
    problem = models.CharField(max_length=40)
    address = models.CharField(max_length=64)
    sealed = models.BinaryField()

    class Meta:
        db_table = "messaging_outgoing"

    classified: ClassVar[dict[str, Classified]] = {
        **classify(
            Kind.TECHNICAL,
            "until it is delivered",
            "record_id id message_id route created_at next_at attempts state problem address",
            why="identifiers, dates and states of a delivery",
        ),
        **classify(Kind.HEALTH, "until it is delivered", "sealed", sealed=True),
    }


class Mailbox(models.Model):
    """A mailbox that Carnet holds for a professional or a structure (PER, ORG, APP, CAB)."""

    id = models.UUIDField(primary_key=True)
    address = models.CharField(max_length=254, unique=True)
    kind = models.CharField(max_length=3)
    label = models.CharField(max_length=200)
    owner = models.CharField(max_length=64)
    structure = models.CharField(max_length=64)
    unlisted = models.BooleanField()
    hours = models.CharField(max_length=120)
    automatic_reply = models.CharField(max_length=2000)
    automatic_until = models.DateField(null=True)
    imap = models.BooleanField()
    phone = models.CharField(max_length=40)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "messaging_mailbox"

    classified: ClassVar[dict[str, Classified]] = {
        **classify(Kind.TECHNICAL, "as long as the mailbox", "id kind unlisted imap created_at", why="identifiers and flags"),
        **classify(
            Kind.IDENTITY, "as long as the mailbox", "address label owner structure hours automatic_reply automatic_until phone",
            why="professional data that correspondents read",
        ),
    }  # fmt: skip


class Trusted(models.Model):
    """A domain whose mail is taken."""

    domain = models.CharField(max_length=254, primary_key=True)

    class Meta:
        db_table = "messaging_trusted"

    classified: ClassVar[dict[str, Classified]] = {
        **classify(Kind.TECHNICAL, "until the next edition", "domain", why="domains and editions of the list"),
    }  # fmt: skip


class TrustedEdition(models.Model):
    """An edition of the list of trusted domains that was taken in."""

    edition = models.CharField(max_length=64, primary_key=True)
    imported_at = models.DateTimeField()
    imported_by = models.CharField(max_length=120)

    class Meta:
        db_table = "messaging_list"

    classified: ClassVar[dict[str, Classified]] = {
        **classify(
            Kind.TECHNICAL, "until the next edition", "edition imported_at imported_by", why="domains and editions of the list"
        ),
    }
