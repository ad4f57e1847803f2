"""Parameters of a search, and what fits them. A parameter that is not known is refused: it would be passed over in silence."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import QueryDict

from carnet.formats.fhir import FhirError, Json
from carnet.formats.fhir.systems import oid_of
from carnet.formats.timestamps import bounds_of_fhir

DEFAULT, MOST = 50, 100
"""Results of a page (API Mesures: 50 by default, 100 at most)."""
_OF_ALL = ("patient", "subject", "_count", "_format", "_offset", "_id")
OF_TYPE: Mapping[str, tuple[str, ...]] = {
    "Observation": ("code", "date", "category", "_sort"), "DocumentReference": ("type", "status"), "Patient": (),
    "Immunization": ("date",), "Condition": ("category",), "MedicationStatement": ("status",),
}  # fmt: skip


Moments = tuple[datetime, datetime]
"""First moment covered by a date, and first moment after it."""

_COMPARE: Mapping[str, Callable[[Moments, Moments], bool]] = {
    "eq": lambda told, asked: asked[0] <= told[0] and told[1] <= asked[1],
    "ne": lambda told, asked: not (asked[0] <= told[0] and told[1] <= asked[1]),
    "gt": lambda told, asked: told[1] > asked[1],
    "ge": lambda told, asked: told[1] > asked[0],
    "lt": lambda told, asked: told[0] < asked[0],
    "le": lambda told, asked: told[0] < asked[1],
    "sa": lambda told, asked: told[0] >= asked[1],
    "eb": lambda told, asked: told[1] <= asked[0],
}
"""Whether a date fits another (R4 §3.1.1.5.6): both cover a time, and a month may be on both sides of one of its days."""


@dataclass(frozen=True, slots=True)
class Token:
    """A code that is asked for. `system` is None for any, empty for a code without one (R4 §3.1.1.5.5)."""

    system: str | None
    code: str

    def fits(self, coding: Json) -> bool:
        """Whether a coding is it; of a system alone, any of its codes. The system of the codes that LOINC has not is inferred, and
        not compared."""
        code, system = str(coding.get("code", "")), str(coding.get("system", ""))
        same = self.system is None or oid_of(self.system) == oid_of(system) or (bool(self.system) and code.startswith("MED-"))
        return self.code in ("", code) and same


@dataclass(frozen=True, slots=True)
class Parameters:
    """A search. What is asked for more than once must hold each time; one of what stands between commas is enough."""

    patients: tuple[str, ...] = ()
    codes: tuple[tuple[Token, ...], ...] = ()
    dates: tuple[tuple[str, Moments], ...] = ()
    """Pairs of prefix and date."""
    categories: tuple[tuple[Token, ...], ...] = ()
    statuses: tuple[tuple[Token, ...], ...] = ()
    ids: tuple[tuple[Token, ...], ...] = ()
    newest: bool = True
    count: int = DEFAULT
    offset: int = 0
    rest: Mapping[str, str] = field(default_factory=dict)


def _whole(text: str, name: str, most: int) -> int:
    if not text.isdecimal() or not text.isascii():
        raise FhirError(name, "must be a whole number")
    return min(int(text), most)


def _moments(text: str) -> Moments:
    return bounds_of_fhir(text, ZoneInfo(settings.LAW.civil_zone))


def _date(text: str) -> tuple[str, Moments]:
    prefix, value = (text[:2], text[2:]) if text[:2].isalpha() else ("eq", text)
    if prefix not in _COMPARE:
        raise FhirError("date", f"has a prefix that is not known: {', '.join(_COMPARE)}")
    try:
        return prefix, _moments(value)
    except (ValueError, OverflowError):
        raise FhirError("date", "is not a date") from None


def _token(text: str) -> Token:
    system, bar, code = text.rpartition("|")
    return Token(system if bar else None, code)


def _tokens(values: list[str]) -> tuple[tuple[Token, ...], ...]:
    groups = (tuple(_token(part) for part in value.split(",") if part) for value in values)
    return tuple(group for group in groups if group)


def read_parameters(name: str, given: QueryDict) -> Parameters:
    """Read a search of a type. Raises FhirError."""
    known = (*_OF_ALL, *OF_TYPE.get(name, ()))
    unknown = [n for n in given if n not in known]
    if unknown:
        raise FhirError(unknown[0], f"is not a parameter of this search: {', '.join(n for n in known if n[0] != '_')}")
    sort = given.get("_sort", "-date")
    if sort not in ("-date", "date"):
        raise FhirError("_sort", "must be date or -date")
    return Parameters(
        tuple(p for name in ("patient", "subject") for p in given.getlist(name) if p),
        _tokens(given.getlist("code") or given.getlist("type")),
        tuple(_date(v) for v in given.getlist("date")), _tokens(given.getlist("category")), _tokens(given.getlist("status")),
        _tokens(given.getlist("_id")), sort == "-date", _whole(given.get("_count", str(DEFAULT)), "_count", MOST),
        _whole(given.get("_offset", "0"), "_offset", 100_000),
    )  # fmt: skip


def _coded(resource: Json, field_: str, asked: tuple[tuple[Token, ...], ...]) -> bool:
    told = resource.get(field_, {})
    codings = [c for concept in (told if isinstance(told, list) else [told]) for c in concept.get("coding", ())]
    return all(any(token.fits(c) for token in group for c in codings) for group in asked)


def one_of(value: str, asked: tuple[tuple[Token, ...], ...]) -> bool:
    """Whether a plain value (an id, a status) is what is asked for."""
    return all(value in [token.code for token in group] for group in asked)


def _fits_date(resource: Json, prefix: str, asked: Moments) -> bool:
    told = str(resource.get("effectiveDateTime") or resource.get("occurrenceDateTime") or "")
    try:
        return bool(told) and _COMPARE[prefix](_moments(told), asked)
    except (ValueError, OverflowError):
        return False


def matching(resources: list[Json], asked: Parameters) -> list[Json]:
    """Resources that fit a search, in its order."""
    found = [
        r for r in resources
        if _coded(r, "code", asked.codes) and _coded(r, "category", asked.categories)
        and one_of(str(r.get("status", "")), asked.statuses) and one_of(r["id"], asked.ids)
        and all(_fits_date(r, prefix, moments) for prefix, moments in asked.dates)
    ]  # fmt: skip
    return found if asked.newest else found[::-1]
