"""A series as one person stands in it, while it is evaluated and forecast."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from carnet.apps.prevention.immunisation.dates import Period
from carnet.apps.prevention.immunisation.history import Dose, Person
from carnet.apps.prevention.immunisation.schedule import Schedule, Series, SeriesDose


class SeriesStatus(StrEnum):
    """Status of a series or of a vaccine group (CDSi tables 7-10 and 9-4)."""

    NOT_COMPLETE = "not-complete"
    COMPLETE = "complete"
    IMMUNE = "immune"
    CONTRAINDICATED = "contraindicated"
    AGED_OUT = "aged-out"
    NOT_RECOMMENDED = "not-recommended"


class Status(StrEnum):
    """Status of the evaluation of a dose."""

    VALID = "valid"
    NOT_VALID = "not-valid"
    EXTRANEOUS = "extraneous"
    SUB_STANDARD = "sub-standard"


class Reason(StrEnum):
    """Why a dose counts or not."""

    NONE = ""
    GRACE = "grace-period"
    TOO_YOUNG = "too-young"
    TOO_OLD = "too-old"
    TOO_SOON = "too-soon"
    CONFLICT = "conflict"
    INADVERTENT = "inadvertent"
    WRONG_VACCINE = "wrong-vaccine"
    COMPLETE = "series-complete"
    FLAWED = "flawed"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What one dose is worth for one antigen. `since` and `needs` say from which day how long it takes, for those too soon."""

    dose: Dose
    antigen: str
    target: int
    status: Status
    reason: Reason = Reason.NONE
    since: date | None = None
    needs: Period | None = None


class Met(StrEnum):
    """Status of a target dose."""

    NOT_SATISFIED = "not-satisfied"
    SATISFIED = "satisfied"
    SKIPPED = "skipped"


@dataclass(slots=True)
class Target:
    """A dose of a series, for one person."""

    dose: SeriesDose
    met: Met = Met.NOT_SATISFIED
    given: Dose | None = None


@dataclass(slots=True)
class Context:
    """What evaluation and forecast look at beside the series: the whole history, the schedule, the day."""

    person: Person
    schedule: Schedule
    doses: list[Dose]
    today: date


@dataclass(slots=True)
class Standing:
    """A series of a person: its targets, and the doses of its antigen that were looked at."""

    series: Series
    targets: list[Target]
    doses: list[Dose]
    evaluations: list[Evaluation] = field(default_factory=list)
    complete_groups: frozenset[str] = frozenset()
    """Series groups of the antigen that are complete: a skip may ask for it."""

    @property
    def satisfied(self) -> int:
        """How many targets are satisfied: the valid doses (SELECTB-21)."""
        return sum(t.met is Met.SATISFIED for t in self.targets)

    @property
    def current(self) -> int:
        """Index of the first target that is neither satisfied nor skipped; the number of targets when none is left."""
        return next((i for i, t in enumerate(self.targets) if t.met is Met.NOT_SATISFIED), len(self.targets))
