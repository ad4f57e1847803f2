"""References inside a deposit: contained resources, entries of the bundle, conditional and logical references."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from carnet.formats.fhir.reading import FhirError, Json, concept, extension, items, obj, text, texts
from carnet.formats.fhir.systems import XDS_SLOT, XDS_VALUE, oid_of
from carnet.formats.xds import Author, Coding
from carnet.formats.xds.hl7_values import read_code
from carnet.kernel.copies import replace
from carnet.kernel.identifiers import PS_ID_SYSTEM, STRUCTURE_ID_SYSTEM, IdentifierError, ps_id
from carnet.kernel.ins import BEFORE_INS, INS_ROOT
from carnet.kernel.traits import Traits

_OURS = re.compile(r"Patient/[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
RPPS = "https://rpps.esante.gouv.fr"
FINESS = "https://finess.esante.gouv.fr"
"""Systems of the French core profiles: the number without the prefix that says its kind."""


class Resolver:
    """Finds what a reference means, first among the contained resources, then among the entries of the bundle.

    `stored` says that Carnet wrote the resource: what it accepted once is read as it stands, and never refused.
    """

    def __init__(self, entries: Mapping[str, Json], contained: list[Json], stored: bool = False) -> None:
        self.stored = stored
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


def _identifier(resource: Mapping[str, Any], systems: tuple[str, ...], path: str) -> tuple[str, str]:
    """Value and authority of an identifier: of the first of `systems` that stands there, else the first of all."""
    found = {oid_of(text(i, "system", path)): text(i, "value", path) for i in items(resource, "identifier", path)}
    for system in systems:
        if found.get(system):
            return found[system], system
    return next(((value, system) for system, value in found.items() if value), ("", systems[0] if systems else ""))


def _practitioner_id(resource: Mapping[str, Any], resolver: Resolver, path: str) -> tuple[str, str]:
    """Identifier and authority of a professional. Under the national authority it is the prefixed form, or refused."""
    value, system = _identifier(resource, (PS_ID_SYSTEM, RPPS), path)
    if resolver.stored or not value or system not in (PS_ID_SYSTEM, RPPS, ""):
        return value, system
    kind = "RPPS" if value.isdigit() and len(value) == 11 else ""
    try:
        return ps_id(value, kind), PS_ID_SYSTEM
    except IdentifierError:
        raise FhirError(f"{path}.identifier", "is not a national identifier of a professional") from None


def _stated(resource: Mapping[str, Any], resolver: Resolver, path: str) -> str:
    """The value of XDS that Carnet kept beside the elements. Of a depositor it would say what the elements do not."""
    return text(extension(resource, XDS_VALUE, path), "valueString", path) if resolver.stored else ""


def _slots(resource: Mapping[str, Any], resolver: Resolver, path: str) -> dict[str, list[str]]:
    """What an author said by XDS for which the resource has no element: Carnet kept it beside."""
    found: dict[str, list[str]] = {}
    beside = items(resource, "extension", path) if resolver.stored else []
    for kept in (one for one in beside if one.get("url") == XDS_SLOT):
        name, value = (text(extension(kept, part, path), "valueString", path) for part in ("name", "value"))
        found.setdefault(name, []).append(value)
    return found


def _human(resource: Mapping[str, Any], path: str) -> tuple[str, str]:
    names = items(resource, "name", path)
    if not names:
        return "", ""
    family, given = text(names[0], "family", path), " ".join(texts(names[0], "given", path))
    return (family, given) if family or given else (text(names[0], "text", path), "")


def _organization(resource: Mapping[str, Any], resolver: Resolver, path: str) -> Author:
    identifier, authority = _identifier(resource, (STRUCTURE_ID_SYSTEM, FINESS), path)
    if authority == FINESS and not resolver.stored and len(identifier) == 9:
        identifier, authority = f"1{identifier}", STRUCTURE_ID_SYSTEM
    return Author(structure_id=identifier, structure_name=text(resource, "name", path), structure_authority=authority,
                  structure_stated=_stated(resource, resolver, path))  # fmt: skip


def _practitioner(resource: Json, resolver: Resolver, path: str) -> Author:
    identifier, authority = _practitioner_id(resource, resolver, path)
    family, given = _human(resource, path)
    return Author(identifier, family, given, prefix=_prefix(resource, path), authority=authority,
                  person_stated=_stated(resource, resolver, path))  # fmt: skip


def _in_structure(author: Author, place: Author) -> Author:
    return replace(author, structure_id=place.structure_id, structure_name=place.structure_name,
                   structure_authority=place.structure_authority, structure_stated=place.structure_stated)  # fmt: skip


def _role_author(role: Json, resolver: Resolver, path: str) -> Author:
    person = _practitioner(resolver.follow(obj(role, "practitioner", path), path), resolver, path)
    place = _organization(resolver.follow(obj(role, "organization", path), path), resolver, path)
    if not person.id:
        identifier, authority = _practitioner_id(role, resolver, path)
        person = replace(person, id=identifier, authority=authority)
    (code, *codes), (specialty, *specialties) = _concepts(role, "code", path), _concepts(role, "specialty", path)
    return replace(
        _in_structure(person, place), role=code, specialty=specialty,
        telecom=tuple(text(t, "value", path) for t in items(role, "telecom", path) if t.get("system") == "other"),
        further_structures=tuple(_slots(role, resolver, path).get("authorInstitution", [])),
        further_roles=tuple(codes), further_specialties=tuple(specialties),
    )  # fmt: skip


def _concepts(resource: Mapping[str, Any], key: str, path: str) -> list[Coding]:
    """The first coding of each concept; one that is empty where there is none."""
    return [concept({"c": one}, "c", path) for one in items(resource, key, path)] or [Coding()]


def _prefix(practitioner: Mapping[str, Any], path: str) -> str:
    names = items(practitioner, "name", path)
    return " ".join(texts(names[0], "prefix", path)) if names else ""


def _device_author(resource: Json, resolver: Resolver, path: str) -> Author:
    names = [text(name, "name", path) for name in items(resource, "deviceName", path)]
    identifier, authority = _identifier(resource, (), path)
    model, called = [*names, "", ""][:2]
    slots = _slots(resource, resolver, path)
    (role, *roles), (specialty, *specialties) = (
        [read_code(value) for value in slots.get(name, [])] or [Coding()] for name in ("authorRole", "authorSpecialty")
    )
    device = Author(identifier, model, called, device=True, authority=authority, person_stated=_stated(resource, resolver, path),
                    role=role, further_roles=tuple(roles), specialty=specialty, further_specialties=tuple(specialties),
                    telecom=tuple(slots.get("authorTelecommunication", [])),
                    further_structures=tuple(slots.get("authorInstitution", [])))  # fmt: skip
    return _in_structure(device, _organization(resolver.follow(obj(resource, "owner", path), path), resolver, path))


def author_of(reference: Mapping[str, Any], resolver: Resolver, path: str, place: bool = False) -> Author | None:
    """The author that a reference means, a structure where it stands for a `place`; None when the deposit does not name it."""
    resource = resolver.follow(reference, path)
    kind = resource.get("resourceType")
    if kind == "Practitioner":
        return _practitioner(resource, resolver, path)
    if kind == "PractitionerRole":
        return _role_author(resource, resolver, path)
    if kind in ("Patient", "RelatedPerson"):
        family, given = _human(resource, path)
        return Author(family=family, given=given)
    if kind == "Organization":
        return _organization(resource, resolver, path)
    if kind == "Device":
        return _device_author(resource, resolver, path)
    logical = obj(reference, "identifier", path)
    value, authority = _practitioner_id({"identifier": [logical]}, resolver, path) if logical else ("", "")
    if value:
        return Author(value, authority=authority)
    if not resolver.stored and not resource and text(reference, "reference", path).startswith("#"):
        raise FhirError(f"{path}.reference", "means nothing that the resource contains")
    # Named by words alone: nobody else is put in their place.
    named = text(reference, "display", path).strip()
    if not named or resolver.stored:
        return None
    return Author(structure_name=named) if place else Author(family=named)


def patients_of(reference: Mapping[str, Any], resolver: Resolver, path: str) -> tuple[tuple[str, str], ...]:
    """OID and value by which a reference names the patient, each way in which it does: logical, conditional, contained or in the
    bundle. `reference` and `identifier` must mean one thing (R4 §2.3.0.2): whoever files compares them all.

    `Patient/id` of a record already open is returned as (`record`, id); beside an identifier, an id that is none of ours (a number
    of the sender's own system) says nothing.
    """
    found: list[tuple[str, str]] = []
    logical = obj(reference, "identifier", path)
    if logical:
        found.append((oid_of(text(logical, "system", path)), text(logical, "value", path)))
    target = text(reference, "reference", path)
    if "?" in target:
        for token in parse_qs(urlsplit(target).query).get("identifier", []):
            system, _, value = token.partition("|")
            found.append((oid_of(system), value))
        return tuple(found)
    resource = resolver.follow(reference, path)
    for identifier in items(resource, "identifier", path):
        system = oid_of(text(identifier, "system", path))
        if system.startswith(INS_ROOT) and system not in BEFORE_INS:
            found.append((system, text(identifier, "value", path)))
    if not resource and target.startswith("Patient/") and (not found or _OURS.fullmatch(target)):
        found.append(("record", target.removeprefix("Patient/")))
    return tuple(dict.fromkeys(found))


def traits_of(reference: Mapping[str, Any], resolver: Resolver, path: str) -> Traits:
    """What the deposit says of the patient that a reference means: the birth date, the sex, and a name that is called official."""
    patient = resolver.follow(reference, path)
    official = next((n for n in items(patient, "name", path) if n.get("use") == "official"), {})
    sex = {"male": "M", "female": "F"}.get(text(patient, "gender", path), "")
    given = " ".join(texts(official, "given", path))
    return Traits(text(official, "family", path), given, sex, text(patient, "birthDate", path))
