"""Checking a deposit: what is declared against the bytes, the CDA header, the value sets and the directory.

Each step takes what is known so far and returns it completed, or refuses with the code that fits. Nothing is stored.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings

from carnet.apps.identity import api as identity
from carnet.apps.records.documents.labels import labels_of
from carnet.apps.records.documents.told_traits import of_header, of_source
from carnet.apps.records.media import TYPES_OF_CDA, check_inside, check_media, format_of
from carnet.apps.storage.api import Work
from carnet.dicah.conditions.authentication import PERSONS
from carnet.formats import codes
from carnet.formats.cda import CdaError, CdaHeader, NotClinicalError, SeveralPatientsError, read_header
from carnet.formats.safe_xml import NOT_XML
from carnet.formats.xds import Author, Coding, DocumentEntry
from carnet.kernel.actor import Actor, Context
from carnet.kernel.codes import RAISED_CONFIDENTIALITY, SECTOR_SYSTEM, VISIBILITY_CODES
from carnet.kernel.copies import replace
from carnet.kernel.identifiers import DocumentId, IdentifierError, Oid
from carnet.kernel.ins import BEFORE_INS, INS_ROOT, Ins, InsError
from carnet.kernel.refusal import No, Refusal
from carnet.kernel.traits import Traits, mismatches, normalise_name

PRACTICE_SYSTEM = "1.2.250.1.213.1.1.4.9"
CLASS_SYSTEM = "1.2.250.1.213.1.1.4.1"
_ONE_DAY = timedelta(days=1)
"""Zones, and days without an hour: nobody means another day by them."""
_OLDEST = 1850
_LATEST = 2200
TECHNICAL_TYPES = frozenset({"E1762"})
"""Type of the signature object of a submission (ASTM E1762)."""
_OWN_WORDS, OWN_WORDS_SYSTEM = "EXP_PATIENT", "1.2.250.1.213.1.1.4.6"
"""Facility and practice setting of what patients deposit (JDV_J02, J04)."""
_PRACTICE = {Context.TOWN: "AMBULATOIRE", Context.HOSPITAL: "ETABLISSEMENT", Context.MEDICO_SOCIAL: "ESSMS"}


@dataclass(frozen=True, slots=True)
class Deposit:
    """Who deposits, for whom, when."""

    record_id: UUID
    actor: Actor
    at: datetime
    traits: Traits = field(default_factory=Traits)
    ins: Ins | None = None
    """The INS by which the record was entered."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A document ready to be stored, with the warnings that the depositor reads."""

    entry: DocumentEntry
    content: bytes
    header: CdaHeader | None = None
    warnings: tuple[No, ...] = ()

    def labels(self) -> frozenset[str]:
        """The visibility codes."""
        return frozenset(c.code for c in self.entry.confidentiality) & VISIBILITY_CODES

    @property
    def technical(self) -> bool:
        """Whether this is the signature object of a submission."""
        return self.entry.type.code in TECHNICAL_TYPES

    def warned(self, warning: No) -> "Checked":
        """The same, with one more warning."""
        return replace(self, warnings=(*self.warnings, warning))


def _refuse(code: No, /, **details: str) -> Refusal:
    return Refusal(code, details)


def _bytes(checked: Checked) -> Checked:
    """Size and SHA-1 as declared, and the limit of the settings."""
    entry, content = checked.entry, checked.content
    if len(content) > settings.CARNET.max_document_bytes:
        raise _refuse(No.DOCUMENT_TOO_LARGE, limit=str(settings.CARNET.max_document_bytes))
    if not content:
        raise _refuse(No.DOCUMENT_MALFORMED, problem="empty")
    if entry.size is not None and entry.size != len(content):
        raise _refuse(No.DOCUMENT_SIZE_MISMATCH)
    sha1 = hashlib.sha1(content, usedforsecurity=False).hexdigest()
    if entry.sha1 and entry.sha1 != sha1:
        raise _refuse(No.DOCUMENT_HASH_MISMATCH)
    return replace(checked, entry=replace(entry, size=len(content), sha1=sha1))


def _media(checked: Checked) -> Checked:
    """The bytes are what their media type says; a CDA header is read."""
    mime = check_media(checked.entry.mime, checked.content)
    checked = replace(checked, entry=replace(checked.entry, mime=mime))
    if mime not in TYPES_OF_CDA or checked.technical:
        return checked
    try:
        header = read_header(checked.content, ZoneInfo(settings.LAW.civil_zone))
        check_inside(checked.content)
        return replace(checked, header=header)
    except NotClinicalError:
        raise _refuse(No.DOCUMENT_NOT_CLINICAL) from None
    except SeveralPatientsError as error:
        raise _refuse(No.DOCUMENT_PATIENT_MISMATCH, problem=str(error)) from None
    except CdaError as error:
        raise _refuse(No.DOCUMENT_MALFORMED, problem=str(error)) from None


def _one_ins(root: str, extension: str) -> Ins:
    try:
        ins = Ins(extension, Oid(root))
    except InsError as error:
        raise _refuse(No.INS_MALFORMED, problem=str(error)) from None
    except IdentifierError:
        raise _refuse(No.INS_MALFORMED, problem="OID") from None
    if root not in settings.LAW.accepted_ins_oids:
        raise _refuse(No.INS_OID_REFUSED, oid=root)
    return ins


def _ins_of_header(header: CdaHeader) -> list[Ins]:
    """Every INS that a CDA gives its patient. Local identifiers (IPP) stand beside them under other roots."""
    found = [_one_ins(root, ext) for root, ext in header.patient_ids if root.startswith(INS_ROOT) and root not in BEFORE_INS]
    if not found:
        raise _refuse(No.DOCUMENT_PATIENT_MISMATCH, problem="no INS in the document")
    return found


def _record_of(work: Work, ins: Ins) -> UUID | None:
    return identity.find(ins, work)


def _leads_here(work: Work, ins: Ins, deposit: Deposit) -> bool:
    return ins == deposit.ins or work.once(_record_of, ins) == deposit.record_id


def _declared_patient(work: Work, entry: DocumentEntry, deposit: Deposit) -> None:
    for system, value in entry.patients or (entry.patient,):
        if system == "record":
            if value.lower() != str(deposit.record_id):
                raise _refuse(No.DOCUMENT_PATIENT_MISMATCH)
        elif value:
            try:
                if not _leads_here(work, Ins.of(value, system), deposit):
                    raise _refuse(No.DOCUMENT_PATIENT_MISMATCH)
            except (InsError, IdentifierError) as error:
                raise _refuse(No.INS_MALFORMED, problem=str(error)) from None


def _patient(work: Work, checked: Checked, deposit: Deposit) -> Checked:
    """The patient declared and the patient of the document are the person of this record."""
    _declared_patient(work, checked.entry, deposit)
    header = checked.header
    if header and not all(_leads_here(work, ins, deposit) for ins in _ins_of_header(header)):
        raise _refuse(No.DOCUMENT_PATIENT_MISMATCH)
    said = (checked.entry.patient_traits, of_source(checked.entry), of_header(header, deposit.traits))
    wrong = tuple(dict.fromkeys(name for traits in said for name in mismatches(traits, deposit.traits)))
    if wrong and not settings.CARNET.vendor_kit:
        raise _refuse(No.INS_MISMATCH, fields=", ".join(wrong))
    return checked.warned(No.INS_MISMATCH) if wrong else checked


def _unique_id(checked: Checked) -> Checked:
    """The uniqueId, declared or from the header; both must agree."""
    declared, header = checked.entry.unique_id, checked.header
    of_header = header.unique_id if header else ""
    contradicts = bool(declared and of_header) and declared.lower() != of_header.lower()
    if contradicts and not settings.CARNET.vendor_kit:
        raise _refuse(No.DOCUMENT_METADATA_MISMATCH, fields="masterIdentifier")
    try:
        value = DocumentId(declared or of_header).value
        value = value.lower() if value.startswith("urn:uuid:") else value
    except IdentifierError:
        raise _refuse(No.REQUEST_MALFORMED, fields="masterIdentifier") from None
    checked = replace(checked, entry=replace(checked.entry, unique_id=value))
    return checked.warned(No.DOCUMENT_METADATA_MISMATCH) if contradicts else checked


def _created(checked: Checked) -> Checked:
    """The creation that is declared is the one that the document states, or its depositor is told: pages and searches hold to the
    declared one, so that nobody else would notice."""
    declared, header = checked.entry.creation_time, checked.header
    stated = header.effective_time if header else None
    if declared is None or stated is None or abs(declared - stated) <= _ONE_DAY:
        return checked
    return checked.warned(No.DOCUMENT_METADATA_MISMATCH)


def _valid(name: codes.Name, code: str, on: date, element: str) -> None:
    state = codes.state(name, code, on)
    if state == "unknown":
        raise _refuse(No.DOCUMENT_CODE_UNKNOWN, fields=element, code=code)
    if state == "ended" and not settings.CARNET.vendor_kit:
        raise _refuse(No.DOCUMENT_CODE_ENDED, fields=element, code=code)


def _type_and_class(checked: Checked, on: date) -> Checked:
    """The type, declared and in the header alike, is in force; the class follows from it by the association table."""
    entry, header = checked.entry, checked.header
    type_ = entry.type or (header.type if header else Coding())
    if header and type_.code != header.type.code:
        raise _refuse(No.DOCUMENT_METADATA_MISMATCH, fields="type")
    _valid("type_codes", type_.code, on, "type")
    member = codes.member("type_codes", type_.code) or codes.NO_MEMBER
    derived = member.class_code or entry.class_.code
    if not derived:
        raise _refuse(No.DOCUMENT_CODE_UNKNOWN, fields="category", code="")
    _valid("class_codes", derived, on, "category")
    wrong = bool(entry.class_) and entry.class_.code != derived
    if wrong and settings.CARNET.type_class_mismatch == "refuse":
        raise _refuse(No.DOCUMENT_TYPE_CLASS_MISMATCH, expected=derived)
    class_ = Coding(derived, CLASS_SYSTEM, codes.label("class_codes", derived))
    labelled = Coding(type_.code, member.system, member.label or type_.display)
    checked = replace(checked, entry=replace(entry, type=labelled, class_=class_))
    return checked.warned(No.DOCUMENT_TYPE_CLASS_MISMATCH) if wrong else checked


def _labels(checked: Checked) -> Checked:
    """`N`, or the raised confidentiality (R, V) that is declared or that the CDA states, beside the visibility codes alone."""
    stated = {checked.header.confidentiality} if checked.header else set()
    declared = ({c.code for c in checked.entry.confidentiality} | (stated & RAISED_CONFIDENTIALITY)) - {"N"}
    raised = sorted(declared & RAISED_CONFIDENTIALITY)
    unknown = declared - VISIBILITY_CODES - RAISED_CONFIDENTIALITY
    if unknown:
        raise _refuse(No.DOCUMENT_CODE_UNKNOWN, fields="securityLabel", code=", ".join(sorted(unknown)))
    if raised and settings.LAW.raised_confidentiality == "refuse":
        raise _refuse(No.DOCUMENT_CONFIDENTIALITY_RAISED, fields="securityLabel", code=", ".join(raised))
    labels = labels_of(declared, frozenset(declared) & VISIBILITY_CODES)
    checked = replace(checked, entry=replace(checked.entry, confidentiality=labels))
    return checked.warned(No.DOCUMENT_CONFIDENTIALITY_RAISED) if raised else checked


def _national(name: codes.Name, coding: Coding, on: date, element: str) -> None:
    # The bindings are "preferred" (PDSm): a code of another system passes, a code of a national system must be valid.
    if coding.system.startswith("1.2.250.1.") and codes.member(name, coding.code) is None:
        raise _refuse(No.DOCUMENT_CODE_UNKNOWN, fields=element, code=coding.code)
    if codes.member(name, coding.code):
        _valid(name, coding.code, on, element)


def _stated(name: codes.Name, stated: Coding, on: date) -> Coding:
    """A code that a CDA states, where it is of the national list: anything else is not taken over."""
    return stated if codes.state(name, stated.code, on) == "valid" else Coding()


def _settings_of_care(checked: Checked, deposit: Deposit) -> Checked:
    """Facility, practice setting and format: checked when declared, else as the CDA states them, else from who deposits."""
    entry, header, on = checked.entry, checked.header, settings.LAW.day(deposit.at)
    if header:
        entry = replace(entry, facility=entry.facility or _stated("facility_types", header.facility, on),
                        practice=entry.practice or _stated("practice_settings", header.practice, on))  # fmt: skip
    if deposit.actor.kind in PERSONS:
        own = Coding(_OWN_WORDS, OWN_WORDS_SYSTEM, codes.label("practice_settings", _OWN_WORDS))
        entry = replace(entry, facility=entry.facility or own, practice=entry.practice or own)
    sector = deposit.actor.situation.sector
    facility = entry.facility or Coding(sector, SECTOR_SYSTEM, codes.label("facility_types", sector))
    practice_code = _PRACTICE.get(settings.LAW.context_of(sector) or Context.TOWN, "AMBULATOIRE")
    practice = entry.practice or Coding(practice_code, PRACTICE_SYSTEM, codes.label("practice_settings", practice_code))
    _national("facility_types", facility, on, "context.facilityType")
    _national("practice_settings", practice, on, "context.practiceSetting")
    _national("format_codes", entry.format, on, "content.format")
    format_ = entry.format or format_of(entry.mime, checked.header)
    return replace(checked, entry=replace(entry, facility=facility, practice=practice, format=format_))


def _in_part(entry: DocumentEntry, header: CdaHeader | None, created: datetime, start: datetime) -> tuple[tuple[str, str], ...]:
    """The times that were stated to less than a second: those declared, and those of the header where none was declared."""
    declared = {"creationTime": entry.creation_time, "serviceStartTime": entry.service_start, "serviceStopTime": entry.service_stop}
    found = {name: digits for name, digits in (header.times_stated if header else ()) if declared[name] is None}
    # What `date` alone says is the creation's where no header says it.
    found |= {name: digits for name, digits in entry.times_stated if declared[name] is not None or not header}
    if start == created and "creationTime" in found and not (entry.service_start or (header and header.service_start)):
        # A beginning that nobody gives is the creation's: it is no more precise.
        found["serviceStartTime"] = found["creationTime"]
    return tuple(found.items())


def _times(checked: Checked, deposit: Deposit) -> Checked:
    """Dates, from the header where they were not declared; a service ends after it starts."""
    entry, header = checked.entry, checked.header
    created = entry.creation_time or (header.effective_time if header else None) or entry.date or deposit.at
    stop = entry.service_stop or (header.service_stop if header else None)
    start = entry.service_start or (header.service_start if header else None)
    # A beginning that nobody gives is not after the end that somebody gives.
    start = start or (min(created, stop) if stop else created)
    if stop is not None and stop < start:
        raise _refuse(No.REQUEST_MALFORMED, fields="context.period")
    if not all(_OLDEST <= moment.year <= _LATEST for moment in (created, start, entry.date or created)):
        # A clinical date is of a life: one of the year 9999 is a fault of a clock, and some programs cannot even show it.
        raise _refuse(No.REQUEST_MALFORMED, fields="date")
    stated = _in_part(entry, header, created, start)
    entry = replace(
        entry, creation_time=created, date=entry.date or created, service_start=start, service_stop=stop, times_stated=stated
    )
    title = entry.title or (header.title if header else "") or entry.type.display or entry.type.code
    if len(title) > 500:
        raise _refuse(No.REQUEST_MALFORMED, fields="attachment.title")
    parents = entry.parents or (header.parents if header else ())
    events = entry.events or (header.events if header else ())
    return replace(checked, entry=replace(entry, title=title, parents=parents, events=events,
                                          language=entry.language or "fr-FR"))  # fmt: skip


def depositor_of(work: Work, actor: Actor) -> Author:
    """Whoever deposits, as an author: named as the directory names them, else as they signed in."""
    if actor.kind in PERSONS:
        given, _, family = actor.name.partition(" ")
        return Author("", family or given, given if family else "")
    person, situation = work.once(identity.professional, actor.id), actor.situation
    family, given = (person.family, person.given) if person else (actor.name, "")
    return Author(actor.id, family, given, situation.structure, situation.structure_name)


def _authors(work: Work, checked: Checked, deposit: Deposit) -> Checked:
    """Authors: declared, else those of the header, else the depositor. A person must be in the directory."""
    entry, header = checked.entry, checked.header
    authors = entry.authors or (header.authors if header else ())
    if not authors:
        authors = (depositor_of(work, deposit.actor),)
        checked = checked.warned(No.AUTHOR_IS_DEPOSITOR)
    elif header:
        _check_authors(authors, header)
        authors = tuple(_completed(author, header) for author in authors)
    persons = frozenset(a.professional for a in authors if a.professional[:1] in ("0", "8"))
    if deposit.actor.id in persons and work.once(identity.professional, deposit.actor.id):
        persons -= {deposit.actor.id}
    unknown = persons - work.once(identity.known_professionals, persons) if persons else frozenset()
    if unknown and settings.CARNET.unknown_author == "refuse":
        raise _refuse(No.DOCUMENT_AUTHOR_UNKNOWN, fields="author")
    authenticator = entry.authenticator or (header.authenticator if header else None)
    custodian = entry.custodian or (header.custodian if header else None)
    entry = replace(entry, authors=authors, authenticator=authenticator, custodian=custodian)
    return replace(checked, entry=entry)


def _check_authors(declared: tuple[Author, ...], header: CdaHeader) -> None:
    """Who wrote a CDA is what the CDA says: an authorship gives rights on the document."""
    if not all(any(_same(author, known) for known in header.authors) for author in declared if author.id):
        raise _refuse(No.DOCUMENT_METADATA_MISMATCH, fields="author")


def _same(author: Author, known: Author) -> bool:
    """Same identifier, of the same authority where both say it."""
    return author.id == known.id and (author.authority == known.authority or not (author.authority and known.authority))


def _completed(author: Author, header: CdaHeader) -> Author:
    """A declared author often carries an identifier alone: name and structure come from the header, and who assigned it too."""
    for known in header.authors:
        if _same(author, known):
            return replace(author, authority=author.authority or known.authority) if author.family else known
    return author


def check(work: Work, entry: DocumentEntry, content: bytes, deposit: Deposit) -> Checked:
    """Check one document of a deposit. Raises Refusal; returns it completed and ready to be stored."""
    on = settings.LAW.day(deposit.at)
    checked = _media(_bytes(Checked(entry, content)))
    checked = _created(_unique_id(_patient(work, checked, deposit)))
    checked = _labels(_type_and_class(checked, on))
    checked = _times(_settings_of_care(checked, deposit), deposit)
    return _widths(_authors(work, checked, deposit))


_WIDEST = {"type": 40, "class_": 60, "format": 120, "facility": 40, "practice": 40, "events": 80}
"""Characters of a code that the registry keeps. No nomenclature comes near."""
_NAMES, _NUMBERS, _REFERENCE = 120, 64, 200


def _widths(checked: Checked) -> Checked:
    """What is longer than the registry keeps is refused before it is asked, with the field's name."""
    entry = checked.entry
    codes_of = {name: getattr(entry, name) if name == "events" else (getattr(entry, name),) for name in _WIDEST}
    too_long = [name.strip("_") for name, found in codes_of.items() if any(len(c.code) > _WIDEST[name] for c in found)]
    too_long += ["related"] if any(len(r.value) > _REFERENCE for r in entry.references) else []
    names = [normalise_name(part) for a in entry.authors for part in (a.family, a.given)]
    numbers = [part for a in entry.authors for part in (a.professional, a.structure)]
    too_long += ["author"] if any(len(n) > _NAMES for n in names) or any(len(n) > _NUMBERS for n in numbers) else []
    # A reader of codes sends separators of its own (GS): they are no text, and SOAP could not tell them.
    odd = [name for name, said in (("attachment.title", entry.title), ("description", entry.comments)) if NOT_XML.search(said)]
    if too_long or odd:
        raise _refuse(No.REQUEST_MALFORMED, fields=", ".join([*too_long, *odd]))
    return checked
