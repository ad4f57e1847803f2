"""Which series of an antigen is told to the person (CDSi, chapters 5 and 8)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from carnet.apps.prevention.immunisation.dates import plus
from carnet.apps.prevention.immunisation.evaluate import evaluate
from carnet.apps.prevention.immunisation.forecast import Forecast, forecast
from carnet.apps.prevention.immunisation.history import Dose, Person
from carnet.apps.prevention.immunisation.schedule import EVALUATION_ONLY, RISK, STANDARD, Antigen, Series
from carnet.apps.prevention.immunisation.state import Context, SeriesStatus, Standing, Status, Target


@dataclass(frozen=True, slots=True)
class Path:
    """A series as a person stands in it, with its forecast."""

    standing: Standing
    forecast: Forecast

    @property
    def series(self) -> Series:
        """The series."""
        return self.standing.series

    @property
    def complete(self) -> bool:
        """Whether nothing is left to do (SELECTB-6)."""
        return self.forecast.status is SeriesStatus.COMPLETE

    @property
    def in_process(self) -> bool:
        """Whether it has begun and goes on (SELECTB-16)."""
        return self.standing.satisfied > 0 and self.forecast.status is SeriesStatus.NOT_COMPLETE

    @property
    def missing(self) -> int:
        """How many targets are not satisfied yet."""
        return len(self.standing.targets) - self.standing.current

    @property
    def finish(self) -> date | None:
        """When it can be finished (SELECTB-12); None when nothing more can be given."""
        if self.forecast.earliest is None:
            return None
        left = self.standing.targets[self.standing.current + 1 :]
        lengths = [i.least for t in left for i in t.dose.intervals if i.least is not None]
        return max((plus(self.forecast.earliest, length) for length in lengths), default=self.forecast.earliest)

    def completable(self, person: Person) -> bool:
        """Whether it can be finished before its last dose is too late (SELECTB-3)."""
        if self.finish is None:
            return False
        ages = self.standing.targets[-1].dose.ages
        last = person.aged(ages[-1].most) if ages else None
        return last is None or self.finish < last


def relevant(person: Person, series: Series, today: date) -> bool:
    """Whether a series is for this person (CDSi table 5-5)."""
    if series.sexes and person.sex and person.sex not in series.sexes:
        return False
    if not series.born.holds(person.birth):
        return False
    return series.kind != RISK or any(
        i.observation in person.observations and person.between(today, i.begin, i.end) for i in series.indications
    )


def paths(context: Context, antigen: Antigen, doses: list[Dose]) -> list[Path]:
    """Every relevant series, evaluated and forecast. Those whose skips ask for others that are complete come after them."""
    found: list[Path] = []
    complete: set[str] = set()
    series = [s for s in antigen.series if relevant(context.person, s, context.today)]
    for one in sorted(series, key=_asks_others):
        standing = Standing(one, [Target(d) for d in one.doses], doses, complete_groups=frozenset(complete))
        evaluate(context, standing)
        path = Path(standing, forecast(context, standing, antigen))
        if _too_early(context, standing):
            continue
        found.append(path)
        if path.complete:
            complete.add(one.series_group)
    return found


def _too_early(context: Context, standing: Standing) -> bool:
    """Whether the series is for later: one that has begun goes on, but a season that is over began nothing."""
    youngest = context.person.aged(standing.series.youngest)
    begun = standing.satisfied and standing.series.doses[0].season is None
    return youngest is not None and context.today < youngest and not begun


def _asks_others(series: Series) -> bool:
    return any(c.groups for d in series.doses for s in d.skips for held in s.sets for c in held.conditions)


def best(context: Context, antigen: Antigen, doses: list[Dose]) -> list[Path]:
    """The best series of an antigen: one of each group that is needed (CDSi §8.8)."""
    by_group: dict[str, list[Path]] = {}
    for path in paths(context, antigen, doses):
        by_group.setdefault(path.series.series_group, []).append(path)
    chosen = [one for held in by_group.values() if (one := _prioritised(context, held)) is not None]
    return [path for path in chosen if _needed(path, chosen)]


def _needed(path: Path, chosen: list[Path]) -> bool:
    if path.complete:
        return True
    equivalent = [p for p in chosen if p.series.series_group in path.series.equivalent]
    if any(p.complete for p in equivalent) or path.series.kind == EVALUATION_ONLY:
        return False
    # A risk series that is over stands for nothing: the ordinary one takes its place.
    risks = [p for p in equivalent if p.series.kind == RISK and p.forecast.status is not SeriesStatus.AGED_OUT]
    return path.series.kind == RISK or not risks


def _prioritised(context: Context, held: list[Path]) -> Path | None:
    """The one series of a group (CDSi table 8-3)."""
    scorable = _scorable(context, held)
    default = _default(context, held)
    if not scorable:
        return default
    if len(scorable) == 1:
        return scorable[0]
    complete = [p for p in scorable if p.complete]
    going = [p for p in scorable if p.in_process]
    if len(complete) == 1:
        return complete[0]
    if not complete and len(going) == 1:
        return going[0]
    if not complete and not going and default is not None:
        return default
    if complete:
        return _highest(complete, _complete_score(complete))
    return _highest(going, _going_score(context, going)) if going else _highest(scorable, _start_score(context, scorable))


def _default(context: Context, held: list[Path]) -> Path | None:
    """The default series; of several, the one that the person is of the age to start."""
    listed = [p for p in held if p.series.default]
    ages = ((p, context.person.aged(p.series.oldest)) for p in listed)
    return next((p for p, oldest in ages if oldest is None or context.today < oldest), listed[0] if listed else None)


def _scorable(context: Context, held: list[Path]) -> list[Path]:
    """Series that may be chosen (SELECTB-24, SELECTSCORE-2)."""
    open_ = [p for p in held if p.forecast.status is not SeriesStatus.CONTRAINDICATED] or held
    risks = [p.series.priority for p in held if p.series.kind == RISK]
    none_valid = all(p.standing.satisfied == 0 for p in held) and not any(p.series.default for p in held)
    return [p for p in open_ if _may_score(context, p, min(risks, default=""), none_valid)]


def _may_score(context: Context, path: Path, priority: str, none_valid: bool) -> bool:
    series = path.series
    if series.kind == RISK:
        return series.priority <= priority
    if series.kind == EVALUATION_ONLY:
        return path.complete
    valid = [e.dose.day for e in path.standing.evaluations if e.status is Status.VALID]
    oldest = context.person.aged(series.oldest)
    return series.kind == STANDARD and (none_valid or bool(valid and (oldest is None or valid[0] < oldest)))


def _highest(held: list[Path], scores: list[int]) -> Path:
    """The highest score, then the best preference (SELECTBEST-2)."""
    return min(zip(held, scores, strict=True), key=lambda pair: (-pair[1], pair[0].series.preference))[0]


def _points(held: list[Path], true: Callable[[Path], bool], one: int, several: int, no: int) -> list[int]:
    met = [true(p) for p in held]
    many = sum(met) > 1
    return [no if not m else several if many else one for m in met]


def _summed(*columns: Iterable[int]) -> list[int]:
    return [sum(row) for row in zip(*columns, strict=True)]


def _complete_score(held: list[Path]) -> list[int]:
    most = max(p.standing.satisfied for p in held)
    return _points(held, lambda p: p.standing.satisfied == most, 1, 0, -1)


def _going_score(context: Context, held: list[Path]) -> list[int]:
    """CDSi table 8-9."""
    most, fewest = max(p.standing.satisfied for p in held), min(p.missing for p in held)
    ends = [p.finish for p in held if p.completable(context.person) and p.finish]
    first = min(ends, default=None)
    return _summed(
        _points(held, lambda p: p.series.product and all(e.status is Status.VALID for e in p.standing.evaluations), 2, 2, -2),
        _points(held, lambda p: p.completable(context.person), 3, 3, -3),
        _points(held, lambda p: p.standing.satisfied == most, 2, 0, -2),
        _points(held, lambda p: p.missing == fewest, 2, 0, -2),
        _points(held, lambda p: p.finish == first and first is not None and p.completable(context.person), 1, 0, -1),
    )


def _start_score(context: Context, held: list[Path]) -> list[int]:
    """CDSi table 8-11."""
    first = min((p.forecast.earliest for p in held if p.forecast.earliest), default=None)
    return _summed(
        _points(held, lambda p: p.forecast.earliest is not None and p.forecast.earliest == first, 1, 0, -1),
        _points(held, lambda p: p.completable(context.person), 1, 1, -1),
        _points(held, lambda p: p.series.product, -1, -1, 1),
    )
