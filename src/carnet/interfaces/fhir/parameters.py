"""Search parameters: FHIR text to the criteria of a search (MHD 2:3.67, PDSm 3.1). Unknown parameters are refused."""

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import QueryDict
from django.utils.translation import gettext

from carnet.apps.records.api import Criterion, Query, criteria
from carnet.formats import codes
from carnet.formats.fhir import FhirError, Issue, Json, operation_outcome
from carnet.formats.fhir.references import FINESS, RPPS
from carnet.formats.fhir.systems import oid_of
from carnet.formats.timestamps import bounds_of_fhir
from carnet.interfaces.fhir.answers import OUTCOME
from carnet.interfaces.fhir.door import relative
from carnet.interfaces.fhir.manners import without_presentation
from carnet.kernel.codes import RAISED_CONFIDENTIALITY
from carnet.kernel.identifiers import PS_ID_SYSTEM, STRUCTURE_ID_SYSTEM, local_id

Pairs = Sequence[tuple[str, str]]
MAX_COUNT, MAX_OFFSET = 100, 100_000
PATIENT = ("patient", "patient.identifier", "patient:identifier")
_PROFESSIONALS, _STRUCTURES = frozenset({PS_ID_SYSTEM, RPPS}), frozenset({STRUCTURE_ID_SYSTEM, FINESS})
_STATUS = {"current": "Approved", "superseded": "Deprecated"}
_CONTROL = frozenset({"_count", "_sort", "_summary", "_total", "isArchived", "new-since-last-visit", "status", *PATIENT})
SUPPORTED = (
    "patient", "patient.identifier", "status", "type", "category", "facility", "setting", "format", "event",
    "security-label", "date", "creation", "period", "period-start", "period-end", "author.family", "author.given",
    "author.identifier", "authorOrg", "identifier", "related", "relatesto", "isArchived",
    "new-since-last-visit", "_id", "_lastUpdated", "_count", "_sort", "_summary", "_total",
)  # fmt: skip


KNOWN = frozenset(SUPPORTED) | _CONTROL


def tokens(value: str) -> list[str]:
    """Codes of a token list; the systems are those of the value sets, so the code decides."""
    return [token.rpartition("|")[2] for token in value.split(",") if token]


_INTERNATIONAL = frozenset({"2.16.840.1.113883.6.1", "2.16.840.1.113883.6.96", "http://snomed.info/sct"})
"""LOINC and SNOMED CT."""
_NAMED: dict[str, codes.Name] = {"type": "type_codes", "category": "class_codes"}


def _coded(name: str, value: str) -> list[str]:
    """Codes of a token list, but those that are asked for in another system than their own. Raises FhirError for a system alone."""
    found = []
    for token in filter(None, value.split(",")):
        system, _, code = token.rpartition("|")
        if not code:
            raise FhirError(name, "names a system without a code, which is not searched here")
        member = codes.member(_NAMED[name], code) if name in _NAMED else None
        # National lists have several addresses: a code is left out where it is asked for in an international system not its own.
        if member is None or oid_of(system) not in _INTERNATIONAL or oid_of(system) == oid_of(member.system):
            found.append(code)
    return found


def numbers(value: str, national: frozenset[str]) -> list[str]:
    """The identifiers of a token list, as the registry compares them: of a national authority, or of another."""
    found = []
    for token in filter(None, value.split(",")):
        system, bar, text = token.rpartition("|")
        found.append(local_id(oid_of(system), text) if bar and system and oid_of(system) not in national else text)
    return found


def identifiers(value: str) -> list[str]:
    """Identifiers of a token list, as XDS writes them."""
    found = []
    for token in value.split(","):
        system, bar, text = token.rpartition("|")
        plain = text.removeprefix("urn:oid:")
        other = bar and system not in ("", "urn:ietf:rfc:3986")
        found.append(f"{system.removeprefix('urn:oid:')}^{plain}" if other else plain)
    return found


def _date(name: str, value: str) -> Criterion:
    prefix, rest = (value[:2], value[2:]) if value[:2] in criteria.PREFIXES else ("eq", value)
    try:
        low, high = bounds_of_fhir(rest, ZoneInfo(settings.LAW.civil_zone))
    except (ValueError, OverflowError):
        raise FhirError(name, "is not a date") from None
    return criteria.by_date(name, prefix, low, high)


def _labels(value: str) -> list[str]:
    found = tokens(value)
    if RAISED_CONFIDENTIALITY.intersection(found):
        raise FhirError(
            "security-label", "holds a raised confidentiality, which is sealed with the document: it is not searched here"
        )
    return found


def _criterion(name: str, value: str) -> Criterion:
    if name in criteria.CODES:
        return criteria.by_codes(name, _coded(name, value))
    if name in criteria.DATES:
        return _date(name, value)
    if name in ("author.family", "author.given"):
        part = name.partition(".")[2]
        return criteria.any_of([criteria.by_author_name(part, one) for one in value.split(",") if one.strip()])
    simple = {
        "author.identifier": lambda: criteria.any_of([criteria.by_author_id(n) for n in numbers(value, _PROFESSIONALS)]),
        "authorOrg": lambda: criteria.any_of([criteria.by_author_structure(n) for n in numbers(value, _STRUCTURES)]),
        "identifier": lambda: criteria.by_identifier(identifiers(value)),
        "event": lambda: criteria.by_events(tokens(value)),
        "related": lambda: criteria.by_related(tokens(value)),
        "relatesto": lambda: criteria.by_replaced(relative(value).removeprefix("DocumentReference/")),
        "security-label": lambda: criteria.any_of([criteria.by_label(code) for code in _labels(value)]),
        "_id": lambda: criteria.by_logical_id(value.split(",")),
    }
    return simple[name]()


def _statuses(pairs: Pairs) -> Criterion:
    """`status` is mandatory (MHD). Archived documents come only when they are asked for (EX_3.1-1030)."""
    asked = [token for name, value in pairs if name == "status" for token in tokens(value)]
    unknown = [token for token in asked if token not in _STATUS]
    if not asked or unknown:
        raise FhirError("status", "is mandatory: current, superseded, or both")
    statuses = [_STATUS[token] for token in asked]
    archived = {value for name, value in pairs if name == "isArchived"}
    if archived - {"true", "false"}:
        raise FhirError("isArchived", "must be true or false")
    if "true" in archived:
        statuses = ["Archived"]
    return criteria.by_statuses(statuses)


def one(pairs: Pairs, name: str, default: str) -> str:
    """The value of a parameter that stands once. Raises FhirError for one that stands twice: one of both would be passed over."""
    found = [value for key, value in pairs if key == name]
    if len(found) > 1:
        raise FhirError(name, "stands twice")
    return found[0] if found else default


def count_of(pairs: Pairs, least: int = 1) -> int:
    """Size of a page; 0 asks for the total alone (FHIR R4 §3.1.1.5.7)."""
    text = one(pairs, "_count", "20")
    if not text.isascii() or not text.isdigit() or len(text) > 9 or int(text) < least:
        raise FhirError("_count", f"must be a number from {least}")
    return min(int(text), MAX_COUNT)


def offset_of(pairs: Pairs) -> int:
    """How many of what was found stand before a page."""
    text = one(pairs, "_offset", "0")
    if not text.isascii() or not text.isdigit() or len(text) > 9 or int(text) > MAX_OFFSET:
        raise FhirError("_offset", f"must be a number to {MAX_OFFSET}")
    return int(text)


def _sort(pairs: Pairs) -> tuple[str, bool]:
    text = one(pairs, "_sort", "-_lastUpdated")
    name = text.removeprefix("-")
    if name not in ("_lastUpdated", "date", "creation"):
        raise FhirError("_sort", "must be _lastUpdated, date or creation")
    return name, not text.startswith("-")


def _criteria(pairs: Pairs) -> Iterator[Criterion]:
    for name, value in pairs:
        if name in _CONTROL:
            continue
        if "\x00" in value or len(value) > 2000 or not value.replace(",", "").strip():
            raise FhirError(name, "is not a value of this parameter")
        yield _criterion(name, value)


def _total(pairs: Pairs) -> bool:
    text = one(pairs, "_total", "none")
    if text not in ("none", "estimate", "accurate"):
        raise FhirError("_total", "must be none, estimate or accurate")
    return text == "accurate"


def _flag(pairs: Pairs, name: str) -> bool:
    text = one(pairs, name, "false")
    if text not in ("true", "false"):
        raise FhirError(name, "must be true or false")
    return text == "true"


def pairs_of(data: QueryDict) -> list[tuple[str, str]]:
    """The parameters of a request that select something, in their order."""
    return without_presentation((name, value) for name, values in data.lists() for value in values)


def known_of(pairs: Pairs, known: Container[str], pass_over: bool) -> tuple[list[tuple[str, str]], tuple[str, ...]]:
    """The parameters that a search has, and the names of those that it has not.

    Raises FhirError for these, unless they may be passed over (`Prefer: handling=lenient`).
    """
    ignored = tuple(dict.fromkeys(name for name, _ in pairs if name not in known))
    if ignored and not pass_over:
        raise FhirError(ignored[0], "is not a search parameter of this door; /fhir/metadata lists them")
    return [pair for pair in pairs if pair[0] in known], ignored


def passed_over(ignored: Sequence[str]) -> list[Json]:
    """The entry of a searchset that names the parameters that were passed over."""
    if not ignored:
        return []
    said = gettext("Ces paramètres n'existent pas ici ; ils n'ont rien filtré : {names}.").format(names=", ".join(ignored))
    outcome = operation_outcome(Issue("parameter-unknown", said, severity="warning", kind="not-supported"))
    return [{"fullUrl": OUTCOME, "resource": outcome, "search": {"mode": "outcome"}}]


@dataclass(frozen=True, slots=True)
class Search:
    """A search as it was asked: who it is about, and the query."""

    patient: str
    query: Query


def patient_of(pairs: Pairs) -> str:
    """The patient asked for: `system|value`, or `Patient/id` as TD0.2 gave it."""
    found = [value for name, value in pairs if name in PATIENT]
    if len(found) != 1:
        raise FhirError("patient", "must stand exactly once: patient.identifier=system|value, or patient=Patient/id")
    return relative(found[0])


def read_search(pairs: Pairs) -> Search:
    """Read the parameters. Raises FhirError on the first that is wrong."""
    sort, ascending = _sort(pairs)
    types = frozenset(token for name, value in pairs if name == "type" for token in tokens(value))
    unknown = [code for code in types if codes.member("type_codes", code) is None]
    if unknown:
        raise FhirError("type", "holds a code that no value set knows")
    count = 0 if one(pairs, "_summary", "") == "count" else count_of(pairs, least=0)
    query = Query(
        criteria=(_statuses(pairs), *_criteria(pairs)),
        types=types,
        sort=sort,
        ascending=ascending,
        count=count,
        total=_total(pairs) or count == 0,
        new_since_last_visit=_flag(pairs, "new-since-last-visit"),
    )
    return Search(patient_of(pairs), query)
