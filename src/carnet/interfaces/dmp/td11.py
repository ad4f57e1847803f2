"""TD1.1, creation of a record by a professional: gone from the functional matrix (PDT-INF-526), refused in its own terms.

A record is created for every insured person; whoever has none opens one with the help desk.
"""

from carnet.formats.hl7v3 import Patient, Problem, read_revision, write_refused_creation
from carnet.interfaces.dmp.door import Answer, Call
from carnet.interfaces.dmp.errors import DENIED, problem_of
from carnet.kernel.refusal import No, Refusal


def handle(call: Call) -> Answer:
    """Say that the transaction is over."""
    raise Refusal(No.TRANSACTION_WITHDRAWN)


def refuse(call: Call, refusal: Refusal) -> Answer:
    """A refusal, as PRPA_IN201313UV02, with the code that the national system answers (FI527 §2.9)."""
    revision, told = read_revision(call.body), problem_of(refusal)
    code = DENIED if refusal.code == No.TRANSACTION_WITHDRAWN else told.code
    named = Patient(revision.query.patient, revision.names.family, revision.names.given)
    return Answer(write_refused_creation(revision.query, named, Problem(code, told.text), call.device, call.at))
