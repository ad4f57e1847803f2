"""Tables of the catalogue: services and their files, clients, tokens, what is told to services."""

from typing import ClassVar

from django.db import models

from carnet.apps.storage.classification import Classified, Kind, classify

LISTED = "as long as the service is in the catalogue, then ten years"
SHORT = "until it ends, then thirty days"


class Service(models.Model):
    """A service: its file, and the card that was examined last (`listed`), which is the one that people read."""

    id = models.UUIDField(primary_key=True)
    publisher = models.CharField(max_length=14)
    publisher_name = models.CharField(max_length=160)
    contact = models.CharField(max_length=200)
    state = models.CharField(max_length=16)
    name = models.CharField(max_length=60)
    file = models.JSONField()
    listed = models.JSONField(null=True)
    criteria = models.CharField(max_length=60)
    version = models.IntegerField()
    made_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    examined_at = models.DateTimeField(null=True)
    ends_on = models.DateField(null=True)
    renewal_asked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "catalogue_service"

    classified: ClassVar[dict[str, Classified]] = {
        **classify(
            Kind.TECHNICAL, LISTED, "id publisher publisher_name state name file listed criteria version made_at changed_at "
            "examined_at ends_on renewal_asked_at", why="about a company and its software",
        ),
        **classify(Kind.IDENTITY, LISTED, "contact", why="address of somebody who works for the publisher"),
    }  # fmt: skip


class Step(models.Model):
    """One act on a file: who, when, what, what was said, and the state that it led to. Never changed."""

    pk = models.CompositePrimaryKey("service_id", "number")
    service_id = models.UUIDField()
    number = models.IntegerField()
    at = models.DateTimeField()
    actor = models.CharField(max_length=160)
    side = models.CharField(max_length=12)
    act = models.CharField(max_length=20)
    state = models.CharField(max_length=16)
    said = models.CharField(max_length=4000)

    class Meta:
        db_table = "catalogue_step"

    classified: ClassVar[dict[str, Classified]] = {
        **classify(Kind.TECHNICAL, LISTED, "service_id number at side act state said", why="about a service"),
        **classify(Kind.IDENTITY, LISTED, "actor", why="who acted, for the publisher or the operator"),
    }


class Complaint(models.Model):
    """What a person reports about a service. Who it was is not kept."""

    id = models.UUIDField(primary_key=True)
    service_id = models.UUIDField()
    at = models.DateTimeField()
    sealed = models.BinaryField()
    answered_at = models.DateTimeField(null=True)
    answered_by = models.CharField(max_length=160)
    answer = models.CharField(max_length=4000)

    class Meta:
        db_table = "catalogue_complaint"

    classified: ClassVar[dict[str, Classified]] = {
        **classify(Kind.TECHNICAL, LISTED, "id service_id at answered_at answer", why="about a service"),
        **classify(Kind.IDENTITY, LISTED, "answered_by", why="the operator who answered"),
        **classify(Kind.HEALTH, LISTED, "sealed", why="sealed under a key of the catalogue: it concerns no record"),
    }


class Client(models.Model):
    """A client of the authorisation server, registered by the publisher of a service (RFC 7591). Secrets: keyed digests alone."""

    client_id = models.CharField(max_length=64, primary_key=True)
    service_id = models.UUIDField()
    metadata = models.JSONField()
    secret = models.BinaryField(null=True)
    registration = models.BinaryField()
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "catalogue_client"

    classified: ClassVar[dict[str, Classified]] = classify(
        Kind.TECHNICAL, LISTED, "client_id service_id metadata secret registration made_at ended_at", why="software, and digests"
    )


class Token(models.Model):
    """A code, an access or a refresh token, or the right to register a client: its keyed digest, and what it stands for."""

    digest = models.BinaryField(primary_key=True)
    kind = models.CharField(max_length=12)
    family = models.UUIDField()
    client_id = models.CharField(max_length=64)
    service_id = models.UUIDField()
    record_id = models.UUIDField(null=True)
    person_id = models.UUIDField(null=True)
    person_kind = models.CharField(max_length=16)
    scope = models.CharField(max_length=2000)
    audience = models.CharField(max_length=300)
    bound = models.CharField(max_length=120)
    data = models.JSONField()
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "catalogue_token"

    classified: ClassVar[dict[str, Classified]] = {
        **classify(
            Kind.TECHNICAL, SHORT, "digest kind family client_id person_id person_kind audience bound data made_at expires_at "
            "used_at ended_at", why="digests, dates, what a token is bound to",
        ),
        **classify(Kind.HEALTH, SHORT, "service_id record_id scope", why="which service a person uses; found by the digest alone"),
    }  # fmt: skip


class Proof(models.Model):
    """A proof of possession or a client assertion that was used, so that it serves once."""

    digest = models.BinaryField(primary_key=True)
    expires_at = models.DateTimeField()

    class Meta:
        db_table = "catalogue_proof"

    classified: ClassVar[dict[str, Classified]] = classify(Kind.TECHNICAL, SHORT, "digest expires_at", why="digest and date")


class Call(models.Model):
    """What is told to a service by its own address: an access that ended. No health datum, no identity but the service's own."""

    id = models.UUIDField(primary_key=True)
    client_id = models.CharField(max_length=64)
    kind = models.CharField(max_length=12)
    url = models.CharField(max_length=300)
    told = models.JSONField()
    made_at = models.DateTimeField()
    attempts = models.IntegerField()
    next_at = models.DateTimeField()
    outcome = models.CharField(max_length=10)
    problem = models.CharField(max_length=60)
    done_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "catalogue_call"

    classified: ClassVar[dict[str, Classified]] = classify(
        Kind.TECHNICAL, SHORT, "id client_id kind url told made_at attempts next_at outcome problem done_at",
        why="the number under which the service knows somebody, and dates",
    )  # fmt: skip


class Subscription(models.Model):
    """What a connected service wants to be told of, and where."""

    id = models.UUIDField(primary_key=True)
    record_id = models.UUIDField()
    service_id = models.UUIDField()
    client_id = models.CharField(max_length=64)
    kind = models.CharField(max_length=16)
    endpoint = models.CharField(max_length=300)
    payload = models.CharField(max_length=10)
    state = models.CharField(max_length=10)
    made_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    number = models.IntegerField()

    class Meta:
        db_table = "catalogue_subscription"

    classified: ClassVar[dict[str, Classified]] = {
        **classify(
            Kind.TECHNICAL, SHORT, "id client_id endpoint payload state made_at ends_at number", why="addresses, states, dates"
        ),
        **classify(
            Kind.HEALTH, SHORT, "record_id service_id kind", why="which service a person uses: looked up by the writers' trigger"
        ),
    }


class Change(models.Model):
    """Something was written that a subscription watches: not told yet, and told only where the law lets it."""

    id = models.BigIntegerField(primary_key=True)
    subscription_id = models.UUIDField()
    focus = models.CharField(max_length=80)
    at = models.DateTimeField()

    class Meta:
        db_table = "catalogue_change"

    classified: ClassVar[dict[str, Classified]] = classify(
        Kind.TECHNICAL, "until it was looked at", "id subscription_id focus at", why="identifiers and dates"
    )


class Event(models.Model):
    """What a subscription was told: numbered without a hole, so that a service finds what it missed."""

    pk = models.CompositePrimaryKey("subscription_id", "number")
    subscription_id = models.UUIDField()
    number = models.IntegerField()
    at = models.DateTimeField()
    focus = models.CharField(max_length=80)

    class Meta:
        db_table = "catalogue_event"

    classified: ClassVar[dict[str, Classified]] = classify(
        Kind.TECHNICAL, SHORT, "subscription_id number at focus", why="identifiers and dates"
    )
