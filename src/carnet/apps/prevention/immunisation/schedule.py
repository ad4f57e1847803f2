"""What a schedule is made of: antigen → series → dose, and what its vaccines hold (CDSi, chapter 3, supporting data)."""

from dataclasses import dataclass, field
from datetime import date

from carnet.apps.prevention.immunisation.dates import Period

STANDARD, RISK, EVALUATION_ONLY = "Standard", "Risk", "Evaluation Only"
EVALUATING, FORECASTING, BOTH = "Evaluation", "Forecast", "Both"


@dataclass(frozen=True, slots=True)
class Spell:
    """Days between which an attribute holds: from the first, until before the last."""

    first: date | None = None
    end: date | None = None

    def holds(self, day: date) -> bool:
        """Whether it holds on a day."""
        return (self.first is None or self.first <= day) and (self.end is None or day < self.end)


@dataclass(frozen=True, slots=True)
class Ages:
    """Ages of a dose. `most` is exclusive."""

    absolute: Period | None = None
    least: Period | None = None
    early: Period | None = None
    late: Period | None = None
    most: Period | None = None
    during: Spell = Spell()


@dataclass(frozen=True, slots=True)
class Interval:
    """A delay since another dose: the one before, a dose of the series, the last of some vaccines, or an observation."""

    previous: bool = False
    target: int = 0
    vaccines: frozenset[str] = frozenset()
    observation: str = ""
    absolute: Period | None = None
    least: Period | None = None
    early: Period | None = None
    late: Period | None = None
    priority: bool = False
    during: Spell = Spell()


@dataclass(frozen=True, slots=True)
class Use:
    """A vaccine of a dose, between two ages."""

    vaccine: str
    begin: Period | None = None
    end: Period | None = None
    maker: str = ""
    proposed: bool = False
    """Whether a forecast names it (`forecastVaccineType`)."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition of a skip: `kind` is Age, Interval, Completed Series, or one of the counts of vaccines."""

    kind: str
    begin: Period | None = None
    end: Period | None = None
    interval: Period | None = None
    first: date | None = None
    last: date | None = None
    vaccines: frozenset[str] = frozenset()
    valid_only: bool = False
    count: int = 0
    compare: str = ""
    """`greater than`, `equal to` or `less than`."""
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class SkipSet:
    """Conditions that hold together, or one of them."""

    conditions: tuple[Condition, ...]
    every: bool
    during: Spell = Spell()


@dataclass(frozen=True, slots=True)
class Skip:
    """When a dose is not needed, in evaluation, in forecasts or in both."""

    context: str
    sets: tuple[SkipSet, ...]
    every: bool


@dataclass(frozen=True, slots=True)
class SeriesDose:
    """One dose of a series. `rule` names the row of the rules that it stands for, when the schedule has rows."""

    number: int
    ages: tuple[Ages, ...] = ()
    intervals: tuple[Interval, ...] = ()
    allowable_intervals: tuple[Interval, ...] = ()
    preferable: tuple[Use, ...] = ()
    allowable: tuple[Use, ...] = ()
    inadvertent: frozenset[str] = frozenset()
    skips: tuple[Skip, ...] = ()
    recurring: bool = False
    season: tuple[date, date] | None = None
    rule: str = ""
    late_rule: str = ""
    """The row that stands for it when it is caught up, and from which age."""
    late_from: Period | None = None
    proposed_since: date | None = None
    """The day from which it is recommended: nothing is due before it."""


@dataclass(frozen=True, slots=True)
class Indication:
    """An observation that makes a risk series relevant, between two ages."""

    observation: str
    begin: Period | None = None
    end: Period | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """One way to be protected against a disease."""

    name: str
    antigen: str
    group: str
    kind: str
    doses: tuple[SeriesDose, ...]
    default: bool = False
    product: bool = False
    series_group: str = "1"
    equivalent: frozenset[str] = frozenset()
    preference: int = 1
    priority: str = "A"
    youngest: Period | None = None
    oldest: Period | None = None
    sexes: frozenset[str] = frozenset()
    indications: tuple[Indication, ...] = ()
    born: Spell = Spell()
    """Cohorts whom it is for: the French law makes some doses compulsory for the children born from a day."""


@dataclass(frozen=True, slots=True)
class Contraindication:
    """An observation against an antigen, or against some of its vaccines."""

    observation: str
    vaccines: tuple[Use, ...] = ()
    begin: Period | None = None
    end: Period | None = None


@dataclass(frozen=True, slots=True)
class Immunity:
    """What says that a person is immune: an observation, or birth before a day in a country, unless something excludes it."""

    observations: frozenset[str] = frozenset()
    born_before: date | None = None
    country: str = ""
    excluded: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Antigen:
    """A disease, its series, and what rules on it as a whole."""

    name: str
    series: tuple[Series, ...]
    immunity: tuple[Immunity, ...] = ()
    contraindications: tuple[Contraindication, ...] = ()
    like: str = ""
    """Antigens of the same series have the same word here: with the same doses, one answer stands for all of them."""


@dataclass(frozen=True, slots=True)
class Part:
    """An antigen that a vaccine holds, when it is given between two ages."""

    antigen: str
    begin: Period | None = None
    end: Period | None = None


@dataclass(frozen=True, slots=True)
class Conflict:
    """A vaccine that hinders a later one: from `begin` until before `end`, or `end_if_valid` after a dose that counts."""

    previous: str
    current: str
    begin: Period
    end_if_valid: Period
    end: Period


@dataclass(frozen=True, slots=True)
class Group:
    """What a page names as one vaccination. `whole` says that its vaccines hold all of its antigens."""

    name: str
    antigens: tuple[str, ...]
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Schedule:
    """A whole schedule."""

    antigens: dict[str, Antigen]
    vaccines: dict[str, tuple[Part, ...]]
    groups: tuple[Group, ...]
    conflicts: tuple[Conflict, ...] = ()
    hindering: dict[tuple[str, str], Conflict] = field(default_factory=dict)
    hindered: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Conflicts by the pair of vaccines that they are about, and the vaccines that another may hinder."""
        self.hindering.update({(c.previous, c.current): c for c in self.conflicts})
        self.hindered.update(c.current for c in self.conflicts)
