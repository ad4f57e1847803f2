"""TD0.2, test of existence and of authorisation: PRPA_IN201307UV02 with the reason TEST_EXST.

It tells the state of the record, the authorisation and whether the asker is the treating doctor. The traits are those that the
national system returns; a software shows its own (RG_0320).
"""

from django.conf import settings

from carnet.apps.records.api import RecordStatus, test_record
from carnet.formats.hl7v3 import Observation, Patient, Query, Shown, read_query, write_demographics
from carnet.interfaces.dmp.door import Answer, Call
from carnet.interfaces.dmp.errors import problem_of
from carnet.kernel.ask import Act
from carnet.kernel.refusal import No, Refusal
from carnet.kernel.traits import Traits

AUTHORISATION, AUTHORISATION_VALUES = "1.2.250.1.213.4.1.2.6.1", "1.2.250.1.213.4.1.2.6.2"
TREATING = "1.2.250.1.213.4.1.2.6.3"
STATEMENTS, ACCOUNT = "1.2.250.1.213.4.1.2.3", "1.2.250.1.213.4.1.2.9"


def _attention(status: RecordStatus) -> tuple[tuple[str, str, str, str, str], ...]:
    return (
        ("AUTORISATION", AUTHORISATION, status.authorisation, AUTHORISATION_VALUES, "CV"),
        ("STATUT_MT", TREATING, "true" if status.treating_doctor else "false", "", "BL"),
    )


def _shown(call: Call, query: Query, status: RecordStatus) -> Shown:
    if status.record_id is None:
        return Shown(None, response="NF")
    observations = (
        Observation("COMPTE_INTERNET_OUVERT", ACCOUNT, status.activated),
        Observation("RATTACHEMENT_ENS", STATEMENTS, status.attached, "information de rattachement du DMP à un ENS"),
    )
    traits, closed = status.traits if settings.CARNET.dmp_test_tells_identity else Traits(), status.state != "open"
    patient = Patient(query.patient, traits.birth_name, traits.given_names, traits.sex, traits.birth_date, not closed, observations)
    since = status.since.isoformat() if status.since else ""
    return Shown(patient, _attention(status), closed=(since, status.reason, status.state) if closed else None)


def handle(call: Call) -> Answer:
    """The state of a record for the asker."""
    query = read_query(call.body)
    status = test_record(call.ask(Act.TEST_RECORD, query.patient))
    return Answer(write_demographics(query, _shown(call, query, status), call.device, call.at))


def refuse(call: Call, refusal: Refusal) -> Answer:
    """A refusal, as an acknowledgement of the query (also of TD1.3a)."""
    query = read_query(call.body)
    shown = Shown(None, response="NF" if refusal.code in (No.RECORD_ABSENT, No.INS_UNKNOWN) else "QE")
    return Answer(write_demographics(query, shown, call.device, call.at, problem_of(refusal)))
