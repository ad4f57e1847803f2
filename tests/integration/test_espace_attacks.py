"""What an attacker found in Mon espace, one test each."""

import base64
import io
import json
import re
import zipfile
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
from support.espace import newcomer
from support.people import allow, ask, cda, deposit, entry, fresh_uid, now, submission
from support.portal import words
from support.roles import as_role
from support.said import said_by

from carnet.apps.access import api as access
from carnet.apps.profile import api as profile
from carnet.apps.records import api as records
from carnet.desk.demonstration.professionals import PROFESSIONALS
from carnet.dicah.facts import AuthorisationGround
from carnet.formats.xds import Parent
from carnet.kernel.ask import Act
from carnet.kernel.copies import replace


def test_a_case_on_a_secret_is_the_minor_s_own(family: Any) -> None:
    teenager, person, _, parent = family
    secret = deposit(person, "midwife", title="Consultation secrète", label=("INVISIBLE_REPRESENTANTS_LEGAUX",))
    shown = deposit(person, title="Certificat de sport")
    teenager.post(f"/demandes/corriger/document/{secret}", {"texte": "Mes mots à moi."})
    parent.post(f"/demandes/corriger/document/{shown}", {"texte": "Une date est fausse."})
    for path in ("/demandes", "/", "/acces/journal"):
        for never in ("Consultation secrète", "Mes mots à moi."):
            assert never not in parent.get(path).text, path
    assert "Une date est fausse." in parent.get("/demandes").text
    assert "Mes mots à moi." in teenager.get("/demandes").text


def test_a_secret_that_a_professional_confirms_stays_one(family: Any) -> None:
    teenager, person, record_id, parent = family
    allow(record_id, "treating")
    answer = teenager.post("/profil/problems/ajouter", {"libelle": "Chose à moi", "secret": "oui"})
    profile.correct_entry(ask("treating", Act.WRITE_PROFILE, person), None, UUID(said_by(answer)["sur"]))
    assert "Confirmé" in teenager.get("/profil/problems").text
    assert "Chose à moi" not in parent.get("/profil/problems").text


def test_a_secret_does_not_end_what_the_representative_marked(family: Any) -> None:
    teenager, _, _, parent = family
    parent.post("/profil/problems/concerne", {"concerne": "non"})
    parent.get("/profil/problems")
    before = words(parent.get("/profil/problems"))
    teenager.post("/profil/problems/ajouter", {"libelle": "Chose à moi", "secret": "oui"})
    assert words(parent.get("/profil/problems")) == before
    assert "Chose à moi" in teenager.get("/profil/problems").text


def test_the_address_of_a_minor_with_an_account_is_not_the_representative_s(family: Any) -> None:
    teenager, _, _, parent = family
    assert parent.get("/acces/avis").status_code == 403
    assert parent.post("/acces/avis/choisir", {"courriel": "parent@exemple.fr"}).status_code == 403
    assert teenager.post("/acces/avis/choisir", {"courriel": "moi@exemple.fr"}).status_code == 302
    assert "moi@exemple.fr" in teenager.get("/acces/avis").text


def test_whom_a_representative_lets_in_goes_when_the_minor_comes_of_age_and_nobody_invites_themselves(
    family: Any, espace: str
) -> None:
    _, _, _, parent = family
    page = parent.post("/proches/inviter/aidant", {"nom": "Une tante", "etendue": "tout"}, follow_redirects=True)
    code = page.text.split('id="code-invitation">')[1].split("<")[0]
    assert parent.post("/proches/repondre", {"code": code, "reponse": "accepter"}).status_code == 404
    aunt, _, _ = newcomer(espace)
    assert aunt.post("/proches/repondre", {"code": code, "reponse": "accepter"}).status_code == 302
    with as_role("carnet_espace"):
        [carer] = [r for r in access.records_of_person(aunt.session.account, now() + timedelta(seconds=2)) if r.kind == "carer"]
    assert carer.ends is not None
    assert carer.ends.date().isoformat() <= "2028-05-05"


def test_two_representatives_and_no_more(family: Any, espace: str) -> None:
    _, _, _, parent = family
    assert parent.post("/proches/inviter/representant", {"nom": "Le père"}).status_code == 302
    assert parent.post("/proches/inviter/representant", {"nom": "Encore un"}).status_code == 403


def test_somebody_seen_in_secret_is_a_stranger_in_the_preview_and_in_the_counts(family: Any) -> None:
    teenager, person, _, parent = family
    question = replace(ask("midwife", Act.DECLARE_AUTHORISATION, person), secret=True)
    records.declare_authorisation(question, access.Consent(AuthorisationGround.CARE_TEAM, True, True))
    deposit(person, "midwife", label=("INVISIBLE_REPRESENTANTS_LEGAUX",))
    deposit(person, title="Visible")
    stranger = words(parent.get(f"/acces?comme=ps:{PROFESSIONALS['nurse'].id}"))
    met = words(parent.get(f"/acces?comme=ps:{PROFESSIONALS['midwife'].id}"))
    assert "Vous ne lui avez pas donné votre accord" in stranger
    assert "Vous ne lui avez pas donné votre accord" in met
    before = words(parent.get("/"))
    teenager.post("/acces/professionnels/bloquer", {"numero": PROFESSIONALS["midwife"].id})
    assert words(parent.get("/")) == before


def test_the_copy_names_no_hidden_document_in_a_former_version(espace: str) -> None:
    who, person, _ = newcomer(espace)
    hidden = deposit(person, label=("INVISIBLE_PATIENT",))
    shown = deposit(person, title="Avec une annexe")
    replaced = fresh_uid()
    content = cda(person, unique_id=replaced)
    declared = entry(person, unique_id=replaced, parents=(Parent("appends", f"DocumentReference/{hidden}"),))
    [placed] = records.deposit(ask("treating", Act.FEED, person), submission((declared, content))).documents
    for number in (placed.logical_id, shown):
        assert who.post(f"/documents/{number}/masquer").status_code == 302
    data = who.post("/compte/copie/telecharger").content
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        whole = b"".join(archive.read(name) for name in archive.namelist())
    texts = [
        whole,
        *(base64.b64decode(found) for found in re.findall(rb'"([A-Za-z0-9+/]{80,}={0,2})"', whole) if len(found) % 4 == 0),
    ]
    assert str(placed.logical_id).encode() in whole
    assert not [text for text in texts if str(hidden).encode() in text]


def test_a_form_of_one_record_is_refused_on_another(family: Any) -> None:
    _, _, _, parent = family
    parent.get("/profil/allergies/ajouter")
    old = parent.token
    parent.act_on(parent.session.acting)
    assert parent.http.post("/profil/allergies/ajouter", data={"form_token": old, "libelle": "Pollen"}).status_code == 403


def test_a_sheet_s_link_ends_with_the_record(espace: str) -> None:
    who, _, _ = newcomer(espace)
    who.post("/profil/allergies/ajouter", {"libelle": "Arachide"})
    page = who.post("/fiche/lien", {"rubrique": ["allergies"], "duree": "30j"}, follow_redirects=True)
    text = page.text.split("shlink:/")[1].split('"')[0]
    url = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))["url"]
    assert httpx.get(url).status_code == 200
    assert who.post("/compte/fermer", {"compris": "oui"}).status_code == 302
    assert httpx.get(url).status_code == 404


def test_an_invitation_to_a_closed_record_gives_nothing(espace: str) -> None:
    who, _, _ = newcomer(espace)
    told = who.post("/proches/inviter/aidant", {"nom": "Inès", "etendue": "tout"}, follow_redirects=True)
    code = told.text.split('id="code-invitation">')[1].split("<")[0]
    who.post("/compte/fermer", {"compris": "oui"})
    other, _, _ = newcomer(espace)
    assert other.post("/proches/repondre", {"code": code, "reponse": "accepter"}).status_code == 404
