"""The documents of a record: filters, search inside them, pages, and two of them side by side."""

import base64
import binascii
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse, QueryDict

from carnet.apps.records.api import Criterion, Cursor, Query, criteria, documents, find_words
from carnet.formats import codes
from carnet.interfaces.webps.door import page
from carnet.interfaces.webps.record.frame import Context, Opened, Shown, record_page
from carnet.kernel.codes import MASKED
from carnet.pages.civil import begins, day_of
from carnet.pages.collation import in_order
from carnet.pages.rows import clinical_classes, row

PER_PAGE = 20
_PERIODS = {"3m": 92, "1a": 366, "2a": 731, "5a": 1827}
_STATUSES = {"en-vigueur": ("Approved",), "archives": ("Archived",), "obsoletes": ("Deprecated",)}
FIELDS = ("q", "classe", "type", "periode", "auteur", "specialite", "statut", "masques", "du", "au")


def _since(value: str, at: datetime) -> list[Criterion]:
    low = at - timedelta(days=_PERIODS[value])
    return [criteria.by_date("date", "ge", low, low)]


def _between(get: QueryDict) -> list[Criterion]:
    first, last = day_of(get.get("du", "")), day_of(get.get("au", ""))
    found = [criteria.by_date("date", "ge", begins(first), begins(first))] if first else []
    after = begins(last + timedelta(days=1)) if last else None
    return found + ([criteria.by_date("date", "lt", after, after)] if after else [])


def _plain(get: QueryDict) -> list[Criterion]:
    """Filters that are one value and one condition."""
    kinds: dict[str, Callable[[str], Criterion]] = {
        "classe": lambda v: criteria.by_codes("category", [v]),
        "type": lambda v: criteria.by_codes("type", [v]),
        "auteur": lambda v: criteria.by_author_name("family", v),
        "specialite": criteria.by_author_specialty,
        "masques": lambda _: criteria.by_label(MASKED),
    }
    given = ((make, get.get(name, "").strip()[:80]) for name, make in kinds.items())
    return [make(value) for make, value in given if value]


def filters(get: QueryDict, at: datetime) -> tuple[Criterion, ...]:
    """The filters of an address as conditions."""
    period = get.get("periode", "")
    wanted = _STATUSES.get(get.get("statut", ""), _STATUSES["en-vigueur"])
    found = [*_plain(get), *_between(get), *(_since(period, at) if period in _PERIODS else [])]
    if get.get("statut") != "tous":
        found.append(criteria.by_statuses(wanted))
    return tuple(found)


def _cursor(text: str) -> Cursor | None:
    try:
        moment, _, number = base64.urlsafe_b64decode(text.encode() + b"==").decode().partition("|")
        return Cursor(datetime.fromisoformat(moment), UUID(number))
    except (ValueError, binascii.Error):
        return None


def _marked(cursor: Cursor | None) -> str:
    if cursor is None:
        return ""
    return base64.urlsafe_b64encode(f"{cursor.at.isoformat()}|{cursor.logical_id}".encode()).decode().rstrip("=")


def _address(opened: Opened, get: QueryDict, **changes: str) -> str:
    kept = {name: get[name] for name in FIELDS if get.get(name)}
    asked = {k: v for k, v in (kept | changes).items() if v}
    return f"{opened.base}/documents?{urlencode(asked)}" if asked else f"{opened.base}/documents"


def _listed(opened: Opened, get: QueryDict) -> Context:
    """A page of the list, and the addresses of its neighbours."""
    after, before = _cursor(get.get("apres", "")), _cursor(get.get("avant", ""))
    query = Query(filters(get, opened.asked.at), sort="date", count=PER_PAGE, after=before or after, backwards=before is not None)
    found = documents(opened.visit, query)
    earlier, later = (found.more, True) if before else (after is not None, found.more)
    return {
        "rows": [row(d) for d in found.items],
        "next": _address(opened, get, apres=_marked(found.last)) if found.last and later else "",
        "previous": _address(opened, get, avant=_marked(found.first)) if found.first and earlier else "",
    }


def _choices(opened: Opened, get: QueryDict) -> Context:
    access = opened.visit.facts.access
    kept = {name: get.get(name, "") for name in FIELDS}
    return {
        "classes": clinical_classes(),
        "types": sorted(((c.code, c.label) for c in codes.members("type_codes").values() if c.label), key=lambda t: in_order(t[1])),
        "specialties": sorted(((c.code, c.label) for c in codes.members("specialties").values()), key=lambda t: in_order(t[1])),
        "given": kept, "filtered": any(v for n, v in kept.items() if n != "q"), "address": _address(opened, get),
        "clear": f"{opened.base}/documents", "may_see_masked": access.treating_doctor,
    }  # fmt: skip


def _search(opened: Opened, get: QueryDict) -> Context:
    """Documents whose text answers, with extracts. The filters of the list narrow it."""
    question = get.get("q", "").strip()[:200]
    found = find_words(opened.visit, question, Query(filters(get, opened.asked.at)))
    hits = [(row(h.document), h.extract, [row(d) for d in h.repeated], h.machine) for h in found.hits]
    return {"question": question, "found": found.total, "hits": hits, "suggestion": found.suggestion}


@record_page("documents", "GET", detail="documents")
def listing(opened: Opened) -> Shown | HttpResponse:
    """The list, or the answers to a question."""
    get = opened.asked.request.GET
    searched = _search(opened, get) if get.get("q", "").strip() else _listed(opened, get)
    return Shown("documents", _choices(opened, get) | searched)


@record_page("essentiel", "GET", detail="text-search")
def search(opened: Opened) -> Shown | HttpResponse:
    """The answers alone, for the search field of the first screen."""
    get = opened.asked.request.GET
    context: Context = {"base": opened.base} | _search(opened, get)
    return page(opened.asked, "record/hits", context)
