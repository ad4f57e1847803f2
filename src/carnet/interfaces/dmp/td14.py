"""TD1.4, closing a record that is not attached, and its reactivation: PRPA_IN201314UV02 with the reasons FERM and REAC."""

from carnet.apps.records.api import close_unattached, reopen_unattached
from carnet.formats.hl7v3 import Patient, Problem, Revision, read_revision, write_refused_revision, write_revised
from carnet.formats.hl7v3.read import CHANGE, CLOSE, REACTIVATION_CONSENT, REOPEN
from carnet.interfaces.dmp import td13
from carnet.interfaces.dmp.door import Answer, Call
from carnet.interfaces.dmp.errors import FOUND, problem_of, text_of
from carnet.kernel.ask import Act
from carnet.kernel.refusal import Refusal


def _revised(call: Call, revision: Revision, active: bool) -> Answer:
    """The answer names the person as the request did: it tells nothing new."""
    patient = Patient(family=revision.names.family, given=revision.names.given, active=active)
    return Answer(write_revised(revision.query, patient, call.device, call.at))


def handle(call: Call) -> Answer:
    """Do the revision that the reason names."""
    revision = read_revision(call.body)
    if revision.query.reason == CHANGE:
        td13.change(call, revision)
    elif revision.query.reason == CLOSE:
        close_unattached(call.ask(Act.CLOSE_UNATTACHED, revision.query.patient))
    elif revision.query.reason == REOPEN:
        consent = revision.observations.get(REACTIVATION_CONSENT, False)
        if not reopen_unattached(call.ask(Act.REOPEN_UNATTACHED, revision.query.patient), consent):
            problem = Problem(FOUND, text_of(Refusal("request-malformed", "", {"problem": "the record is open"})))
            return Answer(write_refused_revision(revision.query, problem, call.device, call.at))
    else:
        raise Refusal("request-malformed", "request-malformed", {"element": "reasonCode"})
    return _revised(call, revision, revision.query.reason != CLOSE)


def refuse(call: Call, refusal: Refusal) -> Answer:
    """A refusal, as PRPA_IN201316UV02."""
    return Answer(write_refused_revision(read_revision(call.body).query, problem_of(refusal), call.device, call.at))
