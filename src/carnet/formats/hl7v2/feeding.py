"""What a message asks for: documents of a patient to deposit, replace or delete, with the flags of the DMP (MetaDMPMSS)."""

import base64
import binascii
from dataclasses import dataclass

from carnet.formats.hl7v2.er7 import Hl7Error, Message, Segment
from carnet.kernel.codes import HIDDEN_FROM_PATIENT, HIDDEN_FROM_REPRESENTATIVES, MASKED, RAISED_CONFIDENTIALITY
from carnet.kernel.ins import BEFORE_INS, INS_ROOT
from carnet.kernel.traits import Traits

FINAL, CHANGE, DELETE = "F", "C", "D"
"""OBX-11: deposit, replace, delete."""
_EVENTS = {
    ("ORU", "R01"): "",
    ("MDM", "T02"): FINAL,
    ("MDM", "T04"): "",
    ("MDM", "T10"): CHANGE,
    ("MDM", "T11"): DELETE,
}
_VERSIONS = ("2.5", "2.6")
_LABELS = {
    "MASQUE_PS": MASKED, "INVISIBLE_PATIENT": HIDDEN_FROM_PATIENT, "INVISIBLE_REP_LEGAUX": HIDDEN_FROM_REPRESENTATIVES,
    "INVISIBLE_REPRESENTANTS_LEGAUX": HIDDEN_FROM_REPRESENTATIVES,
}  # fmt: skip
"""The last is the name of the code itself (DMP), which senders write in place of the flag's (volet of transmission)."""
_VISIBILITY = ("MASQUE", "INVISIBLE", "VISIB", "CONFID")
_FLAGS, _KNOWN_FLAGS = "MetaDMPMSS", frozenset({*_LABELS, "CONNEXION_SECRETE", "DESTDMP", "MODIF_CONF_CODE"})
_ENVELOPE = frozenset(
    {"MSH", "SFT", "EVN", "PID", "PD1", "PV1", "PV2", "ORC", "OBR", "TXA", "PRT", "ROL", "TQ1", "SPM", "CON", "DSC"}
)
"""Segments that carry a document: who, which stay, which order. Others say something of their own."""


@dataclass(frozen=True, slots=True)
class Feeding:
    """A message read: what is asked, whose INS, which documents, which flags."""

    action: str
    patients: tuple[tuple[str, str], ...]
    """Every INS that names the patient: all must lead to one record."""
    documents: tuple[bytes, ...]
    labels: frozenset[str]
    secret: bool
    for_record: bool
    """DESTDMP: whether the documents are for the record at all."""
    changes_labels: bool
    raised: str
    """TXA-18: R or V where the message restricts the document, else empty."""
    traits: Traits
    """What PID says of the person beside the numbers."""
    software: str
    processing: str
    """MSH-11: P production, T training, D debugging."""
    left: tuple[str, ...] = ()
    """What the message says beside its documents, that is not kept: comments, allergies, results outside of a document."""


def _event(message: Message) -> tuple[str, str]:
    kind, event = message.head.part(9, 1), message.head.part(9, 2)
    if kind not in ("ORU", "MDM"):
        raise Hl7Error("200", "ORU or MDM")
    if (kind, event) not in _EVENTS:
        raise Hl7Error("201", "R01, T02, T04, T10 or T11")
    return kind, event


def _patients(message: Message) -> tuple[tuple[str, str], ...]:
    """Every INS of PID-3, among the identifiers of the hospital and those that software worked out before the INS."""
    pid = message.first("PID")
    if len({one.field(3) for one in message.all("PID")}) > 1:
        raise Hl7Error("198", "a message is about one patient")
    told = [(pid.sub(one, 4, 2), pid.part(3, 1, one)) for one in pid.repeated(3) if one]
    found = tuple(dict.fromkeys(one for one in told if one[0].startswith(INS_ROOT) and one[0] not in BEFORE_INS))
    if not found:
        raise Hl7Error("101", "PID-3 holds no INS")
    return found


def _traits(message: Message) -> Traits:
    """Birth date, sex, and the name that PID-5 calls legal; what stands there without a type may be the one in use."""
    pid = message.first("PID")
    born = pid.part(7)[:8]
    whole = len(born) == len("20260101") and born.isdecimal() and born[4:6] != "00" and born[6:] != "00"
    named = {pid.part(5, 7, one): one for one in reversed(pid.repeated(5))}
    # Where a maiden name is given, the legal one is the one of today (HL70200).
    legal = named.get("M") or named.get("L") or ""
    sex = pid.part(8) if pid.part(8) in ("F", "M") else ""
    return Traits(pid.sub(legal, 1, 1), "", sex, f"{born[:4]}-{born[4:6]}-{born[6:]}" if whole else "")


_UNFINISHED = frozenset({"DI", "IN", "IP", "PA"})
"""TXA-17 (HL70271): dictated, incomplete, in progress, not yet authenticated."""
_GONE = frozenset({"CA", "OB", "UN"})
"""TXA-19 (HL70273): cancelled, obsolete, unavailable."""
_RESULTS = frozenset({"", '""', "F", "C"})
"""OBR-25 (HL70123): final, corrected. Anything else is not there yet, or not any more."""


def _check_finished(message: Message) -> None:
    """A record is fed with what was validated: neither a draft nor what its author took back."""
    for txa in message.all("TXA"):
        if any(txa.part(17, 1, one).upper() in _UNFINISHED for one in txa.repeated(17)):
            raise Hl7Error("103", "TXA-17 says that the document is not finished")
        if txa.part(19).upper() in _GONE:
            raise Hl7Error("103", "TXA-19 says that the document is not available")
    if any(obr.part(25).upper() not in _RESULTS for obr in message.all("OBR")):
        raise Hl7Error("103", "OBR-25 says that the results are not final")


def _raised(message: Message) -> str:
    """The confidentiality above normal that TXA-18 states (HL70272)."""
    return max((code for txa in message.all("TXA") if (code := txa.part(18).upper()) in RAISED_CONFIDENTIALITY), default="")


def _document(segment: Segment) -> bytes:
    """The bytes of an ED: source, type, subtype, encoding, data."""
    if segment.part(5, 4).lower() != "base64":
        raise Hl7Error("102", "OBX-5 is encoded in Base64")
    try:
        content = base64.b64decode("".join(segment.part(5, 5).split()), validate=True)
    except (binascii.Error, ValueError):
        raise Hl7Error("102", "OBX-5 is not Base64") from None
    if not content:
        raise Hl7Error("101", "OBX-5 holds no document")
    return content


def _is_document(segment: Segment) -> bool:
    """A document is an ED of a document type; a mail's body is an ED of the flags' own system."""
    return segment.field(2) == "ED" and segment.part(3, 3) != _FLAGS


def _is_flag(segment: Segment) -> bool:
    """A flag stands in the system of flags, or bears the name of one: any other observation is a result of its own."""
    name = segment.part(3, 1).upper()
    named = name in _KNOWN_FLAGS or name.startswith(_VISIBILITY)
    return segment.field(2) != "ED" and (segment.part(3, 3) == _FLAGS or named)


def _left(message: Message) -> tuple[str, ...]:
    """Names of what is not kept, each once."""
    names = []
    for segment in message.segments:
        if segment.name == "OBX":
            kept = _is_document(segment) or _is_flag(segment) or segment.field(2) == "ED"
            names += [] if kept else [f"OBX {segment.part(3, 1)}".strip()[:40]]
        elif segment.name and segment.name not in _ENVELOPE:
            names.append(segment.name[:8])
    return tuple(dict.fromkeys(names))


def _flag(segment: Segment) -> bool | None:
    """A flag; None for one that is not valued: an empty field says nothing, and two quotes say so (HL7 v2.5 §2.5.3)."""
    value = segment.part(5, 1)
    if value in ("", '""'):
        return None
    if value not in ("Y", "N"):
        raise Hl7Error("103", "a flag is Y or N")
    return value == "Y"


def _flags(message: Message) -> dict[str, bool]:
    found: dict[str, bool] = {}
    seen: set[str] = set()
    for segment in message.all("OBX"):
        if _is_flag(segment):
            name = segment.part(3, 1).upper()
            if name in seen:
                raise Hl7Error("198", "a flag stands twice")
            seen.add(name)
            value = _flag(segment)
            if value is not None:
                found[name] = value
            if value and name.startswith(_VISIBILITY) and name not in _LABELS:
                # A visibility that is asked for and not understood would show what was meant to be hidden.
                raise Hl7Error("103", "a visibility flag that is not known here")
    return found


def _action(kind: str, event: str, documents: list[Segment]) -> str:
    states = {segment.field(11) for segment in documents}
    if len(states) != 1 or not states <= {FINAL, CHANGE, DELETE}:
        raise Hl7Error("103", "OBX-11 is F, C or D, the same for each document")
    stated, of_event = states.pop(), _EVENTS[(kind, event)]
    if of_event and of_event != stated:
        raise Hl7Error("103", "OBX-11 and the event say two things")
    return stated


def read_feeding(message: Message) -> Feeding:
    """Read what a message asks for. Raises Hl7Error with the code of table HL70357 that fits."""
    head = message.head
    if not head.part(12).startswith(_VERSIONS):
        raise Hl7Error("203", "version 2.5 or 2.6")
    if not head.field(10).strip():
        raise Hl7Error("101", "MSH-10")
    kind, event = _event(message)
    documents = [segment for segment in message.all("OBX") if _is_document(segment)]
    if not documents:
        raise Hl7Error("100", "there is no OBX with a document")
    flags, action = _flags(message), _action(kind, event, documents)
    if action != DELETE:
        _check_finished(message)
    return Feeding(
        action=action,
        patients=_patients(message),
        documents=tuple(_document(segment) for segment in documents),
        labels=frozenset(code for flag, code in _LABELS.items() if flags.get(flag)),
        secret=flags.get("CONNEXION_SECRETE", False),
        for_record=flags.get("DESTDMP", True),
        changes_labels=flags.get("MODIF_CONF_CODE", False),
        raised=_raised(message),
        traits=_traits(message),
        software=head.part(3),
        processing=head.part(11) or "P",
        left=_left(message),
    )
