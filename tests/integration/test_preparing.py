"""Preparing an appointment: one page of what changed, is taken and was measured, kept as a document that a professional reads."""

import io

from pypdf import PdfReader
from support.espace import listed, newcomer, relate
from support.people import allow, ask, deposit
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
    assert "C’est gardé dans votre carnet" in words(who.get("/documents"))
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
