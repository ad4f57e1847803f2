"""Tables of records: the record, its documents, submission sets, associations; arrivals, notices and unions."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from carnet.apps.storage.classification import LIFE, Classified, Kind, classify


class Record(models.Model):
    """A record and its life-cycle state."""

    record_id = models.UUIDField(primary_key=True)
    state = models.CharField(max_length=24)
    since = models.DateField()
    reason = models.CharField(max_length=60)
    activated = models.BooleanField()
    destruction_asked = models.DateField(null=True)
    attached = models.BooleanField(default=True, db_default=True)
    """Whether it belongs to a Mon espace: its holder alone then closes and reopens it."""

    died_on = models.DateField(null=True)

    class Meta:
        db_table = "records_record"

    classified: ClassVar[dict[str, Classified]] = classify(
        Kind.TECHNICAL, LIFE, "record_id state since reason activated destruction_asked attached died_on", why="for the decision"
    )


class Document(models.Model):
    """A DocumentEntry. Codes and dates are readable for the filter; the whole FHIR resource is sealed, ready to send."""

    pk = models.CompositePrimaryKey("record_id", "logical_id")
    record_id = models.UUIDField()
    logical_id = models.UUIDField()
    entry_uuid = models.UUIDField()
    version = models.IntegerField()
    unique_id = models.CharField(max_length=128)
    submission_id = models.UUIDField()
    status = models.CharField(max_length=12)
    type_code = models.CharField(max_length=40)
    class_code = models.CharField(max_length=60)
    format_code = models.CharField(max_length=120)
    facility = models.CharField(max_length=40)
    practice = models.CharField(max_length=40)
    mime = models.CharField(max_length=80)
    size = models.IntegerField()
    address = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    authored_at = models.DateTimeField()
    service_start = models.DateTimeField(null=True)
    service_stop = models.DateTimeField(null=True)
    author_ids = ArrayField(models.CharField(max_length=64))
    author_structures = ArrayField(models.CharField(max_length=64))
    author_families = ArrayField(models.CharField(max_length=120))
    author_givens = ArrayField(models.CharField(max_length=120))
    event_codes = ArrayField(models.CharField(max_length=80))
    related = ArrayField(models.CharField(max_length=200))
    replaces = models.UUIDField(null=True)
    parents = ArrayField(models.UUIDField())
    depositor = models.CharField(max_length=64)
    depositor_structure = models.CharField(max_length=64)
    masked = models.BooleanField()
    hidden_from_patient = models.BooleanField()
    hidden_from_representatives = models.BooleanField()
    technical = models.BooleanField()
    by_patient = models.BooleanField()
    deposited_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    waiting_told_at = models.DateTimeField(null=True)
    resource = models.BinaryField()
    ebrim = models.BinaryField(null=True)
    """The same metadata as ebRIM, ready to be sent; the door writes it where there is none."""

    class Meta:
        db_table = "records_document"

    classified: ClassVar[dict[str, Classified]] = {
        **classify(
            Kind.TECHNICAL, LIFE,
            "record_id logical_id entry_uuid version unique_id submission_id status address size mime "
            "masked hidden_from_patient hidden_from_representatives technical by_patient deposited_at updated_at replaces parents "
            "waiting_told_at",
            why="identifiers, dates and flags that the filter reads",
        ),
        **classify(
            Kind.HEALTH, LIFE,
            "type_code class_code format_code facility practice created_at authored_at service_start service_stop "
            "event_codes related",
            why="codes and dates that the filter and the search read; inside an encrypted volume, behind row-level security",
        ),
        **classify(
            Kind.IDENTITY, LIFE,
            "author_ids author_structures author_families author_givens depositor depositor_structure",
            why="professionals, read by the rules of masking",
        ),
        **classify(Kind.HEALTH, LIFE, "resource ebrim", sealed=True),
    }  # fmt: skip


class Directory(models.Model):
    """Which record a document is in: read one key at a time by a function, never listed."""

    logical_id = models.UUIDField(primary_key=True)
    record_id = models.UUIDField()

    class Meta:
        db_table = "records_directory"

    classified: ClassVar[dict[str, Classified]] = classify(Kind.TECHNICAL, LIFE, "logical_id record_id", why="pseudonyms")


class SubmissionSet(models.Model):
    """A SubmissionSet: what was deposited together, by whom, when."""

    pk = models.CompositePrimaryKey("record_id", "submission_id")
    record_id = models.UUIDField()
    submission_id = models.UUIDField()
    unique_id = models.CharField(max_length=128)
    source_id = models.CharField(max_length=128)
    submitted_at = models.DateTimeField()
    depositor = models.CharField(max_length=64)
    bare = models.BooleanField(default=False, db_default=False)
    """It brought no document, and made a folder that shows without one: so does it."""
    resource = models.BinaryField()

    class Meta:
        db_table = "records_submission_set"

    classified: ClassVar[dict[str, Classified]] = {
        **classify(Kind.TECHNICAL, LIFE, "record_id submission_id unique_id source_id submitted_at bare", why="identifiers, dates"),
        **classify(Kind.IDENTITY, LIFE, "depositor", why="who deposited"),
        **classify(Kind.HEALTH, LIFE, "resource", sealed=True),
    }


class DocumentVersion(models.Model):
    """A former version of a document's metadata: same logicalId, another entryUUID."""

    pk = models.CompositePrimaryKey("record_id", "logical_id", "version")
    record_id = models.UUIDField()
    logical_id = models.UUIDField()
    version = models.IntegerField()
    entry_uuid = models.UUIDField()
    ended_at = models.DateTimeField()
    resource = models.BinaryField()

    class Meta:
        db_table = "records_document_version"

    classified: ClassVar[dict[str, Classified]] = {
        **classify(Kind.TECHNICAL, LIFE, "record_id logical_id version entry_uuid ended_at", why="identifiers, dates"),
        **classify(Kind.HEALTH, LIFE, "resource", sealed=True),
    }


class Folder(models.Model):
    """An XDS folder: documents that belong together, whoever deposited them.

    It has no date of change: one that moved with a masked document would tell of it.
    """

    pk = models.CompositePrimaryKey("record_id", "folder_id")
    record_id = models.UUIDField()
    folder_id = models.UUIDField()
    unique_id = models.CharField(max_length=128)
    made_at = models.DateTimeField()
    depositor = models.CharField(max_length=64)
    submission_id = models.UUIDField(null=True)
    """The set that made it."""
    bare = models.BooleanField(default=False, db_default=False)
    """It was made without a document: it shows without one."""
    resource = models.BinaryField()

    class Meta:
        db_table = "records_folder"

    classified: ClassVar[dict[str, Classified]] = {
        **classify(Kind.TECHNICAL, LIFE, "record_id folder_id unique_id made_at submission_id bare", why="identifiers, dates"),
        **classify(Kind.IDENTITY, LIFE, "depositor", why="who made it"),
        **classify(Kind.HEALTH, LIFE, "resource", sealed=True),
    }


class FolderItem(models.Model):
    """A document in a folder."""

    pk = models.CompositePrimaryKey("record_id", "folder_id", "logical_id")
    record_id = models.UUIDField()
    folder_id = models.UUIDField()
    logical_id = models.UUIDField()
    added_at = models.DateTimeField()
    submission_id = models.UUIDField(null=True)
    """The set that put it there; none where it took the place of a document that it replaces."""

    class Meta:
        db_table = "records_folder_item"

    classified: ClassVar[dict[str, Classified]] = classify(
        Kind.TECHNICAL, LIFE, "record_id folder_id logical_id added_at submission_id", why="identifiers, dates"
    )


class Words(models.Model):
    """The words of a document, sealed: opened for one question inside one record, never an index across records."""

    pk = models.CompositePrimaryKey("record_id", "logical_id")
    record_id = models.UUIDField()
    logical_id = models.UUIDField()
    sealed = models.BinaryField()
    edition = models.SmallIntegerField()
    machine = models.BooleanField(null=True)

    class Meta:
        db_table = "records_words"

    classified: ClassVar[dict[str, Classified]] = {
        **classify(Kind.TECHNICAL, LIFE, "record_id logical_id edition machine", why="identifiers, and how the words were made"),
        **classify(Kind.HEALTH, LIFE, "sealed", sealed=True),
    }


class Alert(models.Model):
    """A professional who wants to be told of new documents of some types in a record."""

    pk = models.CompositePrimaryKey("record_id", "professional_id")
    record_id = models.UUIDField()
    professional_id = models.CharField(max_length=64)
    types = ArrayField(models.CharField(max_length=40))
    profession_system = models.CharField(max_length=80)
    profession_code = models.CharField(max_length=20)
    structure = models.CharField(max_length=64)
    since = models.DateTimeField()

    class Meta:
        db_table = "records_alert"

    classified: ClassVar[dict[str, Classified]] = classify(
        Kind.IDENTITY, LIFE, "record_id professional_id types profession_system profession_code structure since",
        why="read at a deposit, by whoever deposits",
    )  # fmt: skip


class Arrival(models.Model):
    """Where the person of a record came from, and how they are told of it: systematic creation (R.1111-28 CSP).

    `channel` is `mail`, `letter` or `none`; the clock of six weeks runs from `notified_at`, and stands where the notice came back.
    """

    record_id = models.UUIDField(primary_key=True)
    import_id = models.UUIDField(null=True)
    arrived_on = models.DateField()
    territory = models.CharField(max_length=3)
    birth_year = models.SmallIntegerField()
    channel = models.CharField(max_length=6)
    notified_at = models.DateTimeField(null=True)
    returned_at = models.DateTimeField(null=True)
    batch_id = models.UUIDField(null=True)
    sealed = models.BinaryField()

    class Meta:
        db_table = "records_arrival"

    classified: ClassVar[dict[str, Classified]] = {
        **classify(Kind.TECHNICAL, LIFE, "record_id import_id arrived_on channel notified_at returned_at batch_id", why="dates"),
        **classify(Kind.IDENTITY, LIFE, "territory birth_year", why="counted by the figures, and never read of one person"),
        **classify(Kind.IDENTITY, LIFE, "sealed", sealed=True),
    }


class Passage(models.Model):
    """Something that happened to a record, on which day: what the figures count."""

    pk = models.CompositePrimaryKey("record_id", "event", "day")
    record_id = models.UUIDField()
    event = models.CharField(max_length=24)
    day = models.DateField()

    class Meta:
        db_table = "records_passage"

    classified: ClassVar[dict[str, Classified]] = classify(Kind.TECHNICAL, LIFE, "record_id event day", why="pseudonym, code, date")


class Import(models.Model):
    """An import of insured people, and how far it is: the line and the byte after which it goes on."""

    id = models.UUIDField(primary_key=True)
    digest = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=200)
    started_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    by_whom = models.CharField(max_length=160)
    line = models.BigIntegerField()
    place = models.BigIntegerField()
    created = models.BigIntegerField()
    known = models.BigIntegerField()
    changed = models.BigIntegerField()
    refused = models.BigIntegerField()
    done = models.BooleanField()

    class Meta:
        db_table = "records_import"

    classified: ClassVar[dict[str, Classified]] = classify(
        Kind.TECHNICAL, "as long as the installation",
        "id digest name started_at updated_at by_whom line place created known changed refused done", why="counts and dates",
    )  # fmt: skip


class RefusedLine(models.Model):
    """A line of an import that was not kept, and why; nothing of what it says."""

    pk = models.CompositePrimaryKey("import_id", "line")
    import_id = models.UUIDField()
    line = models.BigIntegerField()
    reason = models.CharField(max_length=40)

    class Meta:
        db_table = "records_import_refused"

    classified: ClassVar[dict[str, Classified]] = classify(
        Kind.TECHNICAL, "as long as the installation", "import_id line reason", why="a line number and a code"
    )


class LetterBatch(models.Model):
    """Letters of a territory, printed and posted together; who asked for them does not print them."""

    id = models.UUIDField(primary_key=True)
    territory = models.CharField(max_length=3)
    letters = models.IntegerField()
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=160)
    posting_on = models.DateField()
    printed_at = models.DateTimeField(null=True)
    printed_by = models.CharField(max_length=160)
    posted_at = models.DateTimeField(null=True)
    posted_by = models.CharField(max_length=160)
    outcome = models.CharField(max_length=10)

    class Meta:
        db_table = "records_letter_batch"

    classified: ClassVar[dict[str, Classified]] = classify(
        Kind.TECHNICAL, "as long as the installation",
        "id territory letters asked_at asked_by posting_on printed_at printed_by posted_at posted_by outcome", why="counts, dates",
    )  # fmt: skip


class Opposition(models.Model):
    """An opposition by letter or telephone, until a second operator confirms it: meanwhile the record does not open."""

    id = models.UUIDField(primary_key=True)
    record_id = models.UUIDField()
    way = models.CharField(max_length=8)
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=160)
    done_at = models.DateTimeField(null=True)
    done_by = models.CharField(max_length=160)
    outcome = models.CharField(max_length=10)

    class Meta:
        db_table = "records_opposition"

    classified: ClassVar[dict[str, Classified]] = classify(Kind.TECHNICAL, LIFE, "id record_id way asked_at asked_by done_at "
                                                           "done_by outcome", why="pseudonym, codes, dates")  # fmt: skip


class Union(models.Model):
    """Two records of one person made one, or one of two persons made two: who asked, who confirmed, what went where."""

    id = models.UUIDField(primary_key=True)
    kind = models.CharField(max_length=8)
    kept = models.UUIDField()
    absorbed = models.UUIDField()
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=160)
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.CharField(max_length=160)
    done_at = models.DateTimeField(null=True)
    undo_asked_at = models.DateTimeField(null=True)
    undo_asked_by = models.CharField(max_length=160)
    undone_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=40)
    state_before = models.CharField(max_length=24)
    moved = models.JSONField()

    class Meta:
        db_table = "records_union"

    classified: ClassVar[dict[str, Classified]] = classify(
        Kind.TECHNICAL, LIFE,
        "id kind kept absorbed asked_at asked_by confirmed_at confirmed_by done_at undo_asked_at undo_asked_by undone_at outcome "
        "state_before moved",
        why="pseudonyms, codes, dates, keys of rows",
    )  # fmt: skip
