"""Preparing an appointment: one page of what changed, is taken and was measured, kept as a document that a professional reads."""

import io

from pypdf import PdfReader
from support.espace import Space, listed, newcomer, relate
from support.people import allow, ask, deposit, today
from support.portal import words
from support.statements import stated

from carnet.apps.access import api as access
from carnet.apps.records import api as records
from carnet.apps.records.api import Query
from carnet.formats.cda import Section
from carnet.kernel.ask import Act

SECTIONS = (
    Section("48765-2", "Allergies", facts=(stated("allergies", "Amoxicilline", detail="œdème"),)),
    Section("10160-0", "Traitements", facts=(stated("treatments", "Apixaban 5 mg", detail="1 matin et soir"),)),
)


def test_the_page_says_what_changed_and_what_is_taken_and_nothing_more_than_is_there(espace: str) -> None:
    who, person, _record = newcomer(espace)
    empty = words(who.get("/agenda/preparer"))
    assert empty.count("Cela ne veut pas dire qu’il n’y a rien") == 2
    assert "Rien de nouveau dans le carnet" in empty
    deposit(person, sections=SECTIONS)
    who.post("/profil/measures/ajouter", {"mesure": "29463-7", "valeur": "81,5"})
    page = words(who.get("/agenda/preparer?depuis=12"))
    assert "Amoxicilline , œdème" in page
    assert "Apixaban 5 mg , 1 matin et soir" in page
    assert "81,5 kg" in page
    assert "Inscrit" in page


def test_kept_it_is_a_document_with_the_questions_that_a_professional_reads(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    allow(record_id, "nurse")
    deposit(person, sections=SECTIONS)
    before = listed(who.get("/documents"))
    assert who.post("/agenda/preparer/garder", {"depuis": "3", "questions": "Puis-je courir ?\nEt nager ?"}).status_code == 302
    assert "C’est gardé dans le carnet" in words(who.get("/documents"))
    [number] = listed(who.get("/documents")) - before
    paper = who.get(f"/documents/{number}/contenu").content
    told = "".join(page.extract_text() for page in PdfReader(io.BytesIO(paper)).pages)
    for part in ("Puis-je courir ?", "Et nager ?", "Amoxicilline", "Apixaban 5 mg", "MES MESURES", "Cela ne veut pas dire"):
        assert part in told, part
    assert number in records.search(ask("nurse", Act.SEARCH, person), Query()).logical_ids


def test_the_word_of_the_person_stands_on_the_paper(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    allow(record_id, "treating")
    deposit(person, sections=SECTIONS[1:])
    number = who.get("/profil/treatments").text.split('name="sur" value="')[1].split('"')[0]
    who.post("/profil/treatments/dire", {"sur": number, "mot": "otherwise", "comment": "le soir seulement"})
    assert "le soir seulement" in words(who.get("/agenda/preparer"))
    who.post("/agenda/preparer/garder", {"depuis": "rien", "questions": ""})
    [document] = [n for n in listed(who.get("/documents")) if b"%PDF" in who.get(f"/documents/{n}/contenu").content[:5]]
    told = "".join(p.extract_text() for p in PdfReader(io.BytesIO(who.get(f"/documents/{document}/contenu").content)).pages)
    assert "pris autrement, le soir seulement" in told
    assert "Aucune question" in told


def test_whoever_may_only_read_keeps_nothing(espace: str) -> None:
    who, _person, record_id = newcomer(espace)
    carer, _p, _r = newcomer(espace)
    relate(record_id, carer, "carer", access.Given(reads_only=True))
    carer.act_on(record_id)
    assert "Garder dans mon carnet" not in words(carer.get("/agenda/preparer"))
    assert carer.post("/agenda/preparer/garder", {"questions": "x"}).status_code == 403
    assert listed(who.get("/documents")) == set()


def test_the_page_that_is_kept_says_nothing_of_what_is_masked_secret_or_closed(espace: str) -> None:
    who, person, record_id = newcomer(espace)
    allow(record_id, "nurse")
    masked = deposit(person, sections=SECTIONS[1:])
    deposit(person, sections=(Section("48765-2", "Allergies", facts=(stated("allergies", "Latex"),)),))
    number = who.get("/profil/treatments").text.split('name="sur" value="')[1].split('"')[0]
    who.post("/profil/treatments/dire", {"sur": number, "mot": "taken", "comment": "mot-sur-apixaban"})
    who.post(f"/documents/{masked}/masquer")
    assert "Apixaban" in words(who.get("/agenda/preparer")), "the person sees it on their own page"
    assert "Latex" in _kept(who)
    told = _kept(who)
    assert "Apixaban" not in told
    assert "mot-sur-apixaban" not in told
    assert "inscrit" not in told, "what is masked is not said to be inscribed nowhere"
    who.post("/acces/rubriques/choisir", {"rubrique": ["history", "treatments", "vaccinations"]})
    assert "Latex" not in _kept(who)


def test_a_minor_s_secret_is_not_in_the_page_that_is_kept(espace: str) -> None:
    child, person, _record = newcomer(espace, birth_date=f"{today().year - 15}-03-04")
    deposit(person, label=("INVISIBLE_REPRESENTANTS_LEGAUX",), sections=SECTIONS[1:])
    child.post("/profil/treatments/ajouter", {"libelle": "Secret du tiroir", "secret": "oui"})
    told = _kept(child)
    assert "Apixaban" not in told
    assert "Secret du tiroir" not in told


def _kept(who: Space) -> str:
    """Keep the page, and read the document that it became."""
    before = listed(who.get("/documents"))
    assert who.post("/agenda/preparer/garder", {"depuis": "12", "questions": "?"}).status_code == 302
    [number] = listed(who.get("/documents")) - before
    return "".join(p.extract_text() for p in PdfReader(io.BytesIO(who.get(f"/documents/{number}/contenu").content)).pages)
