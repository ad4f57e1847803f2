"""A person in front of their own portal, without a screen: a session, pages, forms with their token."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx

from carnet.apps.access import api as access
from carnet.apps.records import api as records
from carnet.apps.signin import api as signin
from carnet.apps.storage.api import key_of, unit
from carnet.desk.demonstration.people import DemoPerson
from carnet.kernel.actor import Actor, ActorKind
from carnet.kernel.ask import Act, Ask
from support.people import fresh_person, host, now, open_record
from support.portal import HIDDEN
from support.roles import as_role


class Space:
    """Somebody who signed in."""

    def __init__(self, base: str, token: str, session: signin.PersonSession) -> None:
        self.http = httpx.Client(base_url=base, timeout=30.0, cookies={"carnet-espace": token})
        self.session, self.token = session, ""

    @property
    def actor(self) -> Actor:
        """Who asks, as the holder of their own record."""
        return self.session.actor

    def ask(self, act: Act) -> Ask:
        """A question of this person."""
        return Ask(self.actor, act, now())

    def get(self, path: str, **options: Any) -> httpx.Response:
        """Read a page; remembers the token of its forms."""
        answer = self.http.get(path, **options)
        if "text/html" in answer.headers.get("content-type", ""):
            self.token = dict(HIDDEN.findall(answer.text)).get("form_token", self.token)
        return answer

    def post(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> httpx.Response:
        """Send a form with the token of the session."""
        if not self.token:
            self.get("/compte")
        return self.http.post(path, data={"form_token": self.token} | (data or {}), **options)

    def act_on(self, record_id: UUID) -> "Space":
        """Act on another record, as the page does."""
        answer = self.post("/proches/agir", {"carnet": str(record_id)})
        assert answer.status_code == 302, answer.text
        self.token = ""
        return self


def account_of(person: DemoPerson, record_id: UUID) -> signin.Account:
    """The account of a person's record."""
    with as_role("carnet_espace"), unit() as work:
        return signin.open_account(work, record_id, signin.name_of(person.traits), now())


def space(base: str, person: DemoPerson, record_id: UUID, ahead: timedelta = timedelta(0)) -> Space:
    """Sign a person in to their own record (the ways in have tests of their own). `ahead`: of a clock that was moved."""
    at = now() + ahead
    account = account_of(person, record_id)
    with as_role("carnet_espace"):
        token = signin.open_person_session(account.id, "franceconnect", f"device-{account.id}", "Firefox · Linux", at)
        session = signin.person_session(token, at)
        records.activate_record(session.actor, record_id, at)
    return Space(base, token, session)


def newcomer(base: str, given: str = "", **traits: str) -> tuple[Space, DemoPerson, UUID]:
    """A person with an open record, signed in."""
    person = fresh_person(given_names=given or f"Camille{uuid4().hex[:6]}", **traits)
    record_id = open_record(person)
    return space(base, person, record_id), person, record_id


def relate(record_id: UUID, who: Space, kind: str, given: access.Given | None = None) -> None:
    """Make somebody a representative or a carer of a record."""
    with as_role("carnet_espace"), unit(record_id) as work:
        access.name_person(
            work, key_of(work, record_id), host(record_id), who.session.account, kind, who.session.name, given or access.Given()
        )


def as_kind(space_: Space, kind: ActorKind) -> Actor:
    """The same person as something else to a record."""
    return replace(space_.actor, kind=kind)


def listed(answer: httpx.Response) -> set[str]:
    """Numbers of the documents that a page links to."""
    return set(re.findall(r"/documents/([0-9a-f-]{36})", answer.text))
