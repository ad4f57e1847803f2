"""Forecast of the next dose of a series: whether, from when, when at best, and until when (CDSi, chapter 7)."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from carnet.apps.prevention.immunisation.dates import Period, plus
from carnet.apps.prevention.immunisation.evaluate import ages_on, reference
from carnet.apps.prevention.immunisation.schedule import FORECASTING, Ages, Antigen, Immunity, Interval, SeriesDose, Use
from carnet.apps.prevention.immunisation.skips import skipped
from carnet.apps.prevention.immunisation.state import Context, Met, Reason, SeriesStatus, Standing

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is told of the next dose of a series. Dates are None when nothing gives them."""

    status: SeriesStatus
    number: int = 0
    dose: SeriesDose | None = None
    earliest: date | None = None
    recommended: date | None = None
    past_due: date | None = None
    latest: date | None = None
    unadjusted: date | None = None
    priority: bool = False
    vaccines: tuple[str, ...] = field(default=())


def forecast(context: Context, standing: Standing, antigen: Antigen) -> Forecast:
    """Forecast the next dose of a series. Targets that it finds useless are marked as skipped."""
    if any(_immune(context, one) for one in antigen.immunity):
        return Forecast(SeriesStatus.IMMUNE)
    if _contraindicated(context, standing, antigen):
        return Forecast(SeriesStatus.CONTRAINDICATED)
    on = context.today
    while (at := standing.current) < len(standing.targets):
        target = standing.targets[at]
        if skipped(context, standing, target.dose, FORECASTING, on, None):
            target.met = Met.SKIPPED
            on = context.today
            continue
        found = _of(context, standing, target.dose, at)
        if found.earliest is None or on == found.earliest or on > context.today:
            return found
        # A dose that would be skipped on the first day it may be given is none to announce (CDSi §7.6).
        if not skipped(context, standing, target.dose, FORECASTING, found.earliest, None):
            return found
        target.met = Met.SKIPPED
    return Forecast(SeriesStatus.COMPLETE if standing.satisfied else SeriesStatus.NOT_RECOMMENDED)


def _immune(context: Context, held: Immunity) -> bool:
    person = context.person
    if not held.observations.isdisjoint(person.observations):
        return True
    # A country that nobody knows is not a reason to vaccinate again.
    native = not held.country or not person.country or held.country == person.country
    born = held.born_before is not None and person.birth < held.born_before
    return born and native and held.excluded.isdisjoint(person.observations)


def _contraindicated(context: Context, standing: Standing, antigen: Antigen) -> bool:
    person, today = context.person, context.today
    held = [c for c in antigen.contraindications if c.observation in person.observations]
    held = [c for c in held if person.between(today, c.begin, c.end)]
    if any(not c.vaccines for c in held):
        return True
    at = standing.current
    wanted = standing.targets[at].dose.preferable if at < len(standing.targets) else ()
    return bool(wanted) and bool(held) and not _left(context, wanted, antigen)


def _left(context: Context, uses: tuple[Use, ...], antigen: Antigen) -> list[Use]:
    """Vaccines that nothing speaks against."""
    person, today = context.person, context.today
    against = {
        use.vaccine
        for c in antigen.contraindications
        if c.observation in person.observations
        for use in c.vaccines
        if person.between(today, use.begin, use.end)
    }
    return [use for use in uses if use.vaccine not in against]


def _of(context: Context, standing: Standing, dose: SeriesDose, at: int) -> Forecast:
    person, today = context.person, context.today
    if dose.season is not None and today > dose.season[1]:
        return Forecast(SeriesStatus.NOT_RECOMMENDED)
    ages = ages_on(dose, today)
    oldest = person.aged(ages.most)
    since = [(i, reference(context, standing, i)) for i in dose.intervals if i.during.holds(today)]
    spaced = [(i, s) for i, s in since if s is not None]
    if any(i.observation and s is None for i, s in since):
        return Forecast(SeriesStatus.NOT_RECOMMENDED)
    earliest = _earliest(context, standing, dose, ages, spaced, at)
    if oldest is not None and (today >= oldest or earliest >= oldest):
        return Forecast(SeriesStatus.AGED_OUT)
    wished = person.aged(ages.early) or _latest([(i.early, s) for i, s in spaced]) or earliest
    late = person.aged(ages.late) or _latest([(i.late, s) for i, s in spaced])
    due = max(earliest, late - _DAY) if late is not None else None
    recommended = max(earliest, wished)
    return Forecast(
        SeriesStatus.NOT_COMPLETE, _number(standing, dose), dose, earliest, recommended, due, oldest - _DAY if oldest else None,
        wished, bool(spaced) and all(i.priority for i, _ in spaced), _proposed(context, dose, earliest, recommended),
    )  # fmt: skip


def _latest(lengths: list[tuple[Period | None, date]]) -> date | None:
    return max((plus(since, length) for length, since in lengths if length is not None), default=None)


def _earliest(
    context: Context, standing: Standing, dose: SeriesDose, ages: Ages, spaced: list[tuple[Interval, date]], at: int
) -> date:
    """The candidate earliest date (FORECASTDTCAN-1)."""
    days = [context.person.aged(ages.least), _latest([(i.least, s) for i, s in spaced]), _freed(context, standing, dose)]
    days += [dose.season[0] if dose.season else None, dose.proposed_since]
    # What was recommended from a day makes nothing due before it.
    days += [ages.during.first, *(i.during.first for i in dose.intervals if i.during.holds(context.today))]
    days += [e.dose.day for e in standing.evaluations if e.reason is Reason.INADVERTENT and e.target == at]
    days += [e.dose.day for e in standing.evaluations[-1:]]
    return max((day for day in days if day is not None), default=context.person.birth)


def _freed(context: Context, standing: Standing, dose: SeriesDose) -> date | None:
    """The day on which no earlier vaccine hinders those of the dose any more (CDSi §6.7)."""
    hindering, hindered = context.schedule.hindering, context.schedule.hindered
    uses = [use for use in dose.preferable if use.vaccine in hindered]
    ends = [
        plus(other.day, conflict.end)
        for other in context.doses
        for use in uses
        if (conflict := hindering.get((other.vaccine, use.vaccine))) is not None
    ]
    return max(ends, default=None)


def _number(standing: Standing, dose: SeriesDose) -> int:
    """Number of the dose that is forecast (FORECASTDN-1): of this season for a seasonal one."""
    given = [t.given.day for t in standing.targets if t.met is Met.SATISFIED and t.given is not None]
    if dose.season is not None:
        given = [day for day in given if dose.season[0] <= day]
    return len(given) + 1


def _proposed(context: Context, dose: SeriesDose, earliest: date, recommended: date) -> tuple[str, ...]:
    person = context.person
    return tuple(
        use.vaccine
        for use in dose.preferable
        if use.proposed and (person.between(earliest, use.begin, use.end) or person.between(recommended, use.begin, use.end))
    )
