"""HL7 v2.5 data types inside XDS slots: XCN (person), XON (organisation), CX (identifier), CE (code) (ITI TF-3 §4.2.3.1.7)."""

from collections.abc import Iterable

from carnet.formats.xds.model import Author, Coding
from carnet.kernel.identifiers import PS_ID_SYSTEM, STRUCTURE_ID_SYSTEM


def _parts(value: str, count: int) -> list[str]:
    found = value.split("^")
    return [*found, *[""] * (count - len(found))]


def _authority(component: str) -> str:
    """The OID of an assigning authority `name&oid&ISO`."""
    return [*component.split("&"), "", ""][1]


def read_cx(value: str) -> tuple[str, str]:
    """A CX as (OID of the authority, value). What follows the type, a date of validity for example, is not kept."""
    parts = _parts(value.strip().strip("'"), 5)
    return _authority(parts[3]), parts[0]


def write_cx(system: str, value: str, kind: str = "") -> str:
    """A CX. The type is `NH` for a national health identity, `PI` for one of a source."""
    kind = kind or ("NH" if system.startswith("1.2.250.1.213.1.4.") else "PI")
    return f"{value}^^^&{system}&ISO^{kind}"


def read_reference(value: str) -> tuple[str, str]:
    """A CXi of referenceIdList as (type, value)."""
    parts = _parts(value, 5)
    return parts[4], parts[0]


def write_reference(kind: str, value: str) -> str:
    """A CXi of referenceIdList."""
    return f"{value}^^^^{kind}"


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
    device = parts[9] == "U"
    return Author(id=parts[0], family=parts[1], given=given, prefix=parts[5], device=device)


def write_person(author: Author) -> str:
    """An XCN. Persons carry their national identifier, devices the name type `U`."""
    name_type, kind = ("U", "RI") if author.device else ("D", "IDNPS")
    return f"{author.id}^{author.family}^{author.given}^^^{author.prefix}^^^&{PS_ID_SYSTEM}&ISO^{name_type}^^^{kind}"


def read_organisation(value: str) -> tuple[str, str]:
    """An XON as (identifier, name)."""
    parts = _parts(value, 10)
    return parts[9], parts[0]


def write_organisation(identifier: str, name: str) -> str:
    """An XON."""
    return f"{name}^^^^^&{STRUCTURE_ID_SYSTEM}&ISO^IDNST^^^{identifier}"


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
