"""What a document states: of whom, whether it is so, when, and how much, without anything that nobody wrote."""

from dataclasses import dataclass, field
from enum import StrEnum

from carnet.formats.xds import Coding


class Polarity(StrEnum):
    """Whether the thing is so. `KNOWN_ABSENT` says that nothing of the kind is known; `NO_INFORMATION` that nobody knows."""

    AFFIRMED = ""
    NEGATED = "negated"
    KNOWN_ABSENT = "known-absent"
    PARTLY_ABSENT = "partly-absent"
    """Nothing of one kind is known (no food allergy), which says nothing of the others."""
    NO_INFORMATION = "no-information"


class Status(StrEnum):
    """How far what is stated has come."""

    NOT_STATED = ""
    ACTIVE = "active"
    SUSPENDED = "suspended"
    COMPLETED = "completed"
    ABORTED = "aborted"
    CANCELLED = "cancelled"
    NOT_BEGUN = "not-begun"


class Origin(StrEnum):
    """Where a date comes from. `UNKNOWN` is a date that the author said to be unknown; `NOT_STATED` one that nobody spoke of;
    `UNREADABLE` one that is written, and is no date."""

    OWN = ""
    ORGANIZER = "organizer"
    DOCUMENT = "document"
    UNKNOWN = "unknown"
    UNREADABLE = "unreadable"
    NOT_STATED = "not-stated"


class Phase(StrEnum):
    """At which moment of care a treatment is stated. What was taken before a stay or given during it is not current by that."""

    NONE = ""
    ADMISSION = "admission"
    GIVEN = "given"
    DISPENSED = "dispensed"


@dataclass(frozen=True, slots=True)
class When:
    """Beginning and end as they were written: `1998`, `2004-07`, `2004-07-12`. `instant` keeps the hour where one was given."""

    start: str = ""
    end: str = ""
    origin: Origin = Origin.NOT_STATED
    instant: str = ""
    width: str = ""
    """Duration in French words, where a width stands in place of an end."""
    days: int = 0
    """The same in whole days; 0 where there is none."""
    until: str = ""
    """The end with its hour, where one was given."""


@dataclass(frozen=True, slots=True)
class Value:
    """A value as it was written. `number` is empty for words; `comparator` is one of < ≤ > ≥; `upper` closes a range."""

    number: str = ""
    unit: str = ""
    comparator: str = ""
    upper: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Range:
    """Bounds of the laboratory, with their unit, and the words that say for whom they are when they are not for everybody."""

    low: str = ""
    high: str = ""
    unit: str = ""
    text: str = ""
    whom: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing that a document states. `section` is the part of the profile that it speaks to."""

    section: str
    label: str
    codes: tuple[Coding, ...] = ()
    """In every system that the entry gives, its own first."""
    when: When = When()
    polarity: Polarity = Polarity.AFFIRMED
    mood: str = "EVN"
    status: Status = Status.NOT_STATED
    clinical: str = ""
    """Clinical status that the entry gives (`active`, `inactive`, `remission`, `resolved`); empty when it gives none."""
    certainty: str = ""
    """`confirmed`, `unconfirmed`, `refuted`, `entered-in-error`; empty when it is not said."""
    other: str = ""
    """Whom it is about when it is not the patient: a relation in words, or `?`."""
    value: Value | None = None
    also: str = ""
    """The same value in the other unit that the laboratory gave."""
    ranges: tuple[Range, ...] = ()
    interpretation: str = ""
    """The laboratory's own, in words."""
    detail: str = ""
    """Posology, reaction, lot: what completes the label."""
    comment: str = ""
    """What its author noted beside it, where nothing else says it."""
    route: str = ""
    site: str = ""
    performer: str = ""
    """How and where a dose was given, and by whom, in words."""
    phase: Phase = Phase.NONE
    organism: str = ""
    """What a susceptibility is about: the words of the laboratory are on the germ, not on the person."""
    author: str = ""
    """Who states it: whom the entry names, else the author of the document."""
    anchor: str = ""
    """Narrative id that the entry refers to."""
    place: str = ""
    """The organisation of whom states it, where the document names it."""

    @property
    def code(self) -> Coding:
        """The first of its codes; an empty one when it has none."""
        return self.codes[0] if self.codes else Coding()

    @property
    def bounds(self) -> Range:
        """The bounds that hold for everybody, when there is one such range; else none."""
        plain = [r for r in self.ranges if not r.whom and (r.low or r.high)]
        return plain[0] if len(plain) == 1 else Range()

    @property
    def over(self) -> bool:
        """Whether the author says that it is over, whatever the day: by its clinical status, else by its status.

        An end is a day, and is compared with the day on which one looks. A concern that is `completed` is a file that was closed:
        the national kit closes those of its lists of active problems, so that it says nothing of the illness.
        """
        if self.clinical:
            return self.clinical != "active"
        # What is set aside for a time is still there, but for a drug: it is not taken.
        # A file that is no longer kept on an allergy says nothing of the allergy.
        return (self.status is Status.ABORTED and self.section != "allergies") or (
            self.section == "treatments" and self.status in (Status.CANCELLED, Status.SUSPENDED)
        )


class Reason(StrEnum):
    """Why something of a document is not in the profile. It stays readable in its document."""

    NEGATED = "negated"
    OTHER_PERSON = "other-person"
    NOT_HAPPENED = "not-happened"
    NOT_DONE = "not-done"
    REFUTED = "refuted"
    NO_VALUE = "no-value"
    NOT_A_THING = "not-a-thing"
    FAMILY = "family"
    NOT_A_STAY = "not-a-stay"
    SHAPE = "shape"
    READ_THERE = "read-there"
    NARRATIVE = "narrative"
    NOT_STRUCTURED = "not-structured"
    TOO_MANY = "too-many"


@dataclass(frozen=True, slots=True)
class Left:
    """Something that was not taken, with its reason. `what` names it: its label, else the element."""

    section: str
    reason: Reason
    what: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What was taken of a document, and what was not."""

    statements: tuple[Statement, ...] = ()
    left: tuple[Left, ...] = field(default=())
