"""Eligibility: which examinations, screenings and check-ups are for a person, when, and why. A pure function.

Facts are three-valued: what nobody told is unknown, and an unknown fact that decides gives "ask", never "not concerned".
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from carnet.apps.prevention.edition import ANCHORED, Edition, Fact, Rule
from carnet.apps.prevention.immunisation.dates import Period, plus

_DAY, ADULT = timedelta(days=1), Period(years=18)
_BEFORE_CONCEPTION = timedelta(days=14)
"""Anchor of a window → the fact whose date it starts from."""


class State(StrEnum):
    """What is told of an item."""

    TO_PLAN = "to-plan"
    DONE = "done"
    NOT_DONE = "not-done"
    NOT_STATED = "not-stated"
    NOT_CONCERNED = "not-concerned"
    ASK = "ask"


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known of a fact: yes or no, and the date that a yes carries."""

    yes: bool
    on: date | None = None


@dataclass(frozen=True, slots=True)
class Did:
    """What is known of an item: that it was done, on a day or on a day that nobody knows, or that it was not."""

    rule: str
    on: date | None = None
    done: bool = True


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a person."""

    birth: date
    sex: str = ""
    answers: Mapping[str, Answer] = field(default_factory=dict)

    def truth(self, fact: Fact, day: date) -> bool | None:
        """Whether a fact holds: yes, no, or None when nobody knows. Outside its audience it does not."""
        told = self.answers.get(fact.code)
        if told is not None:
            return told.yes
        outside = (
            bool(fact.sex and self.sex and fact.sex != self.sex)
            or (fact.begin is not None and day < plus(self.birth, fact.begin))
            or (fact.end is not None and day >= plus(self.birth, fact.end))
        )
        return False if outside else None

    def decides(self, edition: Edition, rule: Rule, day: date) -> tuple[bool | None, tuple[str, ...]]:
        """Whether a rule is for the person by its facts, and the unknown facts that would tell."""
        if not rule.who:
            return True, ()
        unknown: list[str] = []
        for choice in rule.who:
            held = {name: self._choice(edition, name, day) for name in choice}
            if any(value is True for value in held.values()):
                continue
            asked = [name.lstrip("!") for name, value in held.items() if value is None]
            if not asked:
                return False, ()
            unknown += asked
        return (None, tuple(dict.fromkeys(unknown))) if unknown else (True, ())

    def _choice(self, edition: Edition, name: str, day: date) -> bool | None:
        fact = edition.fact(name.lstrip("!"))
        told = self.truth(fact, day) if fact is not None else None
        return (not told if name.startswith("!") else told) if told is not None else None

    def excluded(self, rule: Rule) -> str:
        """The fact that sets a rule aside; an exclusion that nobody told sets nothing aside."""
        return next((code for code in rule.unless if (told := self.answers.get(code)) is not None and told.yes), "")


@dataclass(frozen=True, slots=True)
class Item:
    """An examination, a screening, a check-up: where it stands. `last` is the last day, inclusive."""

    rule: Rule
    state: State
    first: date | None = None
    due: date | None = None
    last: date | None = None
    done_on: date | None = None
    unknown: tuple[str, ...] = ()
    again: date | None = None
    """When it is to be done again, once it was."""


def items(edition: Edition, facts: Facts, history: Iterable[Did], day: date) -> list[Item]:
    """Every item that is no ordinary vaccination, for a day. Vaccinations of a pregnancy are among them."""
    known: dict[str, list[Did]] = {}
    for did in history:
        known.setdefault(did.rule, []).append(did)
    wanted = [r for r in edition.rules if r.family != "vaccination" or r.vaccines]
    return [item(edition, rule, facts, known, day) for rule in wanted]


def item(edition: Edition, rule: Rule, facts: Facts, known: Mapping[str, list[Did]], day: date) -> Item:
    """Where one item stands."""
    if rule.inactive or (rule.sex and facts.sex and rule.sex != facts.sex) or facts.excluded(rule):
        return Item(rule, State.NOT_CONCERNED)
    holds, unknown = facts.decides(edition, rule, day)
    if holds is False:
        return Item(rule, State.NOT_CONCERNED)
    if holds is None or (rule.sex and not facts.sex):
        return Item(rule, State.ASK, unknown=unknown)
    if _anchor(rule, facts) is None:
        return Item(rule, State.ASK, unknown=(ANCHORED[rule.anchor],))
    window = _window(edition, rule, facts, day)
    if window is None:
        return Item(rule, State.NOT_CONCERNED)
    first, due, end = window
    if not _in_force(rule, first, end, day):
        return Item(rule, State.NOT_CONCERNED)
    mine = known.get(rule.id, [])
    if rule.cycle:
        return _each_year(rule, facts, mine, (first, due, end), day)
    if rule.repeat:
        return _repeated(rule, mine, known, (first, due, end), day)
    return _once(rule, facts, mine, (first, due, end), day)


Window = tuple[date, date, date | None]


def _anchor(rule: Rule, facts: Facts) -> date | None:
    if rule.anchor == "birth":
        return facts.birth
    told = facts.answers.get(ANCHORED[rule.anchor])
    if told is None or told.on is None:
        return None
    return told.on - _BEFORE_CONCEPTION if rule.anchor == "amenorrhoea" else told.on


def _window(edition: Edition, rule: Rule, facts: Facts, day: date) -> Window | None:
    """First day, day that is best, and the first day that is too late. None when there is none."""
    anchor = _anchor(rule, facts)
    if anchor is None:
        return None
    first = plus(anchor, rule.begin) if rule.begin else anchor
    due = plus(anchor, rule.due) if rule.due else first
    end = plus(anchor, rule.end) if rule.end else None
    if rule.cycle == "birthday":
        return _birthday(facts.birth, first, end, day)
    if rule.season:
        return _seasonal(edition, rule, (first, due, end), day)
    return first, due, end


def _birthday(birth: date, first: date, end: date | None, day: date) -> Window:
    """The year of age that a day is in, within the ages of the rule."""
    at = first
    years = max(0, day.year - at.year)
    for number in (years, years - 1):
        begun = plus(birth, Period(years=first.year - birth.year + number))
        if number >= 0 and begun <= day and (end is None or begun < end):
            at = begun
            break
    until = plus(birth, Period(years=at.year - birth.year + 1))
    return at, at, min(until, end) if end else until


def _seasonal(edition: Edition, rule: Rule, window: Window, day: date) -> Window | None:
    first, due, end = window
    opens, closes = edition.seasons[rule.season].around(max(day, first))
    begun, over = max(first, opens), min(end, closes + _DAY) if end else closes + _DAY
    return (begun, max(due, begun), over) if begun < over else None


def _in_force(rule: Rule, first: date, end: date | None, day: date) -> bool:
    """Whether the rule was in force at some moment of the window."""
    if rule.valid_from is not None and end is not None and end <= rule.valid_from:
        return False
    return rule.valid_to is None or (first <= rule.valid_to and day <= rule.valid_to)


def _last(end: date | None) -> date | None:
    return end - _DAY if end is not None else None


def _once(rule: Rule, facts: Facts, mine: list[Did], window: Window, day: date) -> Item:
    first, due, end = window
    last = _last(end)
    done = [d.on for d in mine if d.done and (d.on is None or (first <= d.on and (end is None or d.on < end)))]
    if done:
        return Item(rule, State.DONE, first, due, last, done[-1])
    refused = any(not d.done for d in mine)
    if day < first:
        return Item(rule, State.TO_PLAN, first, due, last)
    if end is not None and day >= end:
        grown = plus(facts.birth, ADULT)
        if day >= grown and end <= grown and not refused:
            return Item(rule, State.NOT_CONCERNED, first, due, last)
        return Item(rule, State.NOT_DONE if refused else State.NOT_STATED, first, due, last)
    return Item(rule, State.TO_PLAN if refused else State.NOT_STATED, first, due, last)


def _each_year(rule: Rule, facts: Facts, mine: list[Did], window: Window, day: date) -> Item:
    """What is due at each birthday: done in a year of age, it is due again at the next birthday."""
    found = _once(rule, facts, mine, window, day)
    over = plus(facts.birth, rule.end) if rule.end else None
    if found.state is State.DONE and window[2] is not None and (over is None or window[2] < over):
        return Item(rule, State.DONE, window[2], window[2], found.last, found.done_on, again=window[2])
    if found.state is State.NOT_STATED and any(d.done and d.on is not None for d in mine):
        return Item(rule, State.TO_PLAN, *window[:2], found.last)
    return found


def _repeated(rule: Rule, mine: list[Did], known: Mapping[str, list[Did]], window: Window, day: date) -> Item:
    first, due, end = window
    last = _last(end)
    dated = sorted(d.on for d in mine if d.done and d.on is not None)
    again = plus(dated[-1], rule.repeat[min(len(dated), len(rule.repeat)) - 1]) if dated else _after(rule, known)
    if end is not None and day >= end:
        if dated:
            return Item(rule, State.DONE, first, due, last, dated[-1])
        return Item(rule, State.NOT_DONE if any(not d.done for d in mine) else State.NOT_STATED, first, due, last)
    if again is None:
        # Done once, on a day that nobody knows: when it is due again cannot be told.
        state = State.TO_PLAN if day < first or any(not d.done for d in mine) else State.NOT_STATED
        return Item(rule, state, first, due, last)
    again = max(again, first)
    if end is not None and again >= end:
        return Item(rule, State.DONE, first, due, last, dated[-1]) if dated else Item(rule, State.NOT_CONCERNED)
    if dated and day < again:
        return Item(rule, State.DONE, again, again, last, dated[-1], again=again)
    return Item(rule, State.TO_PLAN, again, again, last, dated[-1] if dated else None)


def _after(rule: Rule, known: Mapping[str, list[Did]]) -> date | None:
    """When it is due after another one: the test of HPV comes three years after the last smear."""
    if rule.after is None:
        return None
    other, length = rule.after
    dated = [d.on for d in known.get(other, []) if d.done and d.on is not None]
    return plus(max(dated), length) if dated else None


__all__ = ["ANCHORED", "Answer", "Did", "Facts", "Item", "State", "item", "items"]
