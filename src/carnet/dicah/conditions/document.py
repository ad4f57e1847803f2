"""Rules on one document: what hides it from the asker, and who may change it.

A hidden document is unknown: every rule that hides answers `document-unknown`, so that nothing tells why.
"""

from carnet.dicah.acts import BY_REFERENCE, ON_A_DOCUMENT
from carnet.dicah.columns import is_doctor, profession_counted
from carnet.dicah.conditions import Denial, rule
from carnet.dicah.conditions.authentication import CONNECTED, PERSONS, PROFESSIONALS
from carnet.dicah.conditions.habilitation import functional_right
from carnet.dicah.facts import DocumentFacts, Facts
from carnet.kernel.actor import ActorKind
from carnet.kernel.ask import EMERGENCY_MODES, Act, Ask
from carnet.kernel.refusal import No
from carnet.kernel.visibility import Status

UNKNOWN = Denial(No.DOCUMENT_UNKNOWN)
NOT_TOLD_SECRETS = frozenset({ActorKind.REPRESENTATIVE, ActorKind.CARER}) | CONNECTED
"""From whom the secrets of a minor are kept. A connected service too (ours): its person may have been a representative, and what
it was sent is out of the minor's hands."""


def is_author(ask: Ask, document: DocumentFacts) -> bool:
    """Whether the actor wrote the document; for a CPE or a certificate, whether the structure did."""
    if ask.actor.kind in (ActorKind.EMPLOYEE, ActorKind.STRUCTURE):
        structure = ask.actor.situation.structure
        return bool(structure) and structure in document.author_structures
    return bool(ask.actor.id) and ask.actor.id in document.authors


def _asked(ask: Ask, facts: Facts) -> DocumentFacts | None:
    return facts.document if ask.act in ON_A_DOCUMENT else None


@rule("V", "DMP message TD2.1: the signature of a submission is never listed to anybody")
def technical_object(ask: Ask, facts: Facts) -> Denial | None:
    """The signature object of a submission is shown to nobody."""
    document = _asked(ask, facts)
    return UNKNOWN if document and document.technical else None


@rule("V", "public FAQ of the DMP; override of TD3.2:supprime (setting deleted_readable)")
def deleted(ask: Ask, facts: Facts) -> Denial | None:
    """After deletion nobody reads, but the host's own procedure."""
    document = _asked(ask, facts)
    return UNKNOWN if document and document.status is Status.DELETED and not facts.settings.deleted_readable else None


@rule("V", "TD3.2:archive, TD3.2:obsolete, TD3.2:invisible_patient_rl")
def attribute_without_right(ask: Ask, facts: Facts) -> Denial | None:
    """Archived, obsolete and unannounced documents have a row each in the functional matrix."""
    document = _asked(ask, facts)
    if document is None or ask.actor.kind is not ActorKind.PROFESSIONAL or ask.act in BY_REFERENCE:
        return None
    needed = {
        "TD3.2:archive": document.status is Status.ARCHIVED,
        "TD3.2:obsolete": document.status is Status.DEPRECATED,
        "TD3.2:invisible_patient_rl": document.hidden_from_patient or document.hidden_from_representatives,
    }
    lacking = [row for row, holds in needed.items() if holds and not functional_right(ask, facts, row).allowed]
    return UNKNOWN if lacking else None


@rule("V", "order of 26 October 2023, matrix")
def type_closed_to_profession(ask: Ask, facts: Facts) -> Denial | None:
    """A professional consults the types that the matrix opens to the profession."""
    document = _asked(ask, facts)
    if document is None or ask.actor.kind is not ActorKind.PROFESSIONAL or ask.act in BY_REFERENCE:
        return None
    profession = profession_counted(ask.actor, facts.settings)
    open_types = facts.edition.consultable(profession) if profession else frozenset()
    return None if document.type_code in open_types else UNKNOWN


def _author_alone(document: DocumentFacts) -> frozenset[str]:
    """The structures that wrote a document for which no person stands as author."""
    return frozenset() if document.authors else document.author_structures


def _sees_masked(ask: Ask, facts: Facts, document: DocumentFacts) -> bool:
    if ask.act in BY_REFERENCE:
        return True
    if ask.mode in EMERGENCY_MODES:
        # The third switch binds the treating doctor too (law), and author and administrators (ours).
        return facts.access.switch_masked
    access, actor = facts.access, ask.actor
    named = access.treating_doctor or access.administrator
    mine = actor.id in document.authors or actor.id == document.depositor
    # Members of the depositing structure see it if they hold an authorisation; without one it is as unknown as any. So do those of
    # a structure that is the author itself: its professionals left the directory.
    here = bool(actor.situation.structure) and actor.situation.structure in {document.depositor_structure, *_author_alone(document)}
    ours = here and access.authorisation is not None
    return named or mine or ours


@rule("V", "R.1111-49 CSP; TD3.2:masque_ps; access law §3")
def masked_to_professionals(ask: Ask, facts: Facts) -> Denial | None:
    """MASQUE_PS hides from professionals, but those whom the law names."""
    document = _asked(ask, facts)
    if document is None or ask.actor.kind not in PROFESSIONALS or not document.masked:
        return None
    return None if _sees_masked(ask, facts, document) else UNKNOWN


@rule("V", "R.1111-53 CSP")
def hidden_from_patient(ask: Ask, facts: Facts) -> Denial | None:
    """INVISIBLE_PATIENT hides from the holder and everybody on the holder's side, until the announcement."""
    document = _asked(ask, facts)
    return UNKNOWN if document and ask.actor.kind in PERSONS and document.hidden_from_patient else None


@rule("V", "R.1111-50 CSP, L.1111-5 CSP")
def hidden_from_representatives(ask: Ask, facts: Facts) -> Denial | None:
    """INVISIBLE_REPRESENTANTS_LEGAUX hides from legal representatives, carers and connected services; the minor still sees."""
    document = _asked(ask, facts)
    hidden = document is not None and document.hidden_from_representatives
    return UNKNOWN if hidden and ask.actor.kind in NOT_TOLD_SECRETS else None


@rule("V", "R.1111-37 CSP; access law §1, connected service: minus what the holder excludes (ours: what is masked)")
def masked_to_services(ask: Ask, facts: Facts) -> Denial | None:
    """What the holder masked from professionals goes to no connected service either."""
    document = _asked(ask, facts)
    return UNKNOWN if document and document.masked and ask.actor.kind in CONNECTED else None


@rule("V", "access law §6: scope chosen by the holder")
def outside_scope(ask: Ask, facts: Facts) -> Denial | None:
    """A carer sees the types of the scope; an empty scope is the whole relation."""
    document = _asked(ask, facts)
    relation = facts.access.relation
    limited = relation is not None and bool(relation.scope) and ask.actor.kind is ActorKind.CARER
    if document is None or relation is None or not limited:
        return None
    return None if document.type_code in relation.scope else UNKNOWN


@rule("V", "TD3.1:reference; access law §3")
def reference_of_own_documents(ask: Ask, facts: Facts) -> Denial | None:
    """A search by reference finds one's own documents only."""
    document = facts.document
    asked = ask.act is Act.SEARCH_OWN_REFERENCE and document is not None
    return UNKNOWN if asked and document and not is_author(ask, document) else None


@rule("S", "TD2.1 RPLC; access law §4")
def replacement_not_owner(ask: Ask, facts: Facts) -> Denial | None:
    """Replacing is for the author; for a CPE or a certificate, for the structure that wrote it."""
    document = facts.document if ask.act is Act.REPLACE else None
    persons = ask.actor.kind in PERSONS
    if document is None or is_author(ask, document) or (persons and document.by_patient):
        return None
    return Denial(No.DOCUMENT_NOT_OWN)


@rule("S", "TD3.3c; EX_3.3-1060; access law §4")
def deletion_not_owner(ask: Ask, facts: Facts) -> Denial | None:
    """A document of the patient: treating doctor or patient. Any other: its author (or author structure)."""
    document = facts.document if ask.act is Act.DELETE else None
    if document is None:
        return None
    of_patient = facts.access.treating_doctor or ask.actor.kind in PERSONS
    allowed = of_patient if document.by_patient else is_author(ask, document)
    return None if allowed else Denial(No.DOCUMENT_NOT_OWN)


def _archives_all(ask: Ask, facts: Facts) -> bool:
    doctor = is_doctor(ask.actor, facts.settings)
    indirect = ask.actor.authentication.means == "air"
    return facts.access.treating_doctor or (doctor and (indirect or ask.mode in EMERGENCY_MODES))


@rule("S", "TD3.3d; access law §4")
def archiving_not_allowed(ask: Ask, facts: Facts) -> Denial | None:
    """Normal: own documents, treating doctor all, AIR doctors all; emergency: any doctor; a patient's: never others."""
    document = facts.document if ask.act in (Act.ARCHIVE, Act.UNARCHIVE) else None
    if document is None or ask.actor.kind in PERSONS:
        return None
    if document.by_patient:
        return None if facts.access.treating_doctor else Denial(No.DOCUMENT_NOT_OWN)
    return None if _archives_all(ask, facts) or is_author(ask, document) else Denial(No.DOCUMENT_NOT_OWN)


@rule("S", "TD3.3a:demasquer; access law §3")
def unmasking_not_owner(ask: Ask, facts: Facts) -> Denial | None:
    """Unmasking at the patient's request: the treating doctor all, others their own documents."""
    document = facts.document if ask.act is Act.UNMASK else None
    if document is None or ask.actor.kind in PERSONS or facts.access.treating_doctor:
        return None
    return None if is_author(ask, document) else Denial(No.DOCUMENT_NOT_OWN)


@rule("S", "R.1111-50 CSP; EX_3.3-1045; access law §3 (ours)")
def minor_agreement_missing(ask: Ask, facts: Facts) -> Denial | None:
    """Ending INVISIBLE_REPRESENTANTS_LEGAUX needs the minor's recorded agreement: it cannot be taken back."""
    document = facts.document if ask.act is Act.ANNOUNCE else None
    asked = document is not None and document.hidden_from_representatives and not document.hidden_from_patient
    return Denial(No.MINOR_AGREEMENT_MISSING) if asked and not facts.minor_agreed else None
