"""Search inside the documents of one record. There is no index of content across records: the words of each document are
sealed under the key of its record, and opened for the question only.

The statement carries the visibility of the Grant, so the words of a document that the reader may not see are never opened:
they can be in no answer, count, suggestion or timing.
"""

import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

import orjson

from carnet.apps.medicines import api as medicines
from carnet.apps.records.media import TYPES_OF_CDA
from carnet.apps.records.reading.criteria import by_logical_id
from carnet.apps.records.reading.search import Query
from carnet.apps.records.reading.visit import Seen, Visit, documents
from carnet.apps.storage.api import RecordKey, Work, kept
from carnet.formats import cda, pdf, scans, words
from carnet.formats.fhir import Json
from carnet.formats.packing import unpacked
from carnet.kernel.copies import replace
from carnet.kernel.traits import normalise_name

KEPT = 200_000
"""Characters of one document that are kept for the search."""
SHOWN = 50
_VISIBLE_WORDS = """SELECT logical_id, sealed FROM records_words WHERE record_id = %s AND logical_id IN (
    SELECT logical_id FROM records_document WHERE record_id = %s AND {})"""


def text_of(mime: str, content: bytes) -> str:
    """The words of a document: CDA, PDF, plain text. RTF has none; pictures and scanned pages are read later, by machine."""
    if mime in TYPES_OF_CDA:
        try:
            inside = cda.attached(content)
            return cda.plain_text(content) + ("\n" + text_of(inside.mime, inside.data) if inside else "")
        except cda.CdaError:
            return ""
    if mime == "application/pdf":
        return pdf.pdf_text(content)
    return cda.as_text(content) if mime == "text/plain" else ""


def opened_apart(mime: str, content: bytes) -> bool:
    """Whether the words of a document are looked for in a file that may take time: a PDF, or whatever a CDA of level 1 carries.

    One that is written in no encoding of ASCII's kind is not found out: it takes its time under the lock of its record.
    """
    return mime == "application/pdf" or (mime in TYPES_OF_CDA and b"nonXMLBody" in content)


def authors_in(resource: Json) -> str:
    """Names and places of the authors of a document, as words that one may look for."""
    told = []
    for one in resource.get("contained", ()):
        names = one.get("name", "")
        for name in [names] if isinstance(names, str) else names:
            told.append(name if isinstance(name, str) else " ".join([*name.get("given", ()), name.get("family", "")]))
    return "\n".join(part.strip() for part in told if part.strip())


@dataclass(frozen=True, slots=True)
class Words:
    """What is kept of a document for the search.

    `machine`: None where nothing is to be read on pictures, False while that waits, True once it was done.
    """

    title: str
    text: str
    authors: str = ""
    machine: bool | None = None

    @classmethod
    def of(cls, title: str, text: str, authors: str, mime: str) -> "Words":
        """The words of a document that was just read: one that only draws them waits for the machine."""
        return cls(title, text, authors, False if mime in scans.PICTURED and not text.strip() else None)


def keep_words(work: Work, key: RecordKey, logical_id: UUID, held: Words) -> None:
    """Keep the words of a document, in the transaction of its deposit."""
    text = "\n".join(part for part in (held.title, held.authors, held.text) if part)[:KEPT]
    told = kept(orjson.dumps([text, words.stems(text)]), zlib.compress)
    work.run(
        """INSERT INTO records_words (record_id, logical_id, sealed, edition, machine) VALUES (%s, %s, %s, %s, %s)
        ON CONFLICT (record_id, logical_id) DO UPDATE SET sealed = excluded.sealed, edition = excluded.edition,
        machine = excluded.machine""",
        key.record_id, logical_id, key.seal(told, f"words/{logical_id}"), words.EDITION, held.machine,
    )  # fmt: skip


def read_by_machine(visit: Visit, ids: Iterable[UUID]) -> frozenset[UUID]:
    """Of some documents that the reader sees, those whose words a machine read on pictures."""
    rows = visit.work.rows(
        "SELECT logical_id FROM records_words WHERE record_id = %s AND logical_id = ANY(%s) AND machine", visit.record_id, list(ids)
    )
    return frozenset(row[0] for row in rows)


@dataclass(frozen=True, slots=True)
class Hit:
    """A document that answers, with an extract, and those that repeat it: same title, same author."""

    document: Seen
    extract: list[words.Piece]
    repeated: tuple[Seen, ...] = ()
    machine: bool = False
    """Whether the extract was read by a machine on a picture: it may hold mistakes."""


@dataclass(frozen=True, slots=True)
class Found:
    """Answers, the newest first, how many documents they are in all, and where there are none, a question that would answer."""

    hits: list[Hit]
    total: int
    suggestion: str = ""


def _readable(visit: Visit) -> dict[UUID, str]:
    """What is kept of every document that the reader sees, as it was kept: JSON of its text and of its stems."""
    condition, values = visit.visible()
    rows = visit.work.rows(_VISIBLE_WORDS.format(condition), visit.record_id, visit.record_id, *values)
    return {number: unpacked(visit.key.unseal(sealed, f"words/{number}")).decode() for number, sealed in rows}


def _answering(readable: dict[UUID, str], asked: words.Question) -> dict[UUID, str]:
    """Texts of the documents that hold every word. Stems are letters and digits, which JSON holds as they are: what does not
    hold them is not even parsed."""
    kept = ((number, orjson.loads(told)) for number, told in readable.items() if words.matches(told, asked))
    return {number: text for number, (text, stems) in kept if words.matches(stems, asked)}


def _folded(hits: list[Hit]) -> list[Hit]:
    """A prescription that is renewed every three months is one line: the newest, with those that repeat it."""
    found: dict[tuple[str, str], Hit] = {}
    for hit in hits:
        resource = hit.document.resource
        who = json.dumps(resource.get("contained", []), sort_keys=True)
        first = found.setdefault((normalise_name(hit.document.title), who), hit)
        if first is not hit:
            found[(normalise_name(hit.document.title), who)] = replace(first, repeated=(*first.repeated, hit.document))
    return list(found.values())


def find_words(visit: Visit, question: str, query: Query) -> Found:
    """Documents that hold every word of a question, or one that means the same: a brand is found by its substance.

    `query` narrows them like a list; at most `SHOWN` are read, and those that repeat one another are one line.
    """
    asked = words.question(question, medicines.alike(visit.work, words.words_of(question)))
    readable = _readable(visit)
    texts = _answering(readable, asked)
    if not texts:
        # Only what the reader may read is looked through: a suggestion tells of nothing else.
        return Found([], 0, words.suggestion(question, (orjson.loads(told)[0] for told in readable.values())))
    listed = documents(visit, Query((*query.criteria, by_logical_id(texts)), query.types, "date", count=SHOWN, total=True))
    machine = read_by_machine(visit, [d.logical_id for d in listed.items])
    hits = [Hit(d, words.extract(texts[d.logical_id], asked), machine=d.logical_id in machine) for d in listed.items]
    return Found(_folded(hits), listed.total or 0)
