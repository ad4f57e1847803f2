"""The documents of the record: by the public's own categories, searched in their text, read, masked, archived, deleted."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse, QueryDict

from carnet.apps.records.api import (
    Criterion,
    Query,
    Seen,
    Visit,
    change_document,
    criteria,
    documents,
    find_words,
    read_by_machine,
    read_content,
    visiting,
)
from carnet.formats import scans
from carnet.formats.codes.public import CATEGORIES, EXPLANATIONS, category_of
from carnet.interfaces.espace.adding import may_describe
from carnet.interfaces.espace.door import Asked, page, signed_in
from carnet.interfaces.espace.frame import Context, Opened, Shown, record_page
from carnet.kernel.actor import ActorKind
from carnet.kernel.ask import Act
from carnet.kernel.refusal import No, Refusal
from carnet.kernel.visibility import Status
from carnet.pages.bodies import body_in, bytes_answer, seen_document
from carnet.pages.civil import begins, day_of, number_of
from carnet.pages.collation import in_order
from carnet.pages.completing import completing
from carnet.pages.rows import Row, row
from carnet.pages.said import saying

PER_PAGE, MOST_PAGES = 20, 500
ACTS: dict[str, Act] = {"masquer": Act.MASK, "demasquer": Act.UNMASK, "archiver": Act.ARCHIVE, "desarchiver": Act.UNARCHIVE,
                        "supprimer": Act.DELETE}  # fmt: skip
_UNDO = {"masquer": "demasquer", "demasquer": "masquer", "archiver": "desarchiver", "desarchiver": "archiver"}
_STATUSES = {"archives": ("Archived",), "remplaces": ("Deprecated",)}


def _criteria(get: QueryDict, carer: bool) -> tuple[Criterion, ...]:
    found = [criteria.by_statuses(_STATUSES.get(get.get("etat", ""), ("Approved",)))]
    category = str(get.get("categorie", ""))
    if category in CATEGORIES:
        found.append(criteria.by_category(category))
    if get.get("etat") == "masques" and not carer:
        # What is masked is the holder's to know, not a carer's.
        found.append(criteria.by_label("MASQUE_PS"))
    year = number_of(get.get("annee", ""), 2200)
    if year and year >= 1850:
        first, after = (begins(d) for d in (day_of(f"{year}-01-01"), day_of(f"{year + 1}-01-01")) if d)
        found += [criteria.by_date("date", "ge", first, first), criteria.by_date("date", "lt", after, after)]
    return tuple(found)


def _filters(seen: list[Seen]) -> Context:
    """What the list may be narrowed to: categories, years, and who wrote or where, of what the reader sees."""
    kinds = {category_of(d.facts.type_code, d.resource["category"][0]["coding"][0]["code"]) for d in seen}
    rows = [row(d) for d in seen]
    return {
        "categories": [(code, label) for code, label in CATEGORIES.items() if code in kinds],
        "years": sorted({r.year for r in rows if r.year}, reverse=True),
        "writers": sorted({told for r in rows for told in (r.author, r.place) if told}, key=in_order),
    }  # fmt: skip


def _written_by(seen: list[Seen], who: str) -> tuple[Criterion, ...]:
    """The documents of one author or place; every one where nobody is asked for."""
    found = [str(d.logical_id) for d in seen if who in ((r := row(d)).author, r.place)]
    return (criteria.by_logical_id(found),) if who else ()


def _address(get: QueryDict, **changes: str) -> str:
    kept = {n: get[n] for n in ("q", "categorie", "etat", "annee", "qui") if get.get(n)}
    asked = {k: v for k, v in (kept | changes).items() if v}
    return f"/documents?{urlencode(asked)}" if asked else "/documents"


@record_page("documents", "GET", detail="documents")
def listing(opened: Opened) -> Shown | HttpResponse:
    """The list, or the documents whose text answers."""
    get, visit = opened.asked.request.GET, opened.visit
    question, at = get.get("q", "").strip()[:200], number_of(get.get("page", "1"), MOST_PAGES) or 1
    seen = documents(visit, Query(sort="date", count=MOST_PAGES)).items
    by = _written_by(seen, get.get("qui", "")[:200])
    wanted = (*_criteria(get, opened.asked.actor.kind is ActorKind.CARER), *by)
    context: Context = _filters(seen) | {"given": get, "question": question, "may_feed": visit.may(Act.FEED)}
    if question:
        found_words = find_words(visit, question, Query(wanted))
        hits = [(row(h.document), h.extract, [row(d) for d in h.repeated], h.machine) for h in found_words.hits]
        told: Context = {
            "pictures_read": scans.installed(),
            "hits": hits,
            "found": found_words.total,
            "suggestion": found_words.suggestion,
        }
        return Shown("documents/list", context | told)
    found = documents(visit, Query(wanted, sort="date", count=at * PER_PAGE)).items
    shown = [row(d) for d in found[(at - 1) * PER_PAGE :]]
    rows = [(year, list(held)) for year, held in groupby(shown, lambda r: r.year)]
    more = len(documents(visit, Query(wanted, sort="date", count=at * PER_PAGE + 1)).items) > at * PER_PAGE
    pages = {"next": _address(get, page=str(at + 1)) if more else "", "previous": _address(get, page=str(at - 1)) if at > 1 else ""}
    return Shown("documents/list", context | {"rows": rows, **pages})


def _offered(visit: Visit, seen: Seen) -> list[str]:
    facts, current = seen.facts, seen.facts.status is Status.APPROVED
    sense = {"masquer": current and not facts.masked, "demasquer": facts.masked, "archiver": current,
             "desarchiver": facts.status is Status.ARCHIVED, "supprimer": facts.by_patient}  # fmt: skip
    return [name for name, act in ACTS.items() if sense[name] and visit.may(act, facts)]


@record_page("documents", "GET", detail="document")
def document(opened: Opened, number: UUID) -> Shown | HttpResponse:
    """One document: what it says, what it is, what may be done with it."""
    visit, seen = opened.visit, seen_document(opened.visit, number)
    doc = row(seen)
    category = category_of(seen.facts.type_code, doc.class_code)
    context: Context = {
        "doc": doc, "body": body_in(visit, doc, f"/documents/{doc.id}/contenu"), "acts": _offered(visit, seen),
        "category": CATEGORIES[category], "may_describe": may_describe(visit, seen),
        "by_machine": bool(read_by_machine(visit, [number])),
        "explained": EXPLANATIONS[category], "newer": _newer(visit, doc), "may_correct": visit.may(Act.ASK_CORRECTION),
    }  # fmt: skip
    return Shown("documents/document", context | completing(visit, seen))


def _newer(visit: Visit, doc: Row) -> Row | None:
    found = documents(visit, Query((criteria.by_replaced(str(doc.id)),), count=1)).items if doc.replaced else []
    return row(found[0]) if found else None


@contextmanager
def _of_this_record() -> Iterator[None]:
    """A number of somebody else's document is, to whoever is nothing to that record, one that nobody has."""
    try:
        yield
    except Refusal as refusal:
        if refusal.code != No.RELATION_MISSING:
            raise
        raise Refusal(No.DOCUMENT_UNKNOWN) from None


@signed_in("GET")
def content(asked: Asked, number: UUID) -> HttpResponse:
    """The bytes, shown in the page or downloaded."""
    with _of_this_record():
        return bytes_answer(read_content(asked.ask(Act.READ), number), number, asked.request.GET)


@signed_in("GET", "POST")
def act(asked: Asked, number: UUID, name: str) -> HttpResponse:
    """Mask, unmask, archive, take back, delete. Deleting is asked on a page first: it cannot be undone."""
    if name not in ACTS:
        raise Refusal(No.DOCUMENT_UNKNOWN)
    if asked.request.method == "GET":
        with _of_this_record(), visiting(asked.ask(Act.SEARCH), asked.record, "document") as visit:
            doc = row(seen_document(visit, number))
        return page(asked, "documents/confirm", {"tab": "documents", "doc": doc, "act": name})
    with _of_this_record():
        change_document(asked.ask(ACTS[name]), number)
    place = "/documents" if name == "supprimer" else f"/documents/{number}"
    undo = {"annuler": _UNDO[name], "sur": str(number)} if name in _UNDO else {}
    return saying(asked, place, name, **undo)
