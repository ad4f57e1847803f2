"""Vaccine groups: what a page names as one vaccination (CDSi, chapter 9), and the door of the engine."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from carnet.apps.prevention.immunisation.history import Dose, Person, by_antigen
from carnet.apps.prevention.immunisation.schedule import Group, Schedule
from carnet.apps.prevention.immunisation.select import Path, best
from carnet.apps.prevention.immunisation.state import Context, Evaluation, SeriesStatus, Status

_ORDER = (SeriesStatus.CONTRAINDICATED, SeriesStatus.AGED_OUT, SeriesStatus.NOT_RECOMMENDED, SeriesStatus.NOT_COMPLETE)

_ALONE = (SeriesStatus.NOT_COMPLETE, SeriesStatus.COMPLETE, SeriesStatus.IMMUNE, *_ORDER[:3])

_WORST = (Status.NOT_VALID, Status.SUB_STANDARD, Status.VALID, Status.EXTRANEOUS)


@dataclass(frozen=True, slots=True)
class GroupForecast:
    """What is told of a vaccine group: where it stands, the next dose, and each dose that was given."""

    group: str
    status: SeriesStatus
    number: int
    earliest: date | None
    recommended: date | None
    past_due: date | None
    latest: date | None
    paths: tuple[Path, ...]

    @property
    def antigens(self) -> tuple[str, ...]:
        """Antigens that are still to be given (FORECASTVG-8)."""
        return tuple(p.series.antigen for p in self.paths if p.forecast.status is SeriesStatus.NOT_COMPLETE)

    @property
    def vaccines(self) -> tuple[str, ...]:
        """Vaccines that the forecast names."""
        return tuple(dict.fromkeys(v for p in self.paths for v in p.forecast.vaccines))

    @property
    def evaluations(self) -> list[Evaluation]:
        """What each dose is worth in the series that were chosen."""
        return [e for p in self.paths for e in p.standing.evaluations]

    def of(self, dose: Dose) -> Evaluation | None:
        """What one dose is worth for the group: one that fails for an antigen fails, one that is too many for some counts."""
        best: dict[str, Evaluation] = {}
        for one in self.evaluations:
            if one.dose == dose and (one.antigen not in best or one.status is Status.VALID):
                best[one.antigen] = one
        return min(best.values(), key=lambda e: _WORST.index(e.status), default=None)


def assess(person: Person, doses: Iterable[Dose], schedule: Schedule, today: date) -> list[GroupForecast]:
    """Evaluate every dose and forecast every group, for a day. The order of the doses does not matter."""
    listed = sorted(doses)
    held = by_antigen(person, listed, schedule)
    context = Context(person, schedule, listed, today)
    chosen, alike = dict[str, list[Path]](), dict[tuple[str, tuple[Dose, ...]], list[Path]]()
    for name, antigen in schedule.antigens.items():
        key = (antigen.like or name, tuple(held.get(name, ())))
        if key not in alike:
            alike[key] = best(context, antigen, list(key[1]))
        chosen[name] = alike[key]
    return [told for group in schedule.groups if (told := _group(group, chosen, held)) is not None]


def _group(group: Group, chosen: dict[str, list[Path]], held: dict[str, list[Dose]]) -> GroupForecast | None:
    paths = [p for name in group.antigens for p in chosen.get(name, [])]
    if not paths:
        return None
    status = _status(paths)
    going = [p for p in paths if p.forecast.status is SeriesStatus.NOT_COMPLETE]
    if status is not SeriesStatus.NOT_COMPLETE:
        return GroupForecast(group.name, status, 0, None, None, None, None, tuple(paths))
    earliest = _earliest(group, going, held)
    wished = [p.forecast.recommended for p in going if p.forecast.recommended]
    due = [p.forecast.past_due for p in going if p.forecast.past_due]
    last = [p.forecast.latest for p in going if p.forecast.latest]
    numbers = [p.forecast.number for p in going]
    return GroupForecast(
        group.name, status, min(numbers) if group.whole else max(numbers), earliest, max(min(wished), earliest),
        max(min(due), earliest) if due else None, min(last, default=None), tuple(paths),
    )  # fmt: skip


def _status(paths: list[Path]) -> SeriesStatus:
    """CDSi table 9-4. Of the series of one antigen, one that is to be done is told before another that is over."""
    statuses = {p.forecast.status for p in paths}
    alone = len({p.series.antigen for p in paths}) == 1
    for status in _ALONE if alone else _ORDER:
        if status in statuses:
            return status
    return SeriesStatus.IMMUNE if statuses == {SeriesStatus.IMMUNE} else SeriesStatus.COMPLETE


def _earliest(group: Group, going: list[Path], held: dict[str, list[Dose]]) -> date:
    """SINGLEANTVG-2 and MULTIANTVG-1."""
    days = [p.forecast.earliest for p in going if p.forecast.earliest]
    if len(group.antigens) == 1:
        return min(days)
    if any(p.forecast.priority for p in going):
        given = [dose.day for name in group.antigens for dose in held.get(name, [])]
        return max([min(days), *given])
    return max(days)
