"""Evaluation of each dose of an antigen against the target doses of a series (CDSi, chapter 6 and §4.4)."""

from collections.abc import Iterator
from datetime import date

from carnet.apps.prevention.immunisation.dates import Period, plus
from carnet.apps.prevention.immunisation.history import Dose
from carnet.apps.prevention.immunisation.schedule import EVALUATING, Ages, Interval, SeriesDose, Use
from carnet.apps.prevention.immunisation.skips import skipped
from carnet.apps.prevention.immunisation.state import Context, Evaluation, Met, Reason, Standing, Status, Target


def evaluate(context: Context, standing: Standing) -> None:
    """Evaluate every dose of the antigen in a series, in the order of their days."""
    for dose in standing.doses:
        standing.evaluations.append(_dose(context, standing, dose))


def _dose(context: Context, standing: Standing, dose: Dose) -> Evaluation:
    while (at := standing.current) < len(standing.targets):
        target = standing.targets[at]
        if dose.flawed:
            return _told(standing, dose, at, Status.SUB_STANDARD, Reason.FLAWED)
        if skipped(context, standing, target.dose, EVALUATING, dose.day, dose):
            target.met = Met.SKIPPED
            continue
        found = _against(context, standing, target.dose, dose, at)
        if found.status is Status.VALID:
            target.met, target.given = Met.SATISFIED, dose
            recur(standing, at)
        return found
    return _told(standing, dose, len(standing.targets), Status.EXTRANEOUS, Reason.COMPLETE)


def recur(standing: Standing, at: int) -> None:
    """A dose that recurs is to be given again (CDSi §4.4, step 6), before those that follow it, until a skip ends it."""
    dose = standing.targets[at].dose
    if dose.recurring:
        standing.targets.insert(at + 1, Target(dose))


def _told(
    standing: Standing, dose: Dose, at: int, status: Status, reason: Reason, since: date | None = None, needs: Period | None = None
) -> Evaluation:
    return Evaluation(dose, standing.series.antigen, at, status, reason, since, needs)


def _against(context: Context, standing: Standing, wanted: SeriesDose, dose: Dose, at: int) -> Evaluation:
    """One dose against one target (CDSi table 6-31)."""
    if dose.vaccine in wanted.inadvertent:
        return _told(standing, dose, at, Status.NOT_VALID, Reason.INADVERTENT)
    aged, needs = _age(context, wanted, dose.day)
    if aged is Reason.TOO_OLD:
        return _told(standing, dose, at, Status.EXTRANEOUS, aged)
    if aged is Reason.TOO_YOUNG:
        return _told(standing, dose, at, Status.NOT_VALID, aged, context.person.birth, needs)
    spaced, since, needs = _spacing(context, standing, wanted, dose)
    if spaced is Reason.TOO_SOON:
        return _told(standing, dose, at, Status.NOT_VALID, spaced, since, needs)
    hindered = _hindered(context, standing, dose)
    if hindered is not None:
        return _told(standing, dose, at, Status.NOT_VALID, Reason.CONFLICT, *hindered)
    if not _vaccine(context, wanted, dose):
        return _told(standing, dose, at, Status.NOT_VALID, Reason.WRONG_VACCINE)
    return _told(standing, dose, at, Status.VALID, aged or spaced)


def ages_on(dose: SeriesDose, day: date) -> Ages:
    """The ages of a dose that hold on a day: a recommendation changes, and what was given before keeps its own."""
    return next((a for a in dose.ages if a.during.holds(day)), Ages())


def _age(context: Context, wanted: SeriesDose, day: date) -> tuple[Reason, Period | None]:
    ages, person = ages_on(wanted, day), context.person
    if ages.absolute is not None and day < person.at(ages.absolute):
        return Reason.TOO_YOUNG, ages.least or ages.absolute
    if ages.most is not None and day >= person.at(ages.most):
        return Reason.TOO_OLD, ages.most
    grace = ages.least is not None and day < person.at(ages.least)
    return (Reason.GRACE if grace else Reason.NONE), None


def last_counted(standing: Standing) -> date | None:
    """Day of the most recent dose that intervals start from (CALCDTINT-1)."""
    for one in reversed(standing.evaluations):
        if one.status in (Status.VALID, Status.NOT_VALID) and one.reason is not Reason.INADVERTENT:
            return one.dose.day
    return None


def reference(context: Context, standing: Standing, interval: Interval, until: date | None = None) -> date | None:
    """The day that an interval starts from (CALCDTINT-1, 2, 8 and 9), before a day; None when there is none."""
    if interval.previous:
        return last_counted(standing)
    if interval.target:
        return next((t.given.day for t in standing.targets if t.dose.number == interval.target and t.given), None)
    if interval.vaccines:
        astray = {e.dose for e in standing.evaluations if e.reason is Reason.INADVERTENT}
        given = [d.day for d in context.doses if d.vaccine in interval.vaccines and d not in astray]
        return max((day for day in given if until is None or day < until), default=None)
    return context.person.observations.get(interval.observation)


def _spacing(context: Context, standing: Standing, wanted: SeriesDose, dose: Dose) -> tuple[Reason, date | None, Period | None]:
    grace = Reason.NONE
    late: tuple[date | None, Period | None] | None = None
    for interval in wanted.intervals:
        since = reference(context, standing, interval, dose.day) if interval.during.holds(dose.day) else None
        if since is None:
            continue
        if interval.absolute is not None and dose.day < plus(since, interval.absolute):
            late = since, interval.least or interval.absolute
        elif interval.least is not None and dose.day < plus(since, interval.least):
            grace = Reason.GRACE
    if late is None or _allowably(context, standing, wanted, dose):
        return grace, None, None
    return Reason.TOO_SOON, *late


def _allowably(context: Context, standing: Standing, wanted: SeriesDose, dose: Dose) -> bool:
    """Whether all allowable intervals hold; a dose that names none has none (CDSi §6.6)."""
    held = [i for i in wanted.allowable_intervals if i.during.holds(dose.day)]
    if not held:
        return False
    pairs = ((reference(context, standing, interval, dose.day), interval.absolute) for interval in held)
    return all(since is None or least is None or dose.day >= plus(since, least) for since, least in pairs)


def _hindered(context: Context, standing: Standing, dose: Dose) -> tuple[date, Period] | None:
    """The dose of another vaccine that hinders this one (CDSi §6.7): its day, and how long it hinders."""
    if dose.vaccine not in context.schedule.hindered:
        return None
    failed = {e.dose for e in standing.evaluations if e.status is not Status.VALID}
    for other in context.doses:
        conflict = context.schedule.hindering.get((other.vaccine, dose.vaccine)) if other.day <= dose.day else None
        if conflict is not None and other is not dose:
            end = conflict.end if other in failed else conflict.end_if_valid
            if plus(other.day, conflict.begin) <= dose.day < plus(other.day, end):
                return other.day, end
    return None


def _vaccine(context: Context, wanted: SeriesDose, dose: Dose) -> bool:
    return any(_same(context, use, dose) for use in _uses(wanted, dose.vaccine))


def _uses(wanted: SeriesDose, vaccine: str) -> Iterator[Use]:
    yield from (use for use in wanted.preferable if use.vaccine == vaccine)
    yield from (use for use in wanted.allowable if use.vaccine == vaccine)


def _same(context: Context, use: Use, dose: Dose) -> bool:
    # A vaccine without its maker may be any of them: a dose is not refused for what its source does not state.
    named = not use.maker or not dose.maker or use.maker == dose.maker
    return named and context.person.between(dose.day, use.begin, use.end)
