"""The secret connection at WebPS: a minor's care of which no page of the representatives says anything."""

import re
from datetime import timedelta
from typing import Any

import pytest
from support.espace import Space, newcomer
from support.people import allow, ask, deposit, now, today
from support.portal import Browser, words
from support.roles import as_role
from support.said import said_by

from carnet.apps.access import api as access
from carnet.apps.access.timers import note_ends
from carnet.apps.records import api as records
from carnet.apps.storage.api import unit
from carnet.desk.demonstration.people import DemoPerson
from carnet.desk.demonstration.professionals import PROFESSIONALS
from carnet.dicah.facts import AuthorisationGround
from carnet.dicah.messages import message
from carnet.kernel.actor import Actor, ActorKind, Authentication, Means
from carnet.kernel.ask import Act, Ask
from carnet.kernel.copies import replace
from carnet.kernel.refusal import No, Refusal

PARENTS_PAGES = ("/", "/acces", "/acces/professionnels", "/documents", "/profil", "/profil/problems",
                 "/profil/vaccinations", "/messages", "/demandes", "/prevention")  # fmt: skip


def sought_in_secret(browser: Browser, person: DemoPerson) -> str:
    answer = browser.post("/patients/chercher", {"ins": person.ins.matricule, "secret": "oui"})
    return str(answer.headers["location"]).removeprefix("/porte/")


def told_to(parent: Space) -> list[object]:
    """What a representative reads: pages, and what the journal tells of the professionals (their own readings are in it too)."""
    for path in PARENTS_PAGES:
        # What is new is new once.
        parent.get(path)
    journal = words(parent.get("/acces/journal"))
    named = [journal.count(PROFESSIONALS[key].family) for key in ("midwife", "treating")]
    # The minute of the parent's own reading is none of what is told of others.
    return [named, *(re.sub(r"\d{1,2} h \d{2}", "", words(parent.get(path))) for path in PARENTS_PAGES)]


def sent(browser: Browser, path: str, data: dict[str, Any]) -> Any:
    answer = browser.post(path, data)
    assert answer.status_code == 302, words(answer)
    return answer


def test_a_visit_in_secret_leaves_nothing_on_a_page_of_the_representatives(portal: str, family: Any) -> None:
    teenager, person, _, parent = family
    deposit(person, title="Certificat de sport")
    browser, before = Browser(portal).sign_in("midwife"), told_to(parent)
    handle = sought_in_secret(browser, person)
    gate = browser.get(f"/porte/{handle}")
    assert "Connexion secrète" in words(gate)
    assert "Recueillir l’accord du patient" in words(gate)
    sent(browser, f"/porte/{handle}/accord", {"titre": "consultation", "accord": "oui"})
    record = browser.get(f"/dossier/{handle}")
    assert record.status_code == 200
    assert "Connexion secrète" in words(record)
    form = browser.get(f"/deposer/{handle}?vu=1")
    assert "sauf les représentants légaux" in words(form)
    assert 'value="INVISIBLE_REPRESENTANTS_LEGAUX"' not in form.text
    sent(browser, f"/deposer/{handle}", {"note": "Contraception expliquée.", "titre-note": "Consultation confidentielle"})
    sent(browser, f"/dossier/{handle}/profil/problems/ajouter", {"libelle": "Chose confiée"})
    for path in ("", "/documents", "/acces", "/volontes", "/vaccinations", "/resultats", "/parcours"):
        assert browser.get(f"/dossier/{handle}{path}").status_code == 200
    assert told_to(parent) == before
    assert "Consultation confidentielle" in words(teenager.get("/documents"))
    assert "Chose confiée" in words(teenager.get("/profil/problems"))
    assert "vérifié si votre carnet est ouvert" in words(teenager.get("/acces/journal"))


def test_the_same_visit_in_the_open_is_told(portal: str, family: Any) -> None:
    _, person, _, parent = family
    before = told_to(parent)
    browser = Browser(portal).sign_in("midwife")
    browser.get(f"/porte/{browser.seek(person.ins.matricule)}")
    assert told_to(parent) != before


def test_nothing_that_the_representatives_know_of_changes_in_secret(portal: str, family: Any) -> None:
    teenager, person, record_id, parent = family
    allow(record_id, "treating")
    browser = Browser(portal).sign_in("treating")
    open_handle = browser.open(person.ins.matricule)
    sent(browser, f"{open_handle}/profil/problems/ajouter", {"libelle": "Asthme"})
    number = browser.get(open_handle).text.split(f"{open_handle}/profil/")[1:]
    asthma = next(n[:36] for n in number if "Asthme" in n[:80])
    before, base = told_to(parent), f"/dossier/{sought_in_secret(browser, person)}"
    page = browser.get(f"{base}/profil/{asthma}")
    assert "Pour la changer, revenez à une connexion ordinaire" in words(page)
    assert f"{base}/profil/{asthma}/corriger" not in page.text
    for act in ("confirmer", "corriger", "retirer", "retablir"):
        refused = browser.post(f"{base}/profil/{asthma}/{act}", {"libelle": "Autre"})
        assert refused.status_code in (403, 404), act
        if act != "retablir":
            assert message("secret-connection-known").professional in words(refused)
    assert told_to(parent) == before
    sent(browser, f"{base}/profil/problems/ajouter", {"libelle": "Chose confiée"})
    own = next(n[:36] for n in browser.get(base).text.split(f"{base}/profil/")[1:] if "Chose confiée" in n[:80])
    assert "Non visible des représentants légaux" in words(browser.get(f"{base}/profil/{own}"))
    sent(browser, f"{base}/profil/{own}/corriger", {"libelle": "Chose confiée, précisée"})
    assert "Chose confiée, précisée" in words(teenager.get("/profil/problems"))
    assert told_to(parent) == before
    assert "Chose" not in words(parent.get("/profil/problems"))


def test_a_message_begins_in_secret_and_its_thread_leads_back_there(portal: str, family: Any) -> None:
    _, person, _, parent = family
    browser, before = Browser(portal).sign_in("midwife"), told_to(parent)
    handle = sought_in_secret(browser, person)
    form = browser.get(f"/ecrire/{handle}")
    assert 'name="secret"' not in form.text
    answer = sent(browser, f"/ecrire/{handle}", {"boite": "PER", "texte": "Vos résultats sont là.", "objet": "Suite"})
    thread = browser.follow(answer.headers["location"])
    assert "Échange tenu secret" in words(thread)
    leads = thread.text.split('href="/porte/')[1].split('"')[0]
    assert "Connexion secrète" in words(browser.get(f"/porte/{leads}?voyants=1"))
    assert told_to(parent) == before


def test_an_adult_s_record_is_not_opened_in_secret_and_the_way_back_is_there(portal: str, espace: str) -> None:
    adult, person, record_id = newcomer(espace)
    allow(record_id, "treating")
    browser = Browser(portal).sign_in("treating")
    handle = sought_in_secret(browser, person)
    gate = browser.get(f"/porte/{handle}")
    assert message("secret-connection-refused").professional in words(gate)
    assert browser.get(f"/dossier/{handle}").status_code == 302
    ordinary = gate.text.split('<a href="/porte/')[1].split('"')[0]
    assert browser.get(f"/porte/{ordinary}").headers["location"] == f"/dossier/{ordinary}"
    assert browser.post(f"/deposer/{handle}", {"note": "Texte."}).status_code == 400
    assert message("secret-connection-refused").patient in words(adult.get("/acces/journal"))


def test_a_minor_of_the_own_list_is_opened_in_secret_without_a_first_visit_in_the_open(portal: str, family: Any) -> None:
    _, person, record_id, parent = family
    allow(record_id, "treating")
    browser, before = Browser(portal).sign_in("treating"), told_to(parent)
    listed = browser.get(f"/patients?nom={person.traits.given_names}")
    row = next(r for r in listed.text.split("<tr ")[1:] if person.traits.given_names in r)
    secret = row.split("En connexion secrète")[0].rsplit('href="/porte/', 1)[1].split('"')[0]
    assert browser.get(f"/porte/{secret}").headers["location"] == f"/dossier/{secret}"
    assert "Connexion secrète" in words(browser.get(f"/dossier/{secret}"))
    assert told_to(parent) == before


def test_what_was_ticked_stays_after_a_mistake(portal: str) -> None:
    browser = Browser(portal).sign_in("treating")
    wrong = browser.post("/patients/chercher", {"ins": "12", "secret": "oui"})
    assert 'id="en-secret" name="secret" value="oui" checked' in wrong.text


def test_an_emergency_and_an_agreement_in_secret_are_not_told_to_the_representatives(portal: str, family: Any) -> None:
    teenager, person, _, parent = family
    browser, before = Browser(portal).sign_in("treating"), told_to(parent)
    handle = sought_in_secret(browser, person)
    form = browser.get(f"/porte/{handle}/urgence/bris-de-glace")
    assert "Aucun avis ne part au patient" in words(form)
    sent_to = browser.post(f"/porte/{handle}/urgence/bris-de-glace", {"motif": "Patiente inconsciente, seule."}).headers["location"]
    opened = browser.get(sent_to)
    assert "Connexion secrète" in words(opened)
    assert "Le patient et son médecin traitant" not in words(opened)
    sent(browser, f"/porte/{handle}/accord", {"titre": "equipe", "accord": "oui"})
    assert told_to(parent) == before
    assert PROFESSIONALS["treating"].family in words(teenager.get("/acces/journal"))


def test_what_a_parent_does_of_somebody_met_in_secret_goes_as_for_a_stranger(portal: str, family: Any) -> None:
    teenager, person, _, parent = family
    browser = Browser(portal).sign_in("midwife")
    handle = sought_in_secret(browser, person)
    sent(browser, f"/porte/{handle}/accord", {"titre": "equipe", "accord": "oui"})
    met, stranger = PROFESSIONALS["midwife"], PROFESSIONALS["nurse"]
    before = told_to(parent)
    answers = [parent.post("/acces/professionnels/retirer", {"numero": who.id}) for who in (met, stranger)]
    assert [said_by(a) for a in answers] == [said_by(answers[1])] * 2, "no undoing tells that there was something"
    assert browser.get(f"/dossier/{handle}").status_code == 200, "and the secret agreement goes on"
    teenager.post("/acces/professionnels/bloquer", {"numero": met.id})
    assert told_to(parent) == before
    assert "bloqué" not in words(parent.get("/acces/journal"))
    assert met.family in words(teenager.get("/acces/professionnels"))
    for who in (met, stranger):
        parent.post("/acces/professionnels/bloquer", {"numero": who.id})
    page = words(parent.get("/acces/professionnels"))
    assert met.family in page
    assert stranger.family in page
    teenager.post("/acces/professionnels/debloquer", {"numero": met.id})
    for who in (met, stranger):
        parent.post("/acces/professionnels/debloquer", {"numero": who.id})
        parent.post("/acces/professionnels/donner", {"numero": who.id, "jusqu-au": today().isoformat()})
        assert who.family in words(parent.get("/acces/professionnels"))


def test_a_secret_agreement_of_somebody_known_changes_no_date_and_no_treating_doctor(portal: str, family: Any) -> None:
    _, person, record_id, parent = family
    allow(record_id, "treating", treating="treating", ground="consultation")
    before = told_to(parent)
    for key in ("treating", "midwife"):
        browser = Browser(portal).sign_in(key)
        handle = sought_in_secret(browser, person)
        sent(browser, f"/porte/{handle}/accord", {"titre": "equipe", "accord": "oui"})
    assert told_to(parent) == before


def test_the_end_of_a_secret_agreement_and_its_review_are_not_told(portal: str, family: Any) -> None:
    teenager, person, record_id, parent = family
    browser = Browser(portal).sign_in("midwife")
    handle = sought_in_secret(browser, person)
    sent(browser, f"/porte/{handle}/accord", {"titre": "consultation", "accord": "oui"})
    doctor = Browser(portal).sign_in("treating")
    secret = sought_in_secret(doctor, person)
    doctor.post(f"/porte/{secret}/urgence/bris-de-glace", {"motif": "Patiente inconsciente, seule."})
    with as_role("carnet_operator"), unit(record_id) as work:
        [identifier] = [row[0] for row in work.rows("SELECT id FROM access_emergency WHERE record_id = %s", record_id)]
    before = (
        words(parent.get("/acces/journal")).count("par lui-même"),
        words(parent.get("/acces/journal")).count("assistance"),
    )
    with as_role("carnet_worker"):
        note_ends(now() + timedelta(days=2))
    with as_role("carnet_operator"):
        agent = Actor(ActorKind.OPERATOR, "ada", "ada", Authentication(Means.PERSON_SESSION))
        access.review_emergency(Ask(agent, Act.CONFIGURE, now()), identifier, "justified")
    page = words(parent.get("/acces/journal"))
    assert (page.count("par lui-même"), page.count("assistance")) == before
    own = words(teenager.get("/acces/journal"))
    assert "par lui-même" in own
    assert own.count("assistance") > words(parent.get("/acces/journal")).count("assistance")


def test_what_is_read_or_refused_in_secret_is_told_of_no_document_that_the_representatives_see(portal: str, family: Any) -> None:
    teenager, person, _, parent = family
    shown = deposit(person, "cardiologist", title="Certificat de sport")
    browser, before = Browser(portal).sign_in("midwife"), told_to(parent)
    handle = sought_in_secret(browser, person)
    sent(browser, f"/porte/{handle}/accord", {"titre": "consultation", "accord": "oui"})
    page = browser.get(f"/dossier/{handle}/documents/{shown}")
    assert "Certificat de sport" in words(page)
    assert "Aucun acte ne vous est ouvert" in words(page)
    assert browser.get(f"/dossier/{handle}/documents/{shown}/contenu").status_code in (200, 404)
    for act in ("supprimer", "masquer", "archiver", "demasquer"):
        refused = browser.post(f"/dossier/{handle}/documents/{shown}/{act}")
        assert refused.status_code == 403
        assert "Connexion secrète" in words(refused), act
    doctor = Browser(portal).sign_in("emergency")
    glass = sought_in_secret(doctor, person)
    opened = doctor.post(f"/porte/{glass}/urgence/bris-de-glace", {"motif": "Patiente inconsciente, seule."}).headers["location"]
    assert "Certificat de sport" in words(doctor.get(f"{opened}/documents/{shown}"))
    assert told_to(parent) == before
    journal = words(parent.get("/acces/journal"))
    assert all(PROFESSIONALS[key].family not in journal for key in ("midwife", "emergency"))
    assert all(PROFESSIONALS[key].family in words(teenager.get("/acces/journal")) for key in ("midwife", "emergency"))


def test_the_author_changes_nothing_in_secret_of_what_the_representatives_see(portal: str, family: Any) -> None:
    _, person, record_id, parent = family
    allow(record_id, "treating")
    shown = deposit(person, "treating", title="Certificat de sport")
    before = told_to(parent)
    browser = Browser(portal).sign_in("treating")
    base = f"/dossier/{sought_in_secret(browser, person)}"
    browser.get(base)
    for act in ("masquer", "archiver", "supprimer"):
        refused = browser.post(f"{base}/documents/{shown}/{act}")
        assert refused.status_code == 403
        assert message("secret-connection-known").professional in words(refused)
    withdrawn = browser.post(f"{base}/renoncer")
    assert withdrawn.status_code == 403
    assert message("secret-connection-known").professional in words(withdrawn)
    assert told_to(parent) == before
    own = deposit(person, "treating", title="Note secrète", label=("INVISIBLE_REPRESENTANTS_LEGAUX",))
    assert browser.post(f"{base}/documents/{own}/masquer").status_code == 302
    assert told_to(parent) == before


def test_a_secret_agreement_opens_a_secret_connection_alone(portal: str, family: Any) -> None:
    _, person, _, parent = family
    browser = Browser(portal).sign_in("midwife")
    handle = sought_in_secret(browser, person)
    sent(browser, f"/porte/{handle}/accord", {"titre": "equipe", "accord": "oui"})
    assert browser.get(f"/dossier/{handle}").status_code == 200
    listed = browser.get(f"/patients?nom={person.traits.given_names}")
    row = next(r for r in listed.text.split("<tr ")[1:] if person.traits.given_names in r)
    before = told_to(parent)
    for link in row.split('href="/porte/')[1:]:
        assert "Connexion secrète" in words(browser.follow(f"/porte/{link.split(chr(34))[0]}")), (
            "every way of the list is the secret one"
        )
    assert told_to(parent) == before
    ordinary = browser.seek(person.ins.matricule)
    assert "Recueillir l’accord du patient" in words(browser.get(f"/porte/{ordinary}"))
    sent(browser, f"/porte/{ordinary}/accord", {"titre": "consultation", "accord": "oui"})
    assert PROFESSIONALS["midwife"].family in words(parent.get("/acces/professionnels")), "what is declared in the open is listed"
    assert browser.get(f"/dossier/{ordinary}").status_code == 200


def test_a_secret_agreement_of_a_structure_is_opened_in_secret_by_its_members(portal: str, family: Any) -> None:
    _, person, _, parent = family
    nurse = ask("nurse", Act.DECLARE_AUTHORISATION, person).actor
    proof = replace(nurse.authentication, means=Means.CPE)
    structure = nurse.situation.structure
    secretary = Actor(ActorKind.EMPLOYEE, f"{structure}/1", "Secrétariat", proof, replace(nurse.situation, profession=None))
    question = Ask(secretary, Act.DECLARE_AUTHORISATION, now(), person.ins, secret=True)
    records.declare_authorisation(question, access.Consent(AuthorisationGround.CARE_TEAM, True, True))
    browser, before = Browser(portal).sign_in("nurse"), told_to(parent)
    listed = browser.get(f"/patients?nom={person.traits.given_names}")
    row = next(r for r in listed.text.split("<tr ")[1:] if person.traits.given_names in r)
    links = [link.split('"')[0] for link in row.split('href="/porte/')[1:]]
    assert links
    for link in links:
        assert "Connexion secrète" in words(browser.follow(f"/porte/{link}"))
    assert told_to(parent) == before


def test_an_agreement_that_is_known_is_not_given_up_in_secret_and_a_secret_one_is(portal: str, family: Any) -> None:
    _, person, record_id, parent = family
    allow(record_id, "treating")
    before = told_to(parent)
    for key, refuses in (("treating", True), ("midwife", False)):
        question = replace(ask(key, Act.DECLARE_AUTHORISATION, person), secret=True)
        records.declare_authorisation(question, access.Consent(AuthorisationGround.CARE_TEAM, True, True))
        ending = replace(question, act=Act.WITHDRAW_AUTHORISATION)
        if refuses:
            with pytest.raises(Refusal) as told:
                records.withdraw_authorisation(ending)
            assert told.value.code == No.SECRET_CONNECTION_KNOWN
        else:
            records.withdraw_authorisation(ending)
        assert told_to(parent) == before


def test_what_was_ticked_stays_after_a_photograph_that_does_not_read(portal: str) -> None:
    browser = Browser(portal).sign_in("treating")
    browser.get("/patients/datamatrix")
    wrong = browser.post("/patients/datamatrix", {"secret": "oui"}, files={"image": ("p.png", b"none", "image/png")})
    assert wrong.status_code == 400
    assert 'name="secret" value="oui" checked' in wrong.text
    again = browser.post("/patients/vitale", {"secret": "oui", "carte": "99"})
    assert 'name="secret" value="oui" checked' in again.text
