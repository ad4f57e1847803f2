"""Conditions of a search, as SQL with values. Columns come from this file only, values from the asker."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from carnet.apps.identity.api import WITH_SPECIALTY
from carnet.apps.records.reading.search import Criterion
from carnet.formats.codes.public import in_category
from carnet.kernel.codes import HIDDEN_FROM_PATIENT, HIDDEN_FROM_REPRESENTATIVES, MASKED
from carnet.kernel.traits import normalise_name

CODES = {
    "type": "type_code",
    "category": "class_code",
    "format": "format_code",
    "facility": "facility",
    "setting": "practice",
}
DATES = {
    "date": ("authored_at", "authored_at"),
    "creation": ("created_at", "created_at"),
    "_lastUpdated": ("updated_at", "updated_at"),
    "period": ("service_start", "coalesce(service_stop, service_start)"),
    "period-start": ("service_start", "service_start"),
    "period-end": ("service_stop", "service_stop"),
}
_COMPARE = {
    # A date covers an interval [low, high): the FHIR prefixes compare with its bounds (R4 §3.1.1.5.6).
    "eq": "{start} >= %(low)s AND {stop} < %(high)s",
    "ne": "NOT ({start} >= %(low)s AND {stop} < %(high)s)",
    "gt": "{stop} >= %(high)s",
    "ge": "{stop} >= %(low)s",
    "lt": "{start} < %(low)s",
    "le": "{start} < %(high)s",
    "sa": "{start} >= %(high)s",
    "eb": "{stop} < %(low)s",
}
PREFIXES = frozenset(_COMPARE)


def by_codes(parameter: str, codes: Sequence[str]) -> Criterion:
    """One of these codes."""
    return Criterion(f"{CODES[parameter]} = ANY(%s)", [list(codes)])


def any_of(found: Sequence[Criterion]) -> Criterion:
    """One of these; nothing where there is none."""
    return Criterion(" OR ".join(f"({one.sql})" for one in found) or "false", [value for one in found for value in one.values])


def by_category(category: str) -> Criterion:
    """One of the public's own categories: by type, else by class."""
    types, classes, others = in_category(category)
    sql = "type_code = ANY(%s) OR (class_code = ANY(%s) AND NOT type_code = ANY(%s))"
    return Criterion(sql, [sorted(types), sorted(classes), sorted(others)])


def by_date(parameter: str, prefix: str, low: datetime, high: datetime) -> Criterion:
    """A date against an interval, with the FHIR prefix. A period matches `eq` when it overlaps the interval."""
    start, stop = DATES[parameter]
    template = "{start} < %(high)s AND {stop} >= %(low)s" if (parameter, prefix) == ("period", "eq") else _COMPARE[prefix]
    sql = template.format(start=start, stop=stop)
    values = [low if chunk.startswith("low") else high for chunk in sql.split("%(")[1:]]
    return Criterion(sql.replace("%(low)s", "%s").replace("%(high)s", "%s"), values)


def by_author_name(part: str, name: str) -> Criterion:
    """An author whose family or given name begins so, marks and case apart."""
    column = {"family": "author_families", "given": "author_givens"}[part]
    pattern = normalise_name(name).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    return Criterion(f"EXISTS (SELECT FROM unnest({column}) AS n WHERE n LIKE %s)", [pattern])


def by_author_id(identifier: str) -> Criterion:
    """An author with this national identifier."""
    return Criterion("%s = ANY(author_ids)", [identifier])


def by_author_structure(identifier: str) -> Criterion:
    """An author in this structure."""
    return Criterion("%s = ANY(author_structures)", [identifier])


def by_author_specialty(savoir_faire: str) -> Criterion:
    """An author who has this savoir-faire in the directory."""
    return Criterion(WITH_SPECIALTY, [savoir_faire])


def by_identifier(values: Sequence[str]) -> Criterion:
    """The uniqueId or the entryUUID, either as OID or as UUID (MHD searches both identifier elements)."""
    plain = [v.removeprefix("urn:uuid:") for v in values]
    return Criterion("(unique_id = ANY(%s) OR entry_uuid::text = ANY(%s))", [list(values), plain])


def by_events(codes: Sequence[str]) -> Criterion:
    """One of these event codes."""
    return Criterion("event_codes && %s::varchar[]", [list(codes)])


def by_related(values: Sequence[str]) -> Criterion:
    """One of these reference identifiers (accession, order, study)."""
    return Criterion("related && %s::varchar[]", [list(values)])


def by_replaced(logical_id: str) -> Criterion:
    """Documents that replace this one."""
    return Criterion("replaces::text = %s", [logical_id])


def by_parent(logical_id: str) -> Criterion:
    """Documents that are tied to this one: that replace, complete, transform or sign it."""
    return Criterion("%s::uuid = ANY(parents)", [logical_id])


def by_statuses(statuses: Sequence[str]) -> Criterion:
    """One of these statuses, among those that the asker may see."""
    return Criterion("status = ANY(%s)", [list(statuses)])


_LABELS = {
    MASKED: "masked",
    HIDDEN_FROM_PATIENT: "hidden_from_patient",
    HIDDEN_FROM_REPRESENTATIVES: "hidden_from_representatives",
}


def by_label(code: str) -> Criterion:
    """A visibility code, among the documents that the asker sees. `N` stands on all, another code on none."""
    return Criterion("true" if code == "N" else _LABELS.get(code, "false"), [])


def by_logical_id(logical_ids: Iterable[str | UUID]) -> Criterion:
    """One of these documents, by FHIR ids or by their numbers; what is no number of ours names none (FHIR ids are exact).

    As numbers, a thousand of them are looked up; as texts they would be compared one by one.
    """
    return Criterion("logical_id = ANY(%s::uuid[])", [[one for one in map(_number, logical_ids) if one is not None]])


def _number(logical_id: str | UUID) -> UUID | None:
    if isinstance(logical_id, UUID):
        return logical_id
    try:
        number = UUID(logical_id)
    except ValueError:
        return None
    return number if str(number) == logical_id else None
