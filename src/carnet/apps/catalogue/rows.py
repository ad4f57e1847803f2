"""Rows of the catalogue: services, steps, complaints, clients. Their SQL is here alone; that of tokens is in `tokens`."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from carnet.apps.catalogue.card import Card
from carnet.apps.catalogue.life import CONNECTABLE, LISTED, REACHABLE, State
from carnet.apps.storage.api import Row, Work, derived, seal, unseal


@dataclass(frozen=True, slots=True)
class Service:
    """A service with its file. `listed`: the card that was examined; None before the first decision."""

    id: UUID
    publisher: str
    publisher_name: str
    contact: str
    state: State
    name: str
    file: dict[str, Any]
    listed: Card | None
    criteria: str
    version: int
    made_at: datetime
    changed_at: datetime
    examined_at: datetime | None
    ends_on: date | None
    renewal_asked_at: datetime | None

    @property
    def draft(self) -> dict[str, Any]:
        """The card as its publisher is writing it."""
        return dict(self.file.get("card", {}))

    @property
    def answers(self) -> dict[str, dict[str, str]]:
        """What the publisher answered to each criterion, with the proof that is named."""
        return dict(self.file.get("answers", {}))

    @property
    def lives(self) -> bool:
        """Whether a service that somebody connected may read and write now."""
        return self.state in REACHABLE

    @property
    def connectable(self) -> bool:
        """Whether somebody may connect it now."""
        return self.state in CONNECTABLE and self.listed is not None


@dataclass(frozen=True, slots=True)
class Step:
    """One act on a file."""

    number: int
    at: datetime
    actor: str
    side: str
    act: str
    state: State
    said: str


@dataclass(frozen=True, slots=True)
class Complaint:
    """What a person reported about a service."""

    id: UUID
    service_id: UUID
    at: datetime
    text: str
    answered_at: datetime | None
    answer: str


_SERVICE = """id, publisher, publisher_name, contact, state, name, file, listed, criteria, version, made_at, changed_at,
    examined_at, ends_on, renewal_asked_at"""


def _service(row: Row) -> Service:
    number, publisher, company, contact, state, name, file, listed, *rest = row
    card = Card.model_validate(listed) if listed is not None else None
    return Service(number, publisher, company, contact, State(state), name, file, card, *rest)


def insert_service(work: Work, service: Service) -> None:
    """Write a new file."""
    work.run(
        f"INSERT INTO catalogue_service ({_SERVICE}) VALUES (%s, %s, %s, %s, %s, %s, %s, NULL, %s, %s, %s, %s, NULL, NULL, NULL)",
        service.id, service.publisher, service.publisher_name, service.contact, service.state.value, service.name,
        json.dumps(service.file), service.criteria, service.version, service.made_at, service.changed_at,
    )  # fmt: skip


def service_of(work: Work, number: UUID, lock: bool = False) -> Service | None:
    """A service by its number; under a lock for whoever changes it."""
    row = work.row(f"SELECT {_SERVICE} FROM catalogue_service WHERE id = %s{' FOR UPDATE' if lock else ''}", number)
    return _service(row) if row is not None else None


def services_of(work: Work, publisher: str) -> list[Service]:
    """The services of a publisher, the newest first."""
    sql = f"SELECT {_SERVICE} FROM catalogue_service WHERE publisher = %s ORDER BY made_at DESC"
    return [_service(row) for row in work.rows(sql, publisher)]


def services_in(work: Work, states: Iterable[State]) -> list[Service]:
    """The services in some states, in the order of their names: nobody pays to be first."""
    sql = f"SELECT {_SERVICE} FROM catalogue_service WHERE state = ANY(%s) ORDER BY name, id"
    return [_service(row) for row in work.rows(sql, [s.value for s in states])]


def services_named(work: Work, numbers: Iterable[UUID]) -> dict[UUID, Service]:
    """Services by their numbers."""
    rows = work.rows(f"SELECT {_SERVICE} FROM catalogue_service WHERE id = ANY(%s)", list(numbers))
    return {row[0]: _service(row) for row in rows}


def listed_services(work: Work) -> list[Service]:
    """The services that everybody finds."""
    return services_in(work, LISTED)


def update_file(work: Work, service: Service, file: dict[str, Any], name: str, at: datetime) -> bool:
    """Keep what the publisher wrote, unless somebody wrote since."""
    return bool(work.rows(
        """UPDATE catalogue_service SET file = %s, name = %s, version = version + 1, changed_at = %s
        WHERE id = %s AND version = %s RETURNING 1""",
        json.dumps(file), name, at, service.id, service.version,
    ))  # fmt: skip


def update_state(work: Work, number: UUID, state: State, at: datetime) -> None:
    """Keep in which state a service is."""
    work.run("UPDATE catalogue_service SET state = %s, changed_at = %s WHERE id = %s", state.value, at, number)


def list_card(work: Work, number: UUID, card: Card, criteria: str, ends_on: date | None, at: datetime) -> None:
    """Put the card that was examined in the place of the former one."""
    work.run(
        """UPDATE catalogue_service SET listed = %s, name = %s, criteria = %s, ends_on = %s, examined_at = %s,
        renewal_asked_at = NULL WHERE id = %s""",
        card.model_dump_json(), card.name, criteria, ends_on, at, number,
    )  # fmt: skip


def note_renewal(work: Work, number: UUID, at: datetime | None) -> None:
    """Keep that a publisher asked for a new examination; None: that it was refused."""
    work.run("UPDATE catalogue_service SET renewal_asked_at = %s WHERE id = %s", at, number)


def insert_step(work: Work, number: UUID, at: datetime, actor: str, side: str, act: str, state: State, said: str) -> None:
    """Write an act, under the lock of its service."""
    work.run(
        """INSERT INTO catalogue_step (service_id, number, at, actor, side, act, state, said) SELECT %s,
        coalesce(max(number), 0) + 1, %s, %s, %s, %s, %s, %s FROM catalogue_step WHERE service_id = %s""",
        number, at, actor, side, act, state.value, said, number,
    )  # fmt: skip


def steps_of(work: Work, number: UUID) -> list[Step]:
    """Every act on a file, the newest first."""
    rows = work.rows(
        "SELECT number, at, actor, side, act, state, said FROM catalogue_step WHERE service_id = %s ORDER BY number DESC", number
    )
    return [Step(n, at, actor, side, act, State(state), said) for n, at, actor, side, act, state, said in rows]


def ended_listings(work: Work, day: date) -> list[UUID]:
    """Services that are online beyond the day for which they were examined."""
    rows = work.rows("SELECT id FROM catalogue_service WHERE state = 'online' AND ends_on < %s FOR UPDATE SKIP LOCKED", day)
    return [row[0] for row in rows]


def _key() -> bytes:
    return derived("catalogue-complaint")


def insert_complaint(work: Work, service_id: UUID, text: str, at: datetime) -> UUID:
    """Keep what a person reports, without who they are."""
    number = uuid4()
    work.run(
        """INSERT INTO catalogue_complaint (id, service_id, at, sealed, answered_by, answer) VALUES (%s, %s, %s, %s, '', '')""",
        number, service_id, at, seal(_key(), text.encode(), number.bytes),
    )  # fmt: skip
    return number


def complaints_of(work: Work, service_id: UUID | None) -> list[Complaint]:
    """What was reported about a service, or about any and not answered for None; the oldest first."""
    rows = work.rows(
        """SELECT id, service_id, at, sealed, answered_at, answer FROM catalogue_complaint
        WHERE service_id = %s OR (%s AND answered_at IS NULL) ORDER BY at""",
        service_id, service_id is None,
    )  # fmt: skip
    return [Complaint(n, s, at, unseal(_key(), bytes(held), n.bytes).decode(), done, said) for n, s, at, held, done, said in rows]


def answer_complaint(work: Work, number: UUID, answer: str, by: str, at: datetime) -> UUID | None:
    """Keep what was done about it. Returns its service; None when it was answered before."""
    row = work.row(
        """UPDATE catalogue_complaint SET answer = %s, answered_by = %s, answered_at = %s WHERE id = %s AND answered_at IS NULL
        RETURNING service_id""",
        answer, by, at, number,
    )  # fmt: skip
    return row[0] if row is not None else None


@dataclass(frozen=True, slots=True)
class Client:
    """A client of the authorisation server."""

    client_id: str
    service_id: UUID
    metadata: dict[str, Any]
    secret: bytes | None
    registration: bytes
    made_at: datetime


_CLIENT = "client_id, service_id, metadata, secret, registration, made_at"


def _client(row: Row) -> Client:
    number, service, metadata, secret, registration, made_at = row
    return Client(number, service, metadata, bytes(secret) if secret is not None else None, bytes(registration), made_at)


def insert_client(work: Work, client: Client) -> None:
    """Write a client."""
    work.run(
        f"INSERT INTO catalogue_client ({_CLIENT}) VALUES (%s, %s, %s, %s, %s, %s)",
        client.client_id, client.service_id, json.dumps(client.metadata), client.secret, client.registration, client.made_at,
    )  # fmt: skip


def client_of(work: Work, client_id: str) -> Client | None:
    """A client that lives."""
    row = work.row(f"SELECT {_CLIENT} FROM catalogue_client WHERE client_id = %s AND ended_at IS NULL", client_id)
    return _client(row) if row is not None else None


def clients_of(work: Work, service_id: UUID) -> list[Client]:
    """The clients of a service that live, the newest first."""
    sql = f"SELECT {_CLIENT} FROM catalogue_client WHERE service_id = %s AND ended_at IS NULL ORDER BY made_at DESC"
    return [_client(row) for row in work.rows(sql, service_id)]


def end_client(work: Work, client_id: str, at: datetime) -> bool:
    """End a client."""
    return bool(work.rows(
        "UPDATE catalogue_client SET ended_at = %s WHERE client_id = %s AND ended_at IS NULL RETURNING 1", at, client_id
    ))  # fmt: skip
