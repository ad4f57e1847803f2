"""TD1.3a, administrative data (PRPA_IN201307UV02, CNSLT_DATA), and TD1.3b, their change (PRPA_IN201314UV02, MODIF_DATA)."""

from carnet.apps.records.api import Administrative, change_administrative, read_administrative
from carnet.formats.hl7v3 import Observation, Patient, Query, Revision, Shown, read_query, write_demographics
from carnet.formats.hl7v3.read import OPPOSES_BREAK_GLASS, OPPOSES_REGULATION
from carnet.interfaces.dmp.door import Answer, Call
from carnet.interfaces.dmp.td02 import STATEMENTS
from carnet.kernel.ask import Act


def _patient(query: Query, data: Administrative) -> Patient:
    observations = (
        Observation(OPPOSES_BREAK_GLASS, STATEMENTS, data.opposes_break_glass, "opposition au mode bris de glace"),
        Observation(OPPOSES_REGULATION, STATEMENTS, data.opposes_regulation, "opposition à l'accès au mode urgence"),
    )
    traits = data.traits
    return Patient(query.patient, traits.birth_name, traits.given_names, traits.sex, traits.birth_date, observations=observations)


def handle(call: Call) -> Answer:
    """TD1.3a: identity and oppositions. Addresses are not held; telephone numbers and representatives are not told."""
    query = read_query(call.body)
    data = read_administrative(call.ask(Act.READ_ADMINISTRATIVE, query.patient))
    return Answer(write_demographics(query, Shown(_patient(query, data)), call.device, call.at))


def change(call: Call, revision: Revision) -> None:
    """TD1.3b: the two oppositions of a record that is not attached. What Carnet does not hold stays with the software."""
    said = revision.observations
    question = call.ask(Act.CHANGE_ADMINISTRATIVE, revision.query.patient)
    change_administrative(question, said.get(OPPOSES_BREAK_GLASS), said.get(OPPOSES_REGULATION))
