"""An edition of the rules: facts, vaccines, series and rows, as dated data with their source and what is doubted in them.

A file of TOML makes an edition; nothing of a country stands in code. It is read whole or refused: what is not understood is an
error with its place, never a rule that is silently absent.
"""

import hashlib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from carnet.apps.prevention.immunisation.dates import Period, period
from carnet.apps.prevention.immunisation.schedule import Schedule
from carnet.apps.prevention.schedules import Season, schedule_of, seasons_of
from carnet.kernel.traits import normalise_name

PACKAGED = Path(__file__).with_name("editions")
REQUIREMENTS = ("OBLIGATOIRE", "RECOMMANDE", "PROPOSE")
FAMILIES = ("vaccination", "child-exam", "screening", "check-up", "dental", "vision", "pregnancy")
ANCHORS = ("birth", "conception", "amenorrhoea", "delivery")
ANCHORED = {"conception": "pregnancy", "amenorrhoea": "pregnancy", "delivery": "delivery"}
"""Anchor of a window → the fact whose date it is."""
LARGEST = 2 * 1024 * 1024


class EditionError(ValueError):
    """A file that makes no edition: what is wrong, and where."""


@dataclass(frozen=True, slots=True)
class Fact:
    """Something about the person that decides, and how it is asked. `audience`: outside it the answer is no without asking."""

    code: str
    question: str
    sex: str = ""
    begin: Period | None = None
    end: Period | None = None
    dated: str = ""
    """Label of the date that a yes carries; empty for a plain yes or no."""
    lasts: Period | None = None
    """How long an answer holds: after that the fact is unknown again."""
    icd10: tuple[str, ...] = ()
    intimate: bool = False
    """A minor's own answer is kept from the representatives."""


@dataclass(frozen=True, slots=True)
class Vaccine:
    """A kind of vaccine, and how records name it."""

    code: str
    name: str
    holds: tuple[str, ...]
    atc: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the rules. `who` is a list of choices that must all hold: each names facts of which one suffices (`!` denies)."""

    id: str
    family: str
    type: str
    label: str
    requirement: str
    sex: str = ""
    anchor: str = "birth"
    begin: Period | None = None
    due: Period | None = None
    end: Period | None = None
    repeat: tuple[Period, ...] = ()
    cycle: str = ""
    after: tuple[str, Period] | None = None
    who: tuple[tuple[str, ...], ...] = ()
    unless: tuple[str, ...] = ()
    born_from: date | None = None
    vaccines: tuple[str, ...] = ()
    season: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    inactive: str = ""
    condition: str = ""
    note: str = ""
    basis: str = ""
    source: str = ""
    status: str = ""
    to_verify: str = ""

    def holds(self, day: date) -> bool:
        """Whether the rule is in force on a day."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)

    @property
    def decided_by(self) -> frozenset[str]:
        """Facts that decide whether it concerns somebody."""
        named = {c.lstrip("!") for choice in (*self.who, self.unless) for c in choice}
        return frozenset(named | ({ANCHORED[self.anchor]} if self.anchor in ANCHORED else set()))

    def required(self, birth: date) -> str:
        """The requirement for somebody born on a day: an obligation is one for the cohorts that the law names."""
        compulsory = self.requirement == "OBLIGATOIRE" and (self.born_from is None or birth >= self.born_from)
        return "RECOMMANDE" if self.requirement == "OBLIGATOIRE" and not compulsory else self.requirement


@dataclass(frozen=True, slots=True)
class Index:
    """What is looked up in an edition for every person: made once, when it is read."""

    rules: Mapping[str, Rule]
    facts: Mapping[str, Fact]
    vaccines: Mapping[str, Vaccine]
    groups_of_rule: Mapping[str, tuple[str, ...]]
    groups_of_vaccine: Mapping[str, tuple[str, ...]]
    season_of_rule: Mapping[str, tuple[str, bool]]
    """Rule of a seasonal risk → its season, and whether it is for the births of the season alone."""
    by_code: Mapping[str, str]
    by_words: tuple[tuple[str, str], ...]


def _index(rules: tuple[Rule, ...], facts: tuple[Fact, ...], vaccines: tuple[Vaccine, ...], told: Mapping[str, Any]) -> Index:
    groups, series = told.get("group", ()), told.get("series", ())
    of_rule: dict[str, dict[str, None]] = {}
    seasons = {r: (s["season"], bool(s.get("season_births"))) for s in series if "season" in s for r in s.get("risk", ())}
    for one in series:
        names = [g["name"] for g in groups if not set(g["antigens"]).isdisjoint(one["antigens"])]
        for rule in (*one.get("risk", ()), *(d["rule"] for d in one.get("dose", ()))):
            of_rule.setdefault(rule, {}).update(dict.fromkeys(names))
    of_vaccine = {v.code: tuple(g["name"] for g in groups if not set(v.holds).isdisjoint(g["antigens"])) for v in vaccines}
    words = [(f" {normalise_name(word)} ", v.code) for v in vaccines for word in (*v.words, v.name)]
    return Index(
        {r.id: r for r in rules}, {f.code: f for f in facts}, {v.code: v for v in vaccines},
        {rule: tuple(names) for rule, names in of_rule.items()}, of_vaccine, seasons,
        {code: v.code for v in vaccines for code in v.atc}, tuple(sorted(words, key=lambda pair: -len(pair[0]))),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Edition:
    """A whole edition. Two files of the same bytes are the same edition."""

    id: str
    title: str
    country: str
    in_force_from: date
    digest: str
    rules: tuple[Rule, ...]
    facts: tuple[Fact, ...]
    vaccines: tuple[Vaccine, ...]
    titles: Mapping[str, str]
    seasons: Mapping[str, Season]
    told: Mapping[str, Any] = field(repr=False)
    index: "Index" = field(repr=False)
    schedules: dict[tuple[object, ...], Schedule] = field(default_factory=dict, repr=False)

    def rule(self, number: str) -> Rule | None:
        """A rule by its id."""
        return self.index.rules.get(number)

    def fact(self, code: str) -> Fact | None:
        """A fact by its code."""
        return self.index.facts.get(code)

    def intimate(self, rule: Rule) -> bool:
        """Whether a word about a rule tells something intimate: of a pregnancy, or of a fact that is intimate itself."""
        facts = (self.fact(code) for code in rule.decided_by)
        return rule.family == "pregnancy" or any(f is not None and f.intimate for f in facts)

    def vaccine(self, code: str) -> Vaccine | None:
        """A vaccine by its code."""
        return self.index.vaccines.get(code)

    def schedule(self, today: date) -> Schedule:
        """The schedule of a day: the same but for its seasons."""
        current = {name: season.around(today) for name, season in self.seasons.items()}
        out = frozenset(r.id for r in self.rules if not r.holds(today))
        key = (*sorted(current.items()), out)
        # Two threads may build it at once: both build the same, and one stays.
        if key not in self.schedules:
            self.schedules[key] = schedule_of(self.told, current, {n: s.born_from for n, s in self.seasons.items()}, out)
        return self.schedules[key]

    @property
    def doubted(self) -> list[Rule]:
        """Rules with a cell that is not confirmed, for operators."""
        return [r for r in self.rules if r.to_verify or r.status != "CONFIRMED"]


def _period(told: Mapping[str, Any], name: str, where: str) -> Period | None:
    try:
        return period(told[name]) if name in told else None
    except (ValueError, TypeError) as error:
        raise EditionError(f"{where}: {name} is not a period") from error


def _day(told: Mapping[str, Any], name: str, where: str) -> date | None:
    try:
        return date.fromisoformat(told[name]) if name in told else None
    except (ValueError, TypeError) as error:
        raise EditionError(f"{where}: {name} is not a date") from error


def _text(told: Mapping[str, Any], name: str, where: str) -> str:
    value = told.get(name, "")
    if not isinstance(value, str):
        raise EditionError(f"{where}: {name} is not a text")
    return value


_RULE = frozenset(
    [
        "id",
        "family",
        "type",
        "label",
        "requirement",
        "sex",
        "anchor",
        "from",
        "due",
        "to",
        "repeat",
        "cycle",
        "after",
        "who",
        "unless",
        "born_from",
        "vaccines",
        "season",
        "valid_from",
        "valid_to",
        "inactive",
        "condition",
        "note",
        "basis",
        "source",
        "status",
        "to_verify",
    ]
)


def _rule(told: Mapping[str, Any]) -> Rule:
    where = f"rule {told.get('id', '?')}"
    unknown = set(told) - _RULE
    if unknown:
        raise EditionError(f"{where}: no such field: {', '.join(sorted(unknown))}")
    texts = ("id", "family", "type", "label", "requirement", "sex", "cycle", "season", "inactive", "condition", "note", "basis",
             "source", "status", "to_verify")  # fmt: skip
    held = {name: _text(told, name, where) for name in texts}
    after = told.get("after")
    rule = Rule(
        **held, anchor=_text(told, "anchor", where) or "birth", begin=_period(told, "from", where), due=_period(told, "due", where),
        end=_period(told, "to", where), repeat=tuple(_listed_period(p, where) for p in told.get("repeat", ())),
        after=(str(after["rule"]), _listed_period(after["period"], where)) if after else None,
        who=tuple(tuple(choice) for choice in told.get("who", ())), unless=tuple(told.get("unless", ())),
        born_from=_day(told, "born_from", where), vaccines=tuple(told.get("vaccines", ())),
        valid_from=_day(told, "valid_from", where), valid_to=_day(told, "valid_to", where),
    )  # fmt: skip
    if rule.family not in FAMILIES or rule.requirement not in REQUIREMENTS or rule.anchor not in ANCHORS or not rule.source:
        raise EditionError(f"{where}: family, requirement, anchor or source is missing or unknown")
    return rule


def _listed_period(text: object, where: str) -> Period:
    try:
        return period(str(text))
    except ValueError as error:
        raise EditionError(f"{where}: not a period: {text}") from error


def _fact(told: Mapping[str, Any]) -> Fact:
    where, audience = f"fact {told.get('code', '?')}", told.get("audience", {})
    return Fact(
        _text(told, "code", where), _text(told, "question", where), _text(audience, "sex", where), _period(audience, "from", where),
        _period(audience, "to", where), _text(told, "dated", where), _period(told, "lasts", where), tuple(told.get("icd10", ())),
        bool(told.get("intimate", False)),
    )  # fmt: skip


def _vaccine(told: Mapping[str, Any]) -> Vaccine:
    lists = (tuple(told.get(name, ())) for name in ("holds", "atc", "words"))
    return Vaccine(_text(told, "code", "vaccine"), _text(told, "name", "vaccine"), *lists)


def read_edition(content: bytes) -> Edition:
    """Read an edition from its file. Raises EditionError."""
    if len(content) > LARGEST:
        raise EditionError("an edition of at most 2 MiB")
    try:
        told = tomllib.loads(content.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise EditionError(f"not TOML: {error}") from error
    force = _day(told, "in_force_from", "edition")
    if not _text(told, "id", "edition") or force is None:
        raise EditionError("an edition has an id and a day from which it is in force")
    try:
        rules = tuple(_rule(r) for r in told.get("rule", ()))
        facts = tuple(_fact(f) for f in told.get("fact", ()))
        vaccines = tuple(_vaccine(v) for v in told.get("vaccine", ()))
        edition = Edition(
            told["id"], _text(told, "title", "edition"), _text(told, "country", "edition"), force,
            hashlib.sha256(content).hexdigest(), rules, facts, vaccines, {g["name"]: g["title"] for g in told.get("group", ())},
            seasons_of(told.get("season", ())), told, _index(rules, facts, vaccines, told),
        )  # fmt: skip
        _check(edition)
        edition.schedule(force)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        if isinstance(error, EditionError):
            raise
        raise EditionError(f"an edition that cannot be read: {error}") from error
    return edition


def _check(edition: Edition) -> None:
    """Names that stand for others stand for something."""
    facts, rules, vaccines = ({x.code for x in edition.facts}, {r.id for r in edition.rules}, {v.code for v in edition.vaccines})
    _known("a fact", (c.lstrip("!") for r in edition.rules for choice in (*r.who, r.unless) for c in choice), facts)
    _known("a rule", (r.after[0] for r in edition.rules if r.after), rules)
    _known("a vaccine", (v for r in edition.rules for v in r.vaccines), vaccines)
    doses = [d for s in edition.told.get("series", ()) for d in (*s.get("dose", ()), *s.get("first", ()))]
    _known("a rule", (d["rule"] for d in doses), rules)
    _known("a rule", (r for s in edition.told.get("series", ()) for r in s.get("risk", ())), rules)
    for kind, count, distinct in (("rules", len(edition.rules), len(rules)), ("facts", len(edition.facts), len(facts))):
        if count != distinct:
            raise EditionError(f"two {kind} of one name")


def _known(kind: str, names: Iterable[str], known: set[str]) -> None:
    missing = sorted(set(names) - known)
    if missing:
        raise EditionError(f"{kind} that is not in the edition: {', '.join(missing)}")


@lru_cache(maxsize=1)
def packaged() -> tuple[Edition, ...]:
    """The editions that come with the software, the newest in force first."""
    found = [read_edition(path.read_bytes()) for path in sorted(PACKAGED.glob("*.toml"))]
    return tuple(sorted(found, key=lambda e: (e.in_force_from, e.id), reverse=True))


def in_force(editions: Iterable[Edition], day: date) -> Edition:
    """The edition of a day: the newest that is in force, else the oldest that there is. Raises EditionError for none."""
    held = sorted(editions, key=lambda e: (e.in_force_from, e.id))
    if not held:
        raise EditionError("no edition of the rules")
    return next((e for e in reversed(held) if e.in_force_from <= day), held[0])
