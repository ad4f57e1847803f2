"""HL7 v2.5 data types inside XDS slots: XCN (person), XON (organisation), CX (identifier), CE (code) (ITI TF-3 §4.2.3.1.7).

What is read is told again as it came: where the fields do not say all of a value, the value itself stands beside them.
"""

from collections.abc import Iterable

from carnet.formats.xds.model import Author, Coding, Reference
from carnet.kernel.copies import replace
from carnet.kernel.identifiers import PS_ID_SYSTEM, STRUCTURE_ID_SYSTEM


def _parts(value: str, count: int) -> list[str]:
    found = value.split("^")
    return [*found, *[""] * (count - len(found))]


def _authority(component: str) -> str:
    """The OID of an assigning authority `name&oid&ISO`."""
    return [*component.split("&"), "", ""][1]


def _hd(authority: str) -> str:
    """An assigning authority (HD): an OID, or a URI; nothing when none was stated."""
    if not authority:
        return ""
    return f"&{authority}&{'URI' if ':' in authority else 'ISO'}"


def read_cx(value: str) -> tuple[str, str]:
    """A CX as (OID of the authority, value). What follows is kept as it came by whoever tells it again."""
    parts = _parts(value.strip().strip("'"), 5)
    return _authority(parts[3]), parts[0]


def write_cx(system: str, value: str, kind: str = "") -> str:
    """A CX. The type is `NH` for a national health identity, `PI` for one of a source."""
    kind = kind or ("NH" if system.startswith("1.2.250.1.213.1.4.") else "PI")
    return f"{value}^^^{_hd(system)}^{kind}"


def read_reference(value: str) -> Reference:
    """A CXi of referenceIdList."""
    parts = _parts(value, 5)
    read = Reference(parts[0], parts[4], _authority(parts[3]))
    return read if write_reference(read) == value else replace(read, stated=value)


def write_reference(reference: Reference) -> str:
    """A CXi of referenceIdList, as it came if it came."""
    return reference.stated or f"{reference.value}^^^{_hd(reference.authority)}^{reference.kind}"


def read_code(value: str) -> Coding:
    """A code `code^label^system` of an authorRole or authorSpecialty; plain text is a code alone."""
    parts = _parts(value, 3)
    return Coding(parts[0], parts[2], parts[1])


def write_code(coding: Coding) -> str:
    """A code as a slot holds it."""
    return f"{coding.code}^{coding.display}^{coding.system}" if coding.system or coding.display else coding.code


def read_person(value: str) -> Author:
    """An XCN as an author without a structure. A device has its model and name in the place of the names (CI-SIS)."""
    parts = _parts(value, 13)
    given = " ".join(filter(None, (parts[2], parts[3])))
    authority = _authority(parts[8]) if parts[0] else PS_ID_SYSTEM
    read = Author(id=parts[0], family=parts[1], given=given, prefix=parts[5], device=parts[9] == "U", authority=authority)
    return read if write_person(read) == value else replace(read, person_stated=value)


def write_person(author: Author) -> str:
    """An XCN, as it came if it came. Persons carry their national identifier, devices the name type `U`."""
    if author.person_stated:
        return author.person_stated
    authority = author.authority if author.id else ""
    name_type, kind = ("U", "RI") if author.device else ("D", "IDNPS" if authority == PS_ID_SYSTEM else "")
    named = f"{author.id}^{author.family}^{author.given}^^^{author.prefix}"
    return f"{named}^^^{_hd(authority)}^{name_type}^^^{kind}".rstrip("^")


def read_organisation(value: str) -> Author:
    """An XON as an author without a person."""
    parts = _parts(value, 10)
    authority = _authority(parts[5]) if parts[9] else STRUCTURE_ID_SYSTEM
    read = Author(structure_id=parts[9], structure_name=parts[0], structure_authority=authority)
    return read if write_organisation(read) == value else replace(read, structure_stated=value)


def write_organisation(author: Author) -> str:
    """The XON of an author's structure, as it came if it came; empty without a structure."""
    if author.structure_stated or not author.placed:
        return author.structure_stated
    authority = author.structure_authority if author.structure_id else ""
    kind = "IDNST" if authority == STRUCTURE_ID_SYSTEM else ""
    return f"{author.structure_name}^^^^^{_hd(authority)}^{kind}^^^{author.structure_id}".rstrip("^")


def source_traits_of(lines: Iterable[str]) -> dict[str, str]:
    """sourcePatientInfo as family, given, birth date (YYYYMMDD) and sex, where the lines say them."""
    found: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition("|")
        if name == "PID-5":
            family, given = [*value.split("^"), ""][:2]
            found |= {"family": family, "given": given}
        elif name in ("PID-7", "PID-8"):
            found["birth" if name == "PID-7" else "sex"] = value
    return {name: value for name, value in found.items() if value}
