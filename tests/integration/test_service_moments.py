"""What is ended in the very moment in which something is given for it: nothing that lives comes of it."""

import re
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from django.db import connections
from support.espace import newcomer
from support.people import deposit, now
from support.roles import as_role
from support.services import App, app, onward, purposes, referenced

from carnet.apps.catalogue import api as catalogue
from carnet.apps.catalogue import subscribing, tokens
from carnet.apps.storage.api import unit

ONLINE = "openid patient/*.rs online_access"


class Moment:
    """Somebody, a service, and a code that was taken up and for which nothing was given yet."""

    def __init__(self, espace: str, oauth: str, door: str) -> None:
        self.space, _, self.record_id = newcomer(espace)
        self.service = referenced()
        self.app = app(oauth, door, self.service)
        self.code, _ = self.app.code(self.space, ONLINE)
        self.client = stored(self.app)
        self.gift = self.take()

    def take(self) -> catalogue.Gift:
        """Take the code up."""
        with as_role("carnet_oauth"):
            return catalogue.redeem_code(self.client, self.code, "", now())[1]

    def sign_out(self) -> None:
        """The person signs out."""
        self.space.post("/deconnexion")

    def withdraw(self) -> None:
        """The person takes their agreement back."""
        assert self.space.post(f"/services/{self.service}/retirer").status_code == 302

    def replay(self) -> None:
        """The code comes a second time."""
        with pytest.raises(catalogue.TokenError):
            self.take()


def stored(client: App) -> Any:
    """A client as the catalogue holds it."""
    with as_role("carnet_oauth"):
        found = catalogue.client_and_service(client.client_id)
    assert found is not None
    return found[0]


@pytest.fixture
def moment_(espace: str, oauth: str, door: str) -> Moment:
    return Moment(espace, oauth, door)


@pytest.mark.parametrize("end", [Moment.sign_out, Moment.withdraw, Moment.replay])
def test_nothing_is_given_for_what_was_ended_meanwhile(moment_: Moment, end: Callable[[Moment], None]) -> None:
    end(moment_)
    with as_role("carnet_oauth"), pytest.raises(catalogue.TokenError) as refused:
        moment_.gift.give(now())
    assert refused.value.code == "invalid_grant"


@pytest.mark.parametrize("end", [Moment.sign_out, Moment.withdraw, Moment.replay])
def test_whoever_ends_waits_for_what_is_being_given_and_ends_it(
    moment_: Moment, end: Callable[[Moment], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[str] = []
    passed_by: list[bool] = []
    held, over = threading.Event(), threading.Event()
    issue = tokens.issue

    def slow(work: Any, *rest: Any) -> str:
        given.append(issue(work, *rest))
        if not held.is_set():
            # The transaction stays open for a while: the end must wait for it.
            held.set()
            passed_by.append(over.wait(1))
        return given[-1]

    def run(act: Callable[[], object]) -> threading.Thread:
        def alone() -> None:
            try:
                with as_role("carnet_oauth"):
                    act()
            finally:
                connections.close_all()

        thread = threading.Thread(target=alone)
        thread.start()
        return thread

    monkeypatch.setattr(tokens, "issue", slow)
    giving = run(lambda: moment_.gift.give(now()))
    assert held.wait(10)
    ending = run(lambda: (end(moment_), over.set()))
    giving.join()
    ending.join()
    assert passed_by == [False]
    access, refresh = given
    assert moment_.app.call("Observation", token=access).status_code == 401
    assert moment_.app.refresh(refresh).json()["error"] == "invalid_grant"


def test_a_token_of_a_client_that_is_no_more_opens_nothing(moment_: Moment) -> None:
    with as_role("carnet_oauth"):
        given = moment_.gift.give(now())
        # As when both happen at once: the client ended, and this token was not seen by the end.
        with unit() as work:
            work.run("UPDATE catalogue_client SET ended_at = %s WHERE client_id = %s", now(), moment_.app.client_id)
    assert moment_.app.call("Observation", token=given.access).status_code == 401


def test_a_decision_of_a_session_that_is_over_makes_no_code(espace: str, oauth: str, door: str) -> None:
    """The person agreed, signed out, and only then the browser came back."""
    space = newcomer(espace)[0]
    client = app(oauth, door)
    left, _ = client.begin(ONLINE)
    location = left.headers["location"]
    page = space.get(location[location.index("/services/") :])
    ticket = httpx.URL(location).params["demande"]
    lines = re.findall(r'name="ligne" value="([^"]+)"', page.text)
    decided = space.post("/services/accord", {"demande": ticket, "ligne": lines, "duree": "6", "choix": "accepter"})
    space.post("/deconnexion")
    back = client.browser.get(onward(decided))
    assert "code=" not in back.headers.get("location", "")


# Calls and subscriptions of a client that is no more


def _subscribed(espace: str, oauth: str, door: str) -> tuple[App, Any, UUID]:
    space, person, _ = newcomer(espace)
    client = app(oauth, door, referenced(purposes=purposes(("documents",)))).connect(space)
    made = client.call("Subscription", "POST", json={
        "resourceType": "Subscription", "status": "requested", "reason": "essai",
        "criteria": f"{door}/services/fhir/SubscriptionTopic/documents",
        "channel": {"type": "rest-hook", "endpoint": "https://service.example/evenements", "payload": "application/fhir+json"},
    })  # fmt: skip
    assert made.status_code == 201, made.text
    return client, person, UUID(made.json()["id"])


def test_what_waits_for_a_client_that_was_stopped_is_not_told(espace: str, oauth: str, door: str) -> None:
    client, person, number = _subscribed(espace, oauth, door)
    deposit(person)
    with as_role("carnet_oauth"):
        catalogue.end_client(stored(client), now())
    posted: list[str] = []
    with as_role("carnet_worker"):
        catalogue.tell_changes(now())
    with as_role("carnet_courier"):
        while catalogue.deliver_calls(now() + timedelta(seconds=2), lambda sending: posted.append(sending.url) or ""):
            pass
    with as_role("carnet_courier"), unit() as work:
        calls = work.rows("SELECT outcome, problem FROM catalogue_call WHERE client_id = %s", client.client_id)
        (state,) = work.row("SELECT state FROM catalogue_subscription WHERE id = %s", number) or ("",)
    assert calls == [("dead", "ended")]
    assert state == "off"
    assert "https://service.example/evenements" not in posted


def test_a_subscription_that_fails_keeps_nobody_else_waiting(
    espace: str, oauth: str, door: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, one, first = _subscribed(espace, oauth, door)
    _, other, second = _subscribed(espace, oauth, door)
    for person in (one, other):
        deposit(person)
    tell = subscribing._tell
    tried: list[UUID] = []

    def broken(number: UUID, at: Any) -> bool:
        tried.append(number)
        if number == first:
            raise RuntimeError("broken")
        return tell(number, at)

    monkeypatch.setattr(subscribing, "_tell", broken)
    monkeypatch.setattr(subscribing, "BATCH", 1)
    with as_role("carnet_worker"):
        catalogue.tell_changes(now())
    assert tried.count(first) == 1
    assert second in tried
