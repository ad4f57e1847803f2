"""One document: what it shows, its neighbours, its acts, its bytes; and two of them side by side."""

from uuid import UUID

from django.http import HttpResponse

from carnet.apps.profile import api as profile
from carnet.apps.records.api import Query, Seen, Visit, criteria, documents, read_content
from carnet.interfaces.webps.door import Asked, signed_in
from carnet.interfaces.webps.handles import sought_of
from carnet.interfaces.webps.record.frame import Context, Opened, Shown, record_page
from carnet.interfaces.webps.record.possible import possible
from carnet.kernel.ask import Act
from carnet.kernel.refusal import No, Refusal
from carnet.pages.bodies import body_in, bytes_answer, seen_document
from carnet.pages.completing import completing
from carnet.pages.rows import Row, row

SAME_TYPE = 60


def _neighbours(visit: Visit, seen: Seen) -> Context:
    """The document of the same type before this one, which `c` compares it with."""
    query = Query((criteria.by_codes("type", [seen.facts.type_code]),), sort="date", count=SAME_TYPE)
    found = documents(visit, query).items
    ids = [d.logical_id for d in found]
    at = ids.index(seen.logical_id) if seen.logical_id in ids else len(ids)
    return {"earlier": row(found[at + 1]) if at + 1 < len(found) else None}


def _newer(visit: Visit, seen: Seen) -> Row | None:
    """What took the place of a document that was replaced, for a reader who sees it."""
    if not row(seen).replaced:
        return None
    found = documents(visit, Query((criteria.by_replaced(str(seen.logical_id)),), count=1)).items
    return row(found[0]) if found else None


def _files(opened: Opened, doc: Row) -> str:
    """Where the files of a document open."""
    return f"{opened.base}/documents/{doc.id}/contenu"


@record_page("documents", "GET", detail="document")
def document(opened: Opened, number: UUID) -> Shown | HttpResponse:
    """A document with its content: its reading is decided and journaled by itself (TD3.2)."""
    visit, seen = opened.visit, seen_document(opened.visit, number)
    doc = row(seen)
    context: Context = {
        "doc": doc, "body": body_in(visit, doc, _files(opened, doc)), "acts": possible(visit, seen), "newer": _newer(visit, seen),
    }  # fmt: skip
    return Shown("document", context | _neighbours(visit, seen) | completing(visit, seen))


@signed_in("GET")
def content(asked: Asked, handle: str, number: UUID) -> HttpResponse:
    """The bytes, to be shown in the page or downloaded as they were deposited."""
    found = read_content(asked.about(sought_of(handle, asked.actor), Act.READ), number)
    return bytes_answer(found, number, asked.request.GET)


Cell = list[tuple[profile.Entry, int]]
"""Values of one examination in one document, the oldest first, each with whether it is out of its bounds."""


def _values(entries: list[profile.Entry], number: UUID) -> dict[tuple[str, str, str], Cell]:
    held: dict[tuple[str, str, str], Cell] = {}
    for entry in sorted(entries, key=profile.moment_of):
        if entry.document_id == number and entry.content.value and not entry.content.polarity:
            code = entry.content.code
            name = (entry.content.system if code else "", code or entry.content.label, entry.content.organism)
            held.setdefault(name, []).append((entry, profile.out_of_bounds(entry)))
    return held


def _paired(entries: list[profile.Entry], left: UUID, right: UUID) -> list[tuple[str, Cell, Cell]]:
    """Results of two documents, the same examination on one line: every value with its own date, which is not the document's."""
    a, b = _values(entries, left), _values(entries, right)
    return [((b.get(name) or a[name])[-1][0].content.label, a.get(name, []), b.get(name, [])) for name in dict.fromkeys([*a, *b])]


@record_page("resultats", "GET", detail="comparison", sections=("results",), most=profile.MOST)
def compare(opened: Opened) -> Shown | HttpResponse:
    """Two documents side by side: the older at the left, values of the same examination on one line."""
    get, visit = opened.asked.request.GET, opened.visit
    wanted = [w for w in (get.get("a", ""), get.get("b", "")) if w]
    found = documents(visit, Query((criteria.by_logical_id(wanted),), sort="date", ascending=True, count=2)).items
    rows = [row(d) for d in found]
    if len(rows) != 2:
        raise Refusal(No.DOCUMENT_UNKNOWN)
    results = [e for e in opened.entries if e.section == "results"]
    context: Context = {
        "left": rows[0], "right": rows[1], "left_body": body_in(visit, rows[0], _files(opened, rows[0])),
        "right_body": body_in(visit, rows[1], _files(opened, rows[1])),
        "pairs": _paired(results, rows[0].id, rows[1].id),
    }  # fmt: skip
    return Shown("compare", context)
