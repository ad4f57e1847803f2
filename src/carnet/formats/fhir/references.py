"""References inside a deposit: contained resources, entries of the bundle, conditional and logical references."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from carnet.formats.fhir.reading import FhirError, Json, concept, items, obj, text
from carnet.formats.fhir.systems import oid_of
from carnet.formats.xds import Author, Coding
from carnet.kernel.identifiers import PS_ID_SYSTEM, STRUCTURE_ID_SYSTEM, IdentifierError, ps_id

RPPS = "https://rpps.esante.gouv.fr"


class Resolver:
    """Finds what a reference means, first among the contained resources, then among the entries of the bundle."""

    def __init__(self, entries: Mapping[str, Json], contained: list[Json]) -> None:
        self._entries = entries
        self._contained = {f"#{c.get('id')}": c for c in contained}

    def follow(self, reference: Mapping[str, Any], path: str) -> Json:
        """The resource meant, or an empty one when it is not in the deposit."""
        target = text(reference, "reference", path)
        return self._contained.get(target) or self._entries.get(target) or {}

    def lone_practitioner(self) -> Json:
        """The only contained Practitioner, when a published example forgets to refer to it (dom-3)."""
        found = [c for c in self._contained.values() if c.get("resourceType") == "Practitioner"]
        return found[0] if len(found) == 1 else {}


def _identifier(resource: Mapping[str, Any], systems: tuple[str, ...], path: str) -> str:
    found = {oid_of(text(i, "system", path)): text(i, "value", path) for i in items(resource, "identifier", path)}
    for system in systems:
        if found.get(system):
            return found[system]
    return next(iter(found.values()), "")


def _practitioner_id(resource: Mapping[str, Any], path: str) -> str:
    value = _identifier(resource, (PS_ID_SYSTEM, RPPS), path)
    kind = "RPPS" if value.isdigit() and len(value) == 11 else ""
    try:
        return ps_id(value, kind) if value else ""
    except IdentifierError:
        raise FhirError(f"{path}.identifier", "is not a national identifier of a professional") from None


def _human(resource: Mapping[str, Any], path: str) -> tuple[str, str]:
    names = items(resource, "name", path)
    if not names:
        return "", ""
    given = names[0].get("given")
    return text(names[0], "family", path), " ".join(given) if isinstance(given, list) else ""


def _organization(resource: Mapping[str, Any], path: str) -> tuple[str, str]:
    return _identifier(resource, (STRUCTURE_ID_SYSTEM,), path), text(resource, "name", path)


def _role_author(role: Json, resolver: Resolver, path: str) -> Author:
    practitioner = resolver.follow(obj(role, "practitioner", path), path)
    organization = resolver.follow(obj(role, "organization", path), path)
    identifier = _practitioner_id(practitioner, path) or _practitioner_id(role, path)
    family, given = _human(practitioner, path)
    structure, name = _organization(organization, path)
    return Author(
        identifier, family, given, structure, name, role=_first_concept(role, "code", path),
        specialty=_first_concept(role, "specialty", path), prefix=_prefix(practitioner, path),
        telecom=tuple(text(t, "value", path) for t in items(role, "telecom", path) if t.get("system") == "other"),
    )  # fmt: skip


def _first_concept(resource: Mapping[str, Any], key: str, path: str) -> Coding:
    found = items(resource, key, path)
    return concept({"c": found[0]}, "c", path) if found else Coding()


def _prefix(practitioner: Mapping[str, Any], path: str) -> str:
    names = items(practitioner, "name", path)
    prefixes = names[0].get("prefix") if names else None
    return " ".join(str(p) for p in prefixes) if isinstance(prefixes, list) else ""


def _device_author(resource: Json, resolver: Resolver, path: str) -> Author:
    names = items(resource, "deviceName", path)
    structure, called = _organization(resolver.follow(obj(resource, "owner", path), path), path)
    name = text(names[0], "name", path) if names else ""
    return Author(_identifier(resource, (), path), name, structure_id=structure, structure_name=called, device=True)


def author_of(reference: Mapping[str, Any], resolver: Resolver, path: str) -> Author | None:
    """The author that a reference means; None when the deposit does not carry it."""
    resource = resolver.follow(reference, path)
    kind = resource.get("resourceType")
    if kind == "Practitioner":
        family, given = _human(resource, path)
        return Author(_practitioner_id(resource, path), family, given)
    if kind == "PractitionerRole":
        return _role_author(resource, resolver, path)
    if kind == "Organization":
        structure, name = _organization(resource, path)
        return Author(structure_id=structure, structure_name=name)
    if kind == "Device":
        return _device_author(resource, resolver, path)
    logical = obj(reference, "identifier", path)
    value = _practitioner_id({"identifier": [logical]}, path) if logical else ""
    return Author(value) if value else None


def patient_of(reference: Mapping[str, Any], resolver: Resolver, path: str) -> tuple[str, str]:
    """OID and value of the patient that a reference means: conditional, logical, contained or in the bundle.

    `Patient/id` of a record already open is returned as (`record`, id).
    """
    logical = obj(reference, "identifier", path)
    if logical:
        return oid_of(text(logical, "system", path)), text(logical, "value", path)
    target = text(reference, "reference", path)
    if "?" in target:
        token = parse_qs(urlsplit(target).query).get("identifier", [""])[0]
        system, _, value = token.partition("|")
        return oid_of(system), value
    resource = resolver.follow(reference, path)
    for identifier in items(resource, "identifier", path):
        system = oid_of(text(identifier, "system", path))
        if system.startswith("1.2.250.1.213.1.4."):
            return system, text(identifier, "value", path)
    return ("record", target.removeprefix("Patient/")) if target.startswith("Patient/") else ("", "")
