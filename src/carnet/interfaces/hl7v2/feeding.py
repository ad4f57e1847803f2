"""ORU^R01 and MDM: deposit, replace or delete the documents of a message, all or nothing, in the name of the hospital.

What it answers follows tables HL70357 (the message) and the application codes 900 to 905 of the CI-SIS volet.
"""

from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext, override

from carnet.apps.access.api import sentence
from carnet.apps.records.api import change_document, deposit, named_document
from carnet.apps.signin.api import STRUCTURE, Certificate, actor_of_certificate
from carnet.dicah.application_codes import application_code
from carnet.dicah.messages import message as catalogued
from carnet.formats.cda import CdaError, CdaHeader, read_header
from carnet.formats.fhir import Submission, SubmittedDocument
from carnet.formats.hl7v2 import CHANGE, DELETE, Feeding, Field, Hl7Error, Message, read_feeding, read_message, write_message
from carnet.formats.xds import Coding, DocumentEntry, SubmissionSet
from carnet.kernel.actor import Actor
from carnet.kernel.ask import Act, Ask
from carnet.kernel.codes import CONFIDENTIALITY_SYSTEM, HIDDEN_FROM_REPRESENTATIVES, VISIBILITY_SYSTEM
from carnet.kernel.copies import replace
from carnet.kernel.identifiers import IdentifierError, Oid
from carnet.kernel.ins import Ins, InsError
from carnet.kernel.refusal import No, Refusal

MOST_LEFT = 20
ACCEPTED, FAILED, REJECTED = "AA", "AE", "AR"


def _ins(feeding: Feeding) -> Ins:
    oid, matricule = feeding.patients[0]
    try:
        return Ins(matricule.strip().upper(), Oid(oid))
    except (InsError, IdentifierError):
        raise Refusal(No.INS_MALFORMED) from None


def _entry(feeding: Feeding) -> DocumentEntry:
    """What the message declares; everything else stands in the header of the CDA."""
    labels = feeding.labels | ({HIDDEN_FROM_REPRESENTATIVES} if feeding.secret else frozenset())
    confidentiality = tuple(Coding(code, VISIBILITY_SYSTEM) for code in sorted(labels))
    raised = (Coding(feeding.raised, CONFIDENTIALITY_SYSTEM),) if feeding.raised else ()
    return DocumentEntry(mime="text/xml", patient=feeding.patients[0], patients=feeding.patients, patient_traits=feeding.traits,
                         confidentiality=(*raised, *confidentiality))  # fmt: skip


def _submission(feeding: Feeding, actor: Actor) -> Submission:
    documents = tuple(SubmittedDocument(_entry(feeding), content, number) for number, content in enumerate(feeding.documents))
    lot = SubmissionSet(source_id=actor.situation.structure, patient=feeding.patients[0])
    return Submission(lot, documents, ("DocumentReference",) * len(documents))


def _header(content: bytes) -> CdaHeader:
    try:
        return read_header(content)
    except CdaError:
        raise Refusal(No.DOCUMENT_MALFORMED) from None


def _change(question: Ask, feeding: Feeding) -> None:
    """Delete a document, or change its visibility: what the law gives to a structure, which is little."""
    act = Act.DELETE if feeding.action == DELETE else Act.MASK if feeding.labels else Act.ANNOUNCE
    named = named_document(question, [_header(feeding.documents[0]).unique_id], unique_only=True)
    change_document(replace(question, act=act), named)


def _check_replacing(feeding: Feeding) -> None:
    """A replacement says what it replaces, in its relatedDocument RPLC; without it the old version would stay in force."""
    for content in feeding.documents:
        if not any(parent.kind == "replaces" for parent in _header(content).parents):
            raise Refusal(No.DOCUMENT_PARENT_UNKNOWN)


def _handle(feeding: Feeding, transport: Certificate, at: datetime) -> None:
    if transport.kind != STRUCTURE:
        raise Refusal(No.CERTIFICATE_REFUSED, {"problem": "a structure's certificate opens this door"})
    actor = actor_of_certificate(transport, at)
    question = Ask(actor, Act.FEED, at, _ins(feeding), secret=feeding.secret)
    alone = feeding.action == DELETE or feeding.changes_labels
    if alone and len(feeding.documents) > 1:
        # Two changes are two decisions: the second could be refused after the first was made.
        raise Hl7Error("198", "one document is deleted or changed at a time")
    if not feeding.for_record:
        # The message is for the mail of the hospital alone: there is nothing to do here, and nothing wrong.
        return
    if alone:
        _change(question, feeding)
        return
    if feeding.action == CHANGE:
        _check_replacing(feeding)
    deposit(question, _submission(feeding, actor))


def _acknowledged(
    head: Message | None, kind: str, at: datetime, error: tuple[str, str, str] | None = None, left: tuple[str, ...] = ()
) -> bytes:
    """ACK: what was received, and the error with its codes and its sentence; of what is stored, what is not kept beside it."""
    stamp = at.strftime("%Y%m%d%H%M%S+0000")
    sender = [head.head.part(number) for number in (3, 4, 5, 6)] if head else ["", "", "", ""]
    control = head.head.echoed(10) if head else ""
    processing = head.head.echoed(11) if head else "P"
    event = head.head.part(9, 2) if head else ""
    segments: list[tuple[str, list[Field]]] = [
        ("MSH", [sender[2] or "CARNET", sender[3], sender[0], sender[1], stamp, "", ["ACK", event, "ACK"],
                 type(control)(f"CARNET-{control}"), processing or "P",
                 ["2.5", "FRA", "2.11"], "", "", "", "", "", "UNICODE UTF-8"]),
        ("MSA", [kind, control]),
    ]  # fmt: skip
    if error:
        condition, application, text = error
        segments.append(("ERR", ["", "", [condition], "E", [application] if application else "", "", "", text]))
    if left:
        told = gettext("Le document est gardé. N'est pas gardé, de ce que le message dit à côté : {}.")
        # HL70516: a warning beside an acceptance. Names alone: what such a segment holds may be of health.
        segments.append(("ERR", ["", "", ["0"], "W", "", "", "", told.format(", ".join(left[:MOST_LEFT]))]))
    return write_message(segments)


def answer(content: bytes, transport: Certificate, at: datetime) -> bytes:
    """The acknowledgement of one message: AA once everything is stored, AE or AR with nothing changed."""
    head: Message | None = None
    left: tuple[str, ...] = ()
    with override("fr"):
        try:
            head = read_message(content)
            feeding = read_feeding(head)
            left = feeding.left if feeding.for_record else ()
            if feeding.processing not in settings.CARNET.hl7v2_processing:
                # What was sent to try a line or to train somebody is nobody's care: it feeds no record.
                raise Hl7Error("202", "this server takes messages of production alone (MSH-11)")
            _handle(feeding, transport, at)
        except Hl7Error as error:
            return _acknowledged(head, REJECTED, at, (error.code, "", str(error)))
        except Refusal as refusal:
            told = catalogued(refusal.code)
            text = f"{refusal.code}: {sentence(told.professional)} {sentence(told.next_step)}"
            return _acknowledged(head, FAILED, at, ("207", application_code(refusal.code), text))
        return _acknowledged(head, ACCEPTED, at, left=left)
