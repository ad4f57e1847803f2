"""What a page says is so for whoever reads it: in whose record they are, what is closed to them, what was stated and by whom."""

import re
from typing import Any
from uuid import UUID

import pytest
from support.espace import Space, newcomer, relate
from support.people import fresh_person, host, now, open_record, patient
from support.portal import Browser, words

from carnet.apps.access import api as access
from carnet.apps.profile import api as profile
from carnet.apps.storage.api import key_of, unit
from carnet.desk.demonstration.professionals import PROFESSIONALS
from carnet.dicah.facts import RecordState
from carnet.interfaces.webps.record import accesses
from carnet.kernel.ask import Act

SOMEBODY_ELSES = "Vous êtes dans le carnet"


def put(record_id: UUID, section: str, content: profile.Content) -> None:
    """An entry that a professional recorded elsewhere."""
    with unit(record_id) as work:
        profile.insert(work, key_of(work, record_id), profile.stated_entry(section, content, now()))


def entry_page(who: Space, section: str) -> str:
    number = re.search(r"/profil/entree/[0-9a-f-]{36}", who.get(f"/profil/{section}").text)
    assert number
    return words(who.get(number[0]))


def test_an_entry_of_whoever_wrote_it_stands_in_the_record_that_it_is_in(espace: str) -> None:
    who, _, record_id = newcomer(espace)
    put(record_id, "allergies", profile.Content("Latex"))
    assert SOMEBODY_ELSES not in entry_page(who, "allergies"), "a line of somebody else's in one's own record"
    parent, _, _ = newcomer(espace)
    _, _, child = newcomer(espace, birth_date="2020-01-02")
    relate(child, parent, access.REPRESENTS)
    parent.act_on(child)
    parent.post("/profil/allergies/ajouter", {"libelle": "Kiwi"})
    shown = entry_page(parent, "allergies")
    assert SOMEBODY_ELSES in shown and "Corriger" in shown, "one's own line in a child's record"


def test_a_carer_of_a_part_is_told_what_is_closed_not_that_there_is_none(espace: str) -> None:
    _, _, record_id = newcomer(espace)
    put(record_id, "treatments", profile.Content("Ibuprofène", detail="1 par jour"))
    carer, _, _ = newcomer(espace)
    relate(record_id, carer, "carer", access.Given(scope=frozenset({"section:treatments"})))
    carer.act_on(record_id)
    shown = words(carer.get("/profil"))
    for none in ("Aucun séjour", "Aucune directive"):
        assert none not in shown, none
    assert "peut contenir ce que vous ne voyez pas" in shown and "Cette rubrique vous est fermée" in shown
    assert "Cette rubrique vous est fermée" in words(carer.get("/directives"))
    assert "par vous seul" not in words(carer.get("/profil/treatments"))


@pytest.mark.parametrize(
    ("stated", "told"), [("2007", "Dernière dose qui compte : 2007."), ("2007-03", "Dernière dose qui compte : mars 2007.")]
)
def test_the_day_of_a_dose_is_told_as_it_was_stated(espace: str, stated: str, told: str) -> None:
    who, _, record_id = newcomer(espace, birth_date="1981-01-15")
    put(record_id, "vaccinations", profile.Content("Revaxis", start=stated))
    shown = words(who.get("/agenda"))
    assert told in shown and "31 décembre 2007" not in shown and "31 mars 2007" not in shown


def test_a_note_is_a_consultation_report_unless_somebody_says_otherwise(portal: str) -> None:
    person, _ = patient("treating")
    browser = Browser(portal).sign_in("treating")
    base = browser.open(person.ins.matricule)
    handle = base.split("/")[-1]

    def chosen(page: str) -> list[str]:
        found = re.search(r'id="type-note".*?</select>', page, re.DOTALL)
        assert found
        return re.findall(r'value="([^"]+)" selected', found[0])

    assert chosen(browser.get(f"/deposer/{handle}").text) == ["11488-4"]
    refused = browser.post(f"/deposer/{handle}", {"note": "", "titre-note": "", "type-note": "11506-3"})
    assert refused.status_code == 400 and chosen(refused.text) == ["11506-3"], "what was chosen stays chosen"


def test_whom_the_patient_blocked_is_offered_no_glass_to_break(portal: str) -> None:
    person, record_id = patient()
    browser = Browser(portal).sign_in("treating")
    for blocked in (False, True):
        if blocked:
            with unit(record_id) as work:
                access.block(work, host(record_id), PROFESSIONALS["treating"].id)
        page = browser.post("/patients/chercher", {"ins": person.ins.matricule}, follow_redirects=True)
        assert ("Bris de glace" in words(page)) is not blocked


def test_every_act_of_the_journal_has_words() -> None:
    journaled = set(Act) - {Act.OWN_LIST}
    assert journaled <= accesses._SAID.keys()
    told = accesses._line({"at": now().isoformat(), "act": "something:new"})
    assert told.said == "a agi sur le dossier"


def test_a_page_that_opens_no_record_says_whose_it_is_about(espace: str) -> None:
    parent, _, _ = newcomer(espace)
    names = []
    for given in ("Apolline", "Barnabé"):
        _, person, child = newcomer(espace, given, birth_date="2020-01-02")
        relate(child, parent, access.REPRESENTS)
        names.append((child, person.traits.given_names))
    for child, name in names:
        parent.act_on(child)
        for path in ("/compte", "/compte/fermer", "/proches/inviter/representant", "/profil/allergies/ajouter"):
            shown = words(parent.get(path))
            assert f"dans le carnet d’{name}" in shown or f"dans le carnet de {name}" in shown, path
    assert SOMEBODY_ELSES not in words(newcomer(espace)[0].get("/compte"))


def test_what_the_asker_is_not_is_nothing_to_tell_the_patient(portal: str) -> None:
    person = fresh_person()
    open_record(person, state=RecordState.CLOSED)
    other, _ = patient()
    for key, whom, told in (("occupational", other, False), ("treating", person, True)):
        page = Browser(portal).sign_in(key).post("/patients/chercher", {"ins": whom.ins.matricule}, follow_redirects=True)
        assert ("À dire au patient" in words(page)) is told


@pytest.mark.parametrize(("form", "sent", "page", "told"), [
    ("/proches/inviter/aidant", {"nom": "Zoé", "etendue": "tout"}, "/proches/invitation", "code-invitation"),
    ("/fiche/lien", {"rubrique": ["allergies"], "duree": "1j"}, "/fiche/lien/pret", 'id="lien"'),
])  # fmt: skip
def test_what_is_shown_once_is_not_made_again_by_opening_its_page_again(
    espace: str, form: str, sent: dict[str, Any], page: str, told: str
) -> None:
    who, _, _ = newcomer(espace)
    made = who.post(form, sent)
    assert (made.status_code, made.headers["location"]) == (302, page)
    assert told in who.get(page).text
    again = who.get(page)
    assert again.status_code == 302 and told not in who.get(again.headers["location"]).text
    assert newcomer(espace)[0].get(page).status_code == 302, "nobody else is shown it"
    secret = who.http.cookies.get("carnet-espace-dit", default="")
    assert not secret or "shlink" not in secret
