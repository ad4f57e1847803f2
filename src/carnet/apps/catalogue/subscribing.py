"""Subscriptions of connected services (FHIR R4 Subscriptions Backport 1.1, topic-based, rest-hook): a signed call for each change
that the service may know of, again until it is heard, and a feed of what was told.

A change leaves a row in the transaction of whoever wrote it. Before anything is told, the law is asked in the place of the service,
under the agreement as it stands: what is hidden, masked, or no longer agreed to makes no event, and no number is missing for it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.conf import settings

from carnet.apps.access.api import READ
from carnet.apps.catalogue import calling, rows, tokens
from carnet.apps.catalogue.calls import Call, actor_for, line_for, lines_of
from carnet.apps.catalogue.categories import APPOINTMENTS, BY_MEASURE, CATEGORIES, DOCUMENTS, MEASURES
from carnet.apps.catalogue.ending import end_numbered
from carnet.apps.catalogue.exchange import Reading, agreed_measures, reading
from carnet.apps.prevention import api as prevention
from carnet.apps.profile import api as profile
from carnet.apps.records.api import Query, criteria, documents
from carnet.apps.storage.api import Row, Work, unit
from carnet.formats.fhir import Json
from carnet.formats.timestamps import to_fhir
from carnet.kernel.ask import Act
from carnet.kernel.clock import Timer, catch_up
from carnet.kernel.refusal import No, Refusal

TOPICS = ("allergies", "treatments", "vaccinations", "history", MEASURES, DOCUMENTS, APPOINTMENTS)
EMPTY, ID_ONLY = "empty", "id-only"
REQUESTED, ACTIVE, ERROR, OFF = "requested", "active", "error", "off"
MOST, BATCH = 20, 50
FEED = 500


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription."""

    id: UUID
    record_id: UUID
    service_id: UUID
    client_id: str
    kind: str
    endpoint: str
    payload: str
    state: str
    made_at: datetime
    ends_at: datetime | None
    number: int

    def lives(self, at: datetime) -> bool:
        """Whether it is to be told of anything."""
        return self.state != OFF and (self.ends_at is None or self.ends_at > at)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that a subscription was told."""

    number: int
    at: datetime
    focus: str


_COLUMNS = "id, record_id, service_id, client_id, kind, endpoint, payload, state, made_at, ends_at, number"


def topic_url(kind: str) -> str:
    """The canonical address of a topic."""
    return f"{settings.CARNET.base_url}/services/fhir/SubscriptionTopic/{kind}"


def kind_of(topic: str) -> str:
    """The category of a topic; empty for one that is not known."""
    return next((kind for kind in TOPICS if topic_url(kind) == topic), "")


def _subscription(row: Row) -> Subscription:
    return Subscription(*row)


def subscribe(call: Call, kind: str, endpoint: str, payload: str, ends_at: datetime | None, at: datetime) -> Subscription:
    """Begin to be told of a category. The service is called once; the subscription is active when it answers. Raises Refusal."""
    line_for(lines_of(call, at), kind, READ)
    whose = (call.record_id, call.service.id, call.client_id)
    made = Subscription(uuid4(), *whose, kind, endpoint, payload, REQUESTED, at, ends_at, 0)
    with unit() as work:
        if len(_of_call(work, call)) >= MOST:
            raise Refusal(No.REQUEST_MALFORMED, {"problem": f"at most {MOST} subscriptions"})
        work.run(
            f"INSERT INTO catalogue_subscription ({_COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            made.id, made.record_id, made.service_id, made.client_id, made.kind, made.endpoint, made.payload, made.state, at,
            ends_at, 0,
        )  # fmt: skip
        _leave(work, made, "handshake", [], at)
    return made


def _of_call(work: Work, call: Call) -> list[Subscription]:
    rows_ = work.rows(
        f"""SELECT {_COLUMNS} FROM catalogue_subscription WHERE record_id = %s AND service_id = %s AND client_id = %s
        AND state <> 'off' ORDER BY made_at""",
        call.record_id, call.service.id, call.client_id,
    )  # fmt: skip
    return [_subscription(row) for row in rows_]


def subscriptions_of(call: Call, at: datetime) -> list[Subscription]:
    """The subscriptions of a client for this person. Raises Refusal when nothing is agreed to any more."""
    lines_of(call, at)
    with unit() as work:
        return _of_call(work, call)


def subscription_of(call: Call, number: UUID, at: datetime) -> Subscription:
    """One of them. Raises Refusal `document-unknown`."""
    found = next((s for s in subscriptions_of(call, at) if s.id == number), None)
    if found is None:
        raise Refusal(No.DOCUMENT_UNKNOWN)
    return found


def unsubscribe(call: Call, number: UUID, at: datetime) -> None:
    """End one of them. Raises Refusal."""
    found = subscription_of(call, number, at)
    with unit() as work:
        end_numbered(work, [found.id])


def _status(subscription: Subscription, kind: str, events: Iterable[Event], at: datetime, number: int) -> Json:
    """The SubscriptionStatus of R4: a Parameters (backport, `subscription-status-r4`)."""
    base = f"{settings.CARNET.base_url}/services/fhir"
    parameters: list[Json] = [
        {"name": "subscription", "valueReference": {"reference": f"{base}/Subscription/{subscription.id}"}},
        {"name": "topic", "valueCanonical": topic_url(subscription.kind)},
        {"name": "status", "valueCode": subscription.state},
        {"name": "type", "valueCode": kind},
        {"name": "events-since-subscription-start", "valueString": str(number)},
    ]
    for event in events:
        part: list[Json] = [{"name": "event-number", "valueString": str(event.number)},
                            {"name": "timestamp", "valueInstant": to_fhir(event.at)}]  # fmt: skip
        if subscription.payload == ID_ONLY and event.focus:
            part.append({"name": "focus", "valueReference": {"reference": f"{base}/{event.focus}"}})
        parameters.append({"name": "notification-event", "part": part})
    profile_ = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-subscription-status-r4"
    return {"resourceType": "Parameters", "id": str(uuid4()), "meta": {"profile": [profile_]}, "parameter": parameters}


def notification(subscription: Subscription, kind: str, events: Iterable[Event], at: datetime, number: int) -> Json:
    """The bundle that is sent, or that the feed answers with (`$events`)."""
    status = _status(subscription, kind, events, at, number)
    profile_ = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-subscription-notification-r4"
    request = {"method": "GET", "url": f"{settings.CARNET.base_url}/services/fhir/Subscription/{subscription.id}/$status"}
    return {
        "resourceType": "Bundle", "id": str(uuid4()), "meta": {"profile": [profile_]}, "type": "history", "timestamp": to_fhir(at),
        "entry": [{"fullUrl": f"urn:uuid:{status['id']}", "resource": status, "request": request, "response": {"status": "200"}}],
    }  # fmt: skip


def status_bundle(subscription: Subscription, at: datetime) -> Json:
    """The answer of `$status`."""
    status = _status(subscription, "query-status", [], at, subscription.number)
    entry = {"fullUrl": f"urn:uuid:{status['id']}", "resource": status, "search": {"mode": "match"}}
    return {"resourceType": "Bundle", "type": "searchset", "total": 1, "entry": [entry]}


def _leave(work: Work, subscription: Subscription, kind: str, events: list[Event], at: datetime) -> None:
    number = events[-1].number if events else subscription.number
    told = {"bundle": notification(subscription, kind, events, at, number), "subscription": str(subscription.id)}
    calling.leave(work, subscription.client_id, calling.EVENT, subscription.endpoint, told, at)


def events_since(call: Call, number: UUID, first: int, last: int, at: datetime) -> Json:
    """What a subscription was told between two numbers: a service that was away finds it here. Raises Refusal."""
    subscription = subscription_of(call, number, at)
    line_for(lines_of(call, at), subscription.kind, READ)
    with unit() as work:
        found = work.rows(
            """SELECT number, at, focus FROM catalogue_event WHERE subscription_id = %s AND number BETWEEN %s AND %s
            ORDER BY number LIMIT %s""",
            number, first, last, FEED,
        )  # fmt: skip
    return notification(subscription, "query-event", [Event(*row) for row in found], at, subscription.number)


def _seen(r: Reading, kind: str, wanted: set[str]) -> set[str]:
    """Of the things that changed, those that the service may know of: as their types and numbers."""
    if kind == DOCUMENTS:
        since = (criteria.by_date("date", "ge", r.at - timedelta(days=366), r.at),) if r.since else ()
        query = Query((criteria.by_logical_id(sorted(wanted)), *since), count=len(wanted))
        return {f"DocumentReference/{d.logical_id}" for d in documents(r.visit, query).items}
    if kind == APPOINTMENTS:
        today = prevention.today(r.at)
        held = prevention.events_in(r.visit, today - timedelta(days=366), today + timedelta(days=3 * 366))
        return {f"Appointment/{e.id}" for e in held if str(e.id) in wanted and e.kind == prevention.APPOINTMENT}
    sections = ("problems", "history") if kind == "history" else (CATEGORIES[kind].section,)
    found = [e for e in profile.entries(r.visit, sections, ended=True) if str(e.id) in wanted and r.within(profile.day_of(e))]
    if kind == MEASURES:
        codes = {loinc for code in agreed_measures(r.lines) for loinc in _codes_of(code)}
        found = [e for e in found if e.content.code in codes]
    name = CATEGORIES[kind].types[0]
    return {f"{name}/{e.id}" for e in found}


def _codes_of(code: str) -> tuple[str, ...]:
    if code == "BLOOD_PRESSURE":
        return profile.SYSTOLIC, profile.DIASTOLIC
    return (BY_MEASURE[code].loinc,)


def _call_for(work: Work, subscription: Subscription, at: datetime) -> Call | None:
    """The service in the place of which the law is asked; None when it may not act any more."""
    service = rows.service_of(work, subscription.service_id)
    if service is None or not service.lives or rows.client_of(work, subscription.client_id) is None:
        return None
    held = tokens.Held(
        tokens.ACCESS, service.id, subscription.client_id, record_id=subscription.record_id, made_at=at,
        expires_at=at + timedelta(minutes=1),
    )  # fmt: skip
    return Call(actor_for(service, held), subscription.record_id, service, subscription.client_id, (), "")


def _tell(number: UUID, at: datetime) -> bool:
    """Look at what changed for one subscription, and tell what may be told. Returns whether there was anything to look at."""
    with unit() as work:
        row = work.row(f"SELECT {_COLUMNS} FROM catalogue_subscription WHERE id = %s", number)
        changes = work.rows("SELECT id, focus FROM catalogue_change WHERE subscription_id = %s ORDER BY id LIMIT 200", number)
        subscription = _subscription(row) if row is not None else None
        call = _call_for(work, subscription, at) if subscription is not None and subscription.lives(at) else None
    numbers, wanted = [c[0] for c in changes], {str(c[1]) for c in changes}
    try:
        if call is None or subscription is None or not wanted:
            raise Refusal(No.SERVICE_CONSENT_MISSING)
        act = Act.SEARCH if subscription.kind == DOCUMENTS else Act.READ_PROFILE
        with reading(call, subscription.kind, at, act) as r:
            _note(r.visit.work, subscription, sorted(_seen(r, subscription.kind, wanted)), numbers, at)
    except Refusal:
        # Nothing may be told: what changed is forgotten, and no number is missing for it.
        with unit() as work:
            if subscription is not None and rows.client_of(work, subscription.client_id) is None:
                work.run("UPDATE catalogue_subscription SET state = 'off' WHERE id = %s", number)
            work.run("DELETE FROM catalogue_change WHERE id = ANY(%s)", numbers)
    return bool(numbers)


def _note(work: Work, subscription: Subscription, seen: list[str], changes: list[int], at: datetime) -> None:
    row = work.row("SELECT number FROM catalogue_subscription WHERE id = %s AND state <> 'off' FOR UPDATE", subscription.id)
    work.run("DELETE FROM catalogue_change WHERE id = ANY(%s)", changes)
    if row is None or not seen:
        return
    events = [Event(int(row[0]) + n, at, focus) for n, focus in enumerate(seen, 1)]
    for event in events:
        work.run(
            "INSERT INTO catalogue_event (subscription_id, number, at, focus) VALUES (%s, %s, %s, %s)",
            subscription.id, event.number, at, event.focus,
        )  # fmt: skip
    work.run("UPDATE catalogue_subscription SET number = %s WHERE id = %s", events[-1].number, subscription.id)
    _leave(work, subscription, "event-notification", events, at)


def tell_changes(at: datetime) -> int:
    """Tell every subscription what changed. Returns how many were looked at.

    One that fails is tried again at the next run, and keeps nobody else waiting in this one.
    """

    def due(most: int) -> list[UUID]:
        with unit() as work:
            return [row[0] for row in work.rows("SELECT DISTINCT subscription_id FROM catalogue_change LIMIT %s", most)]

    return catch_up(due, lambda number: _tell(number, at), BATCH)


TIMERS = (Timer("service-events", timedelta(seconds=5), tell_changes),)
