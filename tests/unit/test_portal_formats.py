"""Formats of the portal: facts and narrative of CDA, words, the INS Datamatrix, text of PDF."""

import base64
import io
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfWriter
from support.small_cda import INS, document, draft

from carnet.formats import words
from carnet.formats.apart import tasks
from carnet.formats.cda import (
    Attached,
    CdaError,
    Section,
    as_text,
    attached,
    inside,
    plain_text,
    render,
)
from carnet.formats.ins_datamatrix import read_datamatrix
from carnet.formats.pdf import is_locked, pdf_text
from carnet.kernel.ins import INS_NIR_TEST, InsError
from carnet.kernel.traits import Traits


def test_a_note_is_a_document_of_level_1() -> None:
    content = draft(text="Nuit calme.")
    assert attached(content) == Attached("text/plain", b"Nuit calme.")
    assert attached(draft(Section("x", "y", ("z",)))) is None
    assert attached(draft(pdf=b"%PDF-1.4")) == Attached("application/pdf", b"%PDF-1.4")


def level_1(text: str) -> bytes:
    return f'<ClinicalDocument xmlns="urn:hl7-org:v3"><component><nonXMLBody>{text}</nonXMLBody></component></ClinicalDocument>'.encode()


def packed(window: int) -> str:
    writer = zlib.compressobj(9, zlib.DEFLATED, window)
    return base64.b64encode(writer.compress(b"{\\rtf1 Bonjour}") + writer.flush()).decode()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('<text mediaType="text/plain">Mot</text>', ("text/plain", b"Mot")),
        ("<text>Mot</text>", ("text/plain", b"Mot")),
        ('<text mediaType="text/plain; charset=utf-8" representation="B64">TW90\n</text>', ("text/plain", b"Mot")),
        ('<text mediaType="application/pdf">JVBERi0=</text>', ("application/pdf", b"%PDF-")),
        ('<text mediaType="application/pdf">@@</text>', ("application/pdf", b"@@")),
        ('<text mediaType="text/plain" representation="B64" charset="ISO-8859-15">pA==</text>', ("text/plain", "€".encode())),
        (f'<text mediaType="text/rtf" representation="B64" compression="DF">{packed(-15)}</text>', ("text/rtf", b"{\\rtf1 Bonjour}")),
        (f'<text mediaType="text/rtf" representation="B64" compression="GZ">{packed(31)}</text>', ("text/rtf", b"{\\rtf1 Bonjour}")),
        (f'<text mediaType="text/rtf" representation="B64" compression="ZL">{packed(15)}</text>', ("text/rtf", b"{\\rtf1 Bonjour}")),
    ],
)  # fmt: skip
def test_bodies_of_level_1_in_every_writing(text: str, told: tuple[str, bytes]) -> None:
    assert attached(level_1(text)) == Attached(*told)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('<text mediaType="application/pdf" representation="B64">@@ pas du base64</text>', "not Base64"),
        ('<text mediaType="application/pdf" representation="B64">a</text>', "not Base64"),
        ('<text mediaType="application/pdf" representation="B64">é</text>', "not Base64"),
        ('<text mediaType="application/pdf"><reference value="http://x.example/a.pdf"/></text>', "only referred to"),
        ('<text mediaType="application/pdf"> </text>', "empty"),
        ('<text mediaType="text/rtf" representation="B64" compression="XX">AAAA</text>', "compression"),
        ('<text mediaType="text/rtf" representation="B64" compression="DF">////</text>', "inflate"),
        ('<text mediaType="text/plain" representation="B64" charset="utf-8">6Q==</text>', "charset"),
        ('<text mediaType="text/plain" representation="B64" charset="klingon">TW90</text>', "charset"),
        ('<text mediaType="text/plain" representation="B64" charset="rot13">TW90</text>', "charset"),
        ('<text mediaType="text/plain" representation="B64" charset="zip">TW90</text>', "charset"),
        (f'<text mediaType="text/rtf" representation="B64" compression="ZL">{packed(15)[:16]}</text>', "cut"),
    ],
)  # fmt: skip
def test_a_body_that_nobody_could_open_is_said_to_be_one(text: str, why: str) -> None:
    with pytest.raises(CdaError, match=why):
        attached(level_1(text))


def test_a_body_inflates_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("carnet.formats.cda.carried.LARGEST", 5)
    with pytest.raises(CdaError, match="beyond"):
        attached(level_1(f'<text mediaType="text/rtf" representation="B64" compression="DF">{packed(-15)}</text>'))


def test_a_typed_note_is_read_in_utf_8_else_in_windows_1252() -> None:
    assert as_text("Né".encode()) == as_text("Né".encode("cp1252")) == "Né"


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
                 f'<figure><img alt="Schéma" src="data:image/png;base64,{PNG}"><figcaption>Schéma</figcaption></figure>',
                 '<span>lien (<span class="address">javascript:alert(1)</span>)</span>', "Fichier joint : le document ne porte pas ce fichier",
                 "image/svg+xml) : à ouvrir dans le document"):  # fmt: skip
        assert told in html, told
    for never in ("<script", "<svg", "<col", "rien", 'href="javascript'):
        assert never not in html
    assert html.count("<img") == 1


def test_a_narrative_as_deep_as_a_well_ends() -> None:
    deep = "<content>" * 200 + "fond" + "</content>" * 200
    html = render(document(f"<component><section><text>{deep}</text></section></component>"))
    assert html.count("fond") == 1, "the words stay, the elements end"


def body(text: str, entries: str = "", files: str = "") -> str:
    written = f"<component><section><text>{text}</text>{entries}</section></component>"
    return render(document(written), files).removeprefix("<section>").removesuffix("</section>")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('<content revised="delete">10 mg</content>', '<del><span class="vh">supprimé : </span>10 mg</del>'),
        ('<paragraph revised="insert">1 mg</paragraph>', '<ins><span class="vh">ajouté : </span><p>1 mg</p></ins>'),
        ('<table><tr styleCode="Bold"><td styleCode="bold">A</td></tr></table>', '<tr class="strong"><td><b>A</b></td></tr>'),
        ('<paragraph styleCode="BoldItalics">U</paragraph>', "<p><i><b>U</b></i></p>"),
        ('<list listType="ordered" styleCode="LittleAlpha"><item>a</item></list>', '<ol type="a"><li>a</li></ol>'),
        ('<linkHtml href="#x"/>', '<a href="#n-x">x</a>'),
        ('<linkHtml href="#x" ID="l">là</linkHtml>', '<a id="n-l" href="#n-x">là</a>'),
        ('<linkHtml href="https://a.example"/>', '<span><span class="address">https://a.example</span></span>'),
        ("<linkHtml>nu</linkHtml>", "<span>nu</span>"),
        ('mot<footnoteRef IDREF="f">1</footnoteRef>', 'mot<sup><a href="#n-f">1</a></sup>'),
        ('<footnoteRef IDREF="f"/>', '<sup><a href="#n-f">note</a></sup>'),
        ("<footnoteRef/>", "<sup>note</sup>"),
        ('<footnote ID="f">Note</footnote>', '<small id="n-f" role="note">Note</small>'),
        ("<renderMultiMedia><caption>Seul</caption></renderMultiMedia>",
         '<p class="lost">Élément joint non décrit par le document. Seul</p>'),
    ],
)  # fmt: skip
def test_what_carries_meaning_in_a_narrative_is_shown(text: str, told: str) -> None:
    assert told in body(text)


def piece(name: str, mime: str, content: str, more: str = "") -> str:
    return f'<entry><observationMedia ID="{name}"><value mediaType="{mime}" representation="B64">{content}{more}</value></observationMedia></entry>'


def test_a_file_inside_a_document_opens_in_its_place_with_its_caption() -> None:
    pdf_of, call = (
        piece("P", "application/pdf", "JVBERi0="),
        '<renderMultiMedia referencedObject="P"><caption>Courbe</caption></renderMultiMedia>',
    )
    shown = body(call, pdf_of, "/d/contenu")
    assert '<iframe class="viewer" src="/d/contenu?piece=P" title="Courbe (PDF)"' in shown
    assert 'href="/d/contenu?piece=P&amp;telecharger=1"' in shown
    assert body(call, pdf_of) == '<p class="lost">Courbe (PDF) : à ouvrir dans le document.</p>'
    told = body("", piece("T", "text/rtf", "AAAA"), "/d")
    assert "Fichiers joints" in told, "a file that no place calls is not lost"
    assert "<iframe" not in told
    gone = piece("G", "application/pdf", "", '<reference value="http://x.example/a.pdf"/>')
    assert "à l’adresse http://x.example/a.pdf" in body('<renderMultiMedia referencedObject="G"/>', gone)
    region = '<entry><regionOfInterest ID="R"><entryRelationship>' + piece("I", "image/png", PNG).replace("<entry>", "").replace(
        "</entry>", ""
    )
    region += '</entryRelationship></regionOfInterest></entry><entry><regionOfInterest ID="V"/></entry>'
    assert '<img alt="Image du document"' in body('<renderMultiMedia referencedObject="R"/>', region)
    whole = document(f"<component><section><text/>{pdf_of}</section></component>")
    assert inside(whole, "P") == Attached("application/pdf", b"%PDF-", "P")
    assert inside(whole, "Q") is None


def test_each_file_is_drawn_once_whatever_calls_it_and_one_without_a_name_is_drawn_too() -> None:
    picture = piece("I", "image/png", PNG)
    shown = body('<renderMultiMedia referencedObject="I I"/>' + '<renderMultiMedia referencedObject="I"/>' * 3, picture)
    assert (shown.count("<img"), shown.count("déjà montré dans ce document")) == (1, 3)
    assert "<img" in body("", picture.replace(' ID="I"', "")), "what no place can call is shown at the end"
    thumbnail = '<thumbnail mediaType="image/png">AAAA</thumbnail>'
    assert base64.b64encode(base64.b64decode(PNG)).decode() in body(
        '<renderMultiMedia referencedObject="I"/>', piece("I", "image/png", PNG, thumbnail)
    )


def test_a_part_about_somebody_else_says_so_above_its_words() -> None:
    subject = "<subject><relatedSubject><code {}/></relatedSubject></subject>"
    told = '<p class="lost">Cette partie concerne une autre personne{}.</p>'
    for code, who in (("displayName='Mère'", " : Mère"), ("code='MTH'", "")):
        whole = document(f"<component><section><text>Diabète</text>{subject.format(code)}</section></component>")
        assert told.format(who) in render(whole)
    named = subject.replace("<code {}/>", "<code><originalText>Sa sœur</originalText></code>")
    assert told.format(" : Sa sœur") in render(document(f"<component><section><text>x</text>{named}</section></component>"))
    oneself = subject.format("code='ONESELF'")
    assert "une autre personne" not in render(document(f"<component><section><text>x</text>{oneself}</section></component>"))
    nobody = "<subject><relatedSubject/></subject>"
    assert told.format("") in render(document(f"<component><section><text>x</text>{nobody}</section></component>"))


def test_the_search_joins_what_a_style_divides_and_leaves_out_what_was_struck_out() -> None:
    text = '<paragraph>hyper<content styleCode="Bold">tension</content><!-- x --> CO<sub>2</sub></paragraph><paragraph revised="delete">10 mg</paragraph>'
    text += "<table><tr><td>a</td><td>b</td></tr></table>"
    found = plain_text(document(f"<component><section><text>{text}</text></section></component>"))
    assert found.splitlines() == ["hypertension CO2", "a", "b"]


def test_the_words_of_a_cda_are_its_titles_and_narrative() -> None:
    text = plain_text(draft(Section("x", "Conclusion", ("Rien à signaler.",))))
    assert text.splitlines() == ["Titre", "Conclusion", "Rien à signaler."]
    assert plain_text(document("<component><section/></component>")) == ""


@pytest.mark.parametrize(
    ("text", "question", "found"),
    [("Traitement anticoagulant oral", "anticoagulants", True), ("Œdèmes des chevilles", "oedeme", True), ("fièvre", "FIEVRE", True),
     ("Potassium 4,2", "4,2", True), ("Potassium", "pot", True), ("Potassium", "sodium", False), ("a b", "", False), ("de la", "de la", True),
     ("chevaux au galop", "cheval", True), ("Maladie de Ménière", "meniere", True), ("diarrhée aiguë", "DIARRHEE", True),
     ("nausées", "nausees", True), ("paupière", "paupiere", True), ("opérée du genou", "operee", True), ("diarrhée", "diarrhée", True),
     ("peau", "eeeeee", False), ("fer", "ete", False)],
)  # fmt: skip
def test_words_are_compared_without_accents_case_or_ending(text: str, question: str, found: bool) -> None:
    assert words.matches(words.stems(text), words.question(question)) is found


@given(
    st.text(st.characters(codec="utf-8"), max_size=200)
    | st.lists(st.sampled_from(["l'été,", "l'hiver,", "4,2", "a_b", "x" * 50, "", "\u2003", "Œ", "été"])).map(" ".join)
)
def test_stems_of_a_text_are_those_of_its_words(text: str) -> None:
    """What stands between two blanks is looked at once and remembered: every word is there, and none besides."""
    assert set(words.stems(text).split()) == {part for word in words._WORD.findall(text) for part in words.stem(word).split()}


def test_a_substance_of_two_words_means_its_brand() -> None:
    asked = words.question("aspégic", {"aspégic": ("acide acétylsalicylique",)})
    assert words.matches(words.stems("Acide folique et acide acétylsalicylique 100 mg"), asked)
    assert not words.matches(words.stems("Acide folique"), asked)
    told = words.extract("Reçoit de l'acide acétylsalicylique le matin", asked)
    assert [piece.text for piece in told if piece.marked] == ["acide", "acétylsalicylique"]


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


def test_a_pdf_whose_encryption_nobody_knows_is_not_said_to_be_locked() -> None:
    assert not is_locked(b"%PDF-1.4 /Encrypt broken")


def test_a_likeness_is_sought_in_so_many_words_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    assert words.suggestion("amoxiciline", ["amoxicilline et autre"]) == "amoxicilline"
    monkeypatch.setattr("carnet.formats.words.SUGGESTED_FROM", 1)
    assert words.suggestion("amoxiciline", ["premier amoxicilline"]) == ""


def test_a_pdf_longer_than_the_bound_is_read_up_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert tasks.CHARACTERS >= 100_000
    monkeypatch.setattr(tasks, "CHARACTERS", 5_000)
    read = tasks.pdf_text(pdf(*([f"page{n} " + "mot " * 1_000 for n in range(4)])), 0).decode()
    assert len(read) <= 5_000
    assert "page1" in read
    assert "page3" not in read
