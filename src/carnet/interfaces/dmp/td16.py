"""TD1.6, who is authorised on a record and who is blocked: `listAuthorizationByPatient` of urn:si-dmp-habilitations."""

from lxml import etree

from carnet.apps.records.api import Reader, list_readers
from carnet.formats import codes
from carnet.formats.xds.rim_write import to_ts
from carnet.interfaces.dmp.door import Answer, Call
from carnet.interfaces.dmp.errors import OK, problem_of
from carnet.interfaces.dmp.td03 import TREATING_DOCTOR, output, put
from carnet.interfaces.dmp.wsdl import HABILITATIONS
from carnet.kernel.ask import Act
from carnet.kernel.codes import PROFESSION_SYSTEM
from carnet.kernel.identifiers import PS_ID_SYSTEM, STRUCTURE_ID_SYSTEM
from carnet.kernel.refusal import No, Refusal

ACTIVE, BLOCKED, ALL = "ACTIVE", "INTERDITE", "TOUTE"


def _speciality(reader: Reader) -> tuple[str, str]:
    """Profession and savoir-faire as the DMP writes them: `G15_10/SM26` and its label."""
    place = reader.situation
    if place is None or place.profession is None or place.profession.system != PROFESSION_SYSTEM:
        return "", ""
    profession, label = place.profession.code, codes.label("professions", place.profession.code)
    if not place.savoir_faire:
        return f"G15_{profession}", label
    return f"G15_{profession}/{place.savoir_faire}", f"{label} - {codes.label('specialties', place.savoir_faire)}"


def _line(parent: etree._Element, reader: Reader) -> None:
    named, (code, label) = reader.named, _speciality(reader)
    person = named.subject_kind == "person"
    given, _, family = reader.name.partition(" ") if person else ("", "", reader.name)
    line = etree.SubElement(parent, f"{{{HABILITATIONS}}}listOfAuthorizationByPatient")
    put(
        line, nationalId=named.subject_id, nationalIdType=PS_ID_SYSTEM if person else STRUCTURE_ID_SYSTEM, firstName=given,
        lastName=family or given, codeSpeciality=code, libSpeciality=label, startOfAuthorization=to_ts(named.since),
        lastActionDate=to_ts(reader.last_act or named.since) if person else "",
        mode=BLOCKED if named.kind == "blocked" else ACTIVE, specificRight=TREATING_DOCTOR if reader.treating else "",
    )  # fmt: skip


def handle(call: Call) -> Answer:
    """The list, of the mode that is asked for."""
    mode = (call.body.findtext(f"{{{HABILITATIONS}}}mode") or ALL).strip()
    if mode not in (ACTIVE, BLOCKED, ALL):
        raise Refusal(No.REQUEST_MALFORMED, {"element": "mode"})
    root, inside = output(HABILITATIONS, "listAuthorizationByPatientResponse")
    for reader in list_readers(call.ask(Act.LIST_AUTHORISED)):
        if mode == ALL or (reader.named.kind == "blocked") is (mode == BLOCKED):
            _line(inside, reader)
    put(inside, status=OK)
    return Answer(root)


def refuse(call: Call, refusal: Refusal) -> Answer:
    """A refusal, as a status and its context."""
    problem = problem_of(refusal)
    root, inside = output(HABILITATIONS, "listAuthorizationByPatientResponse")
    put(inside, status=problem.code, context=problem.text)
    return Answer(root)
