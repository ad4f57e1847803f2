"""Visibility as a filter: the rules of `conditions.document` described for a database, and the codes of a deposit.

Property tests hold the two executors equal: the documents on which `decide()` permits a reading are exactly those that
the filter lets through (tests/generative).
"""

from carnet.dicah.columns import profession_counted
from carnet.dicah.conditions import Denial
from carnet.dicah.conditions.authentication import CONNECTED, PERSONS
from carnet.dicah.conditions.document import NOT_TOLD_SECRETS
from carnet.dicah.conditions.habilitation import functional_right
from carnet.dicah.facts import DocumentFacts, Facts
from carnet.dicah.settings import LawSettings
from carnet.kernel.actor import ActorKind
from carnet.kernel.ask import EMERGENCY_MODES, Act, Ask
from carnet.kernel.codes import HIDDEN_FROM_PATIENT, HIDDEN_FROM_REPRESENTATIVES, MASKED
from carnet.kernel.refusal import No
from carnet.kernel.visibility import Masked, Own, Status, Visibility

_READABLE = frozenset({Status.APPROVED, Status.DEPRECATED, Status.ARCHIVED})
_ROW_OF_STATUS = {Status.DEPRECATED: "TD3.2:obsolete", Status.ARCHIVED: "TD3.2:archive"}


def _by_matrix(ask: Ask) -> bool:
    return ask.actor.kind is ActorKind.PROFESSIONAL and ask.act is not Act.SEARCH_OWN_REFERENCE


def _statuses(ask: Ask, facts: Facts) -> frozenset[Status]:
    readable = _READABLE | {Status.DELETED} if facts.settings.deleted_readable else _READABLE
    if not _by_matrix(ask):
        return readable
    rows = ((status, _ROW_OF_STATUS.get(status)) for status in readable)
    return frozenset(s for s, row in rows if row is None or functional_right(ask, facts, row).allowed)


def _hidden_row(ask: Ask, facts: Facts) -> bool:
    return not _by_matrix(ask) or functional_right(ask, facts, "TD3.2:invisible_patient_rl").allowed


def _types(ask: Ask, facts: Facts) -> frozenset[str] | None:
    if _by_matrix(ask):
        profession = profession_counted(ask.actor, facts.settings)
        return facts.edition.consultable(profession) if profession else frozenset()
    relation = facts.access.relation
    limited = ask.actor.kind is ActorKind.CARER and relation is not None
    return relation.scope if limited and relation and relation.scope else None


def _masked(ask: Ask, facts: Facts) -> Masked:
    if ask.actor.kind in CONNECTED:
        return Masked.NONE
    if ask.actor.kind in PERSONS or ask.act is Act.SEARCH_OWN_REFERENCE:
        return Masked.ALL
    if ask.mode in EMERGENCY_MODES:
        return Masked.ALL if facts.access.switch_masked else Masked.NONE
    named = facts.access.treating_doctor or facts.access.administrator
    return Masked.ALL if named else Masked.OWN


def _own(ask: Ask) -> Own:
    if ask.act is not Act.SEARCH_OWN_REFERENCE:
        return Own.ANY
    by_structure = ask.actor.kind in (ActorKind.EMPLOYEE, ActorKind.STRUCTURE)
    return Own.STRUCTURE if by_structure else Own.AUTHOR


def visibility_of(ask: Ask, facts: Facts) -> Visibility:
    """Describe what this asker sees of the record, once the conditions that concern the whole record hold."""
    return Visibility(
        types=_types(ask, facts),
        statuses=_statuses(ask, facts),
        masked=_masked(ask, facts),
        hidden_from_patient=ask.actor.kind not in PERSONS and _hidden_row(ask, facts),
        hidden_from_representatives=ask.actor.kind not in NOT_TOLD_SECRETS and _hidden_row(ask, facts),
        own=_own(ask),
        actor_id=ask.actor.id,
        structure_id=ask.actor.situation.structure,
    )


def codes_of(document: DocumentFacts) -> frozenset[str]:
    """The visibility codes (TRE_A07) that a document carries; `N` is always beside them and not among them."""
    flags = {
        MASKED: document.masked,
        HIDDEN_FROM_PATIENT: document.hidden_from_patient,
        HIDDEN_FROM_REPRESENTATIVES: document.hidden_from_representatives,
    }
    return frozenset(code for code, stands in flags.items() if stands)


def check_codes(
    document: DocumentFacts, settings: LawSettings, replaced: DocumentFacts | None = None, by_person: bool = False
) -> Denial | None:
    """Check the visibility codes of a deposit (access law §3). Returns the denial, or None.

    The signature object of a submission carries MASQUE_PS and INVISIBLE_PATIENT together in official messages.
    """
    both = document.masked and document.hidden_from_patient
    if both and not document.technical and not settings.masked_and_hidden_together:
        return Denial(No.VISIBILITY_COMBINATION)
    if by_person and (document.hidden_from_patient or document.hidden_from_representatives):
        return Denial(No.VISIBILITY_NOT_ALLOWED)
    if replaced and document.hidden_from_patient and not replaced.hidden_from_patient:
        # No visible document disappears: a replacement may not add INVISIBLE_PATIENT.
        return Denial(No.VISIBILITY_NOT_ALLOWED)
    if replaced and document.hidden_from_representatives and not replaced.hidden_from_representatives:
        # Nor INVISIBLE_REPRESENTANTS_LEGAUX: a visible document that is replaced by nothing tells of a secret (ours).
        return Denial(No.VISIBILITY_NOT_ALLOWED)
    return None
