"""Parameters of a search, and what fits them. A parameter that is not known is refused: it would be passed over in silence."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from django.http import QueryDict

from carnet.formats.fhir import FhirError, Json

DEFAULT, MOST = 50, 100
_OF_ALL = ("patient", "subject", "_count", "_format", "_offset", "_id")
_OF_TYPE: Mapping[str, tuple[str, ...]] = {
    "Observation": ("code", "date", "category", "_sort"), "DocumentReference": ("type", "status"), "Patient": (),
    "Immunization": ("date",), "Condition": ("category",), "MedicationStatement": ("status",),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Parameters:
    """A search."""

    patient: str = ""
    codes: tuple[str, ...] = ()
    dates: tuple[tuple[str, str], ...] = ()
    """Pairs of prefix (`ge`, `le`, `gt`, `lt`, `eq`) and partial date."""
    categories: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    newest: bool = True
    count: int = DEFAULT
    offset: int = 0
    rest: Mapping[str, str] = field(default_factory=dict)


def _whole(text: str, name: str, most: int) -> int:
    if not text.isdecimal() or not text.isascii():
        raise FhirError(name, "must be a whole number")
    return min(int(text), most)


def _date(text: str) -> tuple[str, str]:
    prefix, value = (text[:2], text[2:]) if text[:2].isalpha() else ("eq", text)
    if prefix not in ("ge", "le", "gt", "lt", "eq"):
        raise FhirError("date", "has a prefix that is not known: ge, le, gt, lt, eq")
    try:
        date.fromisoformat((value[:10] + "-01-01")[:10] if len(value) < 10 else value[:10])
    except ValueError:
        raise FhirError("date", "is not a date") from None
    return prefix, value[:10]


def _tokens(values: list[str]) -> tuple[str, ...]:
    return tuple(part.rpartition("|")[2] for value in values for part in value.split(",") if part)


def read_parameters(name: str, given: QueryDict) -> Parameters:
    """Read a search of a type. Raises FhirError."""
    known = (*_OF_ALL, *_OF_TYPE.get(name, ()))
    unknown = [n for n in given if n not in known]
    if unknown:
        raise FhirError(unknown[0], f"is not a parameter of this search: {', '.join(n for n in known if n[0] != '_')}")
    sort = given.get("_sort", "-date")
    if sort not in ("-date", "date"):
        raise FhirError("_sort", "must be date or -date")
    return Parameters(
        given.get("patient", "") or given.get("subject", ""), _tokens(given.getlist("code") or given.getlist("type")),
        tuple(_date(v) for v in given.getlist("date")), _tokens(given.getlist("category")), _tokens(given.getlist("status")),
        _tokens(given.getlist("_id")), sort == "-date", _whole(given.get("_count", str(DEFAULT)), "_count", MOST),
        _whole(given.get("_offset", "0"), "_offset", 100_000),
    )  # fmt: skip


def _coded(resource: Json, field_: str, codes: tuple[str, ...]) -> bool:
    told = resource.get(field_, {})
    concepts = told if isinstance(told, list) else [told]
    return not codes or any(c.get("code") in codes for concept in concepts for c in concept.get("coding", ()))


def _when(resource: Json) -> str:
    return str(resource.get("effectiveDateTime") or resource.get("occurrenceDateTime") or "")


def _fits_date(resource: Json, prefix: str, value: str) -> bool:
    """Whether a partial date may be on this side of another: a month may be on both sides of one of its days."""
    told = _when(resource)[:10]
    if not told:
        return False
    size = min(len(told), len(value))
    one, other = told[:size], value[:size]
    return {"ge": one >= other, "gt": one > other or (len(told) < len(value) and one >= other), "le": one <= other,
            "lt": one < other or (len(told) < len(value) and one <= other), "eq": one == other}[prefix]  # fmt: skip


def matching(resources: list[Json], asked: Parameters) -> list[Json]:
    """Resources that fit a search, in its order."""
    found = [
        r for r in resources
        if _coded(r, "code", asked.codes) and _coded(r, "category", asked.categories)
        and (not asked.statuses or r.get("status") in asked.statuses) and (not asked.ids or r["id"] in asked.ids)
        and all(_fits_date(r, prefix, value) for prefix, value in asked.dates)
    ]  # fmt: skip
    return found if asked.newest else found[::-1]
