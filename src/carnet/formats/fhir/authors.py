"""Writing codes, identifiers and authors as FHIR has them, with what XDS said beside where FHIR has no place for it."""

from carnet.formats.fhir.reading import Json
from carnet.formats.fhir.systems import XDS_SLOT, XDS_VALUE, uri_of
from carnet.formats.xds import Author, Coding
from carnet.formats.xds.hl7_values import write_code


def coding_json(coding: Coding) -> Json:
    """A Coding as FHIR writes it."""
    parts = {"system": uri_of(coding.system), "code": coding.code, "display": coding.display}
    return {name: value for name, value in parts.items() if value}


def concept_json(coding: Coding) -> Json:
    """A CodeableConcept of one coding."""
    return {"coding": [coding_json(coding)]}


def as_stated(value: str) -> Json:
    """The extension that holds a value of XDS as it came; nothing without one."""
    return {"extension": [{"url": XDS_VALUE, "valueString": value}]} if value else {}


def of_authority(authority: str, value: str) -> Json:
    """An identifier; without a system when nobody said who assigned it."""
    return ({"system": uri_of(authority)} if authority else {}) | ({"value": value} if value else {})


def _organization(author: Author, name: str) -> Json:
    organization: Json = {"resourceType": "Organization", "id": f"{name}-org"} | as_stated(author.structure_stated)
    if author.structure_id:
        organization["identifier"] = [of_authority(author.structure_authority, author.structure_id)]
    if author.structure_name:
        organization["name"] = author.structure_name
    return organization


def _slots(author: Author) -> list[Json]:
    """What an author says by XDS for which there is no element: further institutions, and whatever a Device has no place for."""
    said = [("authorInstitution", value) for value in author.further_structures]
    if author.device:
        said += [("authorRole", write_code(c)) for c in (author.role, *author.further_roles) if c]
        said += [("authorSpecialty", write_code(c)) for c in (author.specialty, *author.further_specialties) if c]
        said += [("authorTelecommunication", value) for value in author.telecom]
    return [
        {"url": XDS_SLOT, "extension": [{"url": "name", "valueString": slot}, {"url": "value", "valueString": value}]}
        for slot, value in said
    ]


def contained_author(author: Author, name: str) -> list[Json]:
    """An author as contained resources: a role that ties a practitioner to an organization, or a device."""
    if author.device:
        device: Json = {"resourceType": "Device", "id": name}
        if beside := [*as_stated(author.person_stated).get("extension", []), *_slots(author)]:
            device["extension"] = beside
        device |= {"identifier": [of_authority(author.authority, author.id)]} if author.id else {}
        names = ((author.family or author.id, "other"), (author.given, "user-friendly-name"))
        if called := [{"name": name, "type": kind} for name, kind in names if name]:
            device["deviceName"] = called
        return [device | {"owner": {"reference": f"#{name}-org"}}, _organization(author, name)] if author.placed else [device]
    organization = _organization(author, name)
    bare = not (author.named or author.role or author.specialty or author.telecom or author.further_structures)
    if bare:
        return [organization | {"id": name}]
    person: Json = {"resourceType": "Practitioner", "id": f"{name}-ps"} | as_stated(author.person_stated)
    if author.id:
        person["identifier"] = [of_authority(author.authority, author.id)]
    if author.family:
        parts = {"family": author.family, "given": author.given.split(), "prefix": author.prefix.split()}
        person["name"] = [{key: value for key, value in parts.items() if value}]
    role: Json = {"resourceType": "PractitionerRole", "id": name, "practitioner": {"reference": f"#{name}-ps"}}
    if beside := _slots(author):
        role["extension"] = beside
    if roles := [concept_json(c) for c in (author.role, *author.further_roles) if c]:
        role["code"] = roles
    if specialties := [concept_json(c) for c in (author.specialty, *author.further_specialties) if c]:
        role["specialty"] = specialties
    if author.telecom:
        # XTN as it came: what it means by its seven components is not ours to guess.
        role["telecom"] = [{"system": "other", "value": value} for value in author.telecom]
    if author.placed:
        role["organization"] = {"reference": f"#{name}-org"}
        return [role, person, organization]
    return [role, person]
