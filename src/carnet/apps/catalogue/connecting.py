"""Connecting a service: what it asks for, what the person agrees to line by line, what follows, and taking it back.

An authorisation has three steps: the service sends the browser to the authorisation server, which keeps the request as a ticket
and sends it on to the portal; there the person signs in and decides; the browser comes back with the ticket, once, and leaves with
a code.
"""

import hmac
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings

from carnet.apps.access import api as access
from carnet.apps.access.api import AgreedLine, Agreement
from carnet.apps.catalogue import calling, ending, rows, tokens
from carnet.apps.catalogue.card import Card, Purpose, RequestedLine
from carnet.apps.catalogue.categories import granted_scopes, wants, writable
from carnet.apps.catalogue.criteria import ASSISTANT
from carnet.apps.catalogue.months import months_later
from carnet.apps.catalogue.rows import Service
from carnet.apps.outbox.api import HOLDER, notify
from carnet.apps.records.api import Visit, acting
from carnet.apps.storage.api import Work, blind_index, unit
from carnet.kernel.actor import ActorKind
from carnet.kernel.ask import Act, Ask
from carnet.kernel.clock import begins, civil
from carnet.kernel.refusal import No, Refusal
from carnet.kernel.traits import majority, normalise_name

DURATIONS = {"1": 1, "6": 6, "12": 12}
"""Months that a person may choose; none is longer: we ask again (doctrine: date of re-approval; the lengths are ours)."""
PROPOSED, SAME_END = "6", "fin"
"""What is proposed at first; and, of an agreement that is changed, the end that it has."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing that may be ticked: a line of the card, to read or to write."""

    purpose: str
    line: RequestedLine
    verb: str

    @property
    def key(self) -> str:
        """Its name in the form."""
        return f"{self.purpose}/{self.line.category}/{self.verb}"

    @property
    def agreed(self) -> AgreedLine:
        """What is agreed to when it is ticked."""
        return AgreedLine(self.purpose, self.line.category, self.verb, self.line.perimeter)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request of a service that waits for its person: what it asks for, within what its card says."""

    service: Service
    card: Card
    client_id: str
    scopes: tuple[str, ...]
    parameters: dict[str, str]
    audience: str

    @property
    def offers(self) -> list[tuple[Purpose, list[Offer]]]:
        """What may be ticked, purpose by purpose."""
        return offers_of(self.card, self.scopes)


def offers_of(card: Card, scopes: Iterable[str] | None = None) -> list[tuple[Purpose, list[Offer]]]:
    """What a card asks for; of it, what scopes ask for when they are given."""
    wanted = list(scopes) if scopes is not None else None
    found = []
    for purpose in card.purposes:
        offers = [
            Offer(purpose.code, line, verb) for line in purpose.lines for verb in line.verbs
            if (verb == access.READ or writable(line.category)) and (wanted is None or wants(wanted, line.category, verb))
        ]  # fmt: skip
        found += [(purpose, offers)] if offers else []
    return found


def subject_of(service_id: UUID, record_id: UUID) -> str:
    """The number under which one service knows one person: no other service has the same (pairwise identifier)."""
    return blind_index("service-subject", f"{service_id}/{record_id}").hex()[:32]


def _asked(service: Service, held: tokens.Held) -> Asked:
    if service.listed is None:
        raise Refusal(No.SERVICE_NOT_REFERENCED)
    return Asked(service, service.listed, held.client_id, tuple(held.scopes), dict(held.data["parameters"]), held.audience)


def begin(service: Service, client_id: str, parameters: dict[str, str], audience: str, at: datetime) -> tuple[str, str]:
    """Keep a request of authorisation. Returns its ticket, and the secret that the browser keeps."""
    browser = secrets.token_urlsafe(24)
    held = tokens.Held(
        tokens.TICKET, service.id, client_id, scope=parameters.get("scope", ""), audience=audience,
        data={"parameters": parameters, "browser": browser},
    )  # fmt: skip
    with unit() as work:
        return tokens.issue(work, held, at), browser


def _open(work: Work, ticket: str, at: datetime) -> tuple[tokens.Held, Service]:
    held = tokens.find(work, tokens.TICKET, ticket)
    service = rows.service_of(work, held.service_id) if held is not None else None
    if held is None or service is None or held.used_at is not None or not held.lives(at) or "decided" in held.data:
        raise Refusal(No.SERVICE_REQUEST_OVER, {"problem": "this request is over: start again from the service"})
    if not service.connectable:
        raise Refusal(No.SERVICE_NOT_REFERENCED)
    return held, service


def asked_for(ticket: str, at: datetime) -> Asked:
    """The request of a ticket. Raises Refusal for one that is over."""
    with unit() as work:
        held, service = _open(work, ticket, at)
    return _asked(service, held)


def asked_in(visit: Visit, ticket: str) -> Asked:
    """The request of a ticket, inside a visit. Raises Refusal for one that is over."""
    held, service = _open(visit.work, ticket, visit.ask.at)
    return _asked(service, held)


def _until(visit: Visit, service_id: UUID, duration: str) -> datetime:
    """When the agreement ends: as chosen, when it ended before where that was chosen, and at majority when somebody agreed for a
    minor."""
    at = visit.ask.at
    if duration == SAME_END:
        with suppress(Refusal):
            return access.agreement_of(visit.work, visit.record_id, service_id, at).expires_at
    months = DURATIONS.get(duration) or DURATIONS[PROPOSED]
    local = civil(at, access.law().civil_zone)
    chosen = datetime.combine(months_later(local.date(), months), local.timetz())
    of_age = majority(visit.traits.birth_date) if visit.ask.actor.kind is ActorKind.REPRESENTATIVE else None
    return min(chosen, begins(of_age, access.law().civil_zone)) if of_age is not None else chosen


def _chosen(offers: list[tuple[Purpose, list[Offer]]], ticked: Iterable[str]) -> list[AgreedLine]:
    keys = set(ticked)
    return [offer.agreed for _, listed in offers for offer in listed if offer.key in keys]


@dataclass(frozen=True, slots=True)
class Session:
    """Of which session of the person an agreement is: its number, and when the person proved who they are."""

    id: UUID
    since: datetime


@contextmanager
def _changing(ask: Ask, act: Act, record_id: UUID, detail: str) -> Iterator[Visit]:
    """Open the record to change an agreement. Its lines of the journal come last: a call that is under way holds the agreement,
    then the chain, and whoever took them the other way round would wait for it for ever."""
    with acting(ask, act, record_id) as visit:
        yield visit
        access.write_entry(visit.work, visit.granted, (), detail)


def agree(ask: Ask, record_id: UUID, ticket: str, ticked: Iterable[str], duration: str, session: Session) -> str:
    """Agree to what was ticked, or to nothing. Returns the address where the browser goes on.

    What was agreed before is replaced: the page showed it. Nothing ticked is a refusal (`refuse`). Raises Refusal.
    """
    asked = asked_for(ticket, ask.at)
    if not _is_about(asked, record_id):
        raise Refusal(No.SERVICE_REQUEST_OVER, {"problem": "this service was opened from another record"})
    lines = _chosen(asked.offers, ticked)
    if not lines:
        return refuse(ask, record_id, ticket)
    with _changing(ask, Act.CONNECT_SERVICE, record_id, f"service:{asked.service.id}") as visit:
        until = _until(visit, asked.service.id, duration)
        access.give_agreement(visit.work, visit.granted, asked.service.id, lines, until)
        notify(visit.work, visit.record_id, "service-connected", HOLDER, ask.at)
        granted = granted_scopes(asked.scopes, [(x.category, x.verb) for x in lines])
        told = {
            "granted": True, "record": str(record_id), "person": ask.actor.id, "kind": ask.actor.kind.value,
            "scope": " ".join(granted), "auth_time": int(session.since.timestamp()), "sid": str(session.id),
        }  # fmt: skip
        proof = _decide_in(visit.work, ticket, told, ask.at)
    return _back(ticket, proof)


def _is_about(asked: Asked, record_id: UUID) -> bool:
    """Whether a request may be decided for a record: one that began at the portal is for the record that was open there."""
    return asked.parameters.get("launch_record", str(record_id)) == str(record_id)


def _agreed(record_id: UUID, service_id: UUID, at: datetime) -> bool:
    try:
        with unit(record_id) as work:
            access.agreement_of(work, record_id, service_id, at)
    except Refusal:
        return False
    return True


def refuse(ask: Ask, record_id: UUID, ticket: str) -> str:
    """Refuse everything. Returns the address where the browser goes on: the service is told, and has nothing.

    What was agreed to before is taken back: whoever refuses everything on a page that shows it means it. What was asked of another
    record takes nothing back in this one. Raises Refusal.
    """
    asked = asked_for(ticket, ask.at)
    if _is_about(asked, record_id) and _agreed(record_id, asked.service.id, ask.at):
        withdraw_service(ask, record_id, asked.service.id)
    with unit() as work:
        proof = _decide_in(work, ticket, {"granted": False}, ask.at)
    return _back(ticket, proof)


def _decide_in(work: Work, ticket: str, told: dict[str, Any], at: datetime) -> str:
    """Keep a decision. Returns what only the browser of whoever decided is told: the one that began the request, and holds its
    cookie, may be somebody else's who sent the address on."""
    held = tokens.find(work, tokens.TICKET, ticket, lock=True)
    if held is None or "decided" in held.data or not held.lives(at):
        raise Refusal(No.SERVICE_REQUEST_OVER, {"problem": "this request was decided: start again from the service"})
    proof = secrets.token_urlsafe(24)
    tokens.note(work, tokens.TICKET, ticket, {"decided": told, "proof": proof})
    return proof


def _back(ticket: str, proof: str) -> str:
    return f"{settings.CARNET.oauth_url}/authorize/retour?demande={ticket}&preuve={proof}"


@dataclass(frozen=True, slots=True)
class Decided:
    """What a person decided, as the authorisation server takes it up. `scope` is empty when they refused."""

    asked: Asked
    granted: bool
    record_id: UUID | None
    person_id: UUID | None
    person_kind: str
    scope: str
    auth_time: int
    sid: str
    ticket: str = field(repr=False)


def decided(ticket: str, browser: str, proof: str, at: datetime) -> Decided:
    """Take a decision up, once, in the browser in which it was asked for and decided. Raises Refusal.

    Who holds the cookie without the proof sent somebody else to decide: their request ends there.
    """
    with unit() as work:
        held = tokens.find(work, tokens.TICKET, ticket)
        ours = held is not None and hmac.compare_digest(str(held.data.get("browser", "")).encode(), browser.encode())
        proven = held is not None and hmac.compare_digest(str(held.data.get("proof", "")).encode(), proof.encode())
        used = tokens.use(work, tokens.TICKET, ticket, at) if ours else None
        service = rows.service_of(work, used.service_id) if used is not None else None
    if used is None or service is None or not proven or "decided" not in used.data:
        raise Refusal(No.SERVICE_REQUEST_OVER, {"problem": "this request is over, or was begun in another browser"})
    told = used.data["decided"]
    record, person = (UUID(told[name]) if told.get(name) else None for name in ("record", "person"))
    return Decided(
        _asked(service, used), bool(told["granted"]), record, person, told.get("kind", ""), told.get("scope", ""),
        int(told.get("auth_time", 0)), told.get("sid", ""), ticket,
    )  # fmt: skip


def change_agreement(ask: Ask, record_id: UUID, service_id: UUID, ticked: Iterable[str], duration: str) -> None:
    """Change what one agreed to: narrow it, widen it, another end. Nothing ticked withdraws. Raises Refusal."""
    with unit() as work:
        service = rows.service_of(work, service_id)
    if service is None or service.listed is None:
        raise Refusal(No.DOCUMENT_UNKNOWN)
    lines = _chosen(offers_of(service.listed), ticked)
    if not lines:
        withdraw_service(ask, record_id, service_id)
        return
    with _changing(ask, Act.CONNECT_SERVICE, record_id, f"service-changed:{service_id}") as visit:
        access.agreement_of(visit.work, visit.record_id, service_id, ask.at)
        access.give_agreement(visit.work, visit.granted, service_id, lines, _until(visit, service_id, duration))


def withdraw_service(ask: Ask, record_id: UUID, service_id: UUID) -> None:
    """Take an agreement back. Once this has returned, the service reads and writes nothing more; it is told. Raises Refusal."""
    with _changing(ask, Act.CHOOSE_RIGHTS, record_id, f"service-withdrawn:{service_id}") as visit:
        if not access.end_agreement(visit.work, visit.granted, service_id):
            raise Refusal(No.DOCUMENT_UNKNOWN)
        ended(visit.work, visit.record_id, service_id, ask.at)


def ended(work: Work, record_id: UUID, service_id: UUID, at: datetime) -> None:
    """What follows when an agreement is over: its tokens and subscriptions end, and the service is told."""
    tokens.end_tokens(work, record_id, service_id, at)
    ending.end_subscriptions(work, record_id, service_id)
    subject = subject_of(service_id, record_id)
    for client in rows.clients_of(work, service_id):
        calling.tell_logout(work, client, subject, "", at)


def sign_out(session: UUID, at: datetime) -> None:
    """A session of a person is over: what a service holds for as long as it lasts ends with it, and the service is told."""
    with unit() as work:
        for client_id, service_id, record_id in tokens.end_session(work, str(session), at):
            client = rows.client_of(work, client_id)
            if client is not None:
                calling.tell_logout(work, client, subject_of(service_id, record_id), str(session), at)


@dataclass(frozen=True, slots=True)
class Connected:
    """A service that a person connected: what they agreed to, and whether it may act."""

    service: Service
    agreement: Agreement


def connected_in(visit: Visit) -> list[Connected]:
    """The services that are connected to the record of a visit, those that ended last included for thirty days."""
    at = visit.ask.at
    held = access.agreements(visit.work, visit.record_id)
    latest = {a.service_id: a for a in reversed(held)}
    named = rows.services_named(visit.work, latest)
    found = [Connected(named[a.service_id], a) for a in latest.values() if a.service_id in named and a.lives(at)]
    return sorted(found, key=lambda c: (normalise_name(c.service.name), c.service.name))


def names_of(visit: Visit, numbers: Iterable[str]) -> dict[str, str]:
    """Names of services by their numbers, among what else stands in a list."""
    known = [UUID(n) for n in set(numbers) if len(n) == 36 and n.count("-") == 4]
    return {str(n): s.name for n, s in rows.services_named(visit.work, known).items()} if known else {}


def launch(ask: Ask, record_id: UUID, service_id: UUID) -> str:
    """Open a connected service from the portal (SMART EHR launch). Returns the address. Raises Refusal."""
    with unit() as work:
        service = rows.service_of(work, service_id)
        if service is None or service.listed is None or not service.listed.launch or not service.connectable:
            raise Refusal(No.DOCUMENT_UNKNOWN)
        held = tokens.Held(tokens.LAUNCH, service_id, record_id=record_id, person_id=UUID(ask.actor.id))
        handle = tokens.issue(work, held, ask.at)
    sign = "&" if "?" in service.listed.launch else "?"
    return f"{service.listed.launch}{sign}iss={settings.CARNET.base_url}/services/fhir&launch={handle}"


def launched(handle: str, service_id: UUID, at: datetime) -> UUID | None:
    """The record of a launch, once; None for one that is over or of another service."""
    with unit() as work:
        held = tokens.use(work, tokens.LAUNCH, handle, at)
    return held.record_id if held is not None and held.service_id == service_id else None


def is_assistant(service: Service) -> bool:
    """Whether a service is an assistant."""
    return service.listed is not None and service.listed.kind == ASSISTANT


REMINDED_BEFORE = timedelta(days=14)
