"""A person changes their ways in: each change is proved, told, and ends the other sessions; a wrong proof changes nothing."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pyotp
import pytest
from support.espace import Space, account_of, newcomer, space
from support.people import fresh_person, now, open_record
from support.portal import HIDDEN, words
from support.roles import as_role

from carnet.apps.outbox.api import pending
from carnet.apps.signin import api as signin
from carnet.apps.signin.persons import accounts, changing
from carnet.apps.storage.api import unit
from carnet.kernel.refusal import No, Refusal

PASSWORD, NEW = "une phrase de passe calme", "une autre phrase plus calme"


class Owner:
    """Somebody with a password, an application of codes and recovery codes, signed in."""

    def __init__(self, espace: str) -> None:
        self.base, self.person = espace, fresh_person()
        self.record = open_record(self.person)
        self.account = account_of(self.person, self.record)
        self.login, self.secret = f"personne-{uuid4().hex[:8]}", signin.fresh_secret()
        with as_role("carnet_espace"), unit() as work:
            self.recovery = signin.set_credentials(work, self.account.id, self.login, PASSWORD, self.secret, now())
        self.who: Space = space(espace, self.person, self.record)

    def proof(self, password: str = PASSWORD, code: str = "") -> dict[str, str]:
        return {"mot-de-passe": password, "code": code or self.recovery.pop()}

    def change(self, what: str, path: str = "/compte/acces", **fields: str) -> httpx.Response:
        return self.who.post(path, {"quoi": what} | fields)

    def enters(self, password: str = PASSWORD, login: str = "", code: str = "") -> bool:
        http = httpx.Client(base_url=self.base, timeout=30.0)
        page = http.post("/connexion/mot-de-passe", data={"identifiant": login or self.login, "mot-de-passe": password})
        ticket = dict(HIDDEN.findall(page.text)).get("ticket")
        if page.status_code != 200 or ticket is None:
            return False
        return http.post("/connexion/code", data={"ticket": ticket, "code": code or self.recovery.pop()}).status_code == 302

    def told(self) -> bool:
        with as_role("carnet_worker"), unit(self.record) as work:
            return any(kind == "credentials-changed" for kind, _to in pending(work, self.record))


@pytest.fixture
def owner(espace: str) -> Owner:
    return Owner(espace)


def test_another_password_is_proved_told_and_ends_other_sessions(owner: Owner) -> None:
    other = space(owner.base, owner.person, owner.record)
    answer = owner.change("nouveau", **owner.proof(), nouveau=NEW, encore=NEW)
    assert answer.status_code == 302
    assert "Votre nouveau mot de passe vaut" in words(owner.who.get("/compte"))
    assert other.get("/compte").status_code == 302, "another session is cut"
    assert owner.told()
    assert not owner.enters(PASSWORD)
    assert owner.enters(NEW)


@pytest.mark.parametrize(("changed", "told"), [
    ({"mot-de-passe": "pas celui-là du tout"}, "Rien n’a changé"), ({"code": "000000000000"}, "Rien n’a changé"),
    ({"encore": "tout autre chose encore"}, "ne sont pas les mêmes"), ({"nouveau": "court", "encore": "court"}, "douze caractères"),
])  # fmt: skip
def test_what_does_not_hold_changes_nothing(owner: Owner, changed: dict[str, str], told: str) -> None:
    answer = owner.change("nouveau", **({**owner.proof(), "nouveau": NEW, "encore": NEW} | changed))
    assert answer.status_code == 400
    assert told in words(answer)
    assert owner.enters(PASSWORD)
    assert not owner.told()


def test_a_password_holds_none_of_the_person_s_own_words(owner: Owner) -> None:
    own = f"{owner.person.traits.birth_name} et quelques mots"
    answer = owner.change("nouveau", **owner.proof(), nouveau=own, encore=own)
    assert "sans votre nom" in words(answer)
    assert owner.enters(PASSWORD)


def test_five_wrong_proofs_lock_and_are_counted_with_those_of_the_sign_in(owner: Owner) -> None:
    wrong = {"mot-de-passe": "pas celui-là du tout", "code": "1", "nouveau": NEW, "encore": NEW}
    for _ in range(5):
        owner.change("nouveau", **wrong)
    answer = owner.change("nouveau", **owner.proof(), nouveau=NEW, encore=NEW)
    assert "quinze minutes" in words(answer)
    assert not owner.enters(PASSWORD)


def test_another_login(owner: Owner) -> None:
    fresh = f"autre-{uuid4().hex[:8]}"
    assert owner.change("identifiant", **owner.proof(), identifiant=fresh).status_code == 302
    assert not owner.enters(PASSWORD)
    assert owner.enters(PASSWORD, login=fresh)


@pytest.mark.parametrize("login", ["court", "avec une espace"])
def test_a_login_that_cannot_be_kept(owner: Owner, login: str) -> None:
    assert "huit caractères" in words(owner.change("identifiant", **owner.proof(), identifiant=login))
    assert owner.enters(PASSWORD)


def test_a_login_that_somebody_has_is_not_taken(owner: Owner, espace: str) -> None:
    other = Owner(espace)
    answer = owner.change("identifiant", **owner.proof(), identifiant=other.login)
    assert answer.status_code == 400
    assert "déjà pris" in words(answer)
    assert owner.enters(PASSWORD)
    assert not owner.told()


def test_recovery_codes_are_digits_and_those_before_serve_no_more(owner: Owner) -> None:
    assert all(len(code) == 12 and code.isdecimal() for code in owner.recovery)
    old = owner.recovery[0]
    page = owner.change("secours", **owner.proof())
    assert page.status_code == 200
    shown = page.text.split('<ol class="codes">')[1].split("</ol>")[0].replace("<li>", "").split("</li>")[:10]
    assert len({*shown}) == 10
    assert owner.told()
    assert not owner.enters(PASSWORD, code=old)
    assert owner.enters(PASSWORD, code=shown[0]), "typed with its blanks"


def _application(owner: Owner) -> tuple[str, str]:
    page = owner.who.get("/compte/acces/application")
    secret = words(page).split("recopiez la suite de lettres.")[1].split("Code")[0].replace(" ", "")
    return secret, dict(HIDDEN.findall(page.text))["ticket"]


def _tied(owner: Owner, secret: str, ticket: str, **changed: str) -> httpx.Response:
    form = owner.proof() | {"ticket": ticket, "nouveau-code": pyotp.TOTP(secret).at(now())}
    return owner.who.post("/compte/acces/application", form | changed)


def test_another_application_of_codes(owner: Owner) -> None:
    secret, ticket = _application(owner)
    assert _tied(owner, secret, ticket).status_code == 302
    assert owner.told()
    assert not owner.enters(PASSWORD, code=pyotp.TOTP(owner.secret).at(now()))
    assert owner.enters(PASSWORD, code=pyotp.TOTP(secret).at(now()))


def test_an_application_that_shows_another_code_is_not_tied(owner: Owner) -> None:
    secret, ticket = _application(owner)
    answer = _tied(owner, secret, ticket, **{"nouveau-code": "000000"})
    assert answer.status_code == 400
    assert "la nouvelle application" in words(answer)
    answer = _tied(owner, *_application(owner), **{"mot-de-passe": "pas celui-là"})
    assert "Rien n’a changé" in words(answer)
    assert owner.enters(PASSWORD, code=pyotp.TOTP(owner.secret).at(now()))


def test_the_step_of_somebody_else_ties_nothing(owner: Owner, espace: str) -> None:
    other = Owner(espace)
    secret, ticket = _application(other)
    assert _tied(owner, secret, ticket).status_code == 400
    assert owner.enters(PASSWORD, code=pyotp.TOTP(owner.secret).at(now()))


def test_whoever_has_no_password_is_told_so_and_changes_nothing(espace: str) -> None:
    who, _person, _record = newcomer(espace)
    assert "Vous entrez sans mot de passe" in words(who.get("/compte/acces"))
    assert "n’a pas besoin de code" in words(who.get("/compte/acces/application"))
    form = {"quoi": "nouveau", "mot-de-passe": "", "code": "", "nouveau": NEW, "encore": NEW}
    assert who.post("/compte/acces", form).status_code == 400
    assert who.post("/compte/acces", {"quoi": "rien"}).status_code == 400


def test_an_account_that_is_gone_proves_nothing(settings_clock: Any) -> None:
    with as_role("carnet_espace"):
        assert not signin.has_password(uuid4())
        with pytest.raises(Refusal) as refused:
            changing._prove(uuid4(), changing.Proof(PASSWORD, "1"), now() + timedelta(seconds=1))
    assert refused.value.code == No.CREDENTIALS_WRONG
    assert accounts.RECOVERY_LENGTH == 12
