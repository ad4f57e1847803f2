"""What is shown is what was stated: the life of treatments, absences, partial views, what several documents repeat, reading again."""

import base64
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from PIL import Image
from pypdf import PdfWriter
from support.espace import newcomer, relate, space
from support.people import ask, deposit, entry, fresh_ins, fresh_person, fresh_uid, now, open_record, patient, submission, today
from support.people import cda as cda_of
from support.portal import Browser, words
from support.roles import as_role
from support.statements import stated

from carnet.apps.access import api as access
from carnet.apps.medicines import api as medicines
from carnet.apps.profile import api as profile
from carnet.apps.records import api as records
from carnet.apps.storage.api import key_of, unit
from carnet.desk.demonstration.medicines import SUBSTANCES
from carnet.formats.cda import Section, Statement
from carnet.formats.cda.statements import Polarity, Status, Value
from carnet.kernel.ask import Act
from carnet.kernel.refusal import Refusal

Course = profile.Course
IPS, CIS = "2.16.840.1.113883.5.1150.1", "1.2.250.1.213.2.3.1"


@pytest.fixture(autouse=True)
def _medicines() -> Iterator[None]:
    with as_role("carnet_operator"):
        medicines.load(SUBSTANCES | {"60123456": ("fluindione",)})
    yield
    with as_role("carnet_operator"):
        medicines.load({})


def drug(label: str, detail: str = "", code: str = "", system: str = profile.ATC, **more: Any) -> Statement:
    return stated("treatments", label, code, system, detail=detail, **more)


def say(person: Any, *facts: Statement, days: int = 0, code: str = "10160-0", type_: str = "57833-6") -> None:
    """A document of so many days ago that states these."""
    at = now() - timedelta(days=days)
    deposit(person, type_=type_, sections=(Section(code, "S", facts=facts),), effective_time=at)


def taken(person: Any, on: date | None = None) -> dict[str, profile.Treatment]:
    with records.visiting(ask("treating", Act.SEARCH, person)) as visit:
        return {t.name: t for t in profile.treatments(visit, profile.entries(visit), on or today())}


def day(ago: int) -> date:
    return today() - timedelta(days=ago)


# The life of treatments


@pytest.mark.parametrize(
    ("told", "course"),
    [
        (((10, {}),), Course.CURRENT),
        (((400, {}),), Course.SILENT),
        (((400, {}), (30, {})), Course.CURRENT),
        (((30, {"start": day(4000)}),), Course.CURRENT),
        (((30, {}), (10, {"status": Status.ABORTED})), Course.STOPPED),
        (((30, {"status": Status.ABORTED}), (10, {})), Course.CURRENT),
        (((10, {"status": Status.SUSPENDED}),), Course.STOPPED),
        (((10, {"start": day(10), "end": day(3)}),), Course.FINISHED),
        (((10, {"start": day(10), "end": day(-3)}),), Course.CURRENT),
        (((500, {"start": day(500), "end": day(-30)}),), Course.CURRENT),
        (((10, {"start": day(-30)}),), Course.LATER),
    ],
)
def test_the_newest_statement_says_whether_a_treatment_goes_on(
    told: tuple[tuple[int, dict[str, Any]], ...], course: Course
) -> None:
    person, _ = patient("treating")
    for ago, more in told:
        say(person, drug("Ramipril 5 mg", "1 matin", **more), days=ago)
    [found] = taken(person).values()
    assert found.course is course


def test_what_was_taken_before_or_given_during_a_stay_is_not_current() -> None:
    person, _ = patient("treating")
    say(person, drug("Bisoprolol 5 mg"), code="42346-7", type_="11490-0")
    say(person, drug("Furosémide 40 mg"), code="18610-6", type_="11490-0")
    assert {t.course for t in taken(person).values()} == {Course.PASSED}
    say(person, drug("Bisoprolol 5 mg"), code="10183-2", type_="11490-0")
    assert taken(person)["Bisoprolol"].course is Course.CURRENT


def test_a_box_that_is_given_out_does_not_make_a_prescription_last() -> None:
    person, _ = patient("treating")
    say(person, drug("Amoxicilline 1 g", start=day(20), end=day(13)), days=20, code="57828-6")
    say(person, drug("Amoxicilline 1 g"), days=19, code="60590-7", type_="60593-1")
    assert taken(person)["Amoxicilline"].course is Course.FINISHED
    say(person, drug("Amoxicilline 1 g"), days=5, code="60590-7", type_="60593-1")
    assert taken(person)["Amoxicilline"].course is Course.FINISHED, "still within what it follows"


def test_one_line_per_substance_with_its_brands_codes_and_different_doses() -> None:
    person, _ = patient("treating")
    say(person, drug("Metformine 1000 mg", "1 matin, 1 soir", "A10BA02"), days=20)
    say(person, drug("GLUCOPHAGE 850 mg, comprimé", "3 par jour"), days=40)
    say(person, drug("Antidiabétique", "1 soir", "A10BA02"), days=60)
    say(person, drug("Préviscan 20 mg", "", "60123456", CIS), days=10)
    say(person, drug("Chose inconnue 3 mg"), days=10)
    found = taken(person)
    assert set(found) == {"Metformine", "Fluindione", "Chose inconnue 3 mg"}
    metformin = found["Metformine"]
    assert (metformin.brand, len(metformin.entries)) == ("1000 mg", 3)
    assert [o.content.label for o in metformin.others] == ["GLUCOPHAGE 850 mg, comprimé", "Antidiabétique"]
    assert found["Chose inconnue 3 mg"].others == []


def test_an_antiplatelet_is_no_anticoagulant() -> None:
    person, _ = patient("treating")
    for label, code in (
        ("Apixaban 5 mg", "B01AF02"),
        ("Kardégic 75 mg", ""),
        ("Autre", "B01AC04"),
        ("Fondaparinux", "B01AX05"),
        ("Altéplase", "B01AD02"),
    ):
        say(person, drug(label, code=code))
    badges = {name: t.badge for name, t in taken(person).items()}
    anticoagulant, antiplatelet = profile.Badge.ANTICOAGULANT, profile.Badge.ANTIPLATELET
    assert badges == {"Apixaban": anticoagulant, "Acide acétylsalicylique": antiplatelet, "Autre": antiplatelet,
                      "Fondaparinux": anticoagulant, "Altéplase": None}  # fmt: skip


def test_a_stopped_anticoagulant_leaves_the_watch_line_and_a_silent_one_says_so(portal: str) -> None:
    person, _ = patient("treating")
    say(person, drug("Préviscan 20 mg", "1 soir"), days=60)
    say(person, drug("Eliquis 5 mg", "1 matin, 1 soir"), days=400)
    browser = Browser(portal).sign_in("treating")
    base = browser.open(person.ins.matricule)
    band = words(browser.get(base)).split("1 Essentiel")[0]
    assert "Anticoagulant : Fluindione" in band
    assert "Apixaban (non réaffirmé depuis le" in band
    say(person, drug("Préviscan 20 mg", status=Status.ABORTED), days=2)
    text = words(browser.get(base))
    assert "Fluindione" not in text.split("1 Essentiel")[0]
    assert "Arrêtés dans l’année" in text
    assert "Non réaffirmé depuis" in text


def test_published_files_are_imported_whole_or_not_at_all(tmp_path: Path) -> None:
    def write(name: str, *lines: str, encoding: str = "cp1252") -> None:
        (tmp_path / name).write_bytes("\r\n".join(lines).encode(encoding))

    write(
        "CIS_bdpm.txt",
        "60000001\tMARQUE 5 mg, comprimé",
        "60000002\tAUTRE, solution",
        "60000003\tMARQUE FORTE",
        "60000004\tDOUBLE 1 mg",
        "60000005\tDOUBLE 2 mg",
    )
    write("CIS_COMPO_bdpm.txt", "60000001\tc\t1\tSUBSTANCÉ (CHLORHYDRATE DE)\t5 mg\tu\tSA\t1", "60000001\tc\t2\tSUBSTANCE\t4 mg\tu\tFT\t1",
          "60000002\ts\t3\tBÊTA SODIQUE ANHYDRE\t1 mg\tu\tSA\t", "60000004\tc\t1\tA\t1\tu\tSA\t1", "60000003\tc\t1\tACÉTYLSALICYLIQUE (ACIDE)\t1\tu\tSA\t1", "60000005\tc\t1\tB\t1\tu\tSA\t1", "court")  # fmt: skip
    with as_role("carnet_operator"):
        with pytest.raises(medicines.PublishedError, match="CIS_CIP_bdpm"):
            medicines.import_medicines(tmp_path)
        assert not medicines.is_empty(), "what was there stays"
        write(
            "CIS_CIP_bdpm.txt", "60000001\t1111111\tb\tx\ty\tz\t3400911111111\t", "60000009\t2\tb\tx\ty\tz\t3\t", encoding="utf-8"
        )
        medicines.import_medicines(tmp_path)
        with unit() as work:
            found = medicines.substances_of(
                work,
                [
                    "60000001",
                    "60000003",
                    "ASPIRINE",
                    "1111111",
                    "3400911111111",
                    "MARQUE",
                    "AUTRE",
                    "BETA",
                    "DOUBLE",
                    "inconnu",
                    "",
                ],
            )
            assert medicines.substances_of(work, []) == {}
    one = ("SUBSTANCE",)
    acid = ("ACIDE ACÉTYLSALICYLIQUE",)
    assert found == {
        "60000003": acid,
        "ASPIRINE": acid,
        "60000001": one,
        "1111111": one,
        "3400911111111": one,
        "MARQUE": one,
        "AUTRE": ("BÊTA",),
        "BETA": ("BÊTA",),
    }
    (tmp_path / "CIS_COMPO_bdpm.txt").write_text("x\ty")
    with as_role("carnet_operator"), pytest.raises(medicines.PublishedError, match="columns"):
        medicines.import_medicines(tmp_path)
    for name in ("CIS_bdpm.txt", "CIS_COMPO_bdpm.txt", "CIS_CIP_bdpm.txt"):
        (tmp_path / name).write_text("")
    with as_role("carnet_operator"), pytest.raises(medicines.PublishedError, match="no medicine"):
        medicines.import_medicines(tmp_path)


# Absence, silence, and what is closed


def absence(section: str, code: str, label: str) -> Statement:
    polarity = Polarity.NO_INFORMATION if code.endswith("-info") else Polarity.KNOWN_ABSENT
    return stated(section, label, code, IPS, polarity=polarity)


def test_no_known_allergy_is_a_dated_fact_and_never_an_alert(portal: str) -> None:
    person, _ = patient("treating")
    say(person, absence("allergies", "no-known-allergies", "Pas d'allergie connue"), code="48765-2", type_="60591-5")
    browser = Browser(portal).sign_in("treating")
    base = browser.open(person.ins.matricule)
    page = browser.get(base)
    band, rest = words(page).split("1 Essentiel")
    assert "Déclaré sans allergie connue" in band
    assert "Allergie :" not in band
    assert "Pas d'allergie connue déclaré ainsi, selon" in rest
    say(person, stated("allergies", "Latex"), code="48765-2", type_="60591-5")
    band = words(browser.get(base)).split("1 Essentiel")[0]
    assert "Allergie : Latex" in band, "an absence hides nothing"
    assert "Déclaré sans" not in band


def test_silence_is_told_as_silence_and_more_than_three_allergies_are_counted(portal: str) -> None:
    person, _ = patient("treating")
    browser = Browser(portal).sign_in("treating")
    base = browser.open(person.ins.matricule)
    assert "Allergies : rien d’inscrit" in words(browser.get(base))
    say(person, *(stated("allergies", f"Agent {c}") for c in "ABCDE"), code="48765-2", type_="60591-5")
    assert "+2 allergies" in words(browser.get(base)).split("1 Essentiel")[0]


def test_what_is_closed_to_a_profession_is_told_as_closed_and_the_same_of_an_empty_record(portal: str) -> None:
    texts = []
    for full in (True, False):
        person, _ = patient("treating", "optician")
        if full:
            say(person, stated("allergies", "Amoxicilline"), code="48765-2", type_="60591-5")
        browser = Browser(portal).sign_in("optician")
        text = words(browser.get(browser.open(person.ins.matricule)))
        assert "Allergies : non visibles pour votre profession" in text
        assert "Aucune allergie inscrite" not in text
        texts.append(text.split("1 Essentiel")[1].split("Première visite")[0])
    assert texts[0] == texts[1], "a closed door tells nothing of the room"


def test_vital_signs_of_a_document_are_shown_and_a_group_that_is_closed_says_so_whatever_it_holds(portal: str) -> None:
    weight = replace(stated("vitals", "Poids", "29463-7", "2.16.840.1.113883.6.1"), value=Value("71", "kg"))
    smoking = replace(stated("results", "Tabac", "72166-2", "2.16.840.1.113883.6.1"), value=Value("12", "cigarettes"))
    pages = []
    for habits in ((), (smoking,)):
        person, _ = patient("treating")
        say(person, weight, code="29545-1", type_="11488-4")
        if habits:
            say(person, *habits, code="29762-2", type_="11488-4")
        browser = Browser(portal).sign_in("treating")
        pages.append(
            words(browser.get(browser.open(person.ins.matricule).partition("?")[0] + "/resultats")).split("Résultats au fil")[1]
        )
    for text in pages:
        assert "Poids" in text
        assert "71 kg" in text
        assert "Signes vitaux" in text, "it is named for what it is"
        assert "Habitudes de vie : rubrique fermée aux professionnels" in text
        assert "12 cigarettes" not in text
    assert pages[0] == pages[1], "a closed door tells nothing of the room"


def test_a_section_that_the_holder_closed_is_told_as_closed(portal: str) -> None:
    from support.people import host

    person, record_id = patient("treating")
    with unit(record_id) as work:
        access.close_sections(work, host(record_id), ["allergies", "treatments"])
    browser = Browser(portal).sign_in("treating")
    band = words(browser.get(browser.open(person.ins.matricule))).split("1 Essentiel")[0]
    assert "Allergies : rubrique fermée aux professionnels" in band
    assert "Traitements : rubrique fermée aux professionnels" in band


def test_a_carer_who_sees_a_part_prints_no_sheet_that_looks_whole(espace: str) -> None:
    holder, person, record_id = newcomer(espace)
    say(person, stated("allergies", "Amoxicilline"), code="48765-2", type_="60591-5")
    carer = space(espace, *(lambda p: (p, open_record(p)))(fresh_person()))
    relate(record_id, carer, "carer", access.Given(scope=frozenset({"57833-6", "profile:treatments"})))
    assert "Fiche partielle" not in words(holder.get("/fiche"))
    assert "Amoxicilline" in words(holder.get("/fiche"))
    text = words(carer.act_on(record_id).get("/fiche"))
    assert "Fiche partielle" in text
    assert "Amoxicilline" not in text
    assert "Allergies Non visible pour vous" in text
    assert "Créer le lien" not in text
    assert carer.post("/fiche/lien", {"rubrique": ["allergies"], "duree": "1j"}).status_code == 403
    assert "peut être incomplète" in words(carer.get("/profil/treatments"))


# The same thing in two documents, values and their bounds


def test_one_dose_stay_or_result_that_two_documents_state_is_one_with_two_sources(portal: str) -> None:
    person, _ = patient("treating")
    flu = stated("vaccinations", "Grippe", "J07BB02", "atc", date(2025, 10, 15))
    potassium = stated("results", "Potassium", "2823-3", "l", date(2026, 1, 2), value="4.60", unit="mmol/L")
    say(person, flu, code="11369-6", type_="11369-6")
    say(
        person,
        flu,
        stated("vaccinations", "Grippe", start=date(2024, 10, 1)),
        stated("vaccinations", "Grippe"),
        code="11369-6",
        type_="60591-5",
    )
    for value in ("4.60", "4.6"):
        say(person, replace(potassium, value=Value(value, "mmol/L")), code="30954-2", type_="11502-2")
    stay = (now() - timedelta(days=40), now() - timedelta(days=33))
    for _ in range(2):
        deposit(person, "surgeon", "34112-3", stay=stay)
    browser = Browser(portal).sign_in("treating")
    base = browser.open(person.ins.matricule)
    text = words(browser.get(f"{base}/vaccinations"))
    assert text.count("15/10/2025") == 1
    assert text.count("date inconnue") == 1, "a dose without a date is one of its own"
    with records.visiting(ask("treating", Act.SEARCH, person)) as visit:
        found = profile.entries(visit)
    assert [len(s.points) for s in profile.series(found)] == [1]
    assert [len(s.entries) for s in profile.stays_of(found)] == [2]


def test_other_units_are_never_compared_and_what_is_below_a_limit_is_not_drawn() -> None:
    person, _ = patient("treating")
    odd = stated("results", "Créatinine", "2160-0", "l", date(2026, 1, 2), value="0.9", unit="mg/dL")
    odd = replace(odd, ranges=(replace(stated("results", "x", low="59", high="104", unit="umol/L").ranges[0]),))
    low = replace(stated("results", "CRP", "1988-5", "l", date(2026, 1, 2)), value=Value("5", "mg/L", "<"))
    say(person, odd, low, code="30954-2", type_="11502-2")
    with records.visiting(ask("treating", Act.SEARCH, person)) as visit:
        found = {s.label: s for s in profile.series(profile.entries(visit))}
    assert profile.out_of_bounds(found["Créatinine"].last) == 0
    assert not profile.comparable(found["Créatinine"].last)
    assert found["CRP"].drawn == []
    assert found["CRP"].last.content.comparator == "<"


def test_an_undated_measure_is_of_today_and_sorts_there(espace: str) -> None:
    holder, _, record_id = newcomer(espace)
    with as_role("carnet_espace"), unit(record_id) as work:
        profile.declare(
            work,
            key_of(work, record_id),
            "measures",
            profile.Content("Poids", "29463-7", start="2020-01-01", value="60", unit="kg"),
            now(),
        )
        profile.declare(
            work, key_of(work, record_id), "measures", profile.Content("Poids", "29463-7", value="70", unit="kg"), now()
        )
    holder.post("/profil/measures/ajouter", {"mesure": "29463-7", "valeur": "72"})
    page = words(holder.get("/profil/measures"))
    assert page.index("72 kg") < page.index("70 kg") < page.index("60 kg")


# Reading again


def test_records_of_an_older_carnet_are_read_again_and_what_people_ruled_on_stays() -> None:
    person, record_id = patient("treating")
    document = deposit(person, sections=(Section("48765-2", "A", facts=(stated("allergies", "Latex"), stated("allergies", "Iode"),
                                                                         stated("allergies", "Pollen"))),), type_="60591-5")  # fmt: skip
    who = ask("treating", Act.WRITE_PROFILE, person)
    mine = profile.add_entry(who, record_id, "allergies", profile.Content("Arachide"))

    def listed() -> dict[str, profile.Entry]:
        with records.visiting(ask("treating", Act.SEARCH, person)) as visit:
            return {e.content.label: e for e in profile.entries(visit)}

    profile.correct_entry(who, record_id, listed()["Latex"].id)
    profile.withdraw_entry(who, record_id, listed()["Iode"].id)
    before = listed()
    with unit(record_id) as work:
        key = key_of(work, record_id)
        profile.insert(work, key, profile.new("allergies", profile.Content("Fait mal lu"), "document", now(), "", document))
        work.run("UPDATE records_words SET edition = 2 WHERE record_id = %s", record_id)
    assert "Fait mal lu" in listed()
    with as_role("postgres"):
        assert records.reindex_record(record_id)
    after = listed()
    assert set(after) == {"Latex", "Pollen", "Arachide"}
    assert after["Latex"].id == before["Latex"].id, "what a professional confirmed is not touched"
    assert after["Arachide"].id == mine
    with as_role("postgres"):
        assert records.reindex_record(record_id)
    assert listed() == after, "read once"


# What comes in, and what is opened


def level_1(person: Any, attributes: str, body: str) -> bytes:
    from lxml import etree

    huge = etree.XMLParser(huge_tree=True)
    root = etree.fromstring(cda_of(person))
    ns = {"h": "urn:hl7-org:v3"}
    [component] = root.findall("h:component", ns)
    root.remove(component)
    root.append(
        etree.fromstring(
            f'<component xmlns="urn:hl7-org:v3"><nonXMLBody><text {attributes}>{body}</text></nonXMLBody></component>', huge
        )
    )
    return etree.tostring(root)


def sent(person: Any, content: bytes, mime: str = "text/xml", **more: Any) -> Any:
    fields = {"mime": mime} | ({} if mime == "text/xml" else {"unique_id": fresh_uid(), **more})
    return (
        records.deposit(ask("treating", Act.FEED, person), submission((entry(person, **fields), content))).documents[0].logical_id
    )


def pdf(password: str | None = None, printing_only: bool = False) -> bytes:
    writer, out = PdfWriter(), io.BytesIO()
    writer.add_blank_page(100, 100)
    if password is not None:
        writer.encrypt("" if printing_only else password, password, algorithm="RC4-128")
    writer.write(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("attributes", "body", "code"),
    [
        ('mediaType="application/pdf" representation="B64"', "@@ pas du base64", "document-malformed"),
        ('mediaType="application/pdf" representation="B64"', base64.b64encode(b"pas un pdf").decode(), "document-malformed"),
        ('mediaType="application/pdf"', '<reference value="http://x.example/a.pdf"/>', "document-malformed"),
        ('mediaType="text/plain" representation="B64"', base64.b64encode(b"a\x00b").decode(), "document-malformed"),
        ('mediaType="text/xml"', "texte", "document-media-refused"),
        ('mediaType="application/zip" representation="B64"', "AAAA", "document-media-refused"),
    ],
)
def test_a_body_of_level_1_is_checked_as_a_document_of_its_own(attributes: str, body: str, code: str) -> None:
    person, _ = patient("treating")
    with pytest.raises(Refusal, match=code):
        sent(person, level_1(person, attributes, body))


def test_a_typed_note_of_windows_and_a_large_pdf_inside_a_cda_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings.CARNET, "max_document_bytes", 20_000_000)
    person, _ = patient("treating")
    assert sent(
        person, level_1(person, 'mediaType="text/plain" representation="B64"', base64.b64encode("Né".encode("cp1252")).decode())
    )
    large = base64.b64encode(b"%PDF-1.4\n" + b"% x\n" * 2_000_000 + b"%%EOF").decode()
    assert len(large) > 10_000_000
    assert sent(person, level_1(person, 'mediaType="application/pdf" representation="B64"', large))


def test_a_pdf_that_readers_open_is_taken_and_a_locked_one_is_not() -> None:
    person, _ = patient("treating")
    for content in (b"\r\n" + pdf(), pdf() + b"\x00" * 4000, pdf("secret", printing_only=True)):
        assert sent(person, content, "application/pdf", title="PDF", type=records_type())
    for content in (pdf("secret"), pdf()[:60], b"x" * 2000 + pdf()):
        with pytest.raises(Refusal, match="document-malformed"):
            sent(person, content, "application/pdf", title="PDF", type=records_type())


def records_type() -> Any:
    from carnet.formats.xds import Coding

    return Coding("11488-4", "2.16.840.1.113883.6.1")


def test_a_document_of_two_people_is_refused() -> None:
    person, _ = patient("treating")
    content = cda_of(person)
    target = content[content.index(b"<recordTarget>") : content.index(b"</recordTarget>") + len(b"</recordTarget>")]
    with pytest.raises(Refusal, match="document-patient-mismatch"):
        sent(person, content.replace(target, target * 2))
    other = fresh_ins()
    second = f'<id root="{other.oid.value}" extension="{other.matricule}"/>'.encode()
    with pytest.raises(Refusal, match="document-patient-mismatch"):
        sent(person, content.replace(b"<patientRole>", b"<patientRole>" + second))
    computed = b'<id root="1.2.250.1.213.1.4.2" extension="0411886319605719371016"/>'
    assert sent(person, content.replace(b"<patientRole>", b"<patientRole>" + computed)), "an INS-C names nobody for sure"


def test_an_unknown_beginning_is_not_after_a_known_end() -> None:
    person, _ = patient("treating")
    content = cda_of(person)
    begin, end = (
        content.index(b"<effectiveTime>", content.index(b"<serviceEvent>")),
        content.index(b"</effectiveTime>", content.index(b"<serviceEvent>")),
    )
    told = content[:begin] + b'<effectiveTime><low nullFlavor="UNK"/><high value="20260228"/>' + content[end:]
    assert sent(person, told)


def test_an_hour_without_a_zone_is_that_of_its_author(portal: str) -> None:
    person, _ = patient("treating")
    content = cda_of(person)
    begin = content.index(b'<effectiveTime value="') + len(b'<effectiveTime value="')
    number = sent(person, content[:begin] + b"202603012330" + content[content.index(b'"', begin) :])
    browser = Browser(portal).sign_in("treating")
    assert "01/03/2026 ·" in words(browser.get(f"{browser.open(person.ins.matricule)}/documents/{number}"))


def test_every_page_of_a_scan_is_shown_and_what_a_cda_carries_is_downloaded(portal: str) -> None:
    person, _ = patient("treating")
    out = io.BytesIO()
    pages = [Image.new("L", (60, 40), shade) for shade in (255, 120, 0)]
    pages[0].save(out, "TIFF", save_all=True, append_images=pages[1:])
    scan = sent(person, out.getvalue(), "image/tiff", title="Fax", type=records_type())
    browser = Browser(portal).sign_in("treating")
    base = browser.open(person.ins.matricule)
    page = browser.get(f"{base}/documents/{scan}").text
    assert page.count('<img class="picture"') == 3
    shades = set()
    for number in (1, 2, 3):
        answer = browser.get(f"{base}/documents/{scan}/contenu?page={number}")
        shades.add(Image.open(io.BytesIO(answer.content)).getpixel((0, 0)))
    assert len(shades) == 3
    assert browser.get(f"{base}/documents/{scan}/contenu?page=4").status_code >= 400
    rtf = sent(person, level_1(person, 'mediaType="text/rtf" representation="B64"', base64.b64encode(b"{\\rtf1 Bonjour}").decode()))
    shown = browser.get(f"{base}/documents/{rtf}").text
    assert "Télécharger (RTF)" in shown
    assert browser.get(f"{base}/documents/{rtf}/contenu?telecharger=1").content == b"{\\rtf1 Bonjour}"
    assert b"ClinicalDocument" in browser.get(f"{base}/documents/{rtf}/contenu?original=1").content


def test_a_pdf_inside_a_structured_document_opens_in_its_place(portal: str) -> None:
    person, _ = patient("treating")
    data = base64.b64encode(pdf())
    content = cda_of(person)
    body = (b'<renderMultiMedia xmlns="urn:hl7-org:v3" referencedObject="P"><caption>Courbe</caption></renderMultiMedia></text><entry><observationMedia '
            b'ID="P" classCode="OBS" moodCode="EVN"><value mediaType="application/pdf" representation="B64">' + data + b"</value></observationMedia></entry>")  # fmt: skip
    number = sent(person, content.replace(b"</text>", body, 1))
    browser = Browser(portal).sign_in("treating")
    place = f"{browser.open(person.ins.matricule)}/documents/{number}"
    assert "Courbe (PDF)" in browser.get(place).text
    answer = browser.get(f"{place}/contenu?piece=P")
    assert (answer.headers["content-type"], answer.content) == ("application/pdf", pdf()) or answer.content.startswith(b"%PDF-")
    assert browser.get(f"{place}/contenu?piece=Q").status_code == 404


def test_letters_that_unicode_does_not_take_apart_agree_with_those_of_insi() -> None:
    person = fresh_person(birth_name="BROUILLON")
    record_id = open_record(person)
    with unit(record_id) as work:
        from support.people import PROFESSIONALS, host

        from carnet.dicah.facts import AuthorisationGround

        access.authorise_at(
            work, host(record_id), PROFESSIONALS["treating"].id, AuthorisationGround("care_team"), datetime.now(now().tzinfo)
        )
    assert sent(person, cda_of(person).replace(b"BROUILLON", "BRØUIŁLON".encode()))


# Search inside documents


def found(person: Any, question: str, who: str = "treating") -> records.Found:
    with records.visiting(ask(who, Act.SEARCH, person)) as visit:
        return records.find_words(visit, question, records.Query())


def test_a_search_knows_brands_numbers_authors_places_and_folds_what_repeats() -> None:
    person, _ = patient("treating")
    for days in (90, 60, 30):
        deposit(
            person,
            title="Renouvellement",
            sections=(Section("x", "Prescription", ("Apixaban 5 mg, 7,8 et CO2.",)),),
            effective_time=now() - timedelta(days=days),
        )
    deposit(person, "pharmacist", "60593-1", title="Dispensation", sections=(Section("x", "Délivrance", ("Autre chose.",)),))
    for question in ("Eliquis", "apixaban", "7.8", "7,8", "co2"):
        [hit] = found(person, question).hits
        assert (hit.document.title, len(hit.repeated)) == ("Renouvellement", 2), question
    author = records_author("pharmacist")
    for question in (author.family, author.structure_name):
        assert [h.document.title for h in found(person, question).hits] == ["Dispensation"]
    assert found(person, "apixaban").total == 3


def records_author(key: str) -> Any:
    from support.people import author_of

    return author_of(key)


def test_a_typo_suggests_what_is_there_and_never_what_is_hidden() -> None:
    person, _ = patient("treating", "nurse", treating="treating")
    deposit(
        person,
        title="Lettre",
        sections=(Section("x", "S", ("Bronchopneumopathie obstructive.",)),),
        label=("MASQUE_PS",),
        by="cardiologist",
    )
    assert found(person, "brochopneumopathie").suggestion == "bronchopneumopathie", "the treating doctor sees what is masked"
    assert found(person, "brochopneumopathie", "nurse").suggestion == ""
    assert found(person, "zzzz").suggestion == ""
    assert found(person, "12 x").suggestion == ""


HEIC = (
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAVZtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAACJpbG9jAAAAAERAAAEAAQAAAAAB"
    "egABAAAAAAAAACQAAAAjaWluZgAAAAAAAQAAABVpbmZlAgAAAAABAABodmMxAAAAAA5waXRtAAAAAAABAAAA1mlwcnAAAAC3aXBjbwAAAHhodmNDAQNwAAAAkAAAAAAA"
    "HvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQArQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbqSSmubgIaDAgAAAMAyAAAAwAIQGIAAQAHRAHB"
    "crAiQAAAABNjb2xybmNseAABAA0ABoAAAAAUaXNwZQAAAAAAAABAAAAAQAAAABBwaXhpAAAAAAMICAgAAAAXaXBtYQAAAAAAAAABAAEEgQIDBAAAACxtZGF0AAAAICgB"
    "rxmA93yFN//7hWBHzXdvzRL2s8v+P9+1ZfN2DvM4"
)
"""A photograph of 64 by 64 points of our own making: blue at the left, red at the right."""


def test_a_photograph_of_a_telephone_is_taken_as_jpeg_and_a_word_processor_file_is_told_what_to_do(espace: str) -> None:
    from carnet.formats.apart import tasks
    from carnet.formats.pictures import as_jpeg, is_heic

    holder, _, _ = newcomer(espace)
    photo = base64.b64decode(HEIC)
    assert is_heic(photo)
    left, right = (Image.open(io.BytesIO(as_jpeg(photo))).getpixel((x, 32)) for x in (8, 56))
    assert (left[2] > left[0], right[0] > right[2]) == (True, True)
    assert tasks.photograph(photo, 0) == as_jpeg(photo)
    form = {"categorie": "cr", "titre": "Photo"}
    categories = re.findall(r'name="categorie" value="(\w+)"', holder.get("/documents/ajouter").text)
    form["categorie"] = categories[0]
    done = holder.post("/documents/ajouter", form, files={"fichier": ("IMG_1.HEIC", photo)})
    assert done.status_code == 302, words(done)
    cut = holder.post("/documents/ajouter", form, files={"fichier": ("IMG_2.HEIC", photo[:300])})
    assert cut.status_code == 400
    letter = holder.post("/documents/ajouter", form, files={"fichier": ("lettre.docx", b"PK\x03\x04" + b"\x00\xff" * 50)})
    assert "Enregistrez-le en PDF" in words(letter)
    person, _ = patient("treating")
    with pytest.raises(Refusal, match="document-to-convert"):
        sent(person, b"x", "application/msword", title="x", type=records_type())


# What changed since the last visit


def test_what_changed_is_told_as_facts_and_what_was_only_restated_is_not() -> None:
    from carnet.pages.changes import changes

    person, _ = patient("treating")

    def told(days: int, *facts: Statement, code: str = "10160-0", type_: str = "57833-6") -> None:
        at = now() - timedelta(days=days)
        deposit(person, type_=type_, sections=(Section(code, "S", facts=facts),), effective_time=at, at=at)

    potassium = stated("results", "Potassium", "2823-3", "l", day(100), value="4.6", unit="mmol/L", low="3.5", high="5.1")
    told(100, drug("Ramipril 5 mg", "1 matin"), drug("Bisoprolol 1,25 mg", "1 matin"), drug("Furosémide 40 mg", "1 matin"))
    told(100, potassium, code="30954-2", type_="11502-2")
    told(10, drug("Ramipril 5 mg", "1 matin"), drug("Bisoprolol 2,5 mg", "1 matin"), drug("Furosémide 40 mg", status=Status.ABORTED),
         drug("Aspirine 75 mg", "1 midi", start=day(12)), drug("Lévothyroxine 75 µg", "1 matin", start=day(4000)),
         drug("Metformine 850 mg", "1 soir"), drug("Pravastatine 20 mg", start=day(-9)), drug("Sertraline 50 mg", status=Status.ABORTED))  # fmt: skip
    told(
        10,
        replace(potassium, when=replace(potassium.when, start=day(10).isoformat()), value=Value("5.6", "mmol/L")),
        code="30954-2",
        type_="11502-2",
    )
    told(10, stated("allergies", "Latex"), code="48765-2", type_="60591-5")

    def since(moment: datetime | None) -> list[tuple[str, str, str]]:
        with records.visiting(ask("treating", Act.SEARCH, person)) as visit:
            entries = profile.entries(visit)
            found, more = changes(entries, profile.treatments(visit, entries, today()), moment, now())
        assert more == 0
        return [(c.word, c.what, c.before) for c in found]

    assert since(now() - timedelta(days=50)) == [
        ("Inscrit", "Latex", ""), ("Commencé", "Aspirine 75 mg", ""), ("Dose", "Bisoprolol 2,5 mg", "Bisoprolol 1,25 mg, 1 matin"),
        ("Arrêté", "Furosémide 40 mg", ""), ("Inscrit", "Lévothyroxine 75 µg", ""), ("Inscrit", "Metformine 850 mg", ""),
        ("Inscrit", "Pravastatine 20 mg", ""), ("Hors borne", "Potassium", "4.6"),
    ]  # fmt: skip
    assert since(now() - timedelta(days=1)) == []
    assert ("Dose", "Bisoprolol 2,5 mg", "Bisoprolol 1,25 mg, 1 matin") in since(None), (
        "a first visit is shown the last three months"
    )
