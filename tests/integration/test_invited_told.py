"""Invitations, links and narrow views as they are told: who answered, who is old enough, what is closed, what lives on."""

from dataclasses import replace

import pytest
from support.espace import Space, newcomer, relate
from support.people import allow, deposit, host, now, today
from support.portal import words
from support.roles import as_role
from support.said import said_by

from carnet.apps.access import api as access
from carnet.apps.profile import api as profile
from carnet.apps.records import api as records
from carnet.kernel.actor import Means
from carnet.kernel.ask import Act, Ask


def code_for(who: Space, kind: str = "aidant", **given: str) -> str:
    told = said_by(who.post(f"/proches/inviter/{kind}", {"nom": "Invité", "etendue": "tout", **given}))
    return str(told["code"])


@pytest.mark.parametrize(("answer", "done"), [("accepter", "a accepté une invitation"), ("refuser", "a refusé une invitation")])
def test_whoever_answers_an_invitation_is_told_by_their_own_name(espace: str, answer: str, done: str) -> None:
    who, _, _ = newcomer(espace)
    guest, person, _ = newcomer(espace)
    guest.post("/proches/repondre", {"code": code_for(who), "reponse": answer})
    page = words(who.get("/acces/journal"))
    named = person.traits.birth_name if answer == "accepter" else "Quelqu’un"
    assert f"{named}, aidant, {done}" in page.replace(" ,", ",")
    assert "Vous avez accepté" not in page and "Vous avez refusé" not in page


def test_a_minor_represents_and_helps_nobody(espace: str) -> None:
    who, _, _ = newcomer(espace)
    teenager, _, _ = newcomer(espace, birth_date=f"{today().year - 16}-01-01")
    code = code_for(who)
    refused = teenager.post("/proches/repondre", {"code": code, "reponse": "accepter"})
    assert refused.status_code == 404 and "Seul un adulte" in words(refused)
    assert "Seul un adulte" not in words(who.get("/proches"))
    adult, _, _ = newcomer(espace)
    assert adult.post("/proches/repondre", {"code": code, "reponse": "accepter"}).status_code == 302, "the code is not used up"


@pytest.mark.parametrize("day", ["31-12-2026x", "9999-12-31", "2027-13-01"])
def test_an_end_that_does_not_read_is_not_no_end(espace: str, day: str) -> None:
    who, _, _ = newcomer(espace)
    answer = who.post("/proches/inviter/aidant", {"nom": "Invité", "etendue": "tout", "jusqu-au": day})
    assert answer.status_code == 400 and "jusqu-au" in answer.text


def test_a_sixth_link_ends_none_of_the_five(espace: str) -> None:
    who, _, record_id = newcomer(espace)
    made = [who.post("/fiche/lien", {"rubrique": ["allergies"], "duree": "30j"}) for _ in range(6)]
    assert [one.status_code for one in made[:5]] == [302] * 5
    assert made[5].status_code in (403, 422) and "Cinq liens" in words(made[5])
    with as_role("carnet_espace"), records.visiting(who.ask(Act.SEARCH), record_id, "profile") as visit:
        held = profile.links(visit)
    assert len(held) == 5 and all(one.revoked_at is None for one in held)
    who.post("/fiche/lien/retirer", {"numero": str(held[0].id)})


def test_a_carer_of_a_part_is_told_of_no_nothing(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    carer, _, _ = newcomer(espace)
    relate(record_id, carer, "carer", access.Given(scope=frozenset({"profile:allergies"})))
    allow(record_id, "treating")
    deposit(person, title="Prothèse de hanche")
    carer.act_on(record_id)
    home, listed, sought = (words(carer.get(path)) for path in ("/", "/documents", "/documents?q=hanche"))
    assert "Tout est à jour" not in home and "encore aucun document" not in home and "qui vous est ouvert" in home
    assert "Liste partielle" in listed and "Aucun document ne vous est ouvert ici" in listed
    assert "Aucun document qui vous est ouvert ne contient ces mots" in sought
    assert "Liste partielle" not in words(who.get("/documents"))
    for section in ("measures", "treatments", "problems"):
        told = words(carer.get(f"/profil/{section}"))
        assert "Une partie de ce carnet vous est fermée" in told, section
        assert "Aucun" not in told, section


def test_what_was_shown_to_nobody_is_not_told_as_read(espace: str) -> None:
    who, _, record_id = newcomer(espace)
    carer, _, _ = newcomer(espace)
    relate(record_id, carer, "carer", access.Given(scope=frozenset({"messages"})))
    carer.act_on(record_id)
    for path in ("/directives", "/profil", "/profil/allergies", "/profil/measures"):
        carer.get(path)
    told = words(who.get("/acces/journal"))
    assert told.count("a ouvert une page où rien ne lui a été montré") == 1, "the same told together"
    assert "a lu vos volontés" not in told and "a lu votre profil" not in told
    whole, _, _ = newcomer(espace)
    relate(record_id, whole, "carer", access.Given())
    whole.act_on(record_id).get("/profil/allergies")
    assert "a lu votre profil" in words(who.get("/acces/journal"))


def test_a_carer_of_a_part_makes_no_sheet_and_is_told_why(espace: str) -> None:
    _, _, record_id = newcomer(espace)
    carer, _, _ = newcomer(espace)
    relate(record_id, carer, "carer", access.Given(scope=frozenset({"profile:allergies"})))
    carer.act_on(record_id)
    answer = carer.post("/fiche/lien", {"rubrique": ["allergies"], "duree": "1j"})
    told = words(answer)
    assert answer.status_code == 403 and "Cette partie du carnet ne vous est pas ouverte" in told and "Interrogez" not in told


def test_the_help_desk_ties_an_adult_and_once(espace: str) -> None:
    _, _, child_record = newcomer(espace, birth_date=f"{today().year - 9}-01-01")
    _, _, baby_record = newcomer(espace, birth_date=f"{today().year - 1}-01-01")
    _, _, parent_record = newcomer(espace)
    who = host(child_record).ask.actor
    question = Ask(replace(who, authentication=replace(who.authentication, means=Means.PERSON_SESSION)), Act.CONFIGURE, now())
    with as_role("carnet_operator"):
        assert not records.attach_representative(question, child_record, baby_record)
        assert records.attach_representative(question, child_record, parent_record)
        assert not records.attach_representative(question, child_record, parent_record)


def test_nothing_was_done_before_the_birth_and_what_is_out_of_the_agenda_is_not_changed(espace: str) -> None:
    who, _, _ = newcomer(espace, birth_date="1980-05-17")
    rule = "VAC-FLU-65"
    early = who.post(f"/agenda/dire/{rule}", {"reponse": "fait", "date": "1979-01-01"})
    assert early.status_code == 400 and "avant la naissance" in words(early)
    assert who.post(f"/agenda/dire/{rule}", {"reponse": "fait", "date": "1980-05-17"}).status_code == 302
