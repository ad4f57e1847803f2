"""The published files of the public medicines database (BDPM): tab-separated, without a heading, in UTF-8 or Windows-1252.

`CIS_bdpm` names a medicine, `CIS_COMPO_bdpm` its substances, `CIS_CIP_bdpm` its packages. It holds no ATC code.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from carnet.kernel.traits import normalise_name

PRODUCTS, COMPOSITIONS, PACKAGES = "CIS_bdpm.txt", "CIS_COMPO_bdpm.txt", "CIS_CIP_bdpm.txt"
_CIS, _SUBSTANCE, _NATURE, _LINK = 0, 3, 6, 7
_DOSE = re.compile(r"\d|,")
_SALT = re.compile(r"\s*\([^)]*\)")
_FORMS = frozenset({
    "BASE", "ANHYDRE", "SODIQUE", "CALCIQUE", "POTASSIQUE", "MAGNESIQUE", "MONOSODIQUE", "DISODIQUE", "MONOHYDRATE", "MONOHYDRATEE",
    "DIHYDRATE", "DIHYDRATEE", "TRIHYDRATE", "TRIHYDRATEE", "HEMIHYDRATE", "HEMIHYDRATEE", "HYDRATE", "HYDRATEE", "MICRONISE",
    "MICRONISEE",
})  # fmt: skip
"""Words behind the name of a substance that change its salt, its water or its grain, not what it does."""
_COMMON = {"ASPIRINE": ("ACIDE ACÉTYLSALICYLIQUE",), "AAS": ("ACIDE ACÉTYLSALICYLIQUE",)}
"""Names that everybody says for a substance and that no product carries alone."""
LONGEST = 120


class PublishedError(ValueError):
    """The folder does not hold the published files; the text says which, and where."""


def _lines(file: Path, least: int) -> Iterator[list[str]]:
    """The lines of a file. Raises PublishedError for a file that is missing, or whose first lines have too few columns."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise PublishedError(f"{file.name}: {error.strerror}") from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", "replace")
    for number, line in enumerate(text.splitlines(), start=1):
        cells = [cell.strip() for cell in line.split("\t")]
        if len(cells) < least:
            if number == 1:
                raise PublishedError(f"{file.name}: {least} columns are expected, separated by tabulations")
            continue
        yield cells


def plain_substance(name: str) -> str:
    """A substance without its salt or water: "RANITIDINE (CHLORHYDRATE DE)" and "METFORMINE BASE" are ranitidine and metformine."""
    acid = re.fullmatch(r"(.+?)\s*\(ACIDE\)", name.strip(), re.IGNORECASE)
    words = (f"ACIDE {acid[1]}" if acid else _SALT.sub("", name) or name).split()
    while len(words) > 1 and normalise_name(words[-1]) in _FORMS:
        words.pop()
    return " ".join(words)


def _compositions(folder: Path) -> dict[str, tuple[str, ...]]:
    """Substances of each medicine. Where a therapeutic fraction (FT) stands beside a salt (SA), it names the substance."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for cells in _lines(folder / COMPOSITIONS, 8):
        name, nature, link = plain_substance(cells[_SUBSTANCE]), cells[_NATURE], cells[_LINK] or cells[_SUBSTANCE]
        if name and (nature == "FT" or link not in found[cells[_CIS]]):
            found[cells[_CIS]][link] = name
    return {cis: tuple(sorted(set(of.values()))) for cis, of in found.items()}


def brand_of(denomination: str) -> str:
    """The name under which a medicine is known, before its dose and form: "ELIQUIS 5 mg, comprimé" is ELIQUIS."""
    return normalise_name(_DOSE.split(denomination, maxsplit=1)[0])


def read_published(folder: Path) -> dict[str, tuple[str, ...]]:
    """Codes and names with their substances. A name that several compositions share means nothing certain and is left out.

    Raises PublishedError.
    """
    compositions, names = _compositions(folder), dict[str, set[tuple[str, ...]]]()
    terms: dict[str, tuple[str, ...]] = dict(compositions)
    for cells in _lines(folder / PRODUCTS, 2):
        substances = compositions.get(cells[_CIS])
        if substances:
            names.setdefault(brand_of(cells[1]), set()).add(substances)
    for cells in _lines(folder / PACKAGES, 7):
        substances = compositions.get(cells[_CIS])
        for code in (cells[1], cells[6]):
            if substances and code:
                terms[code] = substances
    for substances in compositions.values():
        for substance in substances:
            names[normalise_name(substance)] = {(substance,)}
    terms |= {name: next(iter(of)) for name, of in names.items() if name and len(of) == 1 and len(name) <= LONGEST}
    return terms | _COMMON if terms else terms
