"""Insured people, one a line of a file: a national registry's own shape is turned into this one (docs/population.md).

A line is a person: CSV with a header, or JSON. Nothing is guessed, and what cannot be read is refused with a reason that repeats no
value: the reasons go to whoever keeps the file, by line number.
"""

import csv
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial

from carnet.kernel.identifiers import IdentifierError, Oid
from carnet.kernel.ins import Ins, InsError
from carnet.kernel.traits import Traits, is_birth_date

COLUMNS = {
    "matricule": "fifteen characters, with the key", "oid": "OID of the matricule; empty: the one of this installation",
    "nom_naissance": "birth name", "prenoms": "given names, in the order of the act", "sexe": "M, F or I",
    "date_naissance": "AAAA-MM-JJ; AAAA-MM or AAAA where the rest is not known", "lieu_naissance": "INSEE code of the place",
    "courriel": "e-mail address of the person, or of who answers for a minor", "adresse": "lines of the address, with | between",
    "code_postal": "postal code", "commune": "town", "pays": "country, empty for this one",
    "territoire": "up to three characters, for the figures; empty: the department of the postal code",
    "representants": "matricules of the legal representatives of a minor, with a blank between",
    "anciens_matricules": "matricules that were this person's before, with a blank between", "date_deces": "AAAA-MM-JJ",
}  # fmt: skip
"""Columns of the file; those of `NEEDED` must be there."""
NEEDED = ("matricule", "nom_naissance", "prenoms", "sexe", "date_naissance")
LONGEST_LINE = 8_192
REASONS = {
    "longue": "plus de 8 192 octets", "illisible": "ni une ligne CSV du nombre de colonnes attendu, ni un objet JSON de textes",
    "matricule": "matricule mal formé ou clé fausse", "oid": "OID qui n’est pas accepté ici",
    "nom": "sans nom de naissance lisible",
    "prenoms": "sans prénom lisible", "sexe": "sexe autre que M, F ou I", "naissance": "date de naissance qui n’en est pas une",
    "lieu": "lieu de naissance qui n’est pas un code INSEE", "courriel": "adresse de courriel qui n’en est pas une",
    "representants": "matricule d’un représentant mal formé", "anciens": "ancien matricule mal formé",
    "deces": "date de décès qui n’en est pas une, ou avant la naissance", "territoire": "territoire de plus de trois caractères",
    "differe": "déjà connue sous d’autres traits : rien n’a changé",
    "ancien": "ce matricule n’est plus celui que la personne porte ici : rien n’a changé",
    "autre-personne": "un ancien matricule mène à une autre personne : à réunir par un opérateur",
    "decedee": "personne décédée sans carnet ici : aucun n’est créé", "etat": "le carnet n’est pas dans un état qui le permet",
}  # fmt: skip
"""Why a line is not kept, in words for whoever keeps the file."""
_DEPARTMENT = re.compile(r"(97\d|98\d|\d\d)\d{2,3}")
_PLACE = re.compile(r"\d[0-9AB]\d{3}")
_ATOM, _LABEL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+", r"[A-Za-z0-9](?:-*[A-Za-z0-9])*"
_MAIL = re.compile(rf"(?=.{{1,64}}@)(?=.{{1,254}}\Z){_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+{_LABEL}")
"""What a mail server takes without extensions: one address that cannot be sent to must not hold up those of the others."""
_NAME = re.compile(r"[^\W\d_][^\d_<>|;{}\[\]]{0,99}")


class FileError(ValueError):
    """The file is not one of insured people; the message says what is missing."""


class LineError(ValueError):
    """A line that cannot be kept; the message is one of `REASONS`."""


@dataclass(frozen=True, slots=True)
class Insured:
    """A person of the file."""

    ins: Ins
    traits: Traits
    mail: str = ""
    address: tuple[str, ...] = ()
    postcode: str = ""
    territory: str = ""
    representatives: tuple[Ins, ...] = ()
    former: tuple[Ins, ...] = ()
    died_on: date | None = None

    @property
    def birth_year(self) -> int:
        """Year of birth."""
        return int(self.traits.birth_date[:4])


def _ins(text: str, oid: str, reason: str) -> Ins:
    try:
        return Ins(re.sub(r"[\s.-]", "", text).upper(), Oid(oid))
    except (InsError, IdentifierError):
        raise LineError(reason) from None


def _several(text: str, oid: str, reason: str) -> tuple[Ins, ...]:
    return tuple(dict.fromkeys(_ins(one, oid, reason) for one in text.split()))


def _matching(pattern: re.Pattern[str], text: str, reason: str, *, needed: bool = False) -> str:
    if (text or needed) and not pattern.fullmatch(text):
        raise LineError(reason)
    return text


def _traits(told: dict[str, str]) -> Traits:
    if told["sexe"] not in ("M", "F", "I"):
        raise LineError("sexe")
    born = told["date_naissance"]
    if not is_birth_date(born) or not _is_day(born) or not 1850 <= int(born[:4]) <= 2200:
        raise LineError("naissance")
    family = _matching(_NAME, told["nom_naissance"], "nom", needed=True)
    given = _matching(_NAME, told["prenoms"], "prenoms", needed=True)
    return Traits(family, given, told["sexe"], born, _matching(_PLACE, told["lieu_naissance"].upper(), "lieu"))


def _is_day(text: str) -> bool:
    """Whether a whole date stands in the calendar; one that lacks its day does."""
    try:
        return len(text) < 10 or bool(date.fromisoformat(text))
    except ValueError:
        return False


def _death(text: str, born: str) -> date | None:
    if not text:
        return None
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text) or not _is_day(text) or text[: len(born)] < born:
        raise LineError("deces")
    return date.fromisoformat(text)


def _territory(told: dict[str, str]) -> str:
    stated = told["territoire"].upper()
    if len(stated) > 3 or not (stated or "0").isalnum():
        raise LineError("territoire")
    found = _DEPARTMENT.fullmatch(told["code_postal"])
    return stated or (found[1] if found and not told["pays"] else "")


def insured(told: dict[str, str], oids: frozenset[str], usual: str) -> Insured:
    """The person of a line. `oids`: those accepted here; `usual`: that of a line without one. Raises LineError."""
    told = dict.fromkeys(COLUMNS, "") | {name: value.strip() for name, value in told.items()}
    oid = told["oid"] or usual
    if oid not in oids:
        raise LineError("oid")
    traits = _traits(told)
    address = tuple(line.strip() for line in told["adresse"].split("|") if line.strip())
    town = f"{told['code_postal']} {told['commune']}".strip()
    whole = (*address, town, *filter(None, (told["pays"].upper(),))) if address and told["commune"] else ()
    return Insured(
        ins=_ins(told["matricule"], oid, "matricule"), traits=traits, mail=_matching(_MAIL, told["courriel"], "courriel"),
        address=whole, postcode=told["code_postal"], territory=_territory(told),
        representatives=_several(told["representants"], oid, "representants"),
        former=_several(told["anciens_matricules"], oid, "anciens"), died_on=_death(told["date_deces"], traits.birth_date),
    )  # fmt: skip


Reader = Callable[[bytes], dict[str, str]]


def _text(raw: bytes) -> str:
    if len(raw) > LONGEST_LINE:
        raise LineError("longue")
    try:
        return raw.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise LineError("illisible") from None


def _json(raw: bytes) -> dict[str, str]:
    try:
        told = json.loads(_text(raw))
    except (ValueError, RecursionError) as error:
        raise error if isinstance(error, LineError) else LineError("illisible") from None
    if not isinstance(told, dict) or not told.keys() <= COLUMNS.keys() or not all(isinstance(v, str) for v in told.values()):
        raise LineError("illisible")
    return told


def _csv(columns: list[str], delimiter: str, raw: bytes) -> dict[str, str]:
    text = _text(raw)
    try:
        rows = list(csv.reader([text], delimiter=delimiter, strict=True))
    except csv.Error:
        raise LineError("illisible") from None
    if len(rows) != 1 or len(rows[0]) != len(columns):
        raise LineError("illisible")
    return dict(zip(columns, rows[0], strict=True))


def reader_of(first: bytes) -> tuple[Reader, bool]:
    """How the lines of a file are read, by its first one; and whether that one is a header. Raises FileError."""
    if len(first) > LONGEST_LINE:
        raise FileError("the first line is too long for a header")
    text = first.decode("utf-8-sig", "replace").strip()
    if text.startswith("{"):
        return _json, False
    delimiter = ";" if ";" in text else ","
    columns = [name.strip().strip('"').lower() for name in text.split(delimiter)]
    missing, unknown = [n for n in NEEDED if n not in columns], [n for n in columns if n not in COLUMNS]
    if missing or unknown or len(set(columns)) < len(columns):
        raise FileError(
            f"not a file of insured people: missing {', '.join(missing) or 'none'}; unknown {', '.join(unknown)[:200] or 'none'}; "
            "each column stands once"
        )
    return partial(_csv, columns, delimiter), True
