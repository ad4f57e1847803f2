"""What a page says of a document beside its content: what completes it, an image that nobody can draw, ends that are a month or a year."""

import io
import re
import zipfile
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils.translation import override
from PIL import Image
from support.espace import newcomer
from support.people import allow, cda, client, deposit, fresh_uid, now, patient
from support.portal import Browser, words
from support.statements import stated

from carnet.desk.client import documents_of
from carnet.formats import pictures
from carnet.formats.cda import Section, Statement
from carnet.formats.cda.statements import Status
from carnet.pages.templatetags.pages import on_day, up_to


def completing(person: Any, uid: str, title: str, of: str) -> dict[str, Any]:
    """An addendum: a CDA that says which one it completes."""
    content = cda(person, unique_id=uid, title=title)
    related = f'<relatedDocument typeCode="APND"><parentDocument><id root="{of}"/></parentDocument></relatedDocument>'
    head, component, rest = content.decode().rpartition("<component>")
    assert component
    at = head.index("</custodian>") + len("</custodian>")
    return {"content": (head[:at] + related + head[at:] + component + rest).encode(), "unique_id": uid}


def test_an_addendum_is_told_on_both_pages_to_whoever_sees_both(espace: str, portal: str, door: str) -> None:
    who, person, record_id = newcomer(espace)
    allow(record_id, "treating", "nurse")
    first, second = fresh_uid(), fresh_uid()
    whole = deposit(person, title="Compte rendu", unique_id=first)
    addendum = deposit(person, **completing(person, second, "Complément", first))
    page = Browser(portal).sign_in("nurse")
    handle = page.seek(person.ins.matricule)
    for shown, at in (
        (lambda n: who.get(f"/documents/{n}"), "/documents"),
        (lambda n: page.get(f"/dossier/{handle}/documents/{n}"), f"/dossier/{handle}/documents"),
    ):
        told = shown(whole)
        assert "Un autre document complète celui-ci : Complément" in words(told) and f'href="{at}/{addendum}"' in told.text
        assert "Ce document en complète un autre : Compte rendu" in words(shown(addendum))
    who.post(f"/documents/{addendum}/masquer", {})
    assert "complète" not in words(page.get(f"/dossier/{handle}/documents/{whole}")), (
        "what is masked completes nothing that is seen"
    )
    assert len(documents_of(client(door, "nurse").search(person.ins))) == 1


def test_of_an_addendum_that_was_replaced_the_one_in_its_place_is_told(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    allow(record_id, "treating")
    first, second = fresh_uid(), fresh_uid()
    whole = deposit(person, title="Compte rendu", unique_id=first)
    addendum = deposit(person, **completing(person, second, "Complément", first))
    newer = deposit(person, replaces=addendum, title="Complément corrigé")
    told = who.get(f"/documents/{whole}").text
    assert f'href="/documents/{newer}"' in told and f'href="/documents/{addendum}"' not in told


def test_an_image_that_nobody_can_draw_says_so(espace: str, portal: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert pictures.tiff_pages(b"II*\x00" + b"0" * 20) == 0
    out = io.BytesIO()
    Image.new("1", (9000, 9000)).save(out, "TIFF", compression="group4")
    assert len(out.getvalue()) < 20_000 and pictures.tiff_pages(out.getvalue()) == 0, "small in bytes, and too large to draw"


@pytest.mark.parametrize(
    ("value", "when", "until"),
    [
        ("2011", "en 2011", "jusqu’en 2011"),
        ("2004-07", "en juillet 2004", "jusqu’en juillet 2004"),
        ("2026-03-03", "le 03/03/2026", "jusqu’au 03/03/2026"),
    ],
)
def test_a_part_of_a_date_has_its_own_preposition(value: str, when: str, until: str) -> None:
    with override("fr"):
        assert (on_day(value), up_to(value)) == (when, until)
        assert on_day("2026-03-03", "long") == "le 3 mars 2026"


def test_compared_values_have_their_own_dates_and_none_is_left_out(portal: str) -> None:
    person, _ = patient("treating")

    def potassium(value: str, on: date, unit: str = "mmol/L") -> Statement:
        return stated("results", "Potassium", "2823-3", "l", on, value=value, unit=unit)

    def say(ago: int, *facts: Statement) -> UUID:
        at = now() - timedelta(days=ago)
        return deposit(person, type_="11502-2", sections=(Section("30954-2", "S", facts=facts),), effective_time=at)

    earlier = say(30, potassium("5.4", date(2026, 2, 1)))
    later = say(
        2, potassium("4.1", date(2026, 1, 1)), potassium("4.9", date(2026, 1, 9)), potassium("19", date(2026, 1, 10), "mg/dL")
    )
    page = Browser(portal).sign_in("treating")
    base = page.open(person.ins.matricule)
    table = page.get(f"{base}/comparer?a={later}&b={earlier}").text.partition("<tbody>")[2].partition("</tbody>")[0]
    assert table.count("<tr>") == 1, "one examination, whatever its unit"
    left, right = (re.sub(r"<[^>]+>|\s+", " ", cell) for cell in table.split("<td")[1:])
    assert "5,4" in left and "01/02/2026" in left
    places = [right.index(told) for told in ("4,1", "01/01/2026", "4,9", "09/01/2026", "19", "10/01/2026")]
    assert places == sorted(places)
    alone = say(1, stated("results", "Sodium", "2951-2", "l", date(2026, 1, 1), value="140", unit="mmol/L"))
    assert words(page.get(f"{base}/comparer?a={alone}&b={earlier}")).count("aucune valeur lue dans ce document") == 2


def test_what_is_not_active_or_in_remission_is_told_as_that_on_every_page(portal: str, espace: str) -> None:
    who, person, record_id = newcomer(espace)
    allow(record_id, "treating")
    facts = (
        stated("problems", "Lymphome", clinical="remission"),
        stated("problems", "Ulcère", clinical="inactive"),
        stated("problems", "Zona", clinical="resolved"),
        stated("problems", "Asthme", clinical="active"),
        stated("allergies", "Pénicilline", clinical="resolved"),
    )
    of = {
        s: Section(code, "S", facts=tuple(f for f in facts if f.section == s))
        for s, code in (("problems", "11450-4"), ("allergies", "48765-2"))
    }
    relation = b'<entryRelationship typeCode="REFR">'
    unsure = b"<observation><code code='66455-7'/><value code='unconfirmed'/></observation></entryRelationship>"
    uid = fresh_uid()
    content = cda(person, type_="11502-2", unique_id=uid, sections=tuple(of.values()))
    assert relation in content
    deposit(person, type_="11502-2", unique_id=uid, content=content.replace(relation, relation + unsure + relation, 1))
    page = Browser(portal).sign_in("treating")
    base = page.open(person.ins.matricule)
    for path in ("", "/feuille"):
        told = words(page.get(f"{base}{path}")).partition("Maladies et antécédents")[2]
        for name, ending in (("Lymphome", "en rémission"), ("Ulcère", "non actif"), ("Zona", "terminé")):
            assert ending in told.partition(name)[2][:45].lower(), (path, name)
        assert "on confirmé" in told.partition("Lymphome")[2][:45]
        assert "ermin" not in told.partition("Asthme")[2][:25]
    for path, name, ending in (
        ("problems", "Lymphome", "En rémission"),
        ("problems", "Ulcère", "Non actif"),
        ("allergies", "Pénicilline", "Terminé"),
    ):
        assert ending in words(who.get(f"/profil/{path}")).partition(name)[2][:60]
    with zipfile.ZipFile(io.BytesIO(who.post("/compte/copie/telecharger").content)) as archive:
        copied = archive.read("profil.html").decode()
    for told in ("Lymphome (non confirmé) (en rémission)", "Ulcère (non actif)", "Pénicilline (terminé)"):
        assert told in copied


def test_a_death_that_a_document_states_stands_above_its_content(portal: str, espace: str) -> None:
    who, person, record_id = newcomer(espace)
    allow(record_id, "treating")
    said = b'<deceasedInd xmlns="urn:hl7-org:sdtc" value="true"/><deceasedTime xmlns="urn:hl7-org:sdtc" value="202603"/></patient>'
    uid = fresh_uid()
    content = cda(person, unique_id=uid)
    assert content.count(b"</patient>") == 1
    number, living = deposit(person, unique_id=uid, content=content.replace(b"</patient>", said)), deposit(person)
    page = Browser(portal).sign_in("treating")
    base = page.open(person.ins.matricule)
    for shown in (page.get(f"{base}/documents/{number}"), who.get(f"/documents/{number}")):
        assert "Ce document dit la personne décédée : mars 2026." in words(shown)
    for shown in (page.get(f"{base}/documents/{living}"), who.get(f"/documents/{living}")):
        assert "décédée" not in words(shown)


def test_a_treatment_that_goes_on_is_not_struck_out_and_one_that_was_stopped_is(portal: str) -> None:
    person, _ = patient("treating")
    taken = (stated("treatments", "Bisoprolol 5 mg", detail="1 le matin"), stated("treatments", "Ramipril 5 mg", status=Status.ABORTED),
             stated("allergies", "Pénicilline", clinical="resolved"))  # fmt: skip
    sections = (Section("10160-0", "T", facts=taken[:2]), Section("48765-2", "A", facts=taken[2:]))
    deposit(person, type_="11502-2", sections=sections)
    page = Browser(portal).sign_in("treating")
    told = page.get(page.open(person.ins.matricule)).text
    struck = re.findall(r'<s class="ended">([^<]*)</s>', told)
    assert struck == ["Ramipril 5 mg"]
    assert "Bisoprolol" in told
    assert "Ne valent plus, selon leur source : Pénicilline (terminé)" in words(page.get(page.open(person.ins.matricule)))
