"""A parent adds a child by the letter that came for the child, and sees what waits for each; nothing else makes a representative."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from support.espace import Space, newcomer, relate
from support.mails import mail, receive
from support.people import fresh_person, now, open_record, today
from support.portal import words
from support.roles import as_role

from carnet.apps.outbox.api import pending
from carnet.apps.records import api as records
from carnet.apps.signin import api as signin
from carnet.apps.storage.api import unit
from carnet.desk.demonstration.people import DemoPerson

BORN = "2021-03-04"


def letter(record_id: UUID, channel: str = "letter") -> str:
    with as_role("carnet_espace"), unit(record_id) as work:
        return signin.provisional_code(work, record_id, channel, "test", now())


def later() -> datetime:
    """The clock of a test stands at whole seconds: what the door did since lies ahead of it."""
    return now() + timedelta(hours=1)


def child(born: str = BORN) -> tuple[DemoPerson, UUID]:
    person = fresh_person(birth_date=born, given_names=f"Petit{uuid4().hex[:6]}")
    return person, open_record(person)


def add(who: Space, code: str, born: str = BORN):
    who.get("/proches/enfant")
    return who.post("/proches/enfant", {"code": code, "naissance": born})


def represents(who: Space, record_id: UUID) -> bool:
    with as_role("carnet_espace"):
        return any(
            s.record_id == record_id and kind.value == "representative"
            for s, kind, _ends in records.mine(who.session.account, later())
        )


def test_a_parent_adds_a_child_opens_the_record_and_the_record_says_so(espace: str) -> None:
    who, _person, _record = newcomer(espace)
    kid, record_id = child()
    code = letter(record_id)
    assert add(who, code.lower()).status_code == 302
    assert "Vous pouvez ouvrir le carnet de votre enfant" in words(who.get("/proches"))
    assert represents(who, record_id)
    who.act_on(record_id)
    assert "Comme représentant légal" in words(who.get("/proches"))
    assert kid.traits.given_names.lower() in words(who.get("/acces/journal")).lower() or "lettre reçue" in words(
        who.get("/acces/journal")
    )
    with as_role("carnet_worker"), unit(record_id) as work:
        assert ("relation-changed", "holder") in pending(work, record_id)
    other, _person, _record = newcomer(espace)
    assert add(other, code).status_code == 403, "a letter serves once"


def test_a_newborn_whose_record_is_announced_is_added_and_opened(espace: str) -> None:
    who, _person, _record = newcomer(espace)
    born = (today() - timedelta(days=9)).isoformat()
    baby = fresh_person(birth_date=born, given_names=f"Bebe{uuid4().hex[:6]}")
    with as_role("carnet_espace"):
        record_id = records.announce_record(baby.ins, baby.traits, "parent@exemple.fr", now())
    assert add(who, letter(record_id), born).status_code == 302
    who.act_on(record_id)
    assert who.post("/compte/ouvrir").status_code == 302
    assert who.get("/").status_code == 200


@pytest.mark.parametrize("case", ["another date", "a mail", "an adult", "a code of nobody", "oneself", "somebody to it already"])
def test_what_is_no_proof_gives_nothing_and_says_the_same(espace: str, case: str) -> None:
    who, person, own = newcomer(espace)
    _kid, record_id = child()
    code, born = letter(record_id), BORN
    if case == "another date":
        born = "2022-03-04"
    if case == "a mail":
        code = letter(record_id, "mail")
    if case == "an adult":
        adult = fresh_person()
        record_id = open_record(adult)
        code, born = letter(record_id), adult.traits.birth_date
    if case == "a code of nobody":
        code = "ABCDEFGHJK"
    if case == "oneself":
        record_id, code, born = own, letter(own), person.traits.birth_date
    if case == "somebody to it already":
        relate(record_id, who, "carer")
    answer = add(who, code, born)
    assert answer.status_code == 403
    assert "ne vont pas ensemble" in words(answer)
    with as_role("carnet_espace"):
        kinds = [kind.value for s, kind, _ in records.mine(who.session.account, later()) if s.record_id == record_id]
    assert "representative" not in kinds


def test_a_third_representative_is_refused(espace: str) -> None:
    _kid, record_id = child()
    for _ in range(2):
        parent, _person, _record = newcomer(espace)
        assert add(parent, letter(record_id)).status_code == 302
    third, _person, _record = newcomer(espace)
    answer = add(third, letter(record_id))
    assert "Deux représentants légaux" in words(answer)
    assert not represents(third, record_id)


def test_five_wrong_dates_end_the_code(espace: str) -> None:
    who, _person, _record = newcomer(espace)
    _kid, record_id = child()
    code = letter(record_id)
    for _ in range(5):
        add(who, code, "2019-01-01")
    assert add(who, code).status_code == 403
    assert not represents(who, record_id)


def test_a_minor_is_told_at_once_and_adds_nobody(espace: str) -> None:
    teenager, _person, _record = newcomer(espace, birth_date=f"{today().year - 16}-03-04")
    assert "Seul un adulte" in words(teenager.get("/proches/enfant"))
    _kid, record_id = child()
    assert add(teenager, letter(record_id)).status_code == 403
    assert not represents(teenager, record_id)


def test_a_record_that_is_closed_is_added_by_nobody(espace: str) -> None:
    from support.people import host

    who, _person, _record = newcomer(espace)
    kid, record_id = child()
    assert host(record_id)
    code = letter(record_id)
    with as_role("postgres"), unit(record_id) as work:
        work.run("UPDATE records_record SET state = 'closed' WHERE record_id = %s", record_id)
    assert add(who, code).status_code == 403
    assert kid


def test_what_waits_for_each_is_told_and_a_carer_is_shown_nothing(espace: str) -> None:
    who, _person, _record = newcomer(espace)
    kid, record_id = child()
    add(who, letter(record_id))
    receive(kid, mail(kid, "Bonjour.", "Un mot"))
    page = words(who.get("/proches"))
    assert "1 message non lu" in page
    assert "de prévention à prévoir" in page
    helped, helped_person, helped_record = newcomer(espace)
    assert helped
    relate(helped_record, who, "carer")
    receive(helped_person, mail(helped_person, "Bonjour.", "Un mot"))
    assert words(who.get("/proches")).count("message non lu") == 1


def test_a_code_of_invitation_is_said_in_its_session_alone_and_for_two_minutes(espace: str, settings_clock: Any) -> None:
    who, _, _ = newcomer(espace)
    other, _, _ = newcomer(espace)

    def invited() -> Any:
        answer = who.post("/proches/inviter/aidant", {"nom": "Une tante", "etendue": "tout"})
        said = {name: value for name, value in answer.cookies.items() if name.endswith("-dit")}
        assert answer.headers["location"] == "/proches/invitation" and said
        return said

    said = invited()
    for name, value in said.items():
        other.http.cookies.set(name, value)
    assert 'id="code-invitation"' not in other.get("/proches/invitation").text
    assert 'id="code-invitation"' in who.get("/proches/invitation").text
    invited()
    settings_clock.move(timedelta(seconds=121))
    assert 'id="code-invitation"' not in who.get("/proches/invitation").text
