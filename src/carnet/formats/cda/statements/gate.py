"""The gate: what of a document may become something that the profile says of the patient, and why the rest may not.

One place decides, for every door and every section. What is refused stays readable in its document.
"""

from carnet.formats.cda.statements.absent import is_no_thing, of_denied_allergy
from carnet.formats.cda.statements.entry import INTENDED
from carnet.formats.cda.statements.model import Phase, Polarity, Reason, Statement, Status

_MOODS = {"treatments": frozenset({"EVN", *INTENDED})}
"""Section → moods that fit. A prescription intends what is taken; a vaccination, an illness or a result happened."""
_HAPPENED = frozenset({"EVN"})
_MEASURED = frozenset({"results", "vitals", "obstetrics", "habits"})
_GENERAL = frozenset({"allergies", "problems", "treatments", "vaccinations", "devices", "history"})
_CONCERNS = frozenset({"allergies", "problems", "history"})


def _denied(statement: Statement) -> Reason | None:
    """A negation. Of allergies in general it is an absence; of anything else it is refused (that of a drug came as a stop)."""
    return None if statement.section == "allergies" and of_denied_allergy(statement.codes, statement.label) else Reason.NEGATED


def _not_done(statement: Statement) -> bool:
    if statement.section == "treatments" and statement.phase is not Phase.DISPENSED:
        # That a treatment was stopped is what its reader must know; one that was cancelled or nullified never was.
        return statement.status is Status.CANCELLED
    if statement.section in _CONCERNS and statement.status is Status.ABORTED:
        # A file that is no longer kept on an illness: it is over, and it was.
        return False
    if statement.phase is Phase.DISPENSED and statement.status is Status.SUSPENDED:
        return True
    pending = statement.section == "vaccinations" and statement.status in (Status.ACTIVE, Status.SUSPENDED, Status.NOT_BEGUN)
    return pending or statement.status in (Status.CANCELLED, Status.ABORTED)


def reason_against(statement: Statement) -> Reason | None:
    """Why a statement may not become a fact of the patient; None when it may."""
    if statement.other:
        return Reason.OTHER_PERSON
    # A box that was ordered was not given out.
    moods = _HAPPENED if statement.phase is Phase.DISPENSED else _MOODS.get(statement.section, _HAPPENED)
    if statement.mood not in moods:
        return Reason.NOT_HAPPENED
    if statement.certainty in ("refuted", "entered-in-error"):
        return Reason.REFUTED
    if _not_done(statement):
        return Reason.NOT_DONE
    if statement.polarity is Polarity.NEGATED and (denied := _denied(statement)):
        return denied
    if statement.section in _MEASURED:
        return None if statement.value is not None else Reason.NO_VALUE
    named = statement.polarity is not Polarity.AFFIRMED or statement.section not in _GENERAL or not is_no_thing(statement.label)
    return None if named else Reason.NOT_A_THING
