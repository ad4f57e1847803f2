"""What the holder chooses: who reads, what is masked on arrival, emergency, presets.

Each is one decision and one line of the journal.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from carnet.apps.access import api as access
from carnet.apps.identity import api as identity
from carnet.apps.journal.api import REPRESENTATIVES
from carnet.apps.records.documents.changing import change_document
from carnet.apps.records.reading import criteria
from carnet.apps.records.reading.search import Query
from carnet.apps.records.reading.visit import Visit, documents, visiting, writing
from carnet.apps.records.reading.who_looked import seen_in_secret
from carnet.kernel.actor import ActorKind
from carnet.kernel.ask import Act, Ask
from carnet.kernel.copies import replace
from carnet.kernel.refusal import No, Refusal

MOST = 2000
"""Documents of a category that are masked or shown again at once."""
PRESETS = ("open", "careful", "reserved")


def _of_category(ask: Ask, record_id: UUID, category: str, masked: bool) -> list[UUID]:
    """Documents of a category that are not yet as they should be."""
    query = Query((criteria.by_category(category), criteria.by_statuses(["Approved"])), count=MOST)
    with visiting(ask, record_id, "documents") as visit:
        return [d.logical_id for d in documents(visit, query).items if d.facts.masked is not masked]


def choose_masks(ask: Ask, record_id: UUID, masks_new: bool, categories: Collection[str]) -> None:
    """Keep what is masked on arrival; a category that was added is masked today too, one that was taken out is shown again."""
    with writing(ask, Act.CHOOSE_RIGHTS, record_id, "masks") as visit:
        before = access.choices(visit.work, visit.record_id).masked_categories
        access.choose_masks(visit.work, visit.granted, masks_new, sorted(categories))
    for category in sorted(before ^ frozenset(categories)):
        masked = category in categories
        for number in _of_category(ask, record_id, category, masked):
            change_document(replace(ask, act=Act.MASK if masked else Act.UNMASK), number)


def choose_emergency(ask: Ask, record_id: UUID, *, break_glass: bool, regulation: bool, masked_in_emergency: bool) -> None:
    """Set the three emergency switches. Raises Refusal."""
    with writing(ask, Act.CHOOSE_RIGHTS, record_id, "emergency") as visit:
        access.choose(visit.work, visit.granted, break_glass=break_glass, regulation=regulation,
                      masked_in_emergency=masked_in_emergency)  # fmt: skip


def close_sections(ask: Ask, record_id: UUID, closed: Collection[str]) -> None:
    """Keep which sections of the profile are closed to professionals. Raises Refusal."""
    with writing(ask, Act.CHOOSE_RIGHTS, record_id, "sections") as visit:
        access.close_sections(visit.work, visit.granted, sorted(closed))


def choose_preset(ask: Ask, record_id: UUID, preset: str) -> None:
    """Several choices at once: everything open; masked on arrival; masked on arrival and no emergency. Raises Refusal."""
    if preset not in PRESETS:
        raise Refusal(No.REQUEST_MALFORMED)
    emergency = preset != "reserved"
    with writing(ask, Act.CHOOSE_RIGHTS, record_id, f"preset:{preset}") as visit:
        kept = access.choices(visit.work, visit.record_id).masked_categories
        access.choose_masks(visit.work, visit.granted, preset != "open", sorted(kept))
        access.choose(visit.work, visit.granted, break_glass=emergency, regulation=emergency)


READERS = ("block", "unblock", "withdraw", "authorise", "objection", "administrator", "administrator-ended", "treating-doctor")
"""What the holder does to one professional or structure: also the word in the journal."""


def change_reader(
    ask: Ask, record_id: UUID, what: str, subject_id: str, kind: str = "person", until: datetime | None = None
) -> None:
    """Block, unblock, take an agreement back, give or prolong it, object to deposits, name. Raises Refusal.

    `until`: when an agreement that is given ends; without it, after the term of the law.
    """
    if what not in READERS:
        raise Refusal(No.REQUEST_MALFORMED)
    with writing(ask, Act.CHOOSE_RIGHTS, record_id, f"{what}:{subject_id}") as visit:
        if visit.facts.minor and ask.actor.kind is ActorKind.HOLDER and f"professional:{subject_id}" in seen_in_secret(visit):
            # A minor blocks somebody of whom the representatives know nothing: so does the line that tells of it.
            visit.line.veil = REPRESENTATIVES
        if kind == "person" and identity.professional(visit.work, subject_id) is None:
            raise Refusal(No.REQUEST_MALFORMED, {"problem": "nobody of the directory"})
        kept = not visit.facts.settings.treating_doctor_may_be_blocked
        if what == "block" and kept and access.treating_doctor_of(visit.work, visit.record_id) == subject_id:
            raise Refusal(No.FUNCTION_NOT_ALLOWED)
        _change_reader(visit, what, subject_id, kind, until)


def _authorised_of(visit: Visit, structure: str) -> list[str]:
    """Professionals with an authorisation of their own who work in a structure."""
    held = {
        n.subject_id for n in access.named(visit.work, visit.record_id) if n.kind == "authorised" and n.subject_kind == "person"
    }
    known = {one: identity.professional(visit.work, one) for one in sorted(held)}
    return [one for one, found in known.items() if found and any(s.structure == structure for s in found.situations)]


def _change_reader(visit: Visit, what: str, subject_id: str, kind: str, until: datetime | None) -> None:
    work, granted = visit.work, visit.granted
    if what == "block":
        access.block(work, granted, subject_id, kind)
        for member in _authorised_of(visit, subject_id) if kind == "structure" else ():
            # Unblocking restores none: what its members held by themselves ends with the block.
            access.withdraw_from(work, granted, member)
    elif what == "unblock":
        access.unblock(work, granted, subject_id, kind)
    elif what == "withdraw":
        access.withdraw_from(work, granted, subject_id, kind)
    elif what == "authorise":
        access.authorise_by_holder(work, granted, subject_id, until or visit.ask.at + visit.facts.settings.authorisation_lasts)
    elif what == "objection":
        access.object_to_deposits(work, granted, subject_id)
    elif what == "administrator-ended":
        access.end_relation_of(work, granted, "administrator", subject_id)
    else:
        access.name_relation(work, granted, what.replace("-", "_"), subject_id)


def report(ask: Ask, record_id: UUID, kind: str, subject: str, about: str, text: str) -> None:
    """Open a case: an access that the person does not recognise, a correction that they ask for. Raises Refusal."""
    act, detail = (Act.REPORT_ACCESS, "reported") if kind == access.ACCESS else (Act.ASK_CORRECTION, "correction")
    with writing(ask, act, record_id, detail) as visit:
        access.open_case(visit.work, visit.granted, kind, subject, about, text)


def object_to_answer(ask: Ask, record_id: UUID, number: UUID, text: str) -> None:
    """Ask for a second reader of a case, once. Raises Refusal: `document-unknown` where no such answer may be disagreed with."""
    with writing(ask, Act.REPORT_ACCESS, record_id, "objected") as visit:
        try:
            access.object_to(visit.work, visit.granted, number, text)
        except access.CaseError:
            raise Refusal(No.DOCUMENT_UNKNOWN) from None
