"""Reading what a structured body states: every entry gives statements, or is named among what was left, with its reason.

Entries of level 3 are read by their shape (act, observation, substanceAdministration, supply, procedure, organizer, encounter;
CI-SIS volets VSM, IPS-FR, VAC, CR-BIO, eP-MED, LDL-SES), not by one volet's paths: a document of another volet gives what it
states in the same shapes. A sentence of the narrative is never made into a statement.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from lxml import etree

from carnet.formats.cda.header import NS, parse_document
from carnet.formats.cda.statements import concerns, encounters, measures, substances
from carnet.formats.cda.statements.absent import of_denied_allergy
from carnet.formats.cda.statements.entry import Entry, author_of, place_of
from carnet.formats.cda.statements.gate import reason_against
from carnet.formats.cda.statements.model import Left, Origin, Polarity, Reading, Reason, Statement, When
from carnet.formats.cda.statements.names import Narrative, child, codes_of
from carnet.formats.cda.statements.sections import NO_RESULTS, PARTS, RESULT_DOCUMENTS
from carnet.formats.cda.statements.times import when_of
from carnet.formats.cda.words import name_of, words
from carnet.kernel.copies import replace

MOST = 2000
"""Statements of one document that are kept: a longer one is read in the document itself, and says so."""
Found = Iterator[Statement | Left]
_Shape = Callable[[Entry], Found]
_SHAPES: dict[str, dict[str, _Shape]] = {
    "allergies": {"act": concerns.concern, "observation": concerns.concern, "organizer": concerns.concern},
    "problems": {"act": concerns.concern, "observation": concerns.concern, "organizer": concerns.concern,
                 "procedure": concerns.procedure},
    "history": {"act": concerns.concern, "observation": concerns.concern, "organizer": concerns.concern,
                "procedure": concerns.procedure},
    "treatments": {"substanceAdministration": substances.treatment, "supply": substances.dispensation,
                   "act": substances.within, "organizer": substances.within},
    "vaccinations": {"substanceAdministration": substances.vaccination, "act": substances.within, "organizer": substances.within},
    "devices": {"supply": substances.device, "procedure": substances.device, "observation": substances.device},
    "stays": {"encounter": encounters.encounter},
}  # fmt: skip
_MEASURED = frozenset({"results", "vitals", "habits", "obstetrics"})


@dataclass(frozen=True, slots=True)
class _Document:
    """What the header gives to every entry."""

    type: str
    written: When
    """The day of the document, for a result that says no time of its own."""
    author: str
    """Who wrote it, for a statement whose entry names nobody else."""
    place: str
    """The organisation of that author."""


def _document(root: etree._Element) -> _Document:
    code, own = root.find("h:code", NS), when_of(root)
    day = When(own.start, origin=Origin.DOCUMENT, instant=own.instant) if own.start else When()
    return _Document((code.get("code") or "") if code is not None else "", day, author_of(root), place_of(root))


def _part(section: etree._Element, document: _Document) -> str:
    names = [coding.code for coding in codes_of(section.find("h:code", NS))]
    known = next((PARTS[name] for name in names if name in PARTS), "")
    return known or ("results" if document.type in RESULT_DOCUMENTS and not NO_RESULTS.intersection(names) else "")


def _named(section: etree._Element) -> str:
    """A section as a list of losses names it: its LOINC code and its title."""
    code = section.find("h:code", NS)
    return " ".join(p for p in ((code.get("code") or "") if code is not None else "", words(section.find("h:title", NS))) if p)


def _entry(entry: Entry) -> Found:
    """Everything that one entry gives."""
    name = name_of(entry.node)
    if entry.section == "family":
        yield Left(entry.section, Reason.FAMILY, name)
    elif entry.section in _MEASURED:
        yield from measures.measures(entry)
    elif not entry.section:
        yield from measures.numbers(entry)
    else:
        shape = _SHAPES[entry.section].get(name)
        yield from shape(entry) if shape else iter([Left(entry.section, Reason.SHAPE, name)])


def _absence(statement: Statement) -> Statement:
    """Allergies denied in general are an absence of all of them."""
    denied = statement.polarity is Polarity.NEGATED and statement.section == "allergies"
    return (
        replace(statement, polarity=of_denied_allergy(statement.codes, statement.label) or Polarity.NEGATED)
        if denied
        else statement
    )


def _begun_before_its_end(statement: Statement) -> Statement:
    """An end that is written before the beginning ends nothing: both are told, and neither is believed."""
    start, end = statement.when.start, statement.when.end
    if not start or not end or end[: len(start)] >= start[: len(end)]:
        return statement
    told = f"dates contradictoires : fin écrite ({'/'.join(reversed(end.split('-')))}) avant le début"
    detail = ", ".join(part for part in (statement.detail, told) if part)
    return replace(statement, when=replace(statement.when, end=""), detail=detail)


def _completed(found: Statement | Left, section: etree._Element, document: _Document) -> Statement | Left:
    """A loss names its section, a statement its author and their place."""
    if isinstance(found, Left):
        return found if found.section else replace(found, section=_named(section))
    # Whoever an entry names may be of another place.
    own = found.author in ("", document.author)
    return replace(found, author=document.author, place=document.place) if own else found


class _Collected:
    """Statements and losses of one document, in its order."""

    def __init__(self) -> None:
        self.statements: dict[Statement, None] = {}
        self.left: list[Left] = []

    def add(self, found: Statement | Left) -> None:
        """Keep what passes the gate; name what does not."""
        if isinstance(found, Left):
            self.left.append(found)
        elif reason := reason_against(found):
            self.left.append(Left(found.section, reason, found.label or found.code.code))
        elif len(self.statements) >= MOST:
            self.left.append(Left(found.section, Reason.TOO_MANY, found.label))
        else:
            self.statements[_begun_before_its_end(_absence(found))] = None


def _section(section: etree._Element, document: _Document, collected: _Collected) -> None:
    part, narrative = _part(section, document), Narrative(section)
    entries = section.findall("h:entry", NS)
    for holder in entries:
        before = len(collected.statements) + len(collected.left)
        for node in holder.iterchildren(etree.Element):
            # The kit writes templateId beside the statement: it names a shape and states nothing.
            if name_of(node) not in ("templateId", "realmCode", "typeId"):
                for found in _entry(Entry(part, node, narrative, document.written)):
                    collected.add(_completed(found, section, document))
        if len(collected.statements) + len(collected.left) == before and not _seen_before(holder):
            collected.left.append(Left(part or _named(section), Reason.SHAPE, "entry"))
    if not entries and section.find("h:text", NS) is not None and not section.findall("h:component/h:section", NS):
        collected.left.append(Left(part or _named(section), Reason.NARRATIVE, words(section.find("h:title", NS))))


def _seen_before(holder: etree._Element) -> bool:
    """Whether an entry holds a statement at all: one that repeats another of the document adds nothing."""
    return any(name_of(n) in ("observation", "substanceAdministration", "supply", "procedure", "encounter") for n in holder.iter())


def read_statements(content: bytes) -> Reading:
    """Everything that a CDA states in a structured form, and what of it was not taken. Raises CdaError for bytes that are none."""
    root = parse_document(content)
    document, collected = _document(root), _Collected()
    for found in encounters.stay(root):
        collected.add(_completed(found, root, document))
    if child(root, "component/structuredBody") is None:
        collected.left.append(Left("", Reason.NOT_STRUCTURED, ""))
    for section in root.iterfind(".//h:section", NS):
        _section(section, document, collected)
    return Reading(tuple(collected.statements), tuple(collected.left))
