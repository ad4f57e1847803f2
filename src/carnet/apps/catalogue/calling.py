"""Calls to services: what ended is told at once, again until it is heard, by the courier alone.

Nothing in a call is a health datum: a number that the service alone knows, an event, a date; a signature says from whom it is.
"""

import ipaddress
import json
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from django.conf import settings

from carnet.apps.catalogue import signing
from carnet.apps.catalogue.rows import Client, client_of
from carnet.apps.storage.api import Work, unit

LOGOUT, EVENT = "logout", "event"
WAITS = tuple(timedelta(seconds=s) for s in (10, 60, 300, 1800, 7200, 43200))
"""Waits between tries; after the last nobody is called again, and the operator sees it."""
CLAIMED_FOR = timedelta(minutes=2)
BATCH = 50
SIDE_BY_SIDE = 10
WAITING, DONE, DEAD = "waiting", "done", "dead"
ENDED = "ended"
"""The problem of a call that is not made any more."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call in the hands of a courier."""

    id: UUID
    client_id: str
    kind: str
    url: str
    told: dict[str, Any]
    attempts: int


@dataclass(frozen=True, slots=True)
class Sending:
    """What is posted."""

    url: str
    content: bytes
    headers: dict[str, str]


Post = Callable[[Sending], str]
"""Posts, and returns what went wrong in a word; empty when it was heard."""


def leave(work: Work, client_id: str, kind: str, url: str, told: dict[str, Any], at: datetime) -> None:
    """Leave a call in the transaction of what it tells."""
    work.run(
        """INSERT INTO catalogue_call (id, client_id, kind, url, told, made_at, attempts, next_at, outcome, problem)
        VALUES (%s, %s, %s, %s, %s, %s, 0, %s, 'waiting', '')""",
        uuid4(), client_id, kind, url, json.dumps(told), at, at,
    )  # fmt: skip


def tell_logout(work: Work, client: Client, subject: str, session: str, at: datetime) -> None:
    """Tell a service that what it held for a person is over, where it said that it listens."""
    url = client.metadata.get("backchannel_logout_uri", "")
    if url:
        leave(work, client.client_id, LOGOUT, url, {"sub": subject, "sid": session}, at)


def _claim(at: datetime) -> list[Call]:
    with unit() as work:
        rows = work.rows(
            """UPDATE catalogue_call c SET attempts = attempts + 1, next_at = %s WHERE id IN (SELECT id FROM catalogue_call
            WHERE outcome = 'waiting' AND next_at <= %s ORDER BY next_at LIMIT %s FOR UPDATE SKIP LOCKED)
            RETURNING id, client_id, kind, url, told, attempts""",
            at + CLAIMED_FOR, at, BATCH,
        )  # fmt: skip
    return [Call(*row) for row in rows]


def sending_of(call: Call, at: datetime) -> Sending:
    """What is posted for a call: a logout token as a form, or an event as JSON with its signature beside it."""
    if call.kind == LOGOUT:
        token = signing.logout_token(call.told["sub"], call.told.get("sid", ""), call.client_id, at)
        return Sending(call.url, f"logout_token={token}".encode(), {"Content-Type": "application/x-www-form-urlencoded"})
    body = json.dumps(call.told["bundle"], separators=(",", ":"), ensure_ascii=False).encode()
    headers = {"Content-Type": "application/fhir+json", "Carnet-Signature": signing.detached(body)}
    return Sending(call.url, body, headers)


def _note(call: Call, problem: str, at: datetime) -> None:
    over = call.attempts > len(WAITS) or problem == ENDED
    outcome = DONE if not problem else DEAD if over else WAITING
    next_at = at if outcome != WAITING else at + WAITS[call.attempts - 1]
    with unit() as work:
        work.run(
            """UPDATE catalogue_call SET outcome = %s, problem = %s, next_at = %s, done_at = %s
            WHERE id = %s AND outcome = 'waiting'""",
            outcome, problem[:60], next_at, at if outcome != WAITING else None, call.id,
        )  # fmt: skip
        if call.kind == EVENT and outcome != WAITING:
            # The first call that is heard makes a subscription active; one that nobody ever heard says so.
            work.run(
                "UPDATE catalogue_subscription SET state = %s WHERE id = %s AND state <> 'off'",
                "active" if outcome == DONE else "error", UUID(call.told["subscription"]),
            )  # fmt: skip


def _ended(call: Call) -> bool:
    """Whether a call was ended since it was left: what it would tell of was withdrawn meanwhile, or its client is no more."""
    with unit() as work:
        waits = work.row("SELECT 1 FROM catalogue_call WHERE id = %s AND outcome = 'waiting'", call.id) is not None
        return not waits or client_of(work, call.client_id) is None


def deliver_calls(at: datetime, post: Post) -> int:
    """Make the calls that are due. Returns how many were taken."""

    def make(call: Call) -> str:
        return ENDED if _ended(call) else post(sending_of(call, at))

    claimed = _claim(at)
    # Side by side: a service that does not answer keeps nobody else waiting for long.
    with ThreadPoolExecutor(max_workers=SIDE_BY_SIDE) as pool:
        heard = list(pool.map(make, claimed))
    for call, problem in zip(claimed, heard, strict=True):
        _note(call, problem, at)
    return len(claimed)


def may_call(url: str) -> bool:
    """Whether an address may be called: not one of this network, unless the settings allow it (a service names its own address)."""
    if settings.CARNET.service_calls_private:
        return True
    try:
        parts = urlsplit(url)
        found = socket.getaddrinfo(parts.hostname, parts.port or 443, type=socket.SOCK_STREAM)
    except (OSError, ValueError):
        return False
    return parts.scheme == "https" and all(_outside(str(where[4][0])) for where in found)


def _outside(address: str) -> bool:
    """Whether an address leads out of this network and to one host."""
    told = ipaddress.ip_address(address)
    # An IPv6 address that carries an IPv4 one (NAT64, 6to4) may lead back inside.
    carries = told.version == 6 and any(told in network for network in _CARRYING)
    return told.is_global and not told.is_multicast and not carries


_CARRYING = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"), ipaddress.IPv6Network("2002::/16"))
