"""Formats of the portal: facts and narrative of CDA, words, the INS Datamatrix, text of PDF."""

import io
import re
from datetime import date, datetime

import pytest
from pypdf import PdfWriter

from carnet.formats import words
from carnet.formats.cda import CdaDraft, CdaError, Fact, Person, Section, attached, plain_text, read_facts, render, write_document
from carnet.formats.ins_datamatrix import read_datamatrix
from carnet.formats.pdf import CHARACTERS, pdf_text
from carnet.formats.xds import Coding
from carnet.kernel.identifiers import Oid
from carnet.kernel.ins import INS_NIR_TEST, Ins, InsError, ins_key
from carnet.kernel.traits import Traits

BODY = "1800175999001"
INS = Ins(BODY + ins_key(BODY), Oid(INS_NIR_TEST))
WHO = Person("899700001999", "F", "G", "1330099944", "H")
HEAD = (
    '<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
    '<effectiveTime value="20261101"/>{}<component><structuredBody>{}</structuredBody></component></ClinicalDocument>'
)


def document(sections: str, more: str = "") -> bytes:
    return HEAD.format(more, sections).encode()


def section(code: str, entries: str, text: str = "") -> bytes:
    return document(
        f'<component><section><code code="{code}"/><title>T</title><text>{text}</text><entry>{entries}</entry></section></component>'
    )


def draft(*sections: Section, **more: object) -> bytes:
    return write_document(CdaDraft("2.25.1", Coding("11488-4", "2.16.840.1.113883.6.1", "x"), "Titre", datetime.fromisoformat("2026-11-01T10:00:00+00:00"),
                                   INS, Traits("N", "P", "M", "1980-01-01"), WHO, sections, **more))  # fmt: skip


ALL = (
    Fact("allergies", "Amoxicilline", "1", "2", date(2019, 5, 2), detail="Anaphylaxie"),
    Fact("allergies", "Latex"),
    Fact("problems", "Diabète", "E11", "c", date(2010, 1, 1)),
    Fact("history", "Appendicectomie", active=False, end=date(1999, 1, 1)),
    Fact("treatments", "Apixaban", "B01AF02", "atc", date(2026, 11, 1), detail="1 matin"),
    Fact("vaccinations", "Grippe", "J07BB02", "atc", date(2025, 10, 14), detail="lot A1"),
    Fact("vaccinations", "Tétanos"),
    Fact("results", "Potassium", "2823-3", "l", date(2026, 10, 1), value="4.6", unit="mmol/L", low="3.5", high="5.1"),
    Fact("results", "Sodium", "2951-2", "l", date(2026, 10, 1), value="140", unit="mmol/L"),
    Fact("devices", "Stimulateur", "D", "s", date(2020, 1, 1)),
)
CODES = {"allergies": "48765-2", "problems": "11450-4", "history": "11348-0", "treatments": "10160-0", "vaccinations": "11369-6",
         "results": "30954-2", "devices": "46264-8"}  # fmt: skip


@pytest.mark.parametrize("fact", ALL, ids=lambda f: f.label)
def test_what_is_written_is_read_again_with_its_place_in_the_narrative(fact: Fact) -> None:
    content = draft(Section(CODES[fact.section], "Section", facts=(fact,)))
    [read] = read_facts(content)
    kept = ("section", "label", "code", "detail", "value", "unit", "low", "high", "active")
    assert {n: getattr(read, n) for n in kept} == {n: getattr(fact, n) for n in kept}
    assert read.start == (fact.start or (date(2026, 11, 1) if fact.section in ("results", "treatments", "vaccinations") else None))
    assert f'id="n-{read.anchor}"' in render(content)


def test_facts_as_many_as_rows_are_said_by_the_rows() -> None:
    table = (("Vaccin", "Date"), ("Grippe", "2025"))
    html = re.sub(r">\s+<", "><", render(draft(Section("11369-6", "V", table=table, facts=(ALL[5],)))))
    assert '<tr id="n-f-11369-6-0"><td>Grippe</td>' in html
    assert "<ul>" not in html


def test_a_stay_is_told_by_the_header() -> None:
    stay = (datetime.fromisoformat("2026-10-01T08:00:00+00:00"), datetime.fromisoformat("2026-10-09T08:00:00+00:00"))
    [fact] = read_facts(draft(Section("8648-8", "Séjour", ("x",)), stay=stay))
    assert (fact.section, fact.label, fact.start, fact.end) == ("stays", "H", date(2026, 10, 1), date(2026, 10, 9))
    organization = ('<componentOf><encompassingEncounter><effectiveTime><low value="20261001"/><high value="20261003"/></effectiveTime><location>'
                    "<healthCareFacility><serviceProviderOrganization><name>Hôpital</name></serviceProviderOrganization></healthCareFacility>"
                    "</location></encompassingEncounter></componentOf>")  # fmt: skip
    assert [f.label for f in read_facts(document("", organization))] == ["Hôpital"]
    same_day = organization.replace("20261003", "20261001")
    assert read_facts(document("", same_day)) == []


def test_a_note_is_a_document_of_level_1() -> None:
    content = draft(text="Nuit calme.")
    assert attached(content) == ("text/plain", b"Nuit calme.")
    assert attached(draft(Section("x", "y", ("z",)))) is None
    assert attached(draft(pdf=b"%PDF-1.4")) == ("application/pdf", b"%PDF-1.4")


@pytest.mark.parametrize(
    ("text", "told"),
    [('<text mediaType="text/plain">Mot</text>', ("text/plain", b"Mot")), ("<text>Mot</text>", ("text/plain", b"Mot")),
     ('<text mediaType="application/pdf" representation="B64">a</text>', ("application/pdf", b""))],
)  # fmt: skip
def test_bodies_of_level_1_in_other_writings(text: str, told: tuple[str, bytes]) -> None:
    body = f'<ClinicalDocument xmlns="urn:hl7-org:v3"><component><nonXMLBody>{text}</nonXMLBody></component></ClinicalDocument>'
    assert attached(body.encode()) == told


MATERIAL = "<consumable><manufacturedProduct><manufacturedMaterial>{}</manufacturedMaterial></manufacturedProduct></consumable>"


@pytest.mark.parametrize(
    ("code", "entry", "labels"),
    [
        ("10160-0", "<substanceAdministration/>", []),
        ("10160-0", '<substanceAdministration negationInd="true">' + MATERIAL.format("<name>X</name>") + "</substanceAdministration>", []),
        ("10160-0", "<substanceAdministration>" + MATERIAL.format("<lotNumberText>1</lotNumberText>") + "</substanceAdministration>", []),
        ("10160-0", '<substanceAdministration><doseQuantity value="2" unit="{comprimé}"/>' + MATERIAL.format("<name>X</name>") + "</substanceAdministration>", ["X|2 comprimé"]),
        ("10160-0", '<substanceAdministration><doseQuantity><low value="3" unit="mg"/></doseQuantity>' + MATERIAL.format("<name>X</name>") + "</substanceAdministration>", ["X|3 mg"]),
        ("10160-0", "<substanceAdministration><doseQuantity/>" + MATERIAL.format("<name>X</name>") + "</substanceAdministration>", ["X|"]),
        ("10160-0", "<substanceAdministration><entryRelationship><act><code code='OTHER'/></act></entryRelationship><entryRelationship><act/></entryRelationship>"
         + MATERIAL.format("<code displayName='Y'/>") + "</substanceAdministration>", ["Y|"]),
        ("10160-0", "<substanceAdministration>" + MATERIAL.format("<code code='1' displayName='Marque'/><name>Marque</name><asSpecializedKind><generalizedMedicineClass>"
         "<code code='B01' displayName='dci'/></generalizedMedicineClass></asSpecializedKind>") + "</substanceAdministration>", ["Marque|"]),
        ("11450-4", "<observation negationInd='true'><value displayName='Z'/></observation>", []),
        ("11450-4", "<observation><value displayName='Z'/></observation>", ["Z|"]),
        ("11450-4", "<observation><text><reference value='#r'/></text><value/></observation>", ["texte lié|"]),
        ("11450-4", "<observation><value><originalText>Écrit</originalText></value></observation>", ["Écrit|"]),
        ("11450-4", "<observation/>", []),
        ("11450-4", "<observation><text><reference value='#nowhere'/></text><value/></observation>", []),
        ("48765-2", "<act><entryRelationship><observation><participant><participantRole><playingEntity><code displayName='Lait'/></playingEntity></participantRole>"
         "</participant><entryRelationship typeCode='MFST'><observation><value/></observation></entryRelationship></observation></entryRelationship></act>", ["Lait|"]),
        ("48765-2", "<act><entryRelationship><observation><code displayName='Intolérance'/><participant><participantRole><playingEntity><name>Lait</name>"
         "</playingEntity></participantRole></participant></observation></entryRelationship></act>", ["Lait|Intolérance"]),
        ("46264-8", "<supply/>", []),
        ("46264-8", "<organizer/>", []),
        ("30954-2", "<organizer><component><observation><code displayName='K'/><value xsi:type='PQ' value='4'/></observation></component></organizer>", ["K|"]),
        ("30954-2", "<observation><code displayName='K'/><value xsi:type='ST'>pos</value></observation>", []),
        ("30954-2", "<observation><value xsi:type='PQ' value='4'/></observation>", []),
        ("30954-2", "<observation><code displayName='K'/><value xsi:type='PQ' value='4'/><referenceRange><observationRange><value><low value='1'/></value>"
         "</observationRange></referenceRange></observation>", ["K|"]),
        ("30954-2", "<observation><effectiveTime value='abc'/><effectiveTime value='20261301'/><code displayName='K'/><value xsi:type='PQ' value='4'/></observation>", ["K|"]),
        ("00000-0", "<observation><value displayName='Z'/></observation>", []),
    ],
)  # fmt: skip
def test_entries_of_other_software(code: str, entry: str, labels: list[str]) -> None:
    found = read_facts(section(code, entry, '<content ID="r">texte lié</content>'))
    assert [f"{f.label}|{f.detail}" for f in found] == labels


def test_a_concern_that_is_over_is_not_active() -> None:
    status = "<observation><code code='33999-4'/><value code='{}'/></observation>"
    for code, active in (("inactive", False), ("55561003", True)):
        entry = f"<act><entryRelationship><observation><value displayName='Z'/></observation></entryRelationship>{status.format(code)}</act>"
        assert [f.active for f in read_facts(section("11450-4", entry))] == [active]
    assert [
        f.active
        for f in read_facts(
            section(
                "11450-4",
                "<act><statusCode code='aborted'/><entryRelationship><observation><value displayName='Z'/></observation></entryRelationship></act>",
            )
        )
    ] == [False]


def test_a_section_without_a_code_or_a_text_states_results_only() -> None:
    body = "<component><section><entry><observation><code displayName='K'/><value xsi:type='PQ' value='4'/></observation></entry></section></component>"
    assert [f.label for f in read_facts(document(body))] == ["K"]
    with pytest.raises(CdaError):
        read_facts(b"<x")


NARRATIVE = """<paragraph>P <content styleCode="Bold Strange" ID="a">gras</content><br/>suite<!-- rien --></paragraph>
<list listType="ordered"><caption>Liste</caption><item>un</item></list><list><item>deux</item></list>
<table><caption>C</caption><thead><tr><th colspan="2">T</th></tr></thead><tbody><tr><td rowspan="x">V</td></tr></tbody><col/></table>
<linkHtml href="javascript:alert(1)">lien</linkHtml><script>alert(1)</script><content>nu</content><sup>2</sup>
<renderMultiMedia referencedObject="i"><caption>Schéma</caption></renderMultiMedia><renderMultiMedia referencedObject="none"/>
<renderMultiMedia referencedObject="bad"/><renderMultiMedia referencedObject="svg"/><renderMultiMedia referencedObject="fake"/>"""
PNG = "iVBORw0KGgo="
MEDIA = "".join(
    f'<entry><observationMedia ID="{name}"><value mediaType="{mime}">{data}</value></observationMedia></entry>'
    for name, mime, data in (
        ("i", "image/png", PNG),
        ("bad", "image/png", "a"),
        ("svg", "image/svg+xml", PNG),
        ("fake", "image/png", "AAAA"),
    )
)


def test_the_narrative_is_html_of_ours_alone() -> None:
    inner = "<component><section><title>Sous</title><text>fin</text></section></component>"
    html = render(
        document(
            f"<component><section><title>Titre &lt;b&gt;</title><text>{NARRATIVE}</text>{MEDIA}{inner}</section></component><component><section/></component>"
        )
    )
    for told in ("<h2>Titre &lt;b&gt;</h2>", '<span id="n-a"><b>gras</b></span>', "<br>suite", "<p>Liste</p><ol><li>un</li></ol>", "<ul><li>deux</li></ul>",
                 '<th colspan="2">T</th>', "<td>V</td>", "<caption>C</caption>", "lien", "nu", "<sup>2</sup>", "<h3>Sous</h3>",
                 f'<img alt="Schéma" src="data:image/png;base64,{PNG}">'):  # fmt: skip
        assert told in html, told
    for never in ("javascript:", "<script", "svg", "<col", "rien"):
        assert never not in html
    assert html.count("<img") == 1


def test_a_narrative_as_deep_as_a_well_ends() -> None:
    deep = "<content>" * 200 + "fond" + "</content>" * 200
    html = render(document(f"<component><section><text>{deep}</text></section></component>"))
    assert "fond" not in html


def test_the_words_of_a_cda_are_its_titles_and_narrative() -> None:
    text = plain_text(draft(Section("x", "Conclusion", ("Rien à signaler.",))))
    assert text.splitlines() == ["Titre", "Conclusion", "Rien à signaler."]
    assert plain_text(document("<component><section/></component>")) == ""


@pytest.mark.parametrize(
    ("text", "question", "found"),
    [("Traitement anticoagulant oral", "anticoagulants", True), ("Œdèmes des chevilles", "oedeme", True), ("fièvre", "FIEVRE", True),
     ("Potassium 4,2", "4,2", True), ("Potassium", "pot", True), ("Potassium", "sodium", False), ("a b", "", False), ("de la", "de la", True),
     ("chevaux au galop", "cheval", True)],
)  # fmt: skip
def test_words_are_compared_without_accents_case_or_ending(text: str, question: str, found: bool) -> None:
    assert words.matches(words.stems(text), words.question(question)) is found


def test_an_extract_marks_what_answers() -> None:
    text = "Début. " * 40 + "Patiente sous anticoagulant oral depuis juin. " + "Fin. " * 60
    pieces = words.extract(text, words.question("anticoagulants"))
    assert [p.text for p in pieces if p.marked] == ["anticoagulant"]
    assert pieces[0].text == "… "
    assert {p.text.split()[0] for p in pieces if not p.marked} == {"…", "Début.", "oral"}, "no word is cut"
    assert pieces[-2].text.split()[-1] == "Fin."
    assert pieces[-1].text == " …"
    assert words.extract("anticoagulant", words.question("anticoagulant")) == [words.Piece("anticoagulant", True)]
    assert words.extract("rien ici", words.question("autre")) == [words.Piece("rien ici")]
    far = "mot " + "x " * 300 + "mot"
    assert sum(p.marked for p in words.extract(far, words.question("mot"))) == 1


def scan(**fields: str) -> str:
    told = {
        "S1": INS.matricule,
        "S2": INS_NIR_TEST,
        "S3": "PAUL ALIX",
        "S4": "ESSAI",
        "S5": "M",
        "S6": "31-01-1980",
        "S7": "75056",
    } | fields
    fixed = ("S1", "S5", "S6", "S7")
    return "IS01" + "0" * 22 + "".join(tag + v + ("" if tag in fixed else "\x1d") for tag, v in told.items())


def test_a_datamatrix_gives_ins_and_traits() -> None:
    traits = Traits("ESSAI", "PAUL ALIX", "M", "1980-01-31", "75056")
    assert read_datamatrix(scan()) == (INS, traits)
    assert read_datamatrix(scan().replace("\x1d", "")) == (INS, traits), "some scanners drop the separator"
    assert read_datamatrix(scan(S6="1980-01-31"))[1].birth_date == "1980-01-31"
    for zeros in ("00-05-1980", "31-00-1980", "0000000000"):
        with pytest.raises(InsError):
            read_datamatrix(scan(S6=zeros))


@pytest.mark.parametrize(
    "text", ["", "IS02" + "0" * 30, "IS01" + "0" * 22, scan(S2="x"), scan()[:30], "IS01" + "0" * 22 + "S3PAUL\x1d"]
)
def test_what_is_no_datamatrix_of_an_ins_is_refused(text: str) -> None:
    with pytest.raises(InsError):
        read_datamatrix(text)


def pdf(*pages: str) -> bytes:
    from fpdf import FPDF

    made = FPDF()
    made.set_font("Helvetica", "", 11)
    for text in pages:
        made.add_page()
        made.multi_cell(0, 6, text)
    return bytes(made.output())


def test_the_words_of_a_pdf_page_after_page_and_nothing_of_what_it_draws() -> None:
    text = pdf_text(pdf("Radiographie du bassin", "Conclusion"))
    assert "Radiographie du bassin" in text
    assert text.index("Radiographie") < text.index("Conclusion")
    writer, out = PdfWriter(), io.BytesIO()
    writer.add_blank_page(100, 100)
    writer.write(out)
    assert pdf_text(out.getvalue()).strip() == ""
    assert pdf_text(b"%PDF-1.4 broken") == ""


def test_a_pdf_longer_than_the_bound_is_read_up_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert CHARACTERS >= 100_000
    monkeypatch.setattr("carnet.formats.pdf.CHARACTERS", 5_000)
    read = pdf_text(pdf(*([f"page{n} " + "mot " * 1_000 for n in range(4)])))
    assert len(read) <= 5_000
    assert "page1" in read
    assert "page3" not in read
