"""What every call goes through: certificate, envelope, VIHF, operation; and what an error becomes."""

import logging
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.http.request import UnreadablePostError
from django.utils.translation import gettext, override
from isal import isal_zlib
from lxml import etree

from carnet.apps.records.api import open_emergency
from carnet.apps.signin.api import Certificate, actor_of_assertion, certificate_of
from carnet.apps.storage.api import trouble_of
from carnet.dicah.acts import WITHOUT_INS
from carnet.formats.hl7v3 import Device, Hl7v3Error
from carnet.formats.soap import (
    SOAP11,
    SOAP12,
    Envelope,
    Part,
    SoapError,
    SoapFault,
    content_type_of,
    write_envelope,
    write_fault,
    write_related,
)
from carnet.formats.vihf import Vihf
from carnet.formats.xds.rim_read import XdsError
from carnet.interfaces.dmp.errors import NAMESPACE, fault_of
from carnet.interfaces.dmp.reading import answer_namespace, envelope_of
from carnet.kernel.actor import Actor
from carnet.kernel.ask import EMERGENCY_MODES, Act, Ask, Mode
from carnet.kernel.clock import moment
from carnet.kernel.copies import replace
from carnet.kernel.identifiers import IdentifierError, Oid
from carnet.kernel.ins import Ins, InsError
from carnet.kernel.refusal import No, Refusal

log = logging.getLogger("carnet.dmp")


def ins_of(patient: tuple[str, str]) -> Ins:
    """The INS of an (OID, matricule) pair. Raises Refusal `ins-malformed` without repeating it."""
    try:
        return Ins(patient[1].strip().upper(), Oid(patient[0]))
    except InsError as error:
        raise Refusal(No.INS_MALFORMED, {"problem": str(error)}) from None
    except IdentifierError:
        raise Refusal(No.INS_MALFORMED, {"problem": "OID"}) from None


@dataclass(frozen=True, slots=True)
class Call:
    """One call of one software: who, with which assertion, when, and the body."""

    actor: Actor
    vihf: Vihf
    transport: Certificate
    at: datetime
    mode: Mode
    body: etree._Element
    parts: dict[str, bytes] = field(default_factory=dict)

    @property
    def device(self) -> Device:
        """This server, as HL7 v3 messages name it."""
        return Device(settings.CARNET.dmp_device_oid)

    def ask(self, act: Act, stated: tuple[str, str] = ("", "")) -> Ask:
        """A question about the patient of the assertion. A patient that the body states is the same (EX_GEN-1270)."""
        declared = [one for one in (self.vihf.patient, stated) if one[1]]
        if len({(oid, matricule.upper()) for oid, matricule in declared}) > 1:
            raise Refusal(No.VIHF_PATIENT_MISMATCH)
        if not declared and act not in WITHOUT_INS:
            raise Refusal(No.VIHF_PATIENT_MISSING)
        ins = ins_of(declared[0]) if declared else None
        return Ask(self.actor, act, self.at, ins, self.mode, secret=self.vihf.secret)

    def reason(self) -> str:
        """Why an emergency access is opened. A regulation centre says it by its registered software (docs/divergences/dmp.md)."""
        if self.vihf.reason or self.mode is not Mode.REGULATION:
            return self.vihf.reason
        return f"Régulation médicale, logiciel {self.vihf.software.name} {self.vihf.software.version}".strip()


@dataclass(frozen=True, slots=True)
class Answer:
    """The body of an answer, and the documents that go with it; with `mtom` even an answer without any is multipart.

    `within`: a mark in the body, and the XML that goes into its place as it is.
    """

    body: etree._Element
    parts: list[Part] = field(default_factory=list)
    mtom: bool = False
    within: tuple[bytes, bytes] | None = None


Handler = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of a service: the body that asks for it, what does it, and how a refusal is said in its own terms."""

    tag: str
    action: str
    answer: str
    handle: Handler
    refuse: Callable[[Call, Refusal], Answer]
    transaction: str
    only_action: bool = False
    """Whether the action must be this one: another transaction has the same body."""


def _mode(vihf: Vihf) -> Mode:
    try:
        return Mode(vihf.purpose)
    except ValueError:
        raise Refusal(No.VIHF_MALFORMED, {"problem": "PurposeOfUse"}) from None


def _call(transport: Certificate, envelope: Envelope, parts: dict[str, bytes], at: datetime) -> Call:
    vihf, actor = actor_of_assertion(envelope.assertion, transport, at)
    return Call(actor, vihf, transport, at, _mode(vihf), envelope.body, parts)


def _handled(operation: Operation, call: Call) -> Answer:
    """Do the operation. A reading in emergency opens the access with the reason of the assertion, once, where none is open."""
    try:
        return operation.handle(call)
    except Refusal as refusal:
        waits = refusal.code == No.EMERGENCY_REASON_MISSING and call.mode in EMERGENCY_MODES and call.reason()
        if not waits:
            return operation.refuse(call, refusal)
    try:
        open_emergency(replace(call.ask(Act.OPEN_EMERGENCY), reason=call.reason()))
        return operation.handle(call)
    except Refusal as refusal:
        return operation.refuse(call, refusal)


def _find(operations: Iterable[Operation], envelope: Envelope) -> Operation:
    for operation in operations:
        if operation.tag == envelope.body.tag and (not operation.only_action or envelope.action in ("", operation.action)):
            return operation
    raise Refusal(No.OPERATION_UNKNOWN)


def _packed(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    if "gzip" in request.headers.get("Accept-Encoding", "").lower() and len(response.content) > 1_000:
        # ebRIM repeats itself: this takes nine tenths away, in a ninth of the time of zlib.
        response.content = isal_zlib.compress(response.content, 1, wbits=zlib.MAX_WBITS | 16)
        response["Content-Encoding"] = "gzip"
    return response


def _safe(response: HttpResponseBase) -> HttpResponseBase:
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _plain(request: HttpRequest, content: bytes, namespace: str, action: str, status: int = 200) -> HttpResponseBase:
    media = "text/xml; charset=utf-8" if namespace == SOAP11 else f'application/soap+xml; charset=utf-8; action="{action}"'
    return _safe(_packed(request, HttpResponse(content, content_type=media, status=status)))


_AT_ONCE = 1_000_000
"""Bytes of documents that leave in one piece: each is encrypted and sent by itself, which costs more than a copy of so much."""


def _answered(request: HttpRequest, operation: Operation, answer: Answer, envelope: Envelope, namespace: str) -> HttpResponseBase:
    content = write_envelope(answer.body, operation.answer, envelope.message_id, namespace)
    content = content.replace(*answer.within, 1) if answer.within else content
    # What came by MTOM is answered by MTOM (ITI TF-2 §V.3.6), with documents or without.
    sent, _ = content_type_of(request.headers.get("Content-Type", ""))
    if not answer.parts and not answer.mtom and sent != "multipart/related":
        return _plain(request, content, namespace, operation.answer)
    media, pieces = write_related(content, operation.answer, answer.parts, namespace)
    if sum(len(part.content) for part in answer.parts) > _AT_ONCE:
        return _safe(StreamingHttpResponse(pieces, content_type=media))
    return _safe(HttpResponse(b"".join(pieces), content_type=media))


def faulted(request: HttpRequest, fault: SoapFault, namespace: str = SOAP12, relates_to: str = "") -> HttpResponseBase:
    """A fault. SOAP 1.2 says 400 for the sender's faults, 1.1 always 500."""
    status = 400 if fault.code != "Receiver" and namespace == SOAP12 else 500
    content = write_fault(fault, NAMESPACE, relates_to, namespace)
    return _plain(request, content, namespace, "http://www.w3.org/2005/08/addressing/fault", status)


def _failed(error: Exception) -> SoapFault:
    # The exception's text may carry values: only its type and a reference reach the log and the caller.
    reference = uuid4().hex[:12]
    log.error("door-failure reference=%s type=%s", reference, type(error).__name__)
    if settings.DEBUG:
        log.exception("door-failure-trace reference=%s", reference)
    told = gettext("Carnet n'a pas pu répondre. Référence à donner à l'exploitant : {reference}.").format(reference=reference)
    return SoapFault("Receiver", "internal", told, (("reference", reference),))


def _malformed(problem: str, code: str = "Sender", element: str = "") -> SoapFault:
    refusal = Refusal(No.REQUEST_MALFORMED, {"problem": problem, "element": element})
    fault = fault_of(refusal)
    return SoapFault(code, fault.subcode if code == "Sender" else "", fault.reason, fault.detail)


def _refused_early(error: Exception) -> SoapFault:
    """What stops a message before it is an operation with an answer of its own."""
    if isinstance(error, Refusal):
        return fault_of(error)
    if isinstance(error, SoapError):
        return _malformed(str(error), error.code)
    if isinstance(error, XdsError):
        return _malformed(str(error), element=error.element)
    if isinstance(error, Hl7v3Error):
        return _malformed(str(error))
    if isinstance(error, RequestDataTooBig):
        return fault_of(Refusal(No.REQUEST_TOO_LARGE))
    if isinstance(error, UnreadablePostError):
        return _malformed("truncated body")
    return _failed(error)


def serve(request: HttpRequest, operations: Iterable[Operation]) -> HttpResponseBase:
    """Answer a call of a service."""
    at, namespace, relates_to = moment(), answer_namespace(request.headers.get("Content-Type", "")), ""
    with override("fr"):
        try:
            transport = certificate_of(request, at)
            if transport is None:
                raise Refusal(No.AUTHENTICATION_MISSING)
            envelope, parts = envelope_of(request)
            relates_to = envelope.message_id
            # Some stacks name 1.1 in the headers around an envelope of 1.2, and the published samples do the contrary: 1.1 is for
            # whoever speaks it in both places.
            namespace = SOAP12 if envelope.namespace == SOAP12 else namespace
            operation = _find(operations, envelope)
            answer = _handled(operation, _call(transport, envelope, parts, at))
            return _answered(request, operation, answer, envelope, namespace)
        except Exception as error:
            if trouble := trouble_of(error):
                fault = fault_of(trouble)
                told = SoapFault("Receiver", fault.subcode, fault.reason, fault.detail)
                response = faulted(request, told, namespace, relates_to)
                response.status_code, response["Retry-After"] = 503, "30"
                return response
            return faulted(request, _refused_early(error), namespace, relates_to)
