"""TD0.4, the records that the asker is authorised on: `patientList` of urn:si-dmp-patients."""

from datetime import datetime

from lxml import etree

from carnet.apps.records.api import Listed, own_list
from carnet.formats.timestamps import from_hl7
from carnet.formats.xds.rim_write import to_ts
from carnet.interfaces.dmp.door import Answer, Call
from carnet.interfaces.dmp.errors import OK, problem_of
from carnet.interfaces.dmp.td03 import output, put
from carnet.interfaces.dmp.wsdl import PATIENTS
from carnet.kernel.ask import Act
from carnet.kernel.refusal import No, Refusal

LAST_AUTHORISATION, LAST_DOCUMENT = "LASTAUTORIZATION", "LASTDOC"


def _malformed(element: str) -> Refusal:
    return Refusal(No.REQUEST_MALFORMED, {"element": element})


def _since(call: Call) -> datetime | None:
    text = (call.body.findtext(f"{{{PATIENTS}}}startDate") or "").strip()
    try:
        return from_hl7(text) if text else None
    except (ValueError, OverflowError):
        raise _malformed("startDate") from None


def _kept(listed: Listed, since: datetime | None, by_document: bool) -> bool:
    """Whether a record is of those that the question names. Records that do not open for the asker are not on the list."""
    if listed.obstacle:
        return False
    if since is None:
        return True
    return listed.new > 0 if by_document else listed.since is not None and listed.since >= since


def _line(parent: etree._Element, listed: Listed) -> None:
    line = etree.SubElement(parent, f"{{{PATIENTS}}}patientlistData")
    put(
        etree.SubElement(line, f"{{{PATIENTS}}}patientIdentifier"),
        nationalId=listed.ins.matricule,
        nationalIdType=listed.ins.oid.value,
    )
    put(
        line, lastName=listed.traits.birth_name, firstName=listed.traits.given_names,
        dateOfBirth=listed.traits.birth_date.replace("-", ""), MT="true" if listed.treating_doctor else "false", message="false",
        lastAccessDate=to_ts(listed.last_visit) if listed.last_visit else "",
    )  # fmt: skip


def handle(call: Call) -> Answer:
    """The list, in the order of names."""
    owner = (call.body.findtext(f"{{{PATIENTS}}}psOwnerId") or "").strip()
    kind = (call.body.findtext(f"{{{PATIENTS}}}dateType") or LAST_AUTHORISATION).strip()
    if owner not in ("", call.actor.id):
        raise Refusal(No.FUNCTION_NOT_ALLOWED, {"function": "psOwnerId"})
    if kind not in (LAST_AUTHORISATION, LAST_DOCUMENT):
        raise _malformed("dateType")
    since, by_document = _since(call), kind == LAST_DOCUMENT
    question = call.ask(Act.OWN_LIST)
    listed = own_list(question, documents_since=since if by_document else None)
    root, inside = output(PATIENTS, "patientListResponse")
    for one in sorted((one for one in listed if _kept(one, since, by_document)), key=lambda one: one.name):
        _line(inside, one)
    put(inside, status=OK)
    return Answer(root)


def refuse(call: Call, refusal: Refusal) -> Answer:
    """A refusal, as a status and its context."""
    problem = problem_of(refusal)
    root, inside = output(PATIENTS, "patientListResponse")
    put(inside, status=problem.code, context=problem.text)
    return Answer(root)
