"""Search inside the documents of one record. There is no index of content across records: the words of each document are
sealed under the key of its record, and opened for the question only.

The statement carries the visibility of the Grant, so the words of a document that the reader may not see are never opened:
they can be in no answer, count, suggestion or timing.
"""

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from carnet.apps.records.media import TYPES_OF_CDA
from carnet.apps.records.reading.criteria import by_logical_id
from carnet.apps.records.reading.search import Query
from carnet.apps.records.reading.visit import Seen, Visit, documents
from carnet.apps.storage.api import RecordKey, Work
from carnet.formats import cda, pdf, words

KEPT = 200_000
"""Characters of one document that are kept for the search."""
SHOWN = 50
_VISIBLE_WORDS = """SELECT logical_id, sealed FROM records_words WHERE record_id = %s AND logical_id IN (
    SELECT logical_id FROM records_document WHERE record_id = %s AND {})"""


def text_of(mime: str, content: bytes) -> str:
    """The words of a document: CDA, PDF, plain text. Images, RTF and scanned pages have none (there is no OCR)."""
    if mime in TYPES_OF_CDA:
        try:
            inside = cda.attached(content)
            return cda.plain_text(content) + ("\n" + text_of(inside.mime, inside.data) if inside else "")
        except cda.CdaError:
            return ""
    if mime == "application/pdf":
        return pdf.pdf_text(content)
    return cda.as_text(content) if mime == "text/plain" else ""


def keep_words(work: Work, key: RecordKey, logical_id: UUID, title: str, text: str) -> None:
    """Keep the words of a document, in the transaction of its deposit."""
    text = f"{title}\n{text}"[:KEPT]
    packed = zlib.compress(json.dumps([text, words.stems(text)], ensure_ascii=False).encode(), 6)
    work.run(
        """INSERT INTO records_words (record_id, logical_id, sealed, edition) VALUES (%s, %s, %s, %s)
        ON CONFLICT (record_id, logical_id) DO UPDATE SET sealed = excluded.sealed, edition = excluded.edition""",
        key.record_id, logical_id, key.seal(packed, f"words/{logical_id}"), words.EDITION,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Hit:
    """A document that answers, with an extract."""

    document: Seen
    extract: list[words.Piece]


def _answering(visit: Visit, asked: Sequence[str]) -> dict[UUID, str]:
    condition, values = visit.visible()
    found = {}
    for logical_id, sealed in visit.work.rows(_VISIBLE_WORDS.format(condition), visit.record_id, visit.record_id, *values):
        text, stems = json.loads(zlib.decompress(visit.key.unseal(bytes(sealed), f"words/{logical_id}")))
        if words.matches(stems, asked):
            found[logical_id] = text
    return found


def find_words(visit: Visit, question: str, query: Query) -> tuple[list[Hit], int]:
    """Documents that hold every word of a question, the newest first, and how many there are in all.

    `query` narrows them like a list; at most `SHOWN` are returned.
    """
    asked = words.question(question)
    texts = _answering(visit, asked)
    if not texts:
        return [], 0
    ids = by_logical_id([str(one) for one in texts])
    listed = documents(visit, Query((*query.criteria, ids), query.types, "date", count=SHOWN, total=True))
    return [Hit(d, words.extract(texts[d.logical_id], asked)) for d in listed.items], listed.total or 0
