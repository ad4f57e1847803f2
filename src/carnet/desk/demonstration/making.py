"""Turning a specification into bytes and metadata: CDA, PDF or text, dated from the day of the demonstration."""

from datetime import datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

from fpdf import FPDF

from carnet.desk.demonstration.lexicon import facts_of
from carnet.desk.demonstration.people import DemoPerson
from carnet.desk.demonstration.professionals import PROFESSIONALS
from carnet.desk.demonstration.stories import Spec
from carnet.formats import codes
from carnet.formats.cda import CdaDraft, Person, Section, write_document
from carnet.formats.xds import Author, Coding, DocumentEntry

_PLAIN = str.maketrans({"œ": "oe", "Œ": "OE", "’": "'", "–": "-"})


def _pdf(person: DemoPerson, spec: Spec, author: Person, at: datetime) -> bytes:
    """A page that reads like a letter. The core fonts have no ligature: œ is opened."""
    page = FPDF()
    page.set_creation_date(at)
    page.add_page()
    page.set_font("Helvetica", "B", 15)
    page.multi_cell(0, 9, spec.title.translate(_PLAIN), new_x="LMARGIN", new_y="NEXT")
    page.set_font("Helvetica", "", 10)
    heading = f"{author.given} {author.family}, {author.structure_name}, le {at:%d/%m/%Y}"
    page.multi_cell(0, 6, heading.translate(_PLAIN), new_x="LMARGIN", new_y="NEXT")
    named = f"Patient : {person.traits.given_names} {person.traits.birth_name}, né(e) le {person.born:%d/%m/%Y}"
    page.multi_cell(0, 6, named, new_x="LMARGIN", new_y="NEXT")
    for part in spec.parts:
        page.ln(4)
        page.set_font("Helvetica", "B", 12)
        page.multi_cell(0, 7, part.title.translate(_PLAIN), new_x="LMARGIN", new_y="NEXT")
        page.set_font("Helvetica", "", 11)
        for paragraph in part.paragraphs:
            page.multi_cell(0, 6, paragraph.translate(_PLAIN), new_x="LMARGIN", new_y="NEXT")
    return bytes(page.output())


def _author(spec: Spec) -> Person:
    who = PROFESSIONALS[spec.author]
    place = who.places[0]
    return Person(who.id, who.family, who.given, who.place_id(place), place.name)


def unique_id(person: DemoPerson, spec: Spec, index: int) -> str:
    """A stable uniqueId: loading the demonstration twice deposits nothing twice."""
    return f"2.25.{uuid5(NAMESPACE_URL, f'carnet-demo/{person.ins.matricule}/{index}/{spec.type}').int}"


def make(person: DemoPerson, spec: Spec, index: int, today: datetime) -> tuple[DocumentEntry, bytes]:
    """The document and what is declared of it."""
    at, author = (today - timedelta(days=spec.days)).replace(hour=9 + index % 8, minute=15), _author(spec)
    member = codes.member("type_codes", spec.type)
    type_ = Coding(spec.type, member.system if member else "", member.label if member else "")
    entry = DocumentEntry(
        unique_id=unique_id(person, spec, index),
        type=type_,
        title=spec.title,
        creation_time=at,
        service_start=at,
        authors=(Author(author.id, author.family, author.given, author.structure_id, author.structure_name),),
        confidentiality=tuple(Coding(code) for code in spec.labels),
        patient=(person.ins.oid.value, person.ins.matricule),
        mime="application/pdf" if spec.form == "pdf" else "text/xml",
    )
    if spec.form == "pdf":
        return entry, _pdf(person, spec, author, at)
    sections = tuple(Section(p.code, p.title, p.paragraphs, p.table, facts_of(p)) for p in spec.parts)
    stay = (at - timedelta(days=spec.stay), at) if spec.stay else None
    draft = CdaDraft(entry.unique_id, type_, spec.title, at, person.ins, person.traits, author, sections, stay=stay)
    return entry, write_document(draft)
