"""Ways of a person in: FranceConnect+, password and one-time code, provisional code; sessions, locks, what is told."""

import base64
import hashlib
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import httpx
import pyotp
import pytest
from django.conf import settings
from django.contrib.auth.hashers import ScryptPasswordHasher
from fido2 import cbor
from support.authenticator import Authenticator
from support.espace import account_of, newcomer, space
from support.hashing import Quick
from support.people import fresh_ins, fresh_person, now, open_record, today
from support.portal import HIDDEN, words
from support.roles import as_role

from carnet.apps.access import api as access
from carnet.apps.outbox import api as outbox
from carnet.apps.records import api as records
from carnet.apps.signin import api as signin
from carnet.apps.signin.persons import passkeys
from carnet.apps.storage.api import unit
from carnet.config import settings as installed
from carnet.dicah.facts import RecordState
from carnet.kernel.actor import Actor, ActorKind, Authentication, Means
from carnet.kernel.ask import Act, Ask
from carnet.kernel.refusal import Refusal


def pivot(provider: Any, person: Any, **changes: str) -> str:
    """Let the simulator know a person."""
    number = uuid4().hex
    traits = person.traits
    provider.people[number] = {
        "sub": f"fc-{number}", "family_name": traits.birth_name, "given_name": traits.given_names, "birthdate": traits.birth_date,
        "gender": "male" if traits.sex == "M" else "female", "birthplace": traits.birth_place, "_label": traits.birth_name,
    } | changes  # fmt: skip
    return number


def through(espace: str, number: str, then: str = "") -> tuple[httpx.Client, httpx.Response]:
    """The whole way by FranceConnect+."""
    http = httpx.Client(base_url=espace, timeout=30.0)
    left = http.get("/connexion/franceconnect", params={"suite": then} if then else {})
    back = httpx.post(left.headers["location"], data={"person": number})
    return http, http.get(back.headers["location"])


def unlike(**traits: str) -> Any:
    """A person whose traits nobody else has."""
    return fresh_person(birth_name=f"SEUL {uuid4().hex[:8].upper()}", given_names="Noé", birth_place="75999", **traits)


def test_franceconnect_opens_the_space_of_the_person_and_makes_them_its_holder(espace: str, franceconnect: Any) -> None:
    person = unlike()
    record_id = open_record(person)
    http, answer = through(espace, pivot(franceconnect, person), "/documents")
    assert (answer.status_code, answer.headers["location"]) == (302, "/documents")
    assert http.get("/documents").status_code == 200
    account = account_of(person, record_id)
    with as_role("carnet_espace"):
        assert [(m.record_id, m.kind) for m in access.records_of_person(account.id, now() + timedelta(seconds=2))] == [
            (record_id, "holder")
        ]


@pytest.mark.parametrize("wrong", [{"birthdate": "1980-05-18"}, {"gender": "female"}, {"family_name": "AUTRE"}])
def test_traits_that_differ_open_nothing(espace: str, franceconnect: Any, wrong: dict[str, str]) -> None:
    person = unlike()
    open_record(person)
    http, answer = through(espace, pivot(franceconnect, person, **wrong))
    assert answer.status_code == 404
    assert "Nous n’avons pas trouvé" in words(answer)
    assert http.get("/").headers["location"] == "/connexion"


def test_two_people_of_the_same_traits_are_told_apart_by_nobody(espace: str, franceconnect: Any) -> None:
    person = unlike()
    open_record(person)
    records.create_record(fresh_ins(), person.traits, today())
    assert through(espace, pivot(franceconnect, person))[1].status_code == 404


def test_a_doubtful_identity_is_not_opened(espace: str, franceconnect: Any) -> None:
    person = unlike()
    open_record(person, status="PROV")
    assert through(espace, pivot(franceconnect, person))[1].status_code == 404


def test_a_code_of_another_browser_signs_nobody_in(espace: str, franceconnect: Any) -> None:
    person = unlike()
    open_record(person)
    http = httpx.Client(base_url=espace)
    left = http.get("/connexion/franceconnect")
    back = httpx.post(left.headers["location"], data={"person": pivot(franceconnect, person)})
    assert httpx.get(back.headers["location"]).status_code == 403


def test_a_level_that_is_too_low_is_refused(espace: str, franceconnect: Any) -> None:
    person = unlike()
    open_record(person)
    http = httpx.Client(base_url=espace)
    left = http.get("/connexion/franceconnect").headers["location"].replace("acr_values=eidas2", "acr_values=eidas1")
    back = httpx.post(left, data={"person": pivot(franceconnect, person)})
    assert http.get(back.headers["location"]).status_code == 403


def _code(record_id: Any, channel: str = "letter") -> str:
    with as_role("carnet_espace"), unit(record_id) as work:
        return signin.provisional_code(work, record_id, channel, "test", now())


def _hidden(answer: httpx.Response, name: str) -> str:
    return dict(HIDDEN.findall(answer.text))[name]


def activate(
    espace: str, person: Any, record_id: Any, login: str, password: str = "une phrase de passe calme"
) -> tuple[Any, str, Any]:
    """Activate with a code, a login, a password and one-time codes. Returns browser, secret and the last page."""
    http = httpx.Client(base_url=espace, timeout=30.0)
    page = http.post("/activer", data={"code": _code(record_id).lower(), "naissance": person.traits.birth_date})
    secret = words(page).split("recopiez la suite de lettres.")[1].split("Code")[0].replace(" ", "")
    code = pyotp.TOTP(secret).at(now() - timedelta(seconds=30))
    answer = http.post(
        "/activer/acces", data={"ticket": _hidden(page, "ticket"), "identifiant": login, "mot-de-passe": password, "code": code}
    )
    return http, secret, answer


def test_a_provisional_code_then_a_password_and_a_one_time_code(espace: str) -> None:
    person = unlike()
    record_id = open_record(person)
    login = f"personne-{uuid4().hex[:8]}"
    http, secret, answer = activate(espace, person, record_id, login)
    assert answer.status_code == 200
    recovery = answer.text.split('<ol class="codes">')[1].split("</ol>")[0].replace("<li>", "").split("</li>")[:10]
    assert len(recovery) == 10
    assert http.get("/").status_code == 200
    again = httpx.Client(base_url=espace, timeout=30.0)
    page = again.post("/connexion/mot-de-passe", data={"identifiant": login.upper(), "mot-de-passe": "une phrase de passe calme"})
    wrong = again.post("/connexion/code", data={"ticket": _hidden(page, "ticket"), "code": "000000"})
    assert wrong.status_code == 403
    right = again.post("/connexion/code", data={"ticket": _hidden(wrong, "ticket"), "code": pyotp.TOTP(secret).at(now())})
    assert right.status_code == 302
    assert again.get("/").status_code == 200
    lost = httpx.Client(base_url=espace, timeout=30.0)
    for expected in (302, 403):
        page = lost.post("/connexion/mot-de-passe", data={"identifiant": login, "mot-de-passe": "une phrase de passe calme"})
        assert lost.post("/connexion/code", data={"ticket": _hidden(page, "ticket"), "code": recovery[0]}).status_code == expected


def test_a_one_time_code_serves_once(espace: str) -> None:
    person = unlike()
    record_id = open_record(person)
    login = f"personne-{uuid4().hex[:8]}"
    _, secret, _ = activate(espace, person, record_id, login)
    code = pyotp.TOTP(secret).at(now())
    for expected in (302, 403):
        http = httpx.Client(base_url=espace, timeout=30.0)
        page = http.post("/connexion/mot-de-passe", data={"identifiant": login, "mot-de-passe": "une phrase de passe calme"})
        assert http.post("/connexion/code", data={"ticket": _hidden(page, "ticket"), "code": code}).status_code == expected


def test_five_failures_lock_for_a_quarter_of_an_hour(espace: str, settings_clock: Any) -> None:
    person = unlike()
    record_id = open_record(person)
    login = f"personne-{uuid4().hex[:8]}"
    activate(espace, person, record_id, login)
    form = {"identifiant": login, "mot-de-passe": "pas celui-là du tout"}
    for _ in range(5):
        assert httpx.post(f"{espace}/connexion/mot-de-passe", data=form).status_code == 403
    right = {"identifiant": login, "mot-de-passe": "une phrase de passe calme"}
    assert "attendez quinze minutes" in words(httpx.post(f"{espace}/connexion/mot-de-passe", data=right))
    settings_clock.move(timedelta(minutes=16))
    assert httpx.post(f"{espace}/connexion/mot-de-passe", data=right).status_code == 200


def test_a_login_that_nobody_has_answers_as_a_wrong_password_and_costs_the_same(
    espace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = unlike()
    record_id = open_record(person)
    login = f"personne-{uuid4().hex[:8]}"
    activate(espace, person, record_id, login)
    hashed, encode = [0], Quick.encode

    def counted(*arguments: Any) -> str:
        hashed[-1] += 1
        return encode(*arguments)

    monkeypatch.setattr(Quick, "encode", counted)
    answers = []
    for name in (login, "personne-de-ce-nom"):
        form = {"identifiant": name, "mot-de-passe": "non non non non"}
        answers.append(words(httpx.post(f"{espace}/connexion/mot-de-passe", data=form)))
        hashed.append(0)
    assert answers[0] == answers[1]
    assert hashed == [1, 1, 0], "a hash is what takes time: one each"


def test_outside_the_tests_a_password_costs_what_it_should() -> None:
    assert [f"{ScryptPasswordHasher.__module__}.{ScryptPasswordHasher.__qualname__}"] == installed.PASSWORD_HASHERS
    cost = (ScryptPasswordHasher.work_factor, ScryptPasswordHasher.block_size, ScryptPasswordHasher.parallelism)
    # OWASP, Password Storage Cheat Sheet: of its rows for scrypt, the one of 16 MiB.
    assert all(now >= least for now, least in zip(cost, (2**14, 8, 5), strict=True))


@pytest.mark.parametrize(("login", "password", "told"), [
    ("court", "une phrase de passe calme", "huit caractères"), ("personne-12", "motdepasse", "douze caractères"),
    ("personne-12", "123456789012345", "douze caractères"), ("personne-12", "je suis personne-12 moi", "sans votre nom"),
])  # fmt: skip
def test_weak_credentials_are_refused_and_the_code_still_lives(espace: str, login: str, password: str, told: str) -> None:
    person = unlike()
    record_id = open_record(person)
    _, _, answer = activate(espace, person, record_id, login, password)
    assert answer.status_code == 400
    assert told in words(answer)


def test_a_login_is_of_one_person(espace: str) -> None:
    login = f"personne-{uuid4().hex[:8]}"
    for expected in (200, 400):
        person = unlike()
        _, _, answer = activate(espace, person, open_record(person), login)
        assert answer.status_code == expected


def test_a_code_with_another_date_of_birth_ends_after_five_tries(espace: str) -> None:
    person = unlike()
    record_id = open_record(person)
    code = _code(record_id)
    for _ in range(5):
        assert httpx.post(f"{espace}/activer", data={"code": code, "naissance": "1990-01-01"}).status_code == 403
    assert httpx.post(f"{espace}/activer", data={"code": code, "naissance": person.traits.birth_date}).status_code == 403


def test_a_code_serves_once_and_a_new_one_ends_the_former(espace: str) -> None:
    person = unlike()
    record_id = open_record(person)
    first = _code(record_id)
    _code(record_id)
    assert httpx.post(f"{espace}/activer", data={"code": first, "naissance": person.traits.birth_date}).status_code == 403


def test_credentials_by_a_new_code_replace_those_that_were_lost(espace: str) -> None:
    person = unlike()
    record_id = open_record(person)
    old, new = (f"personne-{uuid4().hex[:8]}" for _ in range(2))
    activate(espace, person, record_id, old)
    activate(espace, person, record_id, new)
    form = {"mot-de-passe": "une phrase de passe calme"}
    assert httpx.post(f"{espace}/connexion/mot-de-passe", data=form | {"identifiant": old}).status_code == 403
    assert httpx.post(f"{espace}/connexion/mot-de-passe", data=form | {"identifiant": new}).status_code == 200


def test_a_one_time_code_of_the_next_step_serves_once_too(espace: str, settings_clock: Any) -> None:
    person = unlike()
    record_id = open_record(person)
    login = f"personne-{uuid4().hex[:8]}"
    _, secret, _ = activate(espace, person, record_id, login)
    code = pyotp.TOTP(secret).at(now() + timedelta(seconds=30))
    for expected in (302, 403):
        http = httpx.Client(base_url=espace, timeout=30.0)
        page = http.post("/connexion/mot-de-passe", data={"identifiant": login, "mot-de-passe": "une phrase de passe calme"})
        assert http.post("/connexion/code", data={"ticket": _hidden(page, "ticket"), "code": code}).status_code == expected
        settings_clock.move(timedelta(seconds=30))


def test_whoever_does_not_know_the_password_does_not_learn_that_the_account_is_locked(espace: str) -> None:
    person = unlike()
    login = f"personne-{uuid4().hex[:8]}"
    activate(espace, person, open_record(person), login)
    answers = []
    for who in (login, f"personne-{uuid4().hex[:8]}"):
        for _ in range(6):
            answer = httpx.post(
                f"{espace}/connexion/mot-de-passe", data={"identifiant": who, "mot-de-passe": "pas celui-là du tout"}
            )
        answers.append((answer.status_code, words(answer).replace(who, "")))
    assert answers[0] == answers[1]


def test_coming_back_with_a_new_code_ends_what_somebody_else_may_hold(espace: str) -> None:
    person = unlike()
    record_id = open_record(person)
    thief, _, _ = activate(espace, person, record_id, f"personne-{uuid4().hex[:8]}")
    assert thief.get("/compte").status_code == 200
    owner, _, _ = activate(espace, person, record_id, f"personne-{uuid4().hex[:8]}")
    assert owner.get("/compte").status_code == 200
    assert thief.get("/compte").status_code == 302


@pytest.mark.parametrize(("born", "stays"), [("2012-05-05", False), ("1980-05-17", True)])
def test_a_minor_s_first_account_ends_the_address_of_a_representative(espace: str, born: str, stays: bool) -> None:
    person = unlike(birth_date=born)
    record_id = open_record(person)
    owner = outbox.owner_of(outbox.HOLDER, record_id)
    with as_role("carnet_espace"), unit(record_id) as work:
        outbox.set_contact(work, owner, outbox.Contact("parent@exemple.fr", frozenset(), outbox.IMMEDIATE), now())
    activate(espace, person, record_id, f"personne-{uuid4().hex[:8]}")
    with as_role("carnet_espace"), unit(record_id) as work:
        assert (owner in outbox.contacts(work, [owner])) is stays


@pytest.mark.parametrize("choice", ["opposer", "ouvrir"])
def test_a_minor_who_may_not_choose_keeps_the_code(espace: str, choice: str) -> None:
    person = unlike(birth_date="2012-05-05")
    with as_role("carnet_espace"):
        record_id = records.announce_record(person.ins, person.traits, "personne@exemple.fr", now())
    code, http = _code(record_id), httpx.Client(base_url=espace, timeout=30.0)
    for _ in range(2):
        page = http.post("/activer", data={"code": code, "naissance": person.traits.birth_date})
        assert page.status_code == 200, "the code still lives"
        page = http.post("/activer/choix", data={"ticket": _hidden(page, "ticket"), "choix": choice})
        if choice == "ouvrir":
            page = http.post("/activer/acces", data={"ticket": _hidden(page, "ticket"), "moyen": "cle"})
        assert page.status_code == 403


@pytest.mark.parametrize(("choice", "state"), [("opposer", RecordState.OPPOSED), ("ouvrir", RecordState.OPEN)])
def test_an_announced_record_is_opened_or_opposed_by_its_person(espace: str, choice: str, state: RecordState) -> None:
    person = unlike()
    with as_role("carnet_espace"):
        record_id = records.announce_record(person.ins, person.traits, "personne@exemple.fr", now())
    http = httpx.Client(base_url=espace, timeout=30.0)
    page = http.post("/activer", data={"code": _code(record_id), "naissance": person.traits.birth_date})
    assert "n’est pas encore ouvert" in words(page)
    page = http.post("/activer/choix", data={"ticket": _hidden(page, "ticket"), "choix": choice})
    if choice == "ouvrir":
        http.post("/activer/acces", data={"ticket": _hidden(page, "ticket"), "moyen": "cle"})
        assert http.get("/documents").status_code == 200
    with as_role("carnet_espace"):
        found = records.standing(record_id)
    assert found is not None
    assert found.state is state


def test_an_opposed_record_is_opened_when_its_person_asks(espace: str) -> None:
    person = unlike()
    record_id = open_record(person, state=RecordState.OPPOSED)
    who = space(espace, person, record_id)
    assert "opposé" in words(who.get("/documents"))
    assert who.post("/compte/ouvrir").status_code == 302
    assert who.get("/documents").status_code == 200


def test_a_session_ends_when_nothing_happens_is_cut_and_is_listed(espace: str, settings_clock: Any) -> None:
    who, person, record_id = newcomer(espace)
    other = space(espace, person, record_id)
    page = who.get("/compte")
    assert page.text.count("Firefox · Linux") >= 2
    number = page.text.split('name="session" value="')[1].split('"')[0]
    assert who.post("/compte/couper", {"session": number}).status_code == 302
    assert other.get("/").status_code == 302
    settings_clock.move(timedelta(minutes=31))
    assert who.get("/").status_code == 302


def test_leaving_ends_the_session(espace: str) -> None:
    who, _, _ = newcomer(espace)
    cookies = dict(who.http.cookies)
    assert who.post("/deconnexion").status_code == 200
    assert httpx.get(f"{espace}/", cookies=cookies).status_code == 302


def test_a_form_without_its_token_or_from_elsewhere_changes_nothing(espace: str) -> None:
    who, _, record_id = newcomer(espace)
    for answer in (who.http.post("/acces/urgence/choisir", data={}),
                   who.post("/acces/urgence/choisir", headers={"Origin": "https://ailleurs.example"})):  # fmt: skip
        assert answer.status_code == 403
    with as_role("carnet_espace"), unit(record_id) as work:
        assert access.choices(work, record_id) == access.Choices()


def test_a_passkey_that_answers_nonsense_signs_nobody_in(espace: str) -> None:
    begun = httpx.post(f"{espace}/connexion/cle").json()
    for answer in ("{", "[]", '{"id": "AA"}'):
        told = httpx.post(f"{espace}/connexion/cle/reponse", data={"ticket": begun["ticket"], "reponse": answer})
        assert told.status_code == 403


def test_a_new_device_is_told_to_its_owner(espace: str) -> None:
    from carnet.apps.outbox.api import pending

    who, _, record_id = newcomer(espace)
    with as_role("carnet_espace"):
        signin.open_person_session(who.session.account, "password", "another-device", "Chrome · Android", now())
        with unit(record_id) as work:
            assert ("new-device", "holder") in pending(work, record_id)


def test_the_operator_enters_by_a_link_once(operator: str) -> None:
    with as_role("carnet_operator"):
        token = signin.operator_link("agent", now())
    http = httpx.Client(base_url=operator)
    assert http.get("/").status_code == 401
    assert http.get(f"/entrer/{token}").status_code == 302
    assert http.get("/").status_code == 200
    assert httpx.get(f"{operator}/entrer/{token}").status_code == 403


def test_a_link_is_of_a_minute_not_of_a_day(operator: str, settings_clock: Any) -> None:
    with as_role("carnet_operator"):
        token = signin.operator_link("agent", now())
    http = httpx.Client(base_url=operator)
    http.get(f"/entrer/{token}")
    settings_clock.move(timedelta(hours=2))
    assert http.get("/").status_code == 401
    with as_role("carnet_operator"), pytest.raises(Refusal):
        signin.take_operator_link(token, now())


@pytest.fixture
def party() -> str:
    """The host that passkeys of this portal belong to."""
    return urlsplit(settings.CARNET.espace_url).hostname or ""


def _refused(call: Any, *args: Any) -> bool:
    with pytest.raises(Refusal, match="credentials-wrong"), as_role("carnet_espace"):
        call(*args)
    return True


def test_a_passkey_is_made_proved_listed_and_removed(espace: str, party: str) -> None:
    who, _, _ = newcomer(espace)
    account, at = who.session.account, now()
    mine = Authenticator(settings.CARNET.espace_url, party)
    with as_role("carnet_espace"):
        ticket, options = signin.begin_passkey(account, "Claude", at)
        signin.finish_passkey(account, ticket, mine.make(options["publicKey"]), "Mon ordinateur", at)
        assert [k.label for k in signin.passkeys(account)] == ["Mon ordinateur"]
        ticket, options = signin.begin_with_passkey(at)
        assert signin.account_of_passkey(ticket, mine.prove(options["publicKey"]), at) == account
        ticket, options = signin.begin_with_passkey(at)
    elsewhere = Authenticator("https://ailleurs.example", party)
    elsewhere.id, elsewhere.key = mine.id, mine.key
    assert _refused(signin.account_of_passkey, ticket, elsewhere.prove(options["publicKey"]), at), "another origin"
    with as_role("carnet_espace"):
        ticket, options = signin.begin_with_passkey(at)
    assert _refused(
        signin.account_of_passkey, ticket, Authenticator(settings.CARNET.espace_url, party).prove(options["publicKey"]), at
    )
    with as_role("carnet_espace"):
        assert not signin.remove_passkey(account, 1)
        assert signin.remove_passkey(account, 0)
        assert signin.passkeys(account) == []
        ticket, options = signin.begin_with_passkey(at)
    assert _refused(signin.account_of_passkey, ticket, mine.prove(options["publicKey"]), at), "a passkey that was removed"


def test_a_passkey_of_another_ticket_that_is_none_or_one_too_many_is_not_kept(espace: str, party: str) -> None:
    who, _, _ = newcomer(espace)
    other, _, _ = newcomer(espace)
    at = now()

    def begun(account: UUID) -> tuple[str, dict[str, Any]]:
        with as_role("carnet_espace"):
            ticket, options = signin.begin_passkey(account, "Claude", at)
        return ticket, Authenticator(settings.CARNET.espace_url, party).make(options["publicKey"])

    ticket, made = begun(who.session.account)
    assert _refused(signin.finish_passkey, other.session.account, ticket, made, "x", at), "the ticket of somebody else"
    ticket, _ = begun(who.session.account)
    assert _refused(signin.finish_passkey, who.session.account, ticket, {"id": "AA"}, "x", at)
    ticket, made = begun(who.session.account)
    empty = made | {"response": made["response"] | {"attestationObject": _without_credential(party)}}
    assert _refused(signin.finish_passkey, who.session.account, ticket, empty, "x", at)
    for n in range(passkeys.MOST):
        ticket, made = begun(who.session.account)
        with as_role("carnet_espace"):
            signin.finish_passkey(who.session.account, ticket, made, f"clé {n}", at)
    ticket, made = begun(who.session.account)
    assert _refused(signin.finish_passkey, who.session.account, ticket, made, "de trop", at)


def _without_credential(party: str) -> str:
    data = hashlib.sha256(party.encode()).digest() + bytes([0x05]) + bytes(4)
    return base64.urlsafe_b64encode(cbor.encode({"fmt": "none", "attStmt": {}, "authData": data})).rstrip(b"=").decode()


def test_whoever_came_by_franceconnect_comes_back_to_the_same_account_and_chooses_a_language(
    espace: str, franceconnect: Any
) -> None:
    person = unlike()
    record_id = open_record(person)
    number = pivot(franceconnect, person)
    through(espace, number)
    account = account_of(person, record_id)
    http, answer = through(espace, number, "/profil")
    assert (answer.status_code, answer.headers["location"]) == (302, "/profil")
    assert account_of(person, record_id).id == account.id
    token = http.get("/compte").text.split('name="form_token" value="')[1].split('"')[0]
    assert http.post("/compte/langue", data={"langue": "en", "form_token": token}).status_code == 302
    with as_role("carnet_espace"), unit(record_id) as work:
        assert work.rows("SELECT language FROM signin_account WHERE id = %s", account.id) == [("en",)]


def test_a_second_step_that_was_begun_before_the_account_was_locked_is_locked_too(espace: str) -> None:
    person = unlike()
    record_id = open_record(person)
    login = f"personne-{uuid4().hex[:8]}"
    _, secret, _ = activate(espace, person, record_id, login)
    begun = httpx.Client(base_url=espace, timeout=30.0)
    page = begun.post("/connexion/mot-de-passe", data={"identifiant": login, "mot-de-passe": "une phrase de passe calme"})
    for _ in range(5):
        httpx.post(f"{espace}/connexion/mot-de-passe", data={"identifiant": login, "mot-de-passe": "pas celui-là du tout"})
    answer = begun.post("/connexion/code", data={"ticket": _hidden(page, "ticket"), "code": pyotp.TOTP(secret).at(now())})
    assert answer.status_code == 403
    assert begun.get("/").status_code == 302


def test_an_activation_with_a_wrong_one_time_code_keeps_the_provisional_code(espace: str) -> None:
    person = unlike()
    record_id = open_record(person)
    http = httpx.Client(base_url=espace, timeout=30.0)
    page = http.post("/activer", data={"code": _code(record_id).lower(), "naissance": person.traits.birth_date})
    form = {"ticket": _hidden(page, "ticket"), "identifiant": f"p-{uuid4().hex[:8]}", "mot-de-passe": "une phrase de passe calme"}
    answer = http.post("/activer/acces", data=form | {"code": "abc"})
    assert answer.status_code == 400
    secret = words(page).split("recopiez la suite de lettres.")[1].split("Code")[0].replace(" ", "")
    right = form | {"ticket": _hidden(answer, "ticket"), "code": pyotp.TOTP(secret).at(now() - timedelta(seconds=30))}
    assert http.post("/activer/acces", data=right).status_code == 200


def _lately_of_age() -> str:
    day = today() - timedelta(days=10)
    return day.replace(year=day.year - 18, day=min(day.day, 28)).isoformat()


def test_the_address_of_a_childhood_ends_with_the_first_account_of_an_adult_and_gets_no_code(espace: str) -> None:
    person = unlike(birth_date=_lately_of_age())
    record_id = open_record(person)
    owner = outbox.owner_of(outbox.HOLDER, record_id)

    def written(at: datetime) -> None:
        with as_role("carnet_espace"), unit(record_id) as work:
            outbox.set_contact(work, owner, outbox.Contact("parent@exemple.fr", frozenset(), outbox.IMMEDIATE), at)

    def helped() -> Any:
        with as_role("carnet_operator"):
            return records.helped(
                Ask(Actor(ActorKind.OPERATOR, "ada", "ada", Authentication(Means.PERSON_SESSION)), Act.CONFIGURE, now()), person.ins
            )

    written(now() - timedelta(days=100))
    activate(espace, person, record_id, f"personne-{uuid4().hex[:8]}")
    with as_role("carnet_espace"), unit(record_id) as work:
        assert owner not in outbox.contacts(work, [owner])
    written(now() - timedelta(days=100))
    assert helped().by_mail is False, "an address of before majority may be a parent's"
    written(now())
    assert helped().by_mail is True


def test_a_letter_for_a_minor_opens_no_account_that_the_minor_has(espace: str) -> None:
    person = unlike(birth_date="2011-05-05")
    record_id = open_record(person)
    teenager, _, _ = activate(espace, person, record_id, f"personne-{uuid4().hex[:8]}")
    code = _code(record_id)
    thief = httpx.Client(base_url=espace, timeout=30.0)
    answers = [thief.post("/activer", data={"code": c, "naissance": person.traits.birth_date}) for c in (code, "AAAAABBBBB")]
    assert [a.status_code for a in answers] == [answers[1].status_code] * 2
    assert words(answers[0]).replace(code, "") == words(answers[1]).replace("AAAAABBBBB", "")
    assert teenager.get("/compte").status_code == 200
    late = unlike(birth_date="2011-05-05")
    number = open_record(late)
    page = thief.post("/activer", data={"code": _code(number), "naissance": late.traits.birth_date})
    with as_role("carnet_espace"), unit() as work:
        signin.open_account(work, number, "Noé", now())
    found = thief.post("/activer/acces", data={"ticket": _hidden(page, "ticket"), "moyen": "cle"})
    assert found.status_code in (400, 403, 404), "an account that was opened meanwhile is the minor's"
