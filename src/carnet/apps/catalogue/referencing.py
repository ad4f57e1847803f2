"""Referencing: a publisher's file, its examination, the listing and what becomes of it. Every act is a step of the file, which
never changes, and a line of the journal in the chain of whoever acted."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings

from carnet.apps.catalogue import rows
from carnet.apps.catalogue.card import Card, CardError, read_card
from carnet.apps.catalogue.criteria import Criteria, Criterion, criteria_named, criteria_on
from carnet.apps.catalogue.life import EDITABLE, MOVES, Side, State, may, possible
from carnet.apps.catalogue.months import months_later
from carnet.apps.catalogue.rows import Complaint, Service, Step
from carnet.apps.catalogue.tokens import end_tokens_of_service
from carnet.apps.journal.api import Event, append
from carnet.apps.storage.api import Work, unit
from carnet.kernel.refusal import No, Refusal

YES, NOT_CONCERNED = "yes", "not-concerned"
ANSWERS = (YES, "no", NOT_CONCERNED)
MOST = 200
"""Files of one publisher."""
LONGEST = 2000


class ReferencingError(ValueError):
    """An act that the file does not allow now: a code, and what is missing."""

    def __init__(self, code: str, missing: tuple[str, ...] = ()) -> None:
        super().__init__(code)
        self.code, self.missing = code, missing


@dataclass(frozen=True, slots=True)
class By:
    """Who acts on a file: a name, and for whom. A publisher is its SIRET."""

    side: Side
    name: str
    publisher: str = ""
    company: str = ""

    @property
    def key(self) -> str:
        """Their name in the journal."""
        return f"publisher:{self.publisher}" if self.side is Side.PUBLISHER else f"{self.side}:{self.name}"


@dataclass(frozen=True, slots=True)
class File:
    """A file as both sides look at it."""

    service: Service
    criteria: Criteria
    steps: list[Step]

    @property
    def concerned(self) -> tuple[Criterion, ...]:
        """The criteria that concern the service as it is written now."""
        try:
            return self.criteria.of(*read_card(self.service.draft).sorts)
        except CardError:
            return self.criteria.of()

    @property
    def missing(self) -> tuple[str, ...]:
        """Criteria that have no answer, or no proof where one is claimed."""
        told = self.service.answers
        return tuple(c.code for c in self.concerned if not _answered(told.get(c.code, {})))

    @property
    def failing(self) -> tuple[str, ...]:
        """Blocking criteria that the service does not meet by its own words."""
        told = self.service.answers
        return tuple(c.code for c in self.concerned if c.blocking and told.get(c.code, {}).get("answer") == "no")

    @property
    def weight(self) -> tuple[int, int]:
        """Weight of what is met, of what concerns the service."""
        told = self.service.answers
        counted = [c for c in self.concerned if told.get(c.code, {}).get("answer") != NOT_CONCERNED]
        met = sum(c.weight for c in counted if told.get(c.code, {}).get("answer") == YES)
        return met, sum(c.weight for c in counted)

    def acts(self, side: Side) -> list[str]:
        """The acts that are open to a side."""
        return [act for act in possible(self.service.state, side) if _timely(self.service, act)]

    @property
    def editable(self) -> bool:
        """Whether the publisher may write: not while an operator looks at it."""
        return self.service.state in EDITABLE and self.service.renewal_asked_at is None


def _timely(service: Service, act: str) -> bool:
    """Whether an act about a renewal is one for now: it is asked for once, and answered once."""
    if act in ("renew", "refuse-renewal"):
        return service.renewal_asked_at is not None
    return act != "ask-renewal" or service.renewal_asked_at is None


def _answered(told: dict[str, str]) -> bool:
    answer = told.get("answer", "")
    return answer in ANSWERS and bool(answer == "no" or told.get("proof", "").strip())


def _told(work: Work, by: By, act: str, service_id: UUID, at: datetime) -> None:
    append(work, Event("write", at, by.key, by.name, by.side.value, f"catalogue:{act}", "normal", "done", "", "referencing",
                       structure=by.company, detail=str(service_id)))  # fmt: skip


def _own(work: Work, by: By, number: UUID, lock: bool = False) -> Service:
    """A service that whoever acts may see. Another publisher's is unknown. Raises Refusal."""
    found = rows.service_of(work, number, lock)
    if found is None or (by.side is Side.PUBLISHER and found.publisher != by.publisher):
        raise Refusal(No.DOCUMENT_UNKNOWN)
    return found


def open_file(by: By, contact: str, name: str, at: datetime) -> UUID:
    """Begin a file. Raises ReferencingError when a publisher has too many."""
    file = {"card": {"name": name[:60]}, "answers": {}}
    service = Service(
        uuid4(), by.publisher, by.company[:160], contact[:200], State.DRAFT, name[:60], file, None,
        criteria_on(settings.LAW.day(at)).id, 1, at, at, None, None, None,
    )  # fmt: skip
    with unit() as work:
        if len(rows.services_of(work, by.publisher)) >= MOST:
            raise ReferencingError("too-many")
        rows.insert_service(work, service)
        rows.insert_step(work, service.id, at, by.name, by.side, "open", State.DRAFT, "")
        _told(work, by, "open", service.id, at)
    return service.id


def criteria_count(service: Service) -> int:
    """How many criteria a listed service was examined by."""
    return len(criteria_named(service.criteria).of(*service.listed.sorts)) if service.listed is not None else 0


def files_of(by: By) -> list[Service]:
    """The services of a publisher."""
    with unit() as work:
        return rows.services_of(work, by.publisher)


def file_of(by: By, number: UUID) -> File:
    """A file, for its publisher or an operator. Raises Refusal."""
    with unit() as work:
        service = _own(work, by, number)
        return File(service, criteria_named(service.criteria), rows.steps_of(work, number))


def queue() -> list[Service]:
    """Files that wait for an operator: those to examine, then renewals, then every referenced service by its name."""
    with unit() as work:
        return rows.services_in(work, [s for s in State if s is not State.DRAFT])


def write_file(by: By, number: UUID, version: int, told: dict[str, Any], answers: dict[str, dict[str, str]], at: datetime) -> None:
    """Keep what the publisher wrote. A card that is not whole yet is kept as a draft; what is wrong is said when it is submitted.

    Raises ReferencingError `changed-since` when somebody wrote meanwhile, `not-editable` while an operator examines.
    """
    with unit() as work:
        service = _own(work, by, number, lock=True)
        if not File(service, criteria_named(service.criteria), []).editable:
            raise ReferencingError("not-editable")
        if service.version != version:
            raise ReferencingError("changed-since")
        known = {c.code for c in criteria_named(service.criteria).criteria}
        kept = {
            code: {"answer": str(a.get("answer", ""))[:16], "proof": str(a.get("proof", ""))[:LONGEST]}
            for code, a in answers.items() if code in known
        }  # fmt: skip
        name = str(told.get("name", service.name))[:60] or service.name
        rows.update_file(work, service, {"card": told, "answers": {**service.answers, **kept}}, name, at)
        _told(work, by, "write", number, at)


def _whole(file: File) -> Card:
    """The card of a file that may be submitted. Raises CardError, ReferencingError."""
    card = read_card(file.service.draft)
    if file.missing:
        raise ReferencingError("criteria-missing", file.missing)
    return card


def act_on_file(by: By, number: UUID, act: str, said: str, at: datetime, seen: int | None = None) -> State:
    """Do an act of the life of a service. Returns its state. Raises Refusal, CardError, ReferencingError.

    `seen`: the version of the file that was read before deciding; another one is `changed-since`.
    """
    with unit() as work:
        service = _own(work, by, number, lock=True)
        if seen is not None and service.version != seen:
            raise ReferencingError("changed-since")
        move = MOVES.get(act)
        if move is None or not may(act, service.state, by.side) or not _timely(service, act):
            raise ReferencingError("not-now")
        if move.reasoned and not said.strip():
            raise ReferencingError("reason-missing")
        file = File(service, criteria_named(service.criteria), [])
        _effect(work, file, act, at)
        after = move.after or service.state
        rows.update_state(work, number, after, at)
        rows.insert_step(work, number, at, by.name, by.side, act, after, said.strip()[:LONGEST])
        _told(work, by, act, number, at)
        return after


def _effect(work: Work, file: File, act: str, at: datetime) -> None:
    """What an act changes beside the state."""
    service = file.service
    if act in ("submit", "ask-renewal"):
        _whole(file)
    if act in ("accept", "renew"):
        if file.failing:
            raise ReferencingError("blocking-criteria", file.failing)
        ends = months_later(settings.LAW.day(at), file.criteria.agreement_months)
        rows.list_card(work, service.id, _whole(file), file.criteria.id, ends, at)
    if act == "ask-renewal":
        rows.note_renewal(work, service.id, at)
    if act == "refuse-renewal":
        rows.note_renewal(work, service.id, None)
    if act == "dereference":
        end_tokens_of_service(work, service.id, at)


def complain(service_id: UUID, text: str, at: datetime) -> None:
    """Keep what a person reports about a service. Raises Refusal for one that nobody can see, or for no words."""
    with unit() as work:
        service = rows.service_of(work, service_id)
        if service is None or service.listed is None or not text.strip():
            raise Refusal(No.DOCUMENT_UNKNOWN if service is None else No.REQUEST_MALFORMED)
        rows.insert_complaint(work, service_id, text.strip()[:LONGEST], at)


def complaints(service_id: UUID | None = None) -> list[Complaint]:
    """What people reported: about one service, or about any and not answered."""
    with unit() as work:
        return rows.complaints_of(work, service_id)


def answer_complaint(by: By, number: UUID, answer: str, at: datetime) -> UUID:
    """Say what was done about a complaint. Returns its service. Raises Refusal."""
    if not answer.strip():
        raise Refusal(No.REQUEST_MALFORMED, {"problem": "an answer"})
    with unit() as work:
        service_id = rows.answer_complaint(work, number, answer.strip()[:LONGEST], by.name, at)
        if service_id is None:
            raise Refusal(No.DOCUMENT_UNKNOWN)
        service = _own(work, by, service_id, lock=True)
        rows.insert_step(work, service_id, at, by.name, by.side, "complaint", service.state, answer.strip()[:LONGEST])
        _told(work, by, "complaint", service_id, at)
    return service_id


def end_listings(at: datetime) -> int:
    """Take offline the services whose agreement is over. Returns how many."""
    by = By(Side.TIMER, "catalogue")
    with unit() as work:
        found = rows.ended_listings(work, settings.LAW.day(at))
        for number in found:
            rows.update_state(work, number, State.OFFLINE, at)
            rows.insert_step(work, number, at, by.name, by.side, "end", State.OFFLINE, "")
            _told(work, by, "end", number, at)
    return len(found)
