"""Identifiers of the field: OIDs, national identifiers of professionals and structures, document ids."""

import re
from dataclasses import dataclass
from hashlib import sha256

_OID = re.compile(r"[0-2](\.(0|[1-9]\d*))+")
_UUID_URN = re.compile(r"urn:uuid:[0-9A-Za-z-]{1,64}")
_OID_EXTENSION = re.compile(r"[0-2](\.(0|[1-9]\d*))+\^[^\s^]{1,64}")
_PS = re.compile(r"[034568][0-9A-Za-z/.-]{5,60}")
_STRUCTURE = re.compile(r"[0-9A-Za-z][0-9A-Za-z/.-]{3,60}")

PS_ID_SYSTEM = "1.2.250.1.71.4.2.1"
STRUCTURE_ID_SYSTEM = "1.2.250.1.71.4.2.2"


class IdentifierError(ValueError):
    """The text is not an identifier of the expected form."""


@dataclass(frozen=True, slots=True)
class Oid:
    """An object identifier in dotted form, at most 64 characters (ISO/IEC 9834-1)."""

    value: str

    def __post_init__(self) -> None:
        if len(self.value) > 64 or not _OID.fullmatch(self.value):
            raise IdentifierError(f"not an OID: {self.value[:80]!r}")

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class DocumentId:
    """The uniqueId of a document: an OID, `oid^extension` or a UUID URN, at most 128 characters.

    XDS allows the three forms (ITI TF-3 §4.2.3.2.26); MHD writes the first as `urn:oid:`.
    """

    value: str

    def __post_init__(self) -> None:
        shapes = (_OID, _OID_EXTENSION, _UUID_URN)
        if len(self.value) > 128 or not any(shape.fullmatch(self.value) for shape in shapes):
            raise IdentifierError(f"not a document identifier: {self.value[:140]!r}")

    @classmethod
    def of_uri(cls, uri: str) -> "DocumentId":
        """Read the MHD form (`urn:oid:…`, `urn:uuid:…`)."""
        return cls(uri.removeprefix("urn:oid:"))

    @property
    def uri(self) -> str:
        """The identifier as a URI (RFC 3986), as MHD writes it."""
        return self.value if self.value.startswith("urn:") else f"urn:oid:{self.value}"

    def __str__(self) -> str:
        return self.value


def luhn_holds(digits: str) -> bool:
    """Whether the last digit is the Luhn key of the others (RPPS, FINESS, SIREN, SIRET)."""
    if not digits.isdigit():
        return False
    doubled = (int(d) * (1 + i % 2) for i, d in enumerate(reversed(digits)))
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


def ps_id(value: str, kind: str = "") -> str:
    """Return a PS_IdNat (1.2.250.1.71.4.2.1) in its prefixed form.

    Directories give the same person with and without the prefix that says the kind of identifier: 11 digits, or the
    kind RPPS, get the `8`; 9 characters, or the kind ADELI, get the `0`.
    """
    text = value.strip()
    if kind == "RPPS" or (not kind and re.fullmatch(r"\d{11}", text)):
        text = text if len(text) == 12 else "8" + text
    elif kind == "ADELI" and len(text) == 9:
        text = "0" + text
    if not _PS.fullmatch(text):
        raise IdentifierError(f"not a national identifier of a professional: {value[:80]!r}")
    return text


def local_id(authority: str, value: str) -> str:
    """An identifier that is no national one, as the registry compares it: never equal to a national identifier.

    At most 64 characters: what is longer is named by its SHA-256.
    """
    text = f"{authority}^{value}"
    return text if len(text) <= 64 else sha256(text.encode()).hexdigest()


def structure_id(value: str, kind: str = "") -> str:
    """Return a Struct_IdNat (1.2.250.1.71.4.2.2): 1+FINESS, 2+SIREN, 3+SIRET, 4+RPPS-rang, or a technical id."""
    prefix = {"FINESS": "1", "SIREN": "2", "SIRET": "3", "RPPSRANG": "4", "ADELI": "0"}.get(kind, "")
    text = prefix + value.strip()
    if not _STRUCTURE.fullmatch(text):
        raise IdentifierError(f"not a national identifier of a structure: {value[:80]!r}")
    return text
