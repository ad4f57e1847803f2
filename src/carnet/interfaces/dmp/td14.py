"""TD1.4, closing a record that is not attached, and its reactivation: PRPA_IN201314UV02 with the reasons FERM and REAC."""

from carnet.apps.records.api import CLOSED_FOR_PATIENT, close_unattached, reopen_unattached
from carnet.formats.hl7v3 import Patient, Problem, Revision, read_revision, write_refused_revision, write_revised
from carnet.formats.hl7v3.read import CHANGE, CLOSE, REACTIVATION_CONSENT, REOPEN
from carnet.interfaces.dmp import td13
from carnet.interfaces.dmp.door import Answer, Call
from carnet.interfaces.dmp.errors import FOUND, problem_of, text_of
from carnet.kernel.ask import Act
from carnet.kernel.refusal import No, Refusal


def _revised(call: Call, revision: Revision, active: bool) -> Answer:
    return Answer(write_revised(revision.query, _named(revision, active), call.device, call.at))


def _named(revision: Revision, active: bool = True) -> Patient:
    """The person as the request named them: an answer tells nothing new."""
    return Patient(revision.query.patient, revision.names.family, revision.names.given, active=active)


def handle(call: Call) -> Answer:
    """Do the revision that the reason names."""
    revision = read_revision(call.body)
    if revision.query.reason == CHANGE:
        td13.change(call, revision)
    elif revision.query.reason == CLOSE:
        if revision.motive != CLOSED_FOR_PATIENT:
            # Other motives exist and are not published: none is taken for another.
            raise Refusal(No.REQUEST_MALFORMED, {"element": "detectedIssueEvent", "problem": CLOSED_FOR_PATIENT})
        close_unattached(call.ask(Act.CLOSE_UNATTACHED, revision.query.patient))
    elif revision.query.reason == REOPEN:
        consent = revision.observations.get(REACTIVATION_CONSENT, False)
        if not reopen_unattached(call.ask(Act.REOPEN_UNATTACHED, revision.query.patient), consent):
            problem = Problem(FOUND, text_of(Refusal(No.REQUEST_MALFORMED, {"problem": "the record is open"})))
            return _refused(call, revision, problem)
    else:
        raise Refusal(No.REQUEST_MALFORMED, {"element": "reasonCode"})
    return _revised(call, revision, revision.query.reason != CLOSE)


def refuse(call: Call, refusal: Refusal) -> Answer:
    """A refusal, as PRPA_IN201316UV02."""
    return _refused(call, read_revision(call.body), problem_of(refusal))


def _refused(call: Call, revision: Revision, problem: Problem) -> Answer:
    return Answer(write_refused_revision(revision.query, _named(revision), problem, call.device, call.at))
