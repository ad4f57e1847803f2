"""TD0.5, search by traits in medical regulation: IHE PDQv3, PRPA_IN201305UV02.

The transaction exists in regulation alone, so it is asked in that mode whatever the assertion says: what proves regulation is the
registered certificate, and without it the answer is no (a published sample states the normal mode).
"""

from copy import deepcopy

from lxml import etree

from carnet.apps.records.api import Candidate, search_by_traits
from carnet.formats.hl7v3 import Observation, Patient, read_candidates_query, write_candidates
from carnet.formats.hl7v3.read import NS, OPPOSES_REGULATION
from carnet.interfaces.dmp.door import Answer, Call
from carnet.interfaces.dmp.errors import problem_of
from carnet.interfaces.dmp.td02 import STATEMENTS
from carnet.kernel.ask import Act, Ask, Mode
from carnet.kernel.copies import replace
from carnet.kernel.refusal import No, Refusal
from carnet.kernel.traits import Traits


def _asked(call: Call) -> etree._Element:
    found = call.body.find("h:controlActProcess/h:queryByParameter", NS)
    if found is None:
        raise Refusal(No.REQUEST_MALFORMED, {"element": "queryByParameter"})
    return deepcopy(found)


def _patient(candidate: Candidate) -> Patient:
    traits, ins = candidate.traits, candidate.ins
    opposed = Observation(OPPOSES_REGULATION, STATEMENTS, candidate.opposed, "opposition au mode Urgence")
    return Patient((ins.oid.value, ins.matricule), traits.birth_name, traits.given_names, traits.sex, traits.birth_date,
                   observations=(opposed,), score=round(100 * candidate.score))  # fmt: skip


def handle(call: Call) -> Answer:
    """Candidates, the best first. It opens nothing."""
    query, traits = read_candidates_query(call.body)
    sent = Traits(traits.family, traits.given, traits.sex, traits.birth_date)
    question = Ask(call.actor, Act.SEARCH_BY_TRAITS, call.at, mode=Mode.REGULATION)
    found = search_by_traits(replace(question, traits=sent))
    return Answer(write_candidates(query, _asked(call), [_patient(one) for one in found], call.device, call.at))


def refuse(call: Call, refusal: Refusal) -> Answer:
    """A refusal, as an acknowledgement of the query."""
    query, _ = read_candidates_query(call.body)
    return Answer(write_candidates(query, _asked(call), [], call.device, call.at, problem_of(refusal)))
