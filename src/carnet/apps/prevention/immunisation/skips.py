"""When a target dose may be skipped (CDSi §6.2, §7.1 and §7.6)."""

from datetime import date

from carnet.apps.prevention.immunisation.dates import plus
from carnet.apps.prevention.immunisation.history import Dose
from carnet.apps.prevention.immunisation.schedule import BOTH, Condition, SeriesDose, SkipSet
from carnet.apps.prevention.immunisation.state import Context, Standing, Status


def skipped(context: Context, standing: Standing, dose: SeriesDose, when: str, on: date, before: Dose | None) -> bool:
    """Whether a dose may be skipped, on the reference date of CONDSKIP-2. `before` is the dose that is looked at."""
    for skip in dose.skips:
        if skip.context in (when, BOTH):
            met = [_set_met(context, standing, one, on, before) for one in skip.sets if one.during.holds(context.today)]
            if met and (all(met) if skip.every else any(met)):
                return True
    return False


def _set_met(context: Context, standing: Standing, held: SkipSet, on: date, before: Dose | None) -> bool:
    met = (_met(context, standing, one, on, before) for one in held.conditions)
    return all(met) if held.every else any(met)


def _met(context: Context, standing: Standing, condition: Condition, on: date, before: Dose | None) -> bool:
    if condition.kind == "Age":
        return context.person.between(on, condition.begin, condition.end)
    if condition.kind == "Completed Series":
        return not condition.groups.isdisjoint(standing.complete_groups)
    if condition.kind == "Interval":
        given = _earlier(standing.doses, before)
        last = given[-1].day if given else None
        return last is not None and condition.interval is not None and on >= plus(last, condition.interval)
    return _counted(context, standing, condition, before)


def _counted(context: Context, standing: Standing, condition: Condition, before: Dose | None) -> bool:
    """CONDSKIP-1: valid doses of the series, or all that were given before, of the antigen or of the vaccines that are named."""
    if condition.valid_only:
        doses = [e.dose for e in standing.evaluations if e.status is Status.VALID]
    else:
        doses = _earlier(context.doses if condition.vaccines else standing.doses, before)
    number = sum(_counts(context, condition, dose) for dose in doses)
    if condition.compare == "greater than":
        return number > condition.count
    return number < condition.count if condition.compare == "less than" else number == condition.count


def _earlier(doses: list[Dose], before: Dose | None) -> list[Dose]:
    return doses if before is None else [dose for dose in doses if dose < before]


def _counts(context: Context, condition: Condition, dose: Dose) -> bool:
    return (
        (not condition.vaccines or dose.vaccine in condition.vaccines)
        and context.person.between(dose.day, condition.begin, condition.end)
        and (condition.first is None or condition.first <= dose.day)
        and (condition.last is None or dose.day < condition.last)
    )
