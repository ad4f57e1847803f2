"""TD0.3, the professional's own authorisation: `setAuthorization` of urn:si-dmp-habilitations.

An AJOUT states that the patient was informed and agrees; it is sent on an explicit act of the professional (EX_0.3-1010).
"""

from django.conf import settings
from django.utils.translation import gettext
from lxml import etree

from carnet.apps.access.api import Consent
from carnet.apps.records.api import declare_authorisation, stop_treating, withdraw_authorisation
from carnet.dicah.facts import AuthorisationGround
from carnet.interfaces.dmp.door import Answer, Call
from carnet.interfaces.dmp.errors import OK, problem_of
from carnet.interfaces.dmp.wsdl import HABILITATIONS
from carnet.kernel.ask import Act
from carnet.kernel.refusal import No, Refusal

ADD, REMOVE, TREATING_DOCTOR = "AJOUT", "SUPPRESSION", "MEDECIN_TRAITANT"


def output(namespace: str, name: str) -> tuple[etree._Element, etree._Element]:
    """The response of an operation of the DMP's own services, and its `output`."""
    root = etree.Element(f"{{{namespace}}}{name}", nsmap={"dmp": namespace})
    return root, etree.SubElement(root, f"{{{namespace}}}output")


def put(parent: etree._Element, **values: str) -> None:
    """Add elements of the parent's namespace, in this order; an empty text is left out."""
    namespace = etree.QName(parent).namespace
    for name, value in values.items():
        if value:
            etree.SubElement(parent, f"{{{namespace}}}{name}").text = value


def _said(status: str, context: str) -> Answer:
    root, inside = output(HABILITATIONS, "setAuthorizationResponse")
    put(inside, status=status, context=context)
    return Answer(root)


def _consent() -> Consent:
    return Consent(AuthorisationGround(settings.CARNET.dmp_authorisation), patient_agrees=True, initial_consent=True)


def handle(call: Call) -> Answer:
    """Declare or withdraw one's own authorisation, with or without the role of treating doctor."""
    action = (call.body.findtext(f"{{{HABILITATIONS}}}action") or "").strip()
    role = (call.body.findtext(f"{{{HABILITATIONS}}}role") or "").strip()
    if action not in (ADD, REMOVE) or role not in ("", TREATING_DOCTOR):
        raise Refusal(No.REQUEST_MALFORMED, {"element": "action", "problem": f"{ADD}, {REMOVE}; {TREATING_DOCTOR}"})
    if action == REMOVE and role:
        stop_treating(call.ask(Act.STOP_TREATING_DOCTOR))
        return _said(OK, gettext("Vous n'êtes plus déclaré médecin traitant."))
    if action == REMOVE:
        withdraw_authorisation(call.ask(Act.WITHDRAW_AUTHORISATION))
        return _said(OK, gettext("Autorisation retirée."))
    until = declare_authorisation(call.ask(Act.DECLARE_AUTHORISATION), _consent(), as_treating_doctor=bool(role))
    return _said(OK, gettext("Autorisation valable jusqu'au {date}.").format(date=settings.LAW.day(until).strftime("%d/%m/%Y")))


def refuse(call: Call, refusal: Refusal) -> Answer:
    """A refusal, as a status and its context."""
    problem = problem_of(refusal)
    return _said(problem.code, problem.text)
