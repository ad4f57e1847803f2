"""The agenda: what is to be done now and soon, what is done, and what the person alone can tell. Pure.

Vaccinations come from the immunisation engine, the rest from the eligibility engine; both give lines of one shape.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from carnet.apps.prevention.doses import Shot
from carnet.apps.prevention.edition import Edition, Rule
from carnet.apps.prevention.eligibility import ANCHORED, Did, Facts, Item, State, items
from carnet.apps.prevention.immunisation import Dose, Evaluation, GroupForecast, Person, SeriesStatus, assess, plus
from carnet.apps.prevention.immunisation.select import Path
from carnet.kernel.copies import replace

SOON = timedelta(days=365)
STALE = timedelta(days=2 * 365)
LATELY = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Line:
    """One thing of the agenda. `last` is the last day on which it may be done; `overdue` the day since which it is awaited."""

    key: str
    rule: Rule
    label: str
    state: State
    first: date | None = None
    due: date | None = None
    last: date | None = None
    overdue: date | None = None
    done_on: date | None = None
    again: date | None = None
    number: int = 0
    groups: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    undated: bool = False
    """A dose of this vaccine is stated without its day: whether this one is due cannot be told."""
    failed: Evaluation | None = None
    """The last dose that does not count, for the reason in words."""
    before: Dose | None = None
    """The last dose that counts."""

    @property
    def open(self) -> bool:
        """Whether it may be done now."""
        return self.state is State.TO_PLAN and self.due is not None and self.first is not None


@dataclass(frozen=True, slots=True)
class Agenda:
    """The agenda of a person on a day."""

    edition: Edition
    facts: Facts
    day: date
    lines: tuple[Line, ...]
    forecasts: tuple[GroupForecast, ...] = ()
    shots: tuple[Shot, ...] = ()
    undated: frozenset[str] = frozenset()
    doses: Mapping[str, Dose] = field(default_factory=dict)

    @property
    def stated(self) -> dict[str, str]:
        """The day of each dose as it was stated, whole or in part, by its number."""
        return {shot.number: shot.start for shot in self.shots}

    def _of(self, *states: State) -> list[Line]:
        return [line for line in self.lines if line.state in states]

    @property
    def now(self) -> list[Line]:
        """What may be done today, what is awaited first."""
        held = [x for x in self._of(State.TO_PLAN) if x.due is not None and x.due <= self.day]
        return sorted(held, key=lambda x: (x.overdue is None, x.overdue or x.due or self.day))

    @property
    def soon(self) -> list[Line]:
        """What comes within a year."""
        held = [x for x in self._of(State.TO_PLAN) if x.due is not None and self.day < x.due <= self.day + SOON]
        return sorted(held, key=lambda x: x.due or self.day)

    @property
    def later(self) -> list[Line]:
        """What comes after a year."""
        held = [x for x in self._of(State.TO_PLAN) if x.due is not None and x.due > self.day + SOON]
        return sorted(held, key=lambda x: x.due or self.day)

    @property
    def to_tell(self) -> list[Line]:
        """What nothing states, and that is of now or of the last year: the person alone can tell."""
        held = self._of(State.NOT_STATED)
        return [x for x in held if x.groups or x.last is None or x.last >= self.day - LATELY]

    @property
    def done(self) -> list[Line]:
        """What was done, the newest first."""
        held = [x for x in self._of(State.DONE) if x.done_on is None or x.done_on >= self.day - LATELY or x.again]
        return sorted(held, key=lambda x: x.done_on or date.min, reverse=True)

    @property
    def earlier(self) -> list[Line]:
        """What is over, done or not."""
        shown = {x.key for x in (*self.to_tell, *self.done)}
        return [x for x in self._of(State.DONE, State.NOT_DONE, State.NOT_STATED) if x.key not in shown]

    @property
    def questions(self) -> dict[str, list[Line]]:
        """Unknown facts that decide, each with what it decides."""
        found: dict[str, list[Line]] = {}
        for line in self._of(State.ASK):
            for code in line.unknown:
                found.setdefault(code, []).append(line)
        return found


def agenda(edition: Edition, facts: Facts, held: Iterable[Shot], history: Iterable[Did], day: date) -> Agenda:
    """The agenda of a person on a day. The order of doses and of history does not matter."""
    listed, known = list(held), list(history)
    told, undated, doses = _forecasts(edition, facts, listed, day)
    given = list(doses.values())
    vaccines = [line for gf in told if (line := _vaccination(edition, facts, gf, known, given, undated, day)) is not None]
    asked = _asked(edition, facts, told, day)
    others = [_line(i, given) for i in items(edition, facts, [*known, *_by_doses(edition, given)], day)]
    kept = [x for x in others if x.state is not State.NOT_CONCERNED]
    lines = sorted((*_merged(vaccines), *asked, *kept), key=lambda x: (x.due or date.max, x.key))
    return Agenda(edition, facts, day, tuple(lines), tuple(told), tuple(listed), undated, doses)


def person_of(edition: Edition, facts: Facts, day: date) -> Person:
    """The person of the immunisation engine: risks that hold are observations, by the row that names them."""
    risks = [r for r in edition.rules if r.family == "vaccination" and r.who and not r.inactive]
    return Person(facts.birth, facts.sex, {r.id: None for r in risks if facts.decides(edition, r, day)[0]})


def _forecasts(
    edition: Edition, facts: Facts, held: list[Shot], day: date
) -> tuple[list[GroupForecast], frozenset[str], dict[str, Dose]]:
    """Forecasts, groups that cannot be told because a dose has no day, and the doses by the number of what states them.

    A dose of a month or a year is tried at both ends: when the answers differ, nobody can say.
    """
    person, schedule = person_of(edition, facts, day), edition.schedule(day)
    # A day before the birth is a mistake of whoever wrote it: it is shown, and compared with nothing.
    early = {s.number: d for s in held if (d := s.dose()) is not None and d.day >= facts.birth}
    found = assess(person, early.values(), schedule, day)
    unclear = {g for s in held if s.vaccine and not s.comes and s.number not in early for g in groups_of(edition, s.vaccine)}
    if all(s.day is not None for s in held if s.number in early):
        return found, frozenset(unclear), early
    late = {s.number: replace(d, day=min(d.day, day)) for s in held if s.number in early and (d := s.dose(late=True)) is not None}
    other = assess(person, late.values(), schedule, day)
    by_name = {gf.group: gf for gf in found}
    for gf in other:
        same = by_name.get(gf.group)
        if same is None or _gist(same, day) != _gist(gf, day):
            unclear.add(gf.group)
    return other, frozenset(unclear), late


def _gist(gf: GroupForecast, day: date) -> tuple[object, ...]:
    """What two forecasts must have in common for the day of a dose not to matter: the next dose, and whether it is due."""
    dose = _main(gf).forecast.dose if gf.status is SeriesStatus.NOT_COMPLETE else None
    due = gf.recommended is not None and gf.recommended <= day
    return gf.status, gf.number, dose.number if dose is not None else 0, due


def groups_of(edition: Edition, vaccine: str) -> tuple[str, ...]:
    """The groups that a vaccine counts for."""
    return edition.index.groups_of_vaccine.get(vaccine, ())


def meant(found: Agenda, line: Line) -> str:
    """The vaccine that a line is for, when one alone fits it whole; empty where several do, and whoever gives it chooses."""
    counting = [set(gf.vaccines) for gf in found.forecasts if gf.group in line.groups]
    fitting = [
        v for v in found.edition.vaccines
        if set(groups_of(found.edition, v.code)) == set(line.groups) and all(v.code in codes for codes in counting)
    ]  # fmt: skip
    widest = max((len(v.holds) for v in fitting), default=0)
    best = [v.code for v in fitting if len(v.holds) == widest]
    return best[0] if len(best) == 1 else ""


def _main(gf: GroupForecast) -> Path:
    going = [p for p in gf.paths if p.forecast.status is SeriesStatus.NOT_COMPLETE]
    return min(going, key=lambda p: (p.forecast.recommended or date.max, p.series.name))


def _rule_of(edition: Edition, facts: Facts, path: Path, day: date) -> Rule | None:
    dose = path.forecast.dose
    if dose is None:
        return None
    began = path.forecast.number == 1 and path.standing.current > 0
    aged = dose.late_from is not None and day >= plus(facts.birth, dose.late_from)
    return edition.rule(dose.late_rule if dose.late_rule and (aged or (dose.late_from is None and began)) else dose.rule)


def _vaccination(
    edition: Edition, facts: Facts, gf: GroupForecast, known: list[Did], given: list[Dose], undated: frozenset[str], day: date
) -> Line | None:
    title = edition.titles[gf.group]
    before = _last_valid(gf)
    if gf.status is not SeriesStatus.NOT_COMPLETE:
        rule = _finished(edition, gf)
        if gf.status is not SeriesStatus.COMPLETE or before is None or rule is None:
            return None
        return Line(gf.group, rule, title, State.DONE, done_on=before.day, groups=(gf.group,), before=before)
    path = _main(gf)
    rule = _rule_of(edition, facts, path, day)
    if rule is None:
        return None
    late = rule.end is not None and day >= plus(facts.birth, rule.end)
    bad = [e for e in path.standing.evaluations if e.status == "not-valid"]
    failed = bad[-1] if bad and bad[-1].dose is path.standing.evaluations[-1].dose else None
    line = Line(
        gf.group, rule, title if late else rule.label, State.TO_PLAN, gf.earliest, gf.recommended, _until(path, gf),
        gf.past_due if gf.past_due is not None and gf.past_due < day else None, number=gf.number, groups=(gf.group,),
        failed=failed, before=before,
    )  # fmt: skip
    said = [d for d in known if d.rule == rule.id]
    if gf.group in undated and not (said and not said[-1].done):
        return replace(line, state=State.NOT_STATED, undated=True)
    return replace(line, state=State.NOT_STATED) if _unsaid(line, said, given, day) else line


def _until(path: Path, gf: GroupForecast) -> date | None:
    """The last day of the next dose: of a campaign, the day on which it ends, when that comes before the age does."""
    dose = path.forecast.dose
    # Somebody who reaches the age after a campaign waits for the next one, whose days are not known yet.
    if dose is None or dose.season is None or gf.earliest is None or gf.earliest > dose.season[1]:
        return gf.latest
    return min(dose.season[1], gf.latest or date.max)


def _last_valid(gf: GroupForecast) -> Dose | None:
    """The last dose that counts for the group."""
    doses = {e.dose for e in gf.evaluations if e.status == "valid"}
    ordered = sorted(doses, key=lambda d: d.day, reverse=True)
    return next((d for d in ordered if (told := gf.of(d)) is not None and told.status == "valid"), None)


def _unsaid(line: Line, said: list[Did], given: list[Dose], day: date) -> bool:
    """Whether nobody can say that an awaited dose was not given: no trace is not a proof, unless the record is kept up.

    It is awaited for more than two years, or nothing of the kind was ever noted here, and no dose of any kind since it was due. A
    dose for which no rule says when it is late is awaited after a year.
    """
    late = line.overdue or (line.due + SOON if line.due is not None and line.due + SOON < day else None)
    if late is None or line.due is None or any(not d.done for d in said):
        return False
    if late < day - STALE:
        return True
    due = line.due
    return line.before is None and not any(dose.day >= due for dose in given)


def _finished(edition: Edition, gf: GroupForecast) -> Rule | None:
    doses = [t.dose for p in gf.paths for t in p.standing.targets if t.given is not None]
    return edition.rule(doses[-1].rule) if doses else None


def _merged(lines: list[Line]) -> list[Line]:
    """Vaccinations that one row asks for on the same days are one line: an injection, not six diseases."""
    found: dict[tuple[object, ...], Line] = {}
    for line in lines:
        same = found.get(key := (line.rule.id, line.state, line.due, line.overdue, line.done_on))
        found[key] = replace(same, groups=(*same.groups, *line.groups), label=_both(same, line)) if same is not None else line
    return list(found.values())


def _both(one: Line, other: Line) -> str:
    return one.label if one.label == other.label else f"{one.label} ; {other.label}"


def _asked(edition: Edition, facts: Facts, told: list[GroupForecast], day: date) -> list[Line]:
    """Vaccinations that an unknown fact decides, at the age and in the season in which they are given."""
    settled = {
        gf.group for gf in told if gf.status is SeriesStatus.COMPLETE or (gf.recommended is not None and gf.recommended <= day)
    }
    groups = edition.index.groups_of_rule
    found = []
    for rule in edition.rules:
        if rule.family != "vaccination" or rule.vaccines or not rule.who or rule.inactive or rule.id not in groups:
            continue
        holds, unknown = facts.decides(edition, rule, day)
        if holds is None and groups[rule.id][0] not in settled and _of_age(edition, facts, rule, day):
            found.append(Line(rule.id, rule, rule.label, State.ASK, groups=groups[rule.id], unknown=unknown))
    return found


def _of_age(edition: Edition, facts: Facts, rule: Rule, day: date) -> bool:
    begun = rule.begin is None or plus(facts.birth, rule.begin) <= day
    over = rule.end is not None and day >= plus(facts.birth, rule.end)
    season, births = edition.index.season_of_rule.get(rule.id, ("", False))
    if not season or not begun or over:
        return begun and not over
    first, last = edition.seasons[season].around(day)
    since = edition.seasons[season].born_from
    return first <= day <= last and (not births or since is None or date(first.year, *since) <= facts.birth)


def _by_doses(edition: Edition, given: list[Dose]) -> list[Did]:
    """Vaccinations of a pregnancy that doses show."""
    return [Did(r.id, d.day) for r in edition.rules if r.vaccines for d in given if d.vaccine in r.vaccines]


def _line(item: Item, given: list[Dose]) -> Line:
    rule = item.rule
    # What is proposed as soon as its window opens is due from that day, whatever day is best.
    due = item.first if item.again is None else item.again
    return Line(
        rule.id, rule, rule.label, item.state, item.first, due, item.last, None, item.done_on, item.again, unknown=item.unknown
    )


__all__ = ["ANCHORED", "Agenda", "Line", "agenda", "groups_of", "meant", "person_of"]
