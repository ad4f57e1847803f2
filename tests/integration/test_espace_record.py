"""The record as its person has it: documents, profile, visibility, journal, relatives, sheet, presence, requests, life."""

import asyncio
import base64
import io
import json
import re
import zipfile
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from django.utils.translation import override
from joserfc import jwe
from joserfc.jwk import OctKey
from pypdf import PdfReader
from support.espace import Space, as_kind, listed, newcomer, relate, space
from support.people import allow, ask, cda, client, deposit, fresh_person, fresh_uid, host, now, open_record, today
from support.portal import Browser, words
from support.roles import as_role
from support.said import said_by
from support.statements import stated

from carnet.apps.access import api as access
from carnet.apps.journal import api as journal
from carnet.apps.outbox import api as outbox
from carnet.apps.outbox.api import pending
from carnet.apps.profile import api as profile
from carnet.apps.records import api as records
from carnet.apps.records.api import Query
from carnet.apps.signin import api as signin
from carnet.apps.storage.api import key_of, unit
from carnet.desk.demonstration.professionals import PROFESSIONALS
from carnet.desk.verifier import carnet_verify
from carnet.formats.cda import Section
from carnet.kernel.actor import ActorKind
from carnet.kernel.ask import Act, Ask, Mode
from carnet.kernel.clock import begins
from carnet.kernel.refusal import Refusal
from carnet.pages.templatetags.pages import friendly, long_day

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF"
ICON = b"\x89PNG\r\n\x1a\n" + b"\0" * 30 + b"IEND\xaeB`\x82"


def upload(
    who: Space, name: str = "lettre.txt", data: bytes = b"Lettre de ma tante\nTout va bien.", **fields: str
) -> httpx.Response:
    """Add a document by the form."""
    who.get("/documents/ajouter")
    form = {"categorie": "AUTR_DOC", "titre": "Lettre de ma tante"} | fields
    return who.post("/documents/ajouter", form, files={"fichier": (name, data)})


# Documents


def test_an_upload_is_there_is_the_patient_s_own_and_is_deleted_by_them_alone(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    allow(record_id, "treating", "nurse")
    assert upload(who).status_code == 302
    page = who.get("/documents")
    assert "Lettre de ma tante" in page.text
    [number] = listed(page)
    assert "Tout va bien" in who.get(f"/documents/{number}").text
    assert who.get(f"/documents/{number}/contenu?telecharger=1").content.startswith(b"Lettre")
    with pytest.raises(Refusal):
        records.change_document(ask("nurse", Act.DELETE, person), UUID(number))
    assert who.get(f"/documents/{number}/supprimer").status_code == 200
    assert who.post(f"/documents/{number}/supprimer").status_code == 302
    assert "Lettre de ma tante" not in who.get("/documents").text


@pytest.mark.parametrize(("name", "data"), [("photo.png", ICON), ("scan.pdf", PDF), ("note.txt", b"une note")])
def test_accepted_formats(espace: str, name: str, data: bytes) -> None:
    assert upload(newcomer(espace)[0], name, data).status_code == 302


@pytest.mark.parametrize(("name", "data", "told"), [
    ("photo.heic", b"\0\0\0\x18ftypheic", "format"), ("vide.txt", b"", "format"), ("doc.xml", b"<ClinicalDocument/>", "n’est pas admis"),
])  # fmt: skip
def test_other_formats_are_refused_and_nothing_is_kept(espace: str, name: str, data: bytes, told: str) -> None:
    who, _, _ = newcomer(espace)
    answer = upload(who, name, data)
    assert answer.status_code == 400
    assert listed(who.get("/documents")) == set()


def test_an_infected_file_and_a_silent_scanner_keep_nothing(espace: str, monkeypatch: pytest.MonkeyPatch, scanner: Any) -> None:
    from django.conf import settings

    who, _, _ = newcomer(espace)
    monkeypatch.setattr(settings.CARNET, "antivirus", scanner.address)
    assert upload(who, data=b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE").status_code == 400
    assert upload(who).status_code == 302
    assert scanner.seen
    monkeypatch.setattr(settings.CARNET, "antivirus", "127.0.0.1:1")
    assert "antivirus ne répond pas" in words(upload(who, titre="Autre"))
    assert len(listed(who.get("/documents"))) == 1


def test_categories_filter_and_text_search(espace: str) -> None:
    who, person, _record_id = newcomer(espace)
    report, results = deposit(person, title="Consultation"), deposit(person, "biologist", "11502-2", title="Prise de sang")
    assert listed(who.get("/documents?categorie=BIOLOGIE")) == {str(results)}
    assert listed(who.get("/documents?categorie=CPT_REND")) == {str(report)}
    assert str(report) in who.get("/documents?q=signaler").text
    assert listed(who.get("/documents?q=introuvable")) == set()


def test_a_document_that_is_not_announced_is_nowhere_for_its_person(espace: str) -> None:
    who, person, _record_id = newcomer(espace)
    shown = deposit(person, title="Visible")
    hidden = deposit(person, title="Pas encore", label=("INVISIBLE_PATIENT",))
    for path in (
        "/",
        "/documents",
        "/documents?q=signaler",
        "/profil",
        "/acces/masquer",
        "/acces?comme=metier:10",
        "/acces/journal",
    ):
        page = who.get(path)
        assert "Pas encore" not in page.text, path
        assert str(hidden) not in page.text, path
    assert listed(who.get("/documents")) == {str(shown)}
    for path in (f"/documents/{hidden}", f"/documents/{hidden}/contenu", f"/demandes/corriger/document/{hidden}"):
        assert who.get(path).status_code == 404
    assert who.post(f"/documents/{hidden}/masquer").status_code == 404


def test_what_waits_is_told_after_two_weeks_without_its_content(espace: str, settings_clock: Any) -> None:
    from carnet.config.worker import run_all

    who, person, record_id = newcomer(espace)
    deposit(person, title="Pas encore", label=("INVISIBLE_PATIENT",))
    assert "Un autre document vous attend" not in who.get("/").text
    settings_clock.move(timedelta(days=14))
    with as_role("carnet_worker"):
        run_all(now() + timedelta(days=14))
    page = space(espace, person, record_id, timedelta(days=14)).get("/")
    assert "Un autre document vous attend" in page.text
    assert "Pas encore" not in page.text


# Visibility


def test_mask_and_show_again(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    allow(record_id, "nurse")
    number = deposit(person, title="Lettre")
    answer = who.post(f"/documents/{number}/masquer")
    assert said_by(answer)["annuler"] == "demasquer"
    assert records.search(ask("nurse", Act.SEARCH, person), Query()).logical_ids == []
    assert "Annuler" in who.get(answer.headers["location"]).text
    who.post(f"/documents/{number}/demasquer")
    assert records.search(ask("nurse", Act.SEARCH, person), Query()).logical_ids == [str(number)]


def test_a_category_is_masked_today_and_on_arrival(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    allow(record_id, "nurse")
    deposit(person, "biologist", "11502-2")
    consultation = deposit(person)
    who.post("/acces/masquer/choisir", {"categorie": "BIOLOGIE", "nouveaux": "visibles"})
    deposit(person, "biologist", "11502-2")
    assert records.search(ask("nurse", Act.SEARCH, person), Query()).logical_ids == [str(consultation)]
    who.post("/acces/masquer/choisir", {"nouveaux": "visibles"})
    assert len(records.search(ask("nurse", Act.SEARCH, person), Query()).logical_ids) == 3


def test_a_replacement_that_is_masked_as_it_comes_leaves_no_predecessor_in_sight(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    allow(record_id, "nurse")
    first = deposit(person)
    assert records.search(ask("nurse", Act.SEARCH, person), Query()).logical_ids == [str(first)]
    who.post("/acces/masquer/choisir", {"nouveaux": "masques"})
    second = deposit(person, replaces=first)
    assert records.search(ask("nurse", Act.SEARCH, person), Query()).logical_ids == []
    with unit(record_id) as work:
        held = dict(work.rows("SELECT logical_id, masked FROM records_document"))
    assert held == {first: True, second: True}


def test_new_documents_are_masked_by_default_when_the_person_says_so(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    allow(record_id, "nurse")
    who.post("/acces/masquer/choisir", {"nouveaux": "masques"})
    deposit(person)
    announced = deposit(person, label=("INVISIBLE_PATIENT",))
    assert records.search(ask("nurse", Act.SEARCH, person), Query()).logical_ids == [str(announced)]
    records.change_document(ask("nurse", Act.ANNOUNCE, person), announced)
    assert records.search(ask("nurse", Act.SEARCH, person), Query()).logical_ids == []


def test_a_document_that_becomes_visible_by_itself_is_masked_too(espace: str) -> None:
    from carnet.config.worker import run_all

    who, person, record_id = newcomer(espace)
    allow(record_id, "nurse")
    who.post("/acces/masquer/choisir", {"nouveaux": "masques"})
    deposit(person, label=("INVISIBLE_PATIENT",))
    with as_role("carnet_worker"):
        run_all(now() + timedelta(days=31))
    assert records.search(ask("nurse", Act.SEARCH, person), Query()).logical_ids == []


def test_the_three_switches_and_the_sections(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    allow(record_id, "nurse")
    question = ask("emergency", Act.OPEN_EMERGENCY, person, Mode.BREAK_GLASS, "Inconscient, choc.")
    who.post("/acces/urgence/choisir", {"centre15": "oui"})
    with pytest.raises(Refusal, match="emergency-opposed"):
        records.open_emergency(question)
    who.post("/acces/urgence/choisir", {"danger": "oui", "masques": "oui"})
    records.open_emergency(question)
    who.post("/acces/rubriques/choisir", {"rubrique": ["vaccinations", "treatments"]})
    with records.visiting(ask("nurse", Act.SEARCH, person)) as visit:
        assert (visit.opens("allergies"), visit.opens("treatments")) == (False, True)


@pytest.mark.parametrize(("preset", "masks", "glass"), [("ouvert", False, True), ("prudent", True, True), ("reserve", True, False)])
def test_presets(espace: str, preset: str, masks: bool, glass: bool) -> None:
    who, _, record_id = newcomer(espace)
    assert who.post("/acces/reglage", {"preset": preset}).status_code == 302
    with as_role("carnet_espace"), unit(record_id) as work:
        found = access.choices(work, record_id)
    assert (found.masks_new, found.break_glass) == (masks, glass)


def test_block_unblock_withdraw_prolong_and_name(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    nurse = PROFESSIONALS["nurse"].id
    allow(record_id, "nurse")
    number = deposit(person, label=("MASQUE_PS",))
    search = ask("nurse", Act.SEARCH, person)
    who.post("/acces/professionnels/administrateur", {"numero": nurse})
    assert records.search(search, Query()).logical_ids == [str(number)]
    who.post("/acces/professionnels/plus-administrateur", {"numero": nurse})
    assert records.search(search, Query()).logical_ids == []
    who.post("/acces/professionnels/retirer", {"numero": nurse})
    with pytest.raises(Refusal, match="consent-missing"):
        records.search(search, Query())
    who.post("/acces/professionnels/donner", {"numero": nurse, "jusqu-au": (today() + timedelta(days=9)).isoformat()})
    records.search(search, Query())
    who.post("/acces/professionnels/bloquer", {"numero": nurse})
    with pytest.raises(Refusal, match="professional-blocked"):
        records.search(search, Query())
    who.post("/acces/professionnels/debloquer", {"numero": nurse})
    with pytest.raises(Refusal, match="consent-missing"):
        records.search(search, Query())


def test_withdrawing_and_blocking_are_taken_back_and_never_give_more_than_there_was(espace: str) -> None:
    who, _person, record_id = newcomer(espace)
    allow(record_id, "nurse")
    nurse = PROFESSIONALS["nurse"].id

    def until() -> Any:
        with as_role("carnet_espace"), unit(record_id) as work:
            return next((n.until for n in access.named(work, record_id) if n.kind == "authorised" and n.subject_id == nurse), None)

    before = until()
    told = said_by(who.post("/acces/professionnels/retirer", {"numero": nurse}))
    assert until() is None
    page = who.get("/acces/professionnels").text
    toast = page.split('class="toast')[1].split("</form>")[0]
    assert 'action="/acces/professionnels/donner"' in toast and nurse in toast and told["jusqu-au"] in toast
    who.post("/acces/professionnels/donner", {"numero": nurse, "jusqu-au": told["jusqu-au"]})
    assert timedelta(0) <= before - until() <= timedelta(days=2)
    told = said_by(who.post("/acces/professionnels/bloquer", {"numero": nurse}))
    assert (told["annuler"], told["numero"]) == ("debloquer", nurse)
    assert said_by(who.post("/acces/professionnels/debloquer", {"numero": nurse}))["annuler"] == "bloquer"
    assert until() is None, "unblocking gives no agreement back"


def test_an_objection_stops_the_deposits_of_one_professional(espace: str) -> None:
    who, person, _ = newcomer(espace)
    who.post("/acces/professionnels/s-opposer", {"numero": PROFESSIONALS["nurse"].id})
    with pytest.raises(Refusal, match="deposit-objection"):
        deposit(person, "nurse")


@pytest.mark.parametrize("number", ["", "899999999999", "x"])
def test_nobody_unknown_to_the_directory_is_named(espace: str, number: str) -> None:
    who, _, record_id = newcomer(espace)
    until = (today() + timedelta(days=9)).isoformat()
    assert who.post("/acces/professionnels/donner", {"numero": number, "jusqu-au": until}).status_code == 400
    assert who.post("/acces/professionnels/bloquer", {"numero": number}).status_code == 400
    with as_role("carnet_espace"), unit(record_id) as work:
        assert access.named(work, record_id) == []


@pytest.mark.parametrize("day", ["2199-01-01", "9999-12-31", "0001-01-01", "2027-13-01", "", "2020-01-01"])
def test_an_agreement_lasts_until_the_day_that_was_chosen_or_is_not_given(espace: str, day: str) -> None:
    who, _, record_id = newcomer(espace)
    assert who.post("/acces/professionnels/donner", {"numero": PROFESSIONALS["nurse"].id, "jusqu-au": day}).status_code == 400
    with as_role("carnet_espace"), unit(record_id) as work:
        assert access.named(work, record_id) == []


@pytest.mark.parametrize("days", [0, 9])
def test_the_last_day_of_an_agreement_is_told_as_it_was_chosen(espace: str, days: int) -> None:
    who, _, _ = newcomer(espace)
    last = today() + timedelta(days=days)
    who.post("/acces/professionnels/donner", {"numero": PROFESSIONALS["nurse"].id, "jusqu-au": last.isoformat()})
    shown = words(who.get("/acces/professionnels"))
    told, next_day = (friendly(day, now()) for day in (last, last + timedelta(days=1)))
    assert f"Jusqu’au {told}" in shown and f"Jusqu’au {next_day}" not in shown


def test_the_preview_says_why_and_tells_nobody(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    allow(record_id, "nurse")
    deposit(person, title="Ouvert")
    deposit(person, "psychiatrist", "68599-0", title="Psychiatrie")
    masked = deposit(person, title="Masqué")
    who.post(f"/documents/{masked}/masquer")
    page = who.get(f"/acces?comme=ps:{PROFESSIONALS['nurse'].id}")
    assert page.text.count("data-seen=") == 1
    assert page.text.count("data-hidden=") == 2
    assert "Vous l’avez masqué." in page.text
    assert "La règle nationale ne l’ouvre pas à cette profession." in page.text
    with unit(record_id) as work:
        told = journal.entries_of_record(work, record_id)
    assert {e["actor_kind"] for e in told if e["act"] == "rights:preview"} == {"holder"}
    assert not [e for e in told if e["actor"].endswith(PROFESSIONALS["nurse"].id) and e["act"].startswith("TD3")]
    assert ("access", "holder") not in _pending(record_id)


def _pending(record_id: UUID) -> list[tuple[str, str]]:
    with unit(record_id) as work:
        return pending(work, record_id)


def test_the_preview_of_somebody_blocked_or_without_agreement_shows_nothing(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    allow(record_id, "nurse")
    deposit(person, title="Ouvert")
    who.post("/acces/professionnels/retirer", {"numero": PROFESSIONALS["nurse"].id})
    page = who.get(f"/acces?comme=ps:{PROFESSIONALS['nurse'].id}")
    assert "data-seen" not in page.text
    assert "Vous ne lui avez pas donné votre accord" in page.text
    who.post("/acces/urgence/choisir", {})
    assert "opposé à l’accès en urgence" in who.get("/acces?comme=urgence").text


# Profile


def test_declare_correct_withdraw_and_take_back(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    allow(record_id, "nurse")
    answer = who.post("/profil/allergies/ajouter", {"libelle": "Arachide", "precision": "urticaire"})
    number = said_by(answer)["sur"]
    page = who.get("/profil/allergies")
    assert "Arachide" in page.text
    assert "Déclaré le" in page.text
    with records.visiting(ask("nurse", Act.SEARCH, person)) as visit:
        assert [e.content.label for e in profile.entries(visit, ("allergies",))] == ["Arachide"]
    changed = who.post(f"/profil/entree/{number}/changer", {"rubrique": "allergies", "libelle": "Noisette"})
    assert changed.status_code == 302
    page = who.get("/profil/allergies")
    assert "Noisette" in page.text
    assert "Arachide" not in page.text
    new = page.text.split("/profil/entree/")[1].split('"')[0]
    assert "Arachide" in who.get(f"/profil/entree/{new}").text, "the history keeps it"
    assert said_by(who.post(f"/profil/entree/{new}/retirer"))["annuler"] == "retablir"
    assert "Noisette" not in who.get("/profil/allergies").text
    who.post(f"/profil/entree/{new}/retablir")
    assert "Noisette" in who.get("/profil/allergies").text
    assert who.post(f"/profil/entree/{number}/retablir").status_code == 404, "another one replaced it"


def test_what_a_professional_confirmed_is_not_changed_but_a_correction_is_asked_for(espace: str) -> None:
    who, person, _record_id = newcomer(espace)
    number = profile.add_entry(ask("treating", Act.WRITE_PROFILE, person), None, "allergies", profile.Content("Latex"))
    assert "Confirmé" in who.get("/profil/allergies").text
    for act in ("retirer", "retablir"):
        assert who.post(f"/profil/entree/{number}/{act}").status_code == 404
    assert who.post(f"/profil/entree/{number}/changer", {"rubrique": "allergies", "libelle": "x"}).status_code == 404
    assert f"Profil : Latex, écrit le {today():%d/%m/%Y}" in words(who.get(f"/demandes/corriger/entree/{number}"))
    assert who.post(f"/demandes/corriger/entree/{number}", {"texte": ""}).status_code == 400
    assert who.post(f"/demandes/corriger/entree/{number}", {"texte": "Ce n'est pas moi."}).status_code == 302
    assert "Ce n&#x27;est pas moi." in who.get("/demandes").text


@pytest.mark.parametrize(("section", "form", "field"), [
    ("allergies", {"libelle": ""}, "libelle"), ("allergies", {"libelle": "x", "date": "2199-01-01"}, "date"),
    ("measures", {"mesure": "", "valeur": "3"}, "mesure"), ("measures", {"mesure": "29463-7", "valeur": "9000"}, "valeur"),
    ("measures", {"mesure": "29463-7", "valeur": "abc"}, "valeur"),
])  # fmt: skip
def test_a_form_that_is_wrong_says_where_and_keeps_nothing(espace: str, section: str, form: dict[str, str], field: str) -> None:
    who, _, _ = newcomer(espace)
    answer = who.post(f"/profil/{section}/ajouter", form)
    assert answer.status_code == 400
    assert f'href="#{field}"' in answer.text
    assert "/profil/entree/" not in who.get(f"/profil/{section}").text


def test_measures_have_a_curve_with_its_values_in_words(espace: str) -> None:
    who, _, _ = newcomer(espace)
    for day, value in ((9, "81,5"), (5, "80"), (1, "79,2")):
        date = (today() - timedelta(days=day)).isoformat()
        assert who.post("/profil/measures/ajouter", {"mesure": "29463-7", "valeur": value, "date": date}).status_code == 302
    page = who.get("/profil/measures")
    days = [long_day(today() - timedelta(days=n)) for n in (9, 5, 1)]
    told = zip(("81,5", "80", "79,2"), days, strict=True)
    assert f"Poids, kg : {' ; '.join(f'{value}, {day}' for value, day in told)}." in page.text
    assert '<svg class="curve"' in page.text


def test_a_section_that_does_not_concern_the_person(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    allow(record_id, "nurse")
    who.post("/profil/allergies/concerne", {"concerne": "non"})
    assert "ne vous concerne pas" in who.get("/profil/allergies").text
    with records.visiting(ask("nurse", Act.SEARCH, person)) as visit:
        assert profile.entries(visit, ("allergies",)) == [], "it is no allergy for a professional"
    who.post("/profil/allergies/ajouter", {"libelle": "Arachide"})
    assert "ne vous concerne pas" not in who.get("/profil/allergies").text


def test_sections_that_professionals_never_see(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    allow(record_id, "treating", treating="treating")
    for section in ("habits", "family", "disability", "measures"):
        form = {"libelle": "Tabac", "mesure": "29463-7", "valeur": "70"}
        assert who.post(f"/profil/{section}/ajouter", form).status_code == 302
        assert "visible que de vous" in who.get(f"/profil/{section}").text or section == "measures"
    with records.visiting(ask("treating", Act.SEARCH, person)) as visit:
        assert profile.entries(visit) == []


def test_directives_are_replaced_never_versioned_and_not_for_minors(espace: str) -> None:
    who, _, record_id = newcomer(espace)
    for text in ("Premier texte.", "Second texte."):
        assert who.post("/directives/ecrire", {"texte": text}).status_code == 302
    page = who.get("/directives")
    assert "Second texte." in page.text
    with as_role("carnet_espace"), records.visiting(who.ask(Act.SEARCH), record_id) as visit:
        assert [e.content.detail for e in profile.entries(visit, ("directives",), ended=True)] == ["Second texte."]
    who.post("/directives/ecrire", {"texte": " "})
    assert "Second texte." not in who.get("/directives").text
    teenager, _, _ = newcomer(espace, birth_date="2012-03-04")
    assert "à partir de 18 ans" in teenager.get("/directives").text
    assert teenager.post("/directives/ecrire", {"texte": "x"}).status_code == 403


def test_treatments_stand_source_by_source(espace: str) -> None:
    who, person, _record_id = newcomer(espace)
    profile.add_entry(ask("treating", Act.WRITE_PROFILE, person), None, "treatments", profile.Content("Metformine 1000 mg"))
    who.post("/profil/treatments/ajouter", {"libelle": "Metformine 1000 mg", "precision": "le soir"})
    page = who.get("/profil/treatments")
    assert page.text.count('<li class="med">') == 1
    assert "2 sources" in words(page)
    assert "Déclaré le" in page.text
    assert "Confirmé" in page.text


# Who looked


def test_the_journal_says_who_what_where_and_refusals(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    allow(record_id, "nurse")
    number = deposit(person, title="Compte rendu du 3")
    records.search(ask("nurse", Act.SEARCH, person), Query())
    records.read_content(ask("nurse", Act.READ, person), number)
    with pytest.raises(Refusal):
        records.search(ask("occupational", Act.SEARCH, person), Query())
    page = who.get("/acces/journal")
    told = words(page)
    assert "Maïa NICHE , infirmier" in told
    assert "lu un document, avec votre accord" in told
    assert "« Compte rendu du 3 »" in told
    assert "L’accès lui a été refusé" in told
    assert "Maison de santé du Canal" in told
    assert "Honorine" in words(who.get("/acces/journal?sorte=refus"))
    assert "Maïa" not in words(who.get("/acces/journal?sorte=refus"))
    assert "Maïa" in words(who.get("/acces/journal?q=niche"))
    assert "Aucune ligne" in words(who.get("/acces/journal?q=personne-de-ce-nom"))


def test_a_delegated_look_names_both(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    allow(record_id, "nurse")
    question = ask("nurse", Act.SEARCH, person)
    delegating = PROFESSIONALS["treating"].id
    with as_role("carnet_webps"), unit() as work:
        work.run(
            """INSERT INTO access_delegation (delegating, delegate, structure, since, until) VALUES (%s, %s, %s, %s, %s)
            ON CONFLICT (delegating, delegate) DO UPDATE SET structure = excluded.structure, until = excluded.until""",
            delegating, question.actor.id, question.actor.situation.structure, now(), now() + timedelta(days=1),
        )  # fmt: skip
    asked = replace(question, actor=replace(question.actor, on_behalf_of=delegating))
    with as_role("carnet_webps"), records.visiting(asked):
        pass
    assert "Au nom d’Alix BASTION" in words(who.get("/acces/journal"))
    with as_role("carnet_webps"), unit() as work:
        work.run("UPDATE access_delegation SET until = %s WHERE delegating = %s", now() - timedelta(days=1), delegating)


def test_an_unknown_access_becomes_a_case_that_an_operator_answers(espace: str, operator: str) -> None:
    who, person, record_id = newcomer(espace)
    allow(record_id, "nurse")
    records.search(ask("nurse", Act.SEARCH, person), Query())
    line = who.get("/acces/journal").text.split("/doute")[0].split("/acces/journal/")[-1]
    assert "Maïa NICHE" in who.get(f"/acces/journal/{line}/doute").text
    assert who.post(f"/acces/journal/{line}/signaler", {"texte": "Je n'y étais pas.", "bloquer": "oui"}).status_code == 302
    with pytest.raises(Refusal, match="professional-blocked"):
        records.search(ask("nurse", Act.SEARCH, person), Query())
    assert "Reçue" in who.get("/demandes").text
    agent = _agent(operator)
    [case] = [c for c in _cases() if c.record_id == record_id]
    page = agent.get(f"/dossiers/{case.id}")
    assert "Je n&#x27;y étais pas." in page.text
    token = page.text.split('name="form_token" value="')[1].split('"')[0]
    form = {"form_token": token}
    assert (
        agent.post(f"/dossiers/{case.id}/repondre", data=form | {"verdict": "access-explained", "reponse": "x"}).status_code == 400
    )
    assert agent.post(f"/dossiers/{case.id}/prendre", data=form).status_code == 302
    assert agent.post(f"/dossiers/{case.id}/prendre", data=form).status_code == 409
    assert agent.post(f"/dossiers/{case.id}/repondre", data=form | {"verdict": "x", "reponse": "x"}).status_code == 400
    answered = form | {"verdict": "access-explained", "reponse": "Une remplaçante vous a reçu."}
    assert agent.post(f"/dossiers/{case.id}/repondre", data=answered).status_code == 302
    assert "Une remplaçante vous a reçu." in who.get("/demandes").text
    assert ("case-answered", "holder") in _pending(record_id)


def _acted(agent: httpx.Client, number: UUID, what: str, **fields: str) -> httpx.Response:
    token = agent.get("/assistance").text.split('name="form_token" value="')[1].split('"')[0]
    return agent.post(f"/dossiers/{number}/{what}", data={"form_token": token} | fields)


def _answered(espace: str, operator: str) -> tuple[Space, UUID, UUID, Any]:
    """An access that somebody reported, and that the operator explained."""
    who, person, record_id = newcomer(espace)
    allow(record_id, "nurse", ground="consultation")
    records.search(ask("nurse", Act.SEARCH, person), Query())
    line = who.get("/acces/journal").text.split("/doute")[0].split("/acces/journal/")[-1]
    who.post(f"/acces/journal/{line}/signaler", {"texte": "Je n'y étais pas."})
    [case] = [c for c in _cases() if c.record_id == record_id]
    agent = _agent(operator)
    assert _acted(agent, case.id, "prendre").status_code == 302
    assert _acted(agent, case.id, "repondre", verdict="access-explained", reponse="Une remplaçante.").status_code == 302
    return who, record_id, case.id, person


def test_the_operator_sees_agreement_presence_place_and_the_other_accesses(espace: str, operator: str) -> None:
    who, _record_id, number, _person = _answered(espace, operator)
    for page in (words(_agent(operator).get(f"/dossiers/{number}")), words(who.get("/demandes"))):
        assert "Accord : consultation, depuis le" in page
        assert "Présence : aucune preuve dans le journal" in page
        assert "Lieu : " in page
        assert "Accès de cette personne à ce carnet : 1 en tout ; derniers jours : " in page


def test_somebody_who_does_not_agree_gets_a_second_reader_once_and_closed_cases_stay_readable(espace: str, operator: str) -> None:
    who, record_id, number, _person = _answered(espace, operator)
    assert "Je ne suis pas d’accord" in words(who.get("/demandes"))
    assert who.post(f"/demandes/{number}/contester", {"texte": " "}).status_code == 302
    assert "Écrivez pourquoi" in words(who.get("/demandes"))
    assert who.post(f"/demandes/{number}/contester", {"texte": "Aucune remplaçante ce jour-là."}).status_code == 302
    page = words(who.get("/demandes"))
    assert "Première réponse" in page and "Une remplaçante." in page and "Je ne suis pas d’accord" not in page
    first, second = _agent(operator), _agent(operator, "autre")
    assert _acted(first, number, "prendre").status_code == 409, "the first reader does not read again"
    assert "Aucune remplaçante ce jour-là." in words(second.get(f"/dossiers/{number}"))
    assert _acted(second, number, "prendre").status_code == 302
    assert _acted(second, number, "repondre", verdict="access-unjustified", reponse="Vous avez raison.").status_code == 302
    page = words(who.get("/demandes"))
    assert "Vous avez raison." in page and "Je ne suis pas d’accord" not in page
    assert who.post(f"/demandes/{number}/contester", {"texte": "Encore."}).status_code == 404
    assert "Accès injustifié" in words(second.get("/"))
    shown = words(second.get(f"/dossiers/{number}"))
    assert "Vous avez raison." in shown and "Accès expliqué" in shown
    assert _pending(record_id)


def test_an_answer_is_disagreed_with_by_its_person_alone_while_it_may_be(espace: str, operator: str, settings_clock: Any) -> None:
    _who, record_id, number, person = _answered(espace, operator)
    other, _person, _other_record = newcomer(espace)
    assert other.post(f"/demandes/{number}/contester", {"texte": "Moi aussi."}).status_code == 404
    settings_clock.move(timedelta(days=61))
    late = space(espace, person, record_id, ahead=timedelta(days=61))
    assert "Je ne suis pas d’accord" not in words(late.get("/demandes"))
    assert late.post(f"/demandes/{number}/contester", {"texte": "Trop tard."}).status_code == 404


def test_the_agreement_is_withdrawn_from_the_page_of_requests(espace: str, operator: str) -> None:
    who, record_id, _number, _person = _answered(espace, operator)
    page = who.get("/demandes").text
    form = page.split("/acces/professionnels/retirer")[1].split('name="numero" value="')[1].split('"')[0]
    assert form == PROFESSIONALS["nurse"].id
    who.post("/acces/professionnels/retirer", {"numero": form})
    assert "Retirer mon accord" not in words(who.get("/demandes"))
    with as_role("carnet_espace"), unit(record_id) as work:
        assert [n for n in access.named(work, record_id) if n.kind == "authorised" and n.subject_id == form] == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://ailleurs.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Host": "no host"},
    ],
)
def test_a_form_of_the_operator_from_elsewhere_changes_nothing(espace: str, operator: str, headers: dict[str, str]) -> None:
    _, person, _ = newcomer(espace)
    agent = _agent(operator)
    token = re.search(r'name="form_token" value="([0-9a-f]+)"', agent.get("/").text + agent.get("/assistance").text)
    assert token
    answer = agent.post(
        "/assistance", data={"form_token": token[1], "ins": person.ins.matricule, "naissance": "1980-05-17"}, headers=headers
    )
    assert answer.status_code == 403
    assert (
        agent.post("/assistance", data={"form_token": token[1], "ins": person.ins.matricule, "naissance": "1980-05-17"}).status_code
        == 200
    )


def _agent(operator: str, name: str = "agent") -> httpx.Client:
    from carnet.apps.signin import api as signin

    with as_role("carnet_operator"):
        token = signin.operator_link(name, now())
    http = httpx.Client(base_url=operator, timeout=30.0)
    http.get(f"/entrer/{token}")
    return http


def _cases() -> list[access.Case]:
    from carnet.desk.commands.keeping import as_operator

    with as_role("carnet_operator"):
        return access.open_cases(as_operator("agent"))


def test_a_second_report_of_the_same_line_goes_on_with_the_first(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    allow(record_id, "nurse")
    records.search(ask("nurse", Act.SEARCH, person), Query())
    line = who.get("/acces/journal").text.split("/doute")[0].split("/acces/journal/")[-1]
    for _ in range(2):
        assert who.post(f"/acces/journal/{line}/signaler", {"texte": "Je ne sais pas."}).status_code == 302
    [case] = [c for c in _cases() if c.record_id == record_id]
    from carnet.desk.commands.keeping import as_operator

    with as_role("carnet_operator"), pytest.raises(access.CaseError, match="the person reads it"):
        access.answer_case(as_operator("agent"), case.id, "access-explained", "  ")
    with as_role("carnet_operator"):
        assert [c.state for c in access.open_cases(as_operator("agent")) if c.id == case.id] == ["received"]


def test_own_acts_cannot_be_reported_and_a_line_of_another_record_is_unknown(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    allow(record_id, "nurse")
    records.search(ask("nurse", Act.SEARCH, person), Query())
    line = who.get("/acces/journal").text.split("/doute")[0].split("/acces/journal/")[-1]
    other, _, _ = newcomer(espace)
    for path in (f"/acces/journal/{line}", f"/acces/journal/{line}/doute"):
        assert other.get(path).status_code == 404
    assert other.post(f"/acces/journal/{line}/signaler").status_code == 404
    own = other.get("/acces/journal?sorte=proches").text.split("/acces/journal/")[2].split('"')[0]
    assert other.get(f"/acces/journal/{own}/doute").status_code == 404


def test_notices_are_chosen_and_those_of_the_law_stay(espace: str) -> None:
    from carnet.apps.outbox import api as outbox

    who, _, record_id = newcomer(espace)
    assert who.post("/acces/avis/choisir", {"courriel": "pas une adresse"}).status_code == 400
    who.post("/acces/avis/choisir", {"courriel": "camille@exemple.fr", "avis": ["deposit"], "rythme": "jour"})
    with as_role("carnet_espace"), unit(record_id) as work:
        owner = outbox.owner_of(outbox.HOLDER, record_id)
        contact = outbox.contacts(work, [owner])[owner]
    assert contact.digest == outbox.DAILY
    assert "access" in contact.muted
    assert "deposit" not in contact.muted
    assert "emergency-access" not in contact.muted


# The proof


def test_the_proof_holds_and_a_forged_one_is_caught(espace: str, sealed_log: Any, tmp_path: Path) -> None:
    who, person, record_id = newcomer(espace)
    allow(record_id, "nurse")
    deposit(person)
    for _ in range(3):
        records.search(ask("nurse", Act.SEARCH, person), Query())
    sealed_log.seal()
    first = _unzip(who.get("/acces/journal/preuve").content, tmp_path / "first")
    key = [carnet_verify.read_key(str(sealed_log.key))]
    assert carnet_verify.verify(first, key, [], []).faults == []
    records.search(ask("nurse", Act.SEARCH, person), Query())
    sealed_log.seal()
    second = _unzip(who.get("/acces/journal/preuve").content, tmp_path / "second")
    assert carnet_verify.verify(second, key, [], [first]).faults == []
    lines = (second / "entries.jsonl").read_text().splitlines()
    forged = {"changed": [lines[0].replace("NICHE", "NUAGE"), *[x.replace("NICHE", "NUAGE") for x in lines[1:]]],
              "truncated": lines[:-3], "removed": [*lines[:2], *lines[3:]], "reordered": [lines[1], lines[0], *lines[2:]]}  # fmt: skip
    for name, kept in forged.items():
        told = [json.loads(x) for x in kept]
        if name == "reordered":
            told[0]["counter"], told[1]["counter"] = told[1]["counter"], told[0]["counter"]
        (second / "entries.jsonl").write_text("".join(json.dumps(x, ensure_ascii=False) + "\n" for x in told))
        assert carnet_verify.verify(second, key, [], [first]).faults, name


def _unzip(data: bytes, to: Path) -> Path:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        archive.extractall(to)
    return to


def test_the_proof_tells_nothing_of_what_is_not_announced_and_proves_it_afterwards(
    espace: str, sealed_log: Any, tmp_path: Path
) -> None:
    who, person, record_id = newcomer(espace)
    allow(record_id, "nurse")
    hidden = deposit(person, label=("INVISIBLE_PATIENT",))
    records.read_content(ask("nurse", Act.READ, person), hidden)
    sealed_log.seal()
    first = _unzip(who.get("/acces/journal/preuve").content, tmp_path / "first")
    text = (first / "entries.jsonl").read_text()
    assert str(hidden) not in text
    assert "TD2.1" not in text
    assert "TD3.2" not in text
    counters = [json.loads(x)["counter"] for x in text.splitlines()]
    assert counters == list(range(1, len(counters) + 1)), "no gap tells of a line that is elsewhere"
    assert len({json.loads(x)["chain"] for x in text.splitlines()}) == 1
    records.change_document(ask("nurse", Act.ANNOUNCE, person), hidden)
    sealed_log.seal()
    second = _unzip(who.get("/acces/journal/preuve").content, tmp_path / "second")
    assert str(hidden) in (second / "entries.jsonl").read_text()
    key = [carnet_verify.read_key(str(sealed_log.key))]
    assert carnet_verify.verify(second, key, [], [first]).faults == []
    again = deposit(person, label=("INVISIBLE_PATIENT",))
    sealed_log.seal()
    third = _unzip(who.get("/acces/journal/preuve").content, tmp_path / "third")
    assert str(again) not in (third / "entries.jsonl").read_text()
    assert carnet_verify.verify(third, key, [], [first, second]).faults == [], "what was shown once is shown again"


# Relatives


def test_a_representative_acts_under_their_own_name_without_the_secret(espace: str) -> None:
    teenager, person, record_id = newcomer(espace, birth_date="2010-05-05")
    mother, _, _ = newcomer(espace)
    shown = deposit(person, title="Certificat de sport")
    secret = deposit(person, "midwife", title="Consultation secrète", label=("INVISIBLE_REPRESENTANTS_LEGAUX",))
    teenager.post("/profil/problems/ajouter", {"libelle": "Chose à moi", "secret": "oui"})
    relate(record_id, mother, "representative")
    mother.act_on(record_id)
    for path in ("/", "/documents", "/documents?q=signaler", "/profil", "/profil/problems", "/acces", "/acces?comme=metier:10", "/acces/journal",
                 "/acces/professionnels", "/fiche", "/acces/masquer"):  # fmt: skip
        page = mother.get(path)
        assert page.status_code == 200, path
        for never in ("Consultation secrète", str(secret), "Chose à moi", PROFESSIONALS["midwife"].family):
            assert never not in page.text, (path, never)
    assert listed(mother.get("/documents")) == {str(shown)}
    assert listed(teenager.get("/documents")) == {str(shown), str(secret)}
    assert "Chose à moi" in teenager.get("/profil/problems").text
    assert "Secret" in teenager.get("/documents").text
    mother.post("/profil/allergies/ajouter", {"libelle": "Pollen"})
    with unit(record_id) as work:
        last = [e for e in journal.entries_of_record(work, record_id) if e["act"] == "profile:write" and e["kind"] == "write"][-1]
    assert (last["actor"], last["actor_kind"]) == (f"representative:{mother.session.account}", "representative")
    assert "représentant légal" in words(teenager.get("/acces/journal?sorte=proches"))


_SECRETS = [
    ("/profil/measures/ajouter", {"mesure": "29463-7", "valeur": "9000"}, {"valeur": "47,25"}, "/profil/measures"),
    *((f"/profil/{section}/ajouter", {"date": "2999-01-01", "libelle": "Chose à moi"}, {"date": ""}, f"/profil/{section}")
      for section in ("allergies", "problems", "treatments", "habits")),
]  # fmt: skip


@pytest.mark.parametrize(("action", "wrong", "mended", "page"), _SECRETS)
def test_a_mistake_on_a_form_gives_no_secret_of_a_minor_away(
    espace: str, action: str, wrong: dict[str, str], mended: dict[str, str], page: str
) -> None:
    teenager, _, record_id = newcomer(espace, birth_date="2010-05-05")
    mother, _, _ = newcomer(espace)
    relate(record_id, mother, "representative")
    assert 'name="secret"' in teenager.get(action).text, "offered by the record, whatever the address says"
    again = teenager.post(action, wrong | {"secret": "oui"})
    assert again.status_code == 400
    checked = re.search(r'name="secret" value="([^"]+)" checked', again.text)
    assert checked, "what was kept secret before the mistake is kept after it"
    sent = wrong | mended | {"secret": checked[1]}
    assert teenager.post(action, sent).status_code == 302
    said = "47,25" if "valeur" in mended else "Chose à moi"
    assert said in teenager.get(page).text
    assert said not in mother.act_on(record_id).get(page).text
    assert 'name="secret"' not in mother.get(action).text
    adult, _, _ = newcomer(espace)
    assert 'name="secret"' not in adult.get(f"{action}?mineur=1").text


def test_the_copy_and_the_proof_of_a_minor_s_record_hold_no_secret_for_a_representative(espace: str, sealed_log: Any) -> None:
    teenager, person, record_id = newcomer(espace, birth_date="2010-05-05")
    mother, _, _ = newcomer(espace)
    secret = deposit(person, "midwife", label=("INVISIBLE_REPRESENTANTS_LEGAUX",))
    teenager.post("/profil/problems/ajouter", {"libelle": "Chose à moi", "secret": "oui"})
    relate(record_id, mother, "representative")
    mother.act_on(record_id)
    data = mother.post("/compte/copie/telecharger").content
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        whole = b"".join(archive.read(name) for name in archive.namelist()).decode("utf-8", "replace")
    for never in (str(secret), "Chose à moi", PROFESSIONALS["midwife"].id):
        assert never not in whole
    assert mother.get("/acces/journal/preuve").status_code == 403


def test_a_minor_does_not_close_invite_or_share_but_reads_and_writes(espace: str) -> None:
    teenager, _, record_id = newcomer(espace, birth_date="2010-05-05")
    for path, form in (
        ("/compte/fermer", {"compris": "oui"}),
        ("/proches/inviter/aidant", {"nom": "Ami", "etendue": "tout"}),
        ("/fiche/lien", {}),
    ):
        assert teenager.post(path, form).status_code == 403, path
    assert teenager.post("/profil/allergies/ajouter", {"libelle": "Pollen"}).status_code == 302
    with as_role("carnet_espace"):
        assert records.standing(record_id).state == "open"


def test_the_relation_of_a_representative_ends_at_eighteen(espace: str) -> None:
    from carnet.kernel.traits import majority

    _, person, record_id = newcomer(espace, birth_date="2010-05-05")
    mother, _, _ = newcomer(espace)
    with as_role("carnet_espace"), unit(record_id) as work:
        assert records.represent(work, host(record_id), mother.session.account, mother.session.name)
    of_age = majority(person.traits.birth_date)
    with as_role("carnet_espace"):
        [_, found] = access.records_of_person(mother.session.account, now() + timedelta(seconds=2))
        assert found.ends is not None
        assert found.ends == begins(of_age, "Europe/Paris"), "the day begins where the person lives"
        question = Ask(as_kind(mother, ActorKind.REPRESENTATIVE), Act.SEARCH, found.ends + timedelta(minutes=1))
        expired = replace(question, actor=replace(question.actor, authentication=replace(
            question.actor.authentication, expires_at=found.ends + timedelta(hours=1))))  # fmt: skip
        with pytest.raises(Refusal, match="relation-missing"), records.visiting(expired, record_id):
            pass


def test_nobody_represents_an_adult(espace: str) -> None:
    _, _, record_id = newcomer(espace)
    other, _, _ = newcomer(espace)
    with as_role("carnet_espace"), unit(record_id) as work:
        assert not records.represent(work, host(record_id), other.session.account, "x")


def test_the_second_representative_is_invited_and_answers(espace: str) -> None:
    _, _, record_id = newcomer(espace, birth_date="2010-05-05")
    mother, _, _ = newcomer(espace)
    father, _, _ = newcomer(espace)
    relate(record_id, mother, "representative")
    mother.act_on(record_id)
    page = mother.post("/proches/inviter/representant", {"nom": "Papa"}, follow_redirects=True)
    code = page.text.split('id="code-invitation">')[1].split("<")[0]
    assert father.post("/proches/repondre", {"code": "AAAAAAAAAA", "reponse": "accepter"}).status_code == 404
    assert father.post("/proches/repondre", {"code": code, "reponse": "accepter"}).status_code == 302
    assert father.act_on(record_id).get("/documents").status_code == 200
    assert father.post("/proches/repondre", {"code": code, "reponse": "accepter"}).status_code == 404, "once"


def test_a_carer_sees_the_scope_and_no_more(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    carer, _, _ = newcomer(espace)
    prescription, report = deposit(person, type_="57833-6", title="Ordonnance"), deposit(person, title="Consultation")
    who.post("/profil/treatments/ajouter", {"libelle": "Metformine"})
    who.post("/profil/habits/ajouter", {"libelle": "Tabac"})
    form = {"nom": "Inès", "etendue": "choisie", "categorie": ["ORD_SOIN"], "rubrique": ["treatments"], "lecture": "oui"}
    code = who.post("/proches/inviter/aidant", form, follow_redirects=True).text.split('id="code-invitation">')[1].split("<")[0]
    assert carer.post("/proches/repondre", {"code": code, "reponse": "accepter"}).status_code == 302
    carer.act_on(record_id)
    assert listed(carer.get("/documents")) == {str(prescription)}
    assert carer.get(f"/documents/{report}").status_code == 404
    page = carer.get("/profil")
    assert "Metformine" in page.text
    assert "Tabac" not in page.text
    assert "Tabac" not in carer.get("/profil/habits").text
    for path in ("/acces/journal", "/acces", "/demandes", "/presence", "/acces/professionnels", "/acces/masquer", "/acces/urgence"):
        assert carer.get(path).status_code == 403, path
    for path, sent in (("/compte/copie/telecharger", {}), ("/compte/fermer", {"compris": "oui"}), ("/fiche/lien", {}),
                       ("/proches/inviter/aidant", {"nom": "x", "etendue": "tout"}), ("/acces/urgence/choisir", {}), ("/acces/masquer/choisir", {}), ("/acces/rubriques/choisir", {}),
                       ("/acces/reglage", {"preset": "ouvert"}), ("/acces/professionnels/administrateur", {"numero": PROFESSIONALS["nurse"].id}), (f"/documents/{prescription}/masquer", {}),
                       ("/profil/treatments/ajouter", {"libelle": "x"}), ("/acces/professionnels/bloquer", {"numero": PROFESSIONALS["nurse"].id}),
                       ("/acces/avis/choisir", {"courriel": "a@b.fr"})):  # fmt: skip
        assert carer.post(path, sent).status_code == 403, path
    assert upload(carer).status_code == 400
    assert "Consultation" not in carer.get("/").text


def test_a_carer_s_access_ends_with_its_date_or_at_the_holder_s_word(espace: str) -> None:
    who, _, record_id = newcomer(espace)
    first, second = newcomer(espace)[0], newcomer(espace)[0]
    relate(record_id, first, "carer", access.Given(now() - timedelta(days=1)))
    assert first.post("/proches/agir", {"carnet": str(record_id)}).status_code == 403
    relate(record_id, second, "carer")
    second.act_on(record_id)
    assert second.get("/documents").status_code == 200
    form = {"personne": str(second.session.account), "sorte": "carer"}
    assert who.post("/proches/terminer", form).status_code == 302
    assert second.get("/documents").status_code == 403
    assert who.post("/proches/terminer", form).status_code == 404


def test_three_carers_and_no_more_and_the_holder_is_never_cut(espace: str) -> None:
    who, _, _record_id = newcomer(espace)
    for name in ("Un", "Deux", "Trois"):
        assert who.post("/proches/inviter/aidant", {"nom": name, "etendue": "tout"}).status_code == 302
    assert who.post("/proches/inviter/aidant", {"nom": "Quatre", "etendue": "tout"}).status_code == 403
    number = who.get("/proches").text.split('name="personne" value="')[1].split('"')[0]
    assert who.post("/proches/terminer", {"personne": number, "sorte": "invitation"}).status_code == 302
    assert who.post("/proches/inviter/aidant", {"nom": "Quatre", "etendue": "tout"}).status_code == 302
    cut = {"personne": str(who.session.account), "sorte": "holder"}
    assert who.post("/proches/terminer", cut).status_code == 404


def test_one_invites_carers_and_representatives_and_an_unknown_invitation_gives_nothing(espace: str) -> None:
    who, _, record_id = newcomer(espace)
    with as_role("carnet_espace"), records.writing(who.ask(Act.NAME_PEOPLE), Act.NAME_PEOPLE, record_id, "carer") as visit:
        with pytest.raises(ValueError, match="a carer or a representative"):
            access.invite(visit.work, key_of(visit.work, record_id), visit.granted, "friend", "x", access.Given())
        with pytest.raises(Refusal, match="invitation-unknown"):
            access.offered(visit.work, record_id, UUID(int=5), now())


def test_a_refused_invitation_gives_nothing(espace: str) -> None:
    who, _, record_id = newcomer(espace)
    other, _, _ = newcomer(espace)
    told = who.post("/proches/inviter/aidant", {"nom": "x", "etendue": "tout"}, follow_redirects=True)
    code = told.text.split('id="code-invitation">')[1].split("<")[0]
    assert other.post("/proches/repondre", {"code": code, "reponse": "refuser"}).status_code == 302
    assert other.post("/proches/agir", {"carnet": str(record_id)}).status_code == 403


# Presence and sheet


def test_the_code_of_this_minute_proves_presence_once(espace: str, portal: str) -> None:
    who, person, _record_id = newcomer(espace)
    code = who.get("/presence").text.split('id="presence">')[1].split("<")[0]
    nurse = Browser(portal).sign_in("nurse")
    handle = nurse.seek(person.ins.matricule)
    nurse.get(f"/porte/{handle}?voyants=1")
    form = {"titre": "consultation", "accord": "oui", "code": code}
    assert nurse.post(f"/porte/{handle}/accord", form).status_code == 302
    assert "Votre code de présence a été vérifié" in words(who.get("/acces/journal"))
    other = Browser(portal).sign_in("dentist")
    handle = other.seek(person.ins.matricule)
    other.get(f"/porte/{handle}?voyants=1")
    assert "n'est pas valable" in words(other.post(f"/porte/{handle}/accord", form)).replace("’", "'")


def test_a_code_of_another_minute_or_person_proves_nothing(espace: str, settings_clock: Any) -> None:
    who, person, _record_id = newcomer(espace)
    _other, someone, _ = newcomer(espace)
    code = who.get("/presence").text.split('id="presence">')[1].split("<")[0]
    consent = access.Consent(access_ground(), True, True, code)
    with pytest.raises(Refusal, match="presence-code-wrong"):
        records.declare_authorisation(ask("nurse", Act.DECLARE_AUTHORISATION, someone), consent)
    late = replace(ask("nurse", Act.DECLARE_AUTHORISATION, person), at=now() + timedelta(minutes=3))
    with pytest.raises(Refusal, match="presence-code-wrong"):
        records.declare_authorisation(late, consent)


def access_ground() -> Any:
    from carnet.dicah.facts import AuthorisationGround

    return AuthorisationGround.CARE_TEAM


def _opened(address: str) -> dict[str, Any]:
    """What a reader of SMART Health Links does with a link."""
    text = address.split("shlink:/")[1]
    link = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    answer = httpx.get(link["url"], params={"recipient": "test"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/jose"
    key = OctKey.import_key(base64.urlsafe_b64decode(link["key"] + "=="))
    found: dict[str, Any] = json.loads(jwe.decrypt_compact(answer.text, key).plaintext or b"{}")
    return found


def test_the_emergency_sheet_is_read_by_its_link_until_it_is_cut(espace: str, settings_clock: Any) -> None:
    who, person, record_id = newcomer(espace)
    who.post("/profil/allergies/ajouter", {"libelle": "Arachide"})
    who.post("/profil/contacts/ajouter", {"libelle": "Basile", "telephone": "0639980000"})
    assert "Arachide" in who.get("/fiche").text
    page = who.post("/fiche/lien", {"rubrique": ["allergies"], "duree": "1j"}, follow_redirects=True)
    address = page.text.split('id="lien" href="')[1].split('"')[0]
    bundle = _opened(address)
    kinds = [e["resource"]["resourceType"] for e in bundle["entry"]]
    assert kinds == ["Patient", "List", "AllergyIntolerance", "List"], "what was not chosen is not there"
    assert bundle["entry"][3]["resource"]["title"] == "Non montré par choix de la personne", (
        "and the sheet says that something is left out"
    )
    assert "Basile" not in json.dumps(bundle)
    assert person.ins.matricule not in json.dumps(bundle)
    assert ("sheet-read", "holder") in _pending(record_id)
    assert "fiche d’urgence par un lien" in words(who.get("/acces/journal"))
    text = address.split("shlink:/")[1]
    url = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))["url"]
    number = who.get("/fiche").text.split("/fiche/lien/")[1].split("/couper")[0]
    other, _, _ = newcomer(espace)
    other.post(f"/fiche/lien/{number}/couper")
    assert httpx.get(url).status_code == 200, "nobody else cuts it"
    settings_clock.move(timedelta(hours=25))
    assert httpx.get(url).status_code == 404
    settings_clock.move(timedelta(hours=-25))
    who.post(f"/fiche/lien/{number}/couper")
    assert httpx.get(url).status_code == 404
    assert httpx.get(f"{espace}/fiche/lien/rien").text == httpx.get(url).text, "one answer for all that open nothing"


def test_the_server_keeps_no_key_of_a_sheet(espace: str) -> None:
    who, _, record_id = newcomer(espace)
    who.post("/profil/allergies/ajouter", {"libelle": "MARQUEUR"})
    who.post("/fiche/lien", {"rubrique": ["allergies"]})
    with as_role("carnet_espace"), unit(record_id) as work:
        [row] = work.rows("SELECT content FROM profile_sheet WHERE record_id = %s", record_id)
    assert b"MARQUEUR" not in bytes(row[0])


# The life of the record


def test_close_reopen_and_destroy(espace: str) -> None:
    from carnet.config.worker import run_all

    who, person, record_id = newcomer(espace)
    allow(record_id, "nurse")
    deposit(person, title="Consultation")
    assert who.post("/compte/fermer").status_code == 400, "it is confirmed first"
    assert who.post("/compte/fermer", {"compris": "oui"}).status_code == 302
    with pytest.raises(Refusal, match="record-closed"):
        records.search(ask("nurse", Act.SEARCH, person), Query())
    assert "fermé depuis" in words(who.get("/documents"))
    who.post("/compte/rouvrir")
    assert "Consultation" in who.get("/documents").text
    records.search(ask("nurse", Act.SEARCH, person), Query())
    who.post("/compte/fermer", {"compris": "oui"})
    assert who.post("/compte/supprimer", {"compris": "oui"}).status_code == 302
    assert ("destruction-asked", "holder") in _pending(record_id)
    with as_role("carnet_worker"):
        run_all(now() + timedelta(days=92))
    assert who.get("/").status_code == 302, "the account went with the record"


def test_an_open_record_is_not_destroyed_and_a_closed_one_not_closed_again(espace: str) -> None:
    who, _, record_id = newcomer(espace)
    for act in ("supprimer", "rouvrir", "ouvrir", "s-opposer"):
        assert who.post(f"/compte/{act}", {"compris": "oui"}).status_code in (400, 403), act
    with as_role("carnet_espace"):
        found = records.standing(record_id)
    assert found.state == "open"
    assert found.destruction_asked is None


# The copy


def test_the_copy_opens_in_an_empty_carnet_without_loss(espace: str, tmp_path: Path) -> None:
    who, person, record_id = newcomer(espace)
    allow(record_id, "nurse", treating="treating")
    deposit(person, title="Consultation")
    masked = deposit(person, "biologist", "11502-2", title="Prise de sang")
    old = deposit(person, title="Avant")
    deposit(person, title="Après", replaces=old)
    who.post(f"/documents/{masked}/masquer")
    upload(who)
    who.post("/profil/allergies/ajouter", {"libelle": "Arachide"})
    who.post("/profil/measures/ajouter", {"mesure": "29463-7", "valeur": "70"})
    who.post("/directives/ecrire", {"texte": "Mon texte."})
    who.post("/acces/urgence/choisir", {"danger": "oui"})
    who.post("/acces/professionnels/bloquer", {"numero": PROFESSIONALS["dentist"].id})
    answer = who.post("/compte/copie/telecharger")
    folder = _unzip(answer.content, tmp_path / "copie")
    assert "Prise de sang" in (folder / "index.html").read_text()
    before = _state(who, record_id)
    from support.empty import EmptyCarnet

    with EmptyCarnet(tmp_path / "vide") as empty:
        after = empty.load(folder, record_id)
    told = after.pop("journal")
    assert told == before.pop("journal")[: len(told)]
    assert len(told) > 20
    for table in before["tables"]:
        assert after["tables"].get(table) == before["tables"][table], table


def _state(who: Space, record_id: UUID) -> dict[str, Any]:
    from support.empty import state_of

    with as_role("postgres"):
        return state_of(record_id)


def test_the_copy_is_safe_to_open(espace: str, tmp_path: Path) -> None:
    who, person, _ = newcomer(espace)
    sheet = b'<?xml version="1.0" encoding="UTF-8"?><?xml-stylesheet type="text/xsl" href="https://mal.example/x.xsl"?>'
    whole = cda(person, unique_id=(unique := fresh_uid()))
    armed = deposit(person, title="Armé", unique_id=unique, content=sheet + whole.partition(b"?>")[2])
    carried = deposit(person, title="Porté", pdf=PDF)
    plain = deposit(person, title="Simple")
    folder = _unzip(who.post("/compte/copie/telecharger").content, tmp_path / "copie")
    index = (folder / "index.html").read_text()
    for number in (armed, plain):
        page = (folder / f"lire/{number}.html").read_text()
        assert "Rien à signaler" in page and "Content-Security-Policy" in page and "default-src 'none'" in page
        assert "xml-stylesheet" not in page and "<script" not in page
        assert f'<a href="lire/{number}.html">' in index
        assert f'<a href="documents/{number}.xml" download>original</a>' in index
    assert (folder / f"lire/{carried}.pdf").read_bytes() == PDF
    assert b"xml-stylesheet" in (folder / f"documents/{armed}.xml").read_bytes(), "the original as it came, to be downloaded"


def test_the_copy_holds_pages_to_read_and_a_summary_for_another_country(espace: str, tmp_path: Path) -> None:
    who, person, _ = newcomer(espace)
    deposit(person, sections=(Section("48765-2", "Allergies", facts=(stated("allergies", "Amoxicilline", detail="œdème"),)),))
    who.post("/profil/treatments/ajouter", {"libelle": "Tisane <b>du soir</b>"})
    who.post("/profil/problems/concerne", {"concerne": "non"})
    folder = _unzip(who.post("/compte/copie/telecharger").content, tmp_path / "copie")
    page = (folder / "profil.html").read_text()
    assert "Amoxicilline, œdème" in page and "d’après un document" in page
    assert "Tisane &lt;b&gt;du soir" in page and "<script" not in page and "default-src 'none'" in page
    assert "ne la concerne pas" in page and "Rien n’est inscrit" in page
    bundle = json.loads((folder / "resume-ips.json").read_text())
    [patient] = [e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == "Patient"]
    assert patient["identifier"] == [{"system": f"urn:oid:{person.ins.oid}", "value": person.ins.matricule}]
    assert patient["name"][0]["family"] == person.traits.birth_name
    sections = {s["code"]["coding"][0]["code"]: s for s in bundle["entry"][0]["resource"]["section"]}
    assert "Amoxicilline" in sections["48765-2"]["text"]["div"]
    assert "Tisane" in sections["10160-0"]["text"]["div"]
    told = "".join(p.extract_text() for p in PdfReader(io.BytesIO((folder / "resume-ips.pdf").read_bytes())).pages)
    assert person.ins.matricule in told and "Amoxicilline" in told and "ALLERGIES" in told
    assert all(
        f'href="{name}"' in (folder / "index.html").read_text() for name in ("profil.html", "resume-ips.pdf", "resume-ips.json")
    )


def test_a_copy_by_a_representative_says_what_is_withheld_in_its_summary(espace: str, tmp_path: Path) -> None:
    parent, _, _ = newcomer(espace)
    _who, child, record_id = newcomer(espace, birth_date=f"{today().year - 12}-03-04")
    deposit(child, label=("INVISIBLE_REPRESENTANTS_LEGAUX",), sections=(
        Section("10160-0", "Traitements", facts=(stated("treatments", "Contraception secrète"),)),))  # fmt: skip
    relate(record_id, parent, "representative")
    parent.act_on(record_id)
    folder = _unzip(parent.post("/compte/copie/telecharger").content, tmp_path / "copie")
    for name in ("profil.html", "resume-ips.json", "index.html"):
        assert "secrète" not in (folder / name).read_text(), name
    assert "n'est pas dans cette copie" in (folder / "index.html").read_text(), "the journal is the child's"
    assert "Le journal des accès" not in words(parent.get("/compte/copie"))


def test_a_cda_that_cannot_be_rendered_is_linked_as_a_download_alone() -> None:
    from carnet.apps.records.upkeep import portable

    resource = base64.b64encode(json.dumps({"content": [{"attachment": {"title": "<b>"}}]}).encode()).decode()
    row = {"mime": "text/xml", "logical_id": "1", "resource": resource}
    assert portable._readable(row, b"<no end") is None
    assert portable._link(row, "") == '<a href="documents/1.xml" download>&lt;b&gt;</a>'
    assert portable._link(row | {"mime": "application/pdf"}, "") == '<a href="documents/1.pdf">&lt;b&gt;</a>'


def test_the_copy_holds_nothing_that_is_not_announced(espace: str, tmp_path: Path) -> None:
    who, person, _record_id = newcomer(espace)
    deposit(person, title="Visible")
    hidden = deposit(person, title="Pas encore", label=("INVISIBLE_PATIENT",))
    folder = _unzip(who.post("/compte/copie/telecharger").content, tmp_path / "copie")
    whole = b"".join(p.read_bytes() for p in folder.rglob("*") if p.is_file())
    assert str(hidden).encode() not in whole
    assert b"Pas encore" not in whole


# The help desk


def test_the_help_desk_sends_a_code_and_ties_a_representative_and_each_is_journaled(espace: str, operator: str) -> None:
    child = fresh_person(birth_name="PETIT", birth_date="2015-02-03")
    record_id = open_record(child)
    parent, adult, _ = newcomer(espace)
    agent = _agent(operator)
    token = agent.get("/assistance").text.split('name="form_token" value="')[1].split('"')[0]
    seen = {"form_token": token, "ins": child.ins.matricule, "naissance": "2015-02-03"}
    assert agent.post("/assistance", data=seen | {"naissance": "2015-02-04"}).status_code == 404
    assert "PETIT" in agent.post("/assistance", data=seen).text
    asked = agent.post("/assistance/code", data=seen | {"voie": "lettre"})
    assert (asked.headers["location"], said_by(asked)["done"]) == ("/assistance/lettres", "lettre")
    code = _printed(operator, "PETIT")
    assert httpx.post(f"{espace}/activer", data={"code": code, "naissance": "2015-02-03"}).status_code == 200
    assert agent.post("/assistance/code", data=seen | {"voie": "courriel"}).status_code == 403, "a minor's mail may be another's"
    nobody = fresh_person(birth_name="SEUL")
    open_record(nobody)
    unknown = seen | {"ins": nobody.ins.matricule, "naissance": nobody.traits.birth_date, "voie": "courriel"}
    assert agent.post("/assistance/code", data=unknown).status_code == 403, "nobody signed in ever gave this address"
    grown = seen | {"ins": adult.ins.matricule, "naissance": adult.traits.birth_date, "voie": "courriel"}
    assert agent.post("/assistance/code", data=grown).status_code == 302
    tied = seen | {"ins-representant": adult.ins.matricule, "naissance-representant": adult.traits.birth_date}
    assert agent.post("/assistance/representant", data=tied).status_code == 400, "the proof must be seen"
    assert agent.post("/assistance/representant", data=tied | {"preuve": "oui"}).status_code == 302
    assert parent.act_on(record_id).get("/documents").status_code == 200
    with unit(record_id) as work:
        told = [e["detail"] for e in journal.entries_of_record(work, record_id) if e["actor_kind"] == "operator"]
    assert [d for d in told if d != "help-desk:look"] == [
        "help-desk:letter",
        "help-desk:letter-printed",
        "help-desk:representative",
    ]
    assert told[0] == "help-desk:look", "a look-up leaves a trace too"
    assert ("access-code", "holder") in _pending(parent.session.acting)


def _letters(agent: httpx.Client, name: str) -> tuple[str, str]:
    """The queue of letters, and the address of the one for somebody."""
    queue = agent.get("/assistance/lettres").text
    row = queue.split(name)[1].split("</tr>")[0]
    return row, re.findall(r'action="(/assistance/lettres/[^"]+)"', row)[0]


def _printed(operator: str, name: str) -> str:
    """The code of a letter that a second operator prints."""
    second = _agent(operator, "second")
    token = second.get("/assistance").text.split('name="form_token" value="')[1].split('"')[0]
    row, address = _letters(second, name)
    assert "Imprimer" in row
    printed = second.post(address, data={"form_token": token, "acte": "imprimer"})
    assert second.post(address, data={"form_token": token, "acte": "imprimer"}).status_code == 404, "once"
    return str(printed.text.split('id="code">')[1].split("<")[0])


def test_whoever_asked_for_a_letter_never_sees_its_code(espace: str, operator: str) -> None:
    _, adult, record_id = newcomer(espace, birth_name="LETTREUX")
    first = _agent(operator)
    token = first.get("/assistance").text.split('name="form_token" value="')[1].split('"')[0]
    seen = {"form_token": token, "ins": adult.ins.matricule, "naissance": adult.traits.birth_date}
    answers = [first.post("/assistance/code", data=seen | {"voie": "lettre"}) for _ in range(2)]
    assert not any('id="code"' in answer.text for answer in answers)
    row, address = _letters(first, "LETTREUX")
    assert "Un autre exploitant l’imprime" in row and "Imprimer" not in row
    assert first.post(address, data={"form_token": token, "acte": "imprimer"}).status_code == 403
    assert first.get("/assistance/lettres").text.count("LETTREUX") == 1, "asked twice, one letter"
    _, after, _ = newcomer(espace, birth_name="SUIVANTE")
    first.post("/assistance/code", data=seen | {"ins": after.ins.matricule, "naissance": after.traits.birth_date, "voie": "lettre"})
    assert first.post(_letters(first, "SUIVANTE")[1], data={"form_token": token, "acte": "ecarter"}).status_code == 302
    with as_role("carnet_operator"), unit(record_id) as work:
        [waiting] = [one for one in signin.letters(work) if one.record_id == record_id]
        signin.drop_letter(work, waiting, "operator:x", now())
        with pytest.raises(Refusal, match="document-unknown"):
            signin.print_letter(work, waiting, "operator:y", now())
        work.run("UPDATE signin_letter SET done_at = NULL WHERE id = %s", waiting.id)
    assert ("code-asked", "holder") in _pending(record_id)
    with as_role("carnet_operator"), unit(record_id) as work:
        assert work.rows("SELECT 1 FROM signin_code WHERE record_id = %s AND channel = 'letter'", record_id) == [], (
            "no code is made yet"
        )
    assert first.post(address, data={"form_token": token, "acte": "ecarter"}).status_code == 302
    assert "LETTREUX" not in first.get("/assistance/lettres").text
    assert first.post(address, data={"form_token": token, "acte": "ecarter"}).status_code == 404


def test_a_code_that_is_asked_for_is_told_at_the_address_that_somebody_replaced(espace: str, operator: str) -> None:
    who, adult, record_id = newcomer(espace, birth_name="DEUXBOITES")
    for address in ("avant@boite.example", "apres@boite.example"):
        who.post("/acces/avis/choisir", {"courriel": address, "rythme": "jour"})
    agent = _agent(operator)
    token = agent.get("/assistance").text.split('name="form_token" value="')[1].split('"')[0]
    seen = {"form_token": token, "ins": adult.ins.matricule, "naissance": adult.traits.birth_date}
    agent.post("/assistance/code", data=seen | {"voie": "courriel"})
    sent: list[EmailMessage] = []

    async def send(mail: EmailMessage) -> None:
        sent.append(mail)

    with as_role("carnet_courier"):
        while asyncio.run(outbox.deliver_due(now() + timedelta(minutes=1), send))[0]:
            pass
    told = {mail["To"]: mail.get_content() for mail in sent if "boite.example" in mail["To"]}
    assert "Code à usage unique" in told["apres@boite.example"]
    assert "a été demandé à l'assistance" in told["avant@boite.example"]
    assert "Code à usage unique" not in told["avant@boite.example"], "the code goes to the present address alone"
    with as_role("carnet_worker"), unit(record_id) as work:
        outbox.forget(work, record_id)
        assert work.rows("SELECT 1 FROM outbox_former WHERE owner = %s", outbox.owner_of(outbox.HOLDER, record_id)) == []


def test_a_title_of_a_masked_document_reaches_no_operator(espace: str, operator: str) -> None:
    who, person, record_id = newcomer(espace)
    shown, masked = deposit(person, title="Titre montré"), deposit(person, title="Titre masqué")
    with unit(record_id) as work:
        work.run("UPDATE records_document SET masked = true WHERE record_id = %s AND logical_id = %s", record_id, masked)
    for number in (shown, masked):
        assert who.post(f"/demandes/corriger/document/{number}", {"texte": "Ce n'est pas exact."}).status_code == 302
    with unit(record_id) as work:
        key = key_of(work, record_id)
        stated = profile.Content("Ligne masquée")
        profile.declare(work, key, "treatments", stated, now())
        work.run("UPDATE profile_entry SET document_id = %s WHERE record_id = %s", masked, record_id)
        [entry_id] = work.rows("SELECT entry_id FROM profile_entry WHERE record_id = %s", record_id)[0]
    assert who.post(f"/demandes/corriger/entree/{entry_id}", {"texte": "Ce n'est pas exact."}).status_code == 302
    queue = _agent(operator).get("/").text
    assert "Titre montré" in queue
    assert "Titre masqué" not in queue and "Ligne masquée" not in queue
    assert "Titre masqué" in who.get(f"/demandes/corriger/document/{masked}").text, "the person reads which"
    carer, _, _ = newcomer(espace)
    relate(record_id, carer, "carer")
    helping = carer.act_on(record_id)
    assert "Titre masqué" in helping.get(f"/demandes/corriger/document/{masked}").text, "a carer is not told that it is masked"
    asked_for = helping.post(f"/demandes/corriger/document/{shown}", {"texte": "Non."})
    assert (asked_for.headers["location"], said_by(asked_for)["done"]) == ("/", "correction")
    form = helping.get("/documents/ajouter").text
    category = re.findall(r'name="categorie" value="(\w+)"', form)[0]
    sent = {"categorie": category, "titre": "Ajouté", "masquer": "oui"}
    assert helping.post("/documents/ajouter", sent, files={"fichier": ("a.txt", b"Texte du document")}).status_code == 302
    with unit(record_id) as work:
        assert work.rows("SELECT count(*) FROM records_document WHERE record_id = %s AND masked", record_id) == [(1,)]


def test_two_spellings_are_one_operator_and_nobody_represents_themselves(espace: str, operator: str) -> None:
    child = fresh_person(birth_name="SEULETTE", birth_date="2014-02-03")
    record_id = open_record(child)
    space(espace, child, record_id)
    first, again = _agent(operator, "Alpha Bêta"), _agent(operator, " alpha  beta ")
    token = first.get("/assistance").text.split('name="form_token" value="')[1].split('"')[0]
    seen = {"form_token": token, "ins": child.ins.matricule, "naissance": "2014-02-03"}
    first.post("/assistance/code", data=seen | {"voie": "lettre"})
    own = again.get("/assistance").text.split('name="form_token" value="')[1].split('"')[0]
    row, address = _letters(again, "SEULETTE")
    assert "Imprimer" not in row
    assert again.post(address, data={"form_token": own, "acte": "imprimer"}).status_code == 403
    herself = seen | {"ins-representant": child.ins.matricule, "naissance-representant": "2014-02-03", "preuve": "oui"}
    assert first.post("/assistance/representant", data=herself).status_code == 400


def test_the_help_desk_may_read_no_document_and_no_credential() -> None:
    import psycopg

    for table in ("records_document", "profile_entry", "access_authorisation", "signin_person_session"):
        with as_role("carnet_operator"), pytest.raises(psycopg.errors.InsufficientPrivilege), unit() as work:
            work.rows(f"SELECT 1 FROM {table}")
    with as_role("carnet_operator"), pytest.raises(psycopg.errors.InsufficientPrivilege), unit() as work:
        work.rows("SELECT password FROM signin_account")


def test_fhir_and_webps_read_no_credential_of_a_person() -> None:
    import psycopg

    for role in ("carnet_fhir", "carnet_webps"):
        for table in ("signin_account", "signin_code", "signin_passkey", "signin_person_session", "access_case", "profile_sheet"):
            with as_role(role), pytest.raises(psycopg.errors.InsufficientPrivilege), unit() as work:
                work.rows(f"SELECT 1 FROM {table}")


def test_the_language_is_chosen_and_kept(espace: str) -> None:
    who, _, _ = newcomer(espace)
    assert 'lang="fr"' in who.get("/").text
    who.http.post("/langue", data={"langue": "en", "retour": "/documents"})
    assert '<html lang="en">' in who.get("/").text
    assert "Add a document" in who.get("/documents").text
    with override("en"):
        assert long_day("2026-11-25") == "25 November 2026"


def test_fhir_says_nothing_new_to_a_person(door: str) -> None:
    # The door of software stays closed to people: their session is no bearer token.
    assert client(door, "treating").get("/fhir/DocumentReference?patient=Patient/0").status_code in (400, 404)


def test_a_blood_pressure_is_one_entry_as_people_write_it(espace: str) -> None:
    who, _, record_id = newcomer(espace)
    form = who.get("/profil/measures/ajouter").text
    assert f'value="{today().isoformat()}"' in form, "today stands there"
    assert who.post("/profil/measures/ajouter", {"mesure": "tension", "valeur": "12,5/8"}).status_code == 302
    page = words(who.get("/profil/measures"))
    assert "125 Tension, maximum / 80 Tension, minimum mmHg" in page
    with as_role("carnet_espace"), records.visiting(who.ask(Act.SEARCH), record_id) as visit:
        kept = profile.entries(visit, ("measures",))
    assert {(e.content.code, e.content.value, e.content.detail) for e in kept} == {
        (profile.SYSTOLIC, "125", "«\u00a012,5/8\u00a0»"), (profile.DIASTOLIC, "80", "«\u00a012,5/8\u00a0»")}  # fmt: skip
    refused = who.post("/profil/measures/ajouter", {"mesure": "tension", "valeur": "12/90"})
    assert refused.status_code == 400
    assert "12/8 ou 120/80" in words(refused)
    assert who.post("/profil/measures/ajouter", {"mesure": "2345-7", "valeur": "1,26"}).status_code == 400, "no unit is guessed"


def test_one_s_own_visits_are_folded_and_readings_are_those_of_others(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    allow(record_id, "treating")
    with records.visiting(ask("treating", Act.SEARCH, person), detail="vaccinations"):
        pass
    for path in ("/profil", "/documents", "/acces"):
        who.get(path)
    page = words(who.get("/acces/journal"))
    assert page.count("Votre visite") == 1, "three pages of one visit are one line"
    for part in ("lu votre profil de santé", "lu la liste de vos documents", "lu vos droits et vos choix"):
        assert part in page
    assert "médecin, a lu vos vaccinations, avec votre accord." in page
    for kind in ("lectures", "autres"):
        others = words(who.get(f"/acces/journal?sorte={kind}"))
        assert "Votre visite" not in others
        assert "a lu vos vaccinations" in others
    who.post("/acces/masquer/choisir", {})
    assert "Vous avez changé ce qui est masqué à l’arrivée" in words(who.get("/acces/journal")), "what one changed stays a line"


def test_an_emergency_shows_its_reason_and_its_review_and_an_answer_stands_on_the_first_page(espace: str) -> None:
    from carnet.desk.commands.keeping import as_operator

    who, person, record_id = newcomer(espace)
    reason = "Inconscient sur la voie publique, hémorragie."
    with as_role("carnet_webps"):
        records.open_emergency(replace(ask("emergency", Act.OPEN_EMERGENCY, person, Mode.BREAK_GLASS), reason=reason))
    line = re.search(r"/acces/journal/([0-9a-f-]{36})", who.get("/acces/journal?sorte=urgences").text)
    assert line
    page = words(who.get(f"/acces/journal/{line.group(1)}"))
    assert reason in page
    with as_role("carnet_webps"), records.visiting(ask("emergency", Act.SEARCH, person, Mode.BREAK_GLASS)) as visit:
        assert records.emergency_in(visit, PROFESSIONALS["emergency"].id, now() + timedelta(minutes=1)) is None, (
            "a later look is no opening"
        )
    assert "Pas encore relu" in page
    with as_role("carnet_operator"):
        found = next(e for e in access.emergencies_to_review(as_operator("agent")) if e.record_id == record_id)
        access.review_emergency(as_operator("agent"), found.id, "justified")
    assert "Relu et jugé justifié" in words(who.get(f"/acces/journal/{line.group(1)}"))
    who.post(f"/acces/journal/{line.group(1)}/signaler", {"texte": "Qui est-ce ?"})
    with as_role("carnet_operator"):
        case = next(c for c in access.open_cases(as_operator("agent")) if c.record_id == record_id)
        access.take_case(as_operator("agent"), case.id)
        access.answer_case(as_operator("agent"), case.id, "access-explained", "Le médecin du SAMU vous a soigné ce jour-là.")
    assert "Le médecin du SAMU vous a soigné ce jour-là." in words(who.get("/"))
