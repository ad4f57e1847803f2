"""Tables of access: what stands between professionals and a record."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from carnet.apps.storage.classification import LIFE, Classified, Kind, classify


class Authorisation(models.Model):
    """An authorisation of a person or of a structure, dated, by an explicit act."""

    pk = models.CompositePrimaryKey("record_id", "subject_kind", "subject_id")
    record_id = models.UUIDField()
    subject_kind = models.CharField(max_length=10)
    subject_id = models.CharField(max_length=64)
    ground = models.CharField(max_length=20)
    granted_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    declared_by = models.CharField(max_length=160)
    end_noted = models.BooleanField()
    secret = models.BooleanField(db_default=False)

    class Meta:
        db_table = "access_authorisation"

    classified: ClassVar[dict[str, Classified]] = classify(
        Kind.IDENTITY, LIFE, "record_id subject_kind subject_id ground granted_at expires_at declared_by end_noted secret",
        why="the decision reads it before the record's key is opened",
    )  # fmt: skip


class Block(models.Model):
    """A professional or structure that the holder keeps out. Blocking deletes the authorisation."""

    pk = models.CompositePrimaryKey("record_id", "subject_kind", "subject_id")
    record_id = models.UUIDField()
    subject_kind = models.CharField(max_length=10)
    subject_id = models.CharField(max_length=64)
    since = models.DateTimeField()
    secret = models.BooleanField(db_default=False)

    class Meta:
        db_table = "access_block"

    classified: ClassVar[dict[str, Classified]] = classify(
        Kind.IDENTITY, LIFE, "record_id subject_kind subject_id since secret", why="read by the decision"
    )


class Relation(models.Model):
    """A named professional of the record: treating doctor or administrator."""

    pk = models.CompositePrimaryKey("record_id", "kind", "professional_id")
    record_id = models.UUIDField()
    kind = models.CharField(max_length=20)
    professional_id = models.CharField(max_length=64)
    since = models.DateTimeField()

    class Meta:
        db_table = "access_relation"

    classified: ClassVar[dict[str, Classified]] = classify(
        Kind.IDENTITY, LIFE, "record_id kind professional_id since", why="read by the decision"
    )


class Choices(models.Model):
    """The holder's choices: the initial consent and the three emergency switches."""

    record_id = models.UUIDField(primary_key=True)
    initial_consent_at = models.DateTimeField(null=True)
    initial_consent_by = models.CharField(max_length=160)
    break_glass = models.BooleanField()
    regulation = models.BooleanField()
    masked_in_emergency = models.BooleanField()
    objects_to_deposits_of = ArrayField(models.CharField(max_length=64))
    masks_new = models.BooleanField(null=True)
    masked_categories = ArrayField(models.CharField(max_length=20), null=True)
    hidden_sections = ArrayField(models.CharField(max_length=20), null=True)

    class Meta:
        db_table = "access_choices"

    classified: ClassVar[dict[str, Classified]] = classify(
        Kind.IDENTITY,
        LIFE,
        "record_id initial_consent_at initial_consent_by break_glass regulation masked_in_emergency objects_to_deposits_of "
        "hidden_sections masks_new masked_categories",
        why="read by the decision",
    )


class EmergencyAccess(models.Model):
    """An emergency access: who, which mode, until when; the reason in words is sealed under the record's key.

    Each is reviewed; `priority` marks one by somebody whom the patient had blocked.
    """

    pk = models.CompositePrimaryKey("record_id", "id")
    record_id = models.UUIDField()
    id = models.UUIDField()
    professional_id = models.CharField(max_length=64)
    mode = models.CharField(max_length=20)
    started_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.BinaryField()
    priority = models.BooleanField()
    reviewed_at = models.DateTimeField(null=True)
    reviewed_by = models.CharField(max_length=160)
    verdict = models.CharField(max_length=20)
    secret = models.BooleanField(db_default=False)

    class Meta:
        db_table = "access_emergency"

    classified: ClassVar[dict[str, Classified]] = {
        **classify(
            Kind.IDENTITY,
            LIFE,
            "record_id id professional_id mode started_at ends_at priority reviewed_at reviewed_by verdict secret",
            why="read by the decision and by the review",
        ),
        **classify(Kind.HEALTH, LIFE, "reason", sealed=True),
    }


class Budget(models.Model):
    """How many new records, or negative answers, a professional had in a slot of time (the plausibility gate)."""

    pk = models.CompositePrimaryKey("actor", "kind", "hour")
    actor = models.CharField(max_length=160)
    kind = models.CharField(max_length=20)
    hour = models.DateTimeField()
    used = models.IntegerField()

    class Meta:
        db_table = "access_budget"

    classified: ClassVar[dict[str, Classified]] = classify(Kind.TECHNICAL, "one month", "actor kind hour used", why="counts")


class Opening(models.Model):
    """That a professional opened a record on a day: what budgets count. `care`: new, one's own patient, or one who was there."""

    pk = models.CompositePrimaryKey("record_id", "person", "kind", "day")
    record_id = models.UUIDField()
    person = models.CharField(max_length=160)
    kind = models.CharField(max_length=10)
    day = models.DateField()
    care = models.CharField(max_length=10)
    at = models.DateTimeField()
    certificate = models.CharField(max_length=64)
    structure = models.CharField(max_length=64)
    profession = models.CharField(max_length=60)
    savoir_faire = models.CharField(max_length=20)
    sector = models.CharField(max_length=20)

    class Meta:
        db_table = "access_opening"

    classified: ClassVar[dict[str, Classified]] = classify(
        Kind.IDENTITY, "one month", "record_id person kind day care at certificate structure profession savoir_faire sector",
        why="counted before the record's key is opened",
    )  # fmt: skip


class SignIn(models.Model):
    """When a professional last signed in at the portal: what answers a step-up at the doors of software."""

    person = models.CharField(max_length=160, primary_key=True)
    at = models.DateTimeField()

    class Meta:
        db_table = "access_signin"

    classified: ClassVar[dict[str, Classified]] = classify(
        Kind.TECHNICAL, "one month", "person at", why="a professional and a moment"
    )


class Stop(models.Model):
    """An activity that a hard bound closed, until an operator lifts it. No record is named."""

    id = models.UUIDField(primary_key=True)
    subject = models.CharField(max_length=180)
    since = models.DateTimeField()
    name = models.CharField(max_length=160)
    structure = models.CharField(max_length=160)
    facts = models.CharField(max_length=200)
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.CharField(max_length=160)
    verdict = models.CharField(max_length=24)
    note = models.CharField(max_length=1000)

    class Meta:
        db_table = "access_stop"

    classified: ClassVar[dict[str, Classified]] = classify(
        Kind.TECHNICAL, "a year after it was lifted", "id subject since name structure facts lifted_at lifted_by verdict note",
        why="a professional, a structure and counts, nothing of a record",
    )  # fmt: skip


class Presence(models.Model):
    """A single-use code that shows that the patient is there. Only its keyed digest is kept."""

    pk = models.CompositePrimaryKey("record_id", "id")
    record_id = models.UUIDField()
    id = models.UUIDField()
    code = models.BinaryField()
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    made_by = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True)
    used_by = models.CharField(max_length=64)

    class Meta:
        db_table = "access_presence"

    classified: ClassVar[dict[str, Classified]] = classify(
        Kind.IDENTITY, LIFE, "record_id id code made_at expires_at made_by used_at used_by", why="a digest, and who used it"
    )


class PresenceShare(models.Model):
    """How many authorisations of a day were declared, and with a proof of presence: what operators see."""

    day = models.DateField(primary_key=True)
    declared = models.IntegerField()
    proved = models.IntegerField()

    class Meta:
        db_table = "access_presence_share"

    classified: ClassVar[dict[str, Classified]] = classify(Kind.TECHNICAL, "five years", "day declared proved", why="counts")


class Delegation(models.Model):
    """Somebody who may look things up on behalf of a colleague of the same structure. It widens no right."""

    pk = models.CompositePrimaryKey("delegating", "delegate")
    delegating = models.CharField(max_length=64)
    delegate = models.CharField(max_length=64)
    structure = models.CharField(max_length=64)
    since = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        db_table = "access_delegation"

    classified: ClassVar[dict[str, Classified]] = classify(
        Kind.IDENTITY, "until a year after its end", "delegating delegate structure since until", why="professionals and dates"
    )


class Lookup(models.Model):
    """A look-up on somebody's behalf, which that person reviews."""

    pk = models.CompositePrimaryKey("record_id", "id")
    record_id = models.UUIDField()
    id = models.UUIDField()
    delegating = models.CharField(max_length=64)
    delegate = models.CharField(max_length=64)
    delegate_name = models.CharField(max_length=160)
    at = models.DateTimeField()
    reviewed_at = models.DateTimeField(null=True)
    verdict = models.CharField(max_length=20)

    class Meta:
        db_table = "access_lookup"

    classified: ClassVar[dict[str, Classified]] = classify(
        Kind.IDENTITY, LIFE, "record_id id delegating delegate delegate_name at reviewed_at verdict",
        why="professionals and dates, nothing of the content",
    )  # fmt: skip


class Person(models.Model):
    """Somebody who may act on a record: its holder, a legal representative, a carer."""

    pk = models.CompositePrimaryKey("record_id", "person_id", "kind")
    record_id = models.UUIDField()
    person_id = models.UUIDField()
    kind = models.CharField(max_length=16)
    starts = models.DateTimeField()
    ends = models.DateTimeField(null=True)
    scope = ArrayField(models.CharField(max_length=40))
    reads_only = models.BooleanField()
    sealed = models.BinaryField()

    class Meta:
        db_table = "access_person"

    classified: ClassVar[dict[str, Classified]] = {
        **classify(Kind.TECHNICAL, LIFE, "record_id person_id kind starts ends scope reads_only", why="read by the decision"),
        **classify(Kind.IDENTITY, LIFE, "sealed", sealed=True),
    }


class Agreement(models.Model):
    """What a person agreed to for a connected service. It is replaced and never changed, but for its end."""

    pk = models.CompositePrimaryKey("record_id", "id")
    record_id = models.UUIDField()
    id = models.UUIDField()
    service_id = models.UUIDField()
    person_id = models.UUIDField()
    person_kind = models.CharField(max_length=16)
    lines = ArrayField(models.CharField(max_length=160))
    granted_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    reminded_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "access_agreement"

    classified: ClassVar[dict[str, Classified]] = {
        **classify(
            Kind.TECHNICAL, LIFE, "record_id id person_id person_kind granted_at expires_at reminded_at withdrawn_at",
            why="read by the decision, at every call of the service",
        ),
        **classify(
            Kind.HEALTH, LIFE, "service_id lines",
            why="which service a person uses may tell of an illness; the decision reads it before the record's key is opened",
        ),
    }  # fmt: skip


class Invitation(models.Model):
    """An invitation to act on a record. Only the keyed digest of its code is kept."""

    pk = models.CompositePrimaryKey("record_id", "id")
    record_id = models.UUIDField()
    id = models.UUIDField()
    code = models.BinaryField()
    kind = models.CharField(max_length=16)
    scope = ArrayField(models.CharField(max_length=40))
    reads_only = models.BooleanField()
    ends = models.DateTimeField(null=True)
    sealed = models.BinaryField()
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    answer = models.CharField(max_length=10)

    class Meta:
        db_table = "access_invitation"

    classified: ClassVar[dict[str, Classified]] = {
        **classify(
            Kind.TECHNICAL,
            LIFE,
            "record_id id code kind scope reads_only ends made_at expires_at answer",
            why="digest, codes, dates",
        ),
        **classify(Kind.IDENTITY, LIFE, "sealed", sealed=True),
    }


class Case(models.Model):
    """An access that the person does not recognise, a correction that is asked for, messages that are not in order."""

    pk = models.CompositePrimaryKey("record_id", "id")
    record_id = models.UUIDField()
    id = models.UUIDField()
    kind = models.CharField(max_length=16)
    subject = models.CharField(max_length=120)
    about = models.BinaryField()
    told = models.BinaryField()
    state = models.CharField(max_length=12)
    opened_at = models.DateTimeField()
    opened_by = models.CharField(max_length=160)
    due_at = models.DateTimeField()
    taken_by = models.CharField(max_length=160)
    answer = models.BinaryField(null=True)
    verdict = models.CharField(max_length=24)
    answered_at = models.DateTimeField(null=True)
    objection = models.BinaryField(null=True)
    objected_at = models.DateTimeField(null=True)
    first_answer = models.BinaryField(null=True)
    first_verdict = models.CharField(max_length=24, db_default="")
    first_reader = models.CharField(max_length=160, db_default="")

    class Meta:
        db_table = "access_case"

    classified: ClassVar[dict[str, Classified]] = {
        **classify(
            Kind.TECHNICAL, LIFE, "record_id id kind subject state opened_at opened_by due_at taken_by verdict answered_at "
            "objected_at first_verdict first_reader",
            why="read by the operator's queue",
        ),
        **classify(
            Kind.HEALTH, LIFE, "about told answer objection first_answer",
            why="sealed under the key of the cases, which opens no record",
        ),
    }  # fmt: skip
