"""Invented insured people, as many as asked for: a file to try an import with. The same number gives the same file."""

import random
from collections.abc import Iterator

from carnet.kernel.ins import ins_key

_FAMILIES = ("MARTIN", "BERNARD", "THOMAS", "PETIT", "ROBERT", "RICHARD", "DURAND", "DUBOIS", "MOREAU", "LAURENT", "SIMON",
             "MICHEL", "LEFÈVRE", "LEROY", "ROUX", "DAVID", "BERTRAND", "MOREL", "FOURNIER", "GIRARD", "BONNET", "D’ALMEIDA",
             "LE GOFF")  # fmt: skip
_SECOND = (
    "",
    "",
    "",
    "-DUPONT",
    "-GARCIA",
    "-NGUYEN",
    "-DA SILVA",
    "-PEREIRA",
    "-BLANC",
    "-GUÉRIN",
    "-MULLER",
    "-HENRY",
    "-ROUSSEL",
)
_GIVEN = {"1": ("Jean", "Pierre", "Louis", "Malo", "Hugo", "Karim", "Adam", "Émile", "Noé", "Yann"),
          "2": ("Marie", "Anne", "Louise", "Inès", "Zoé", "Aïcha", "Jade", "Élise", "Rose", "Maëlle")}  # fmt: skip
_STREETS = ("rue des Lilas", "avenue de la République", "place du Marché", "chemin des Vignes", "impasse des Tilleuls")
_TOWNS = {n: f"Ville-en-{n:02d}" for n in range(1, 96) if n != 20}
_COLUMNS = "matricule;nom_naissance;prenoms;sexe;date_naissance;lieu_naissance;courriel;adresse;code_postal;commune;representants"
LAST_YEAR = 2026


def _line(number: int, chance: random.Random) -> str:
    sex, year = "12"[number % 2], LAST_YEAR - chance.randrange(100)
    month, day = chance.randrange(1, 13), chance.randrange(1, 29)
    department = chance.choice(list(_TOWNS))
    # Commune and order together number the person: no two lines have one matricule.
    commune, order = 1 + number // 999 % 990, 1 + number % 999
    century = number // (999 * 990)
    body = f"{sex}{year % 100:02d}{month + 20 * century:02d}{department:02d}{commune:03d}{order:03d}"
    family = chance.choice(_FAMILIES) + chance.choice(_SECOND)
    given = chance.choice(_GIVEN[sex])
    mail = f"p{number}@assures.example" if chance.random() < 0.6 else ""
    address = f"{chance.randrange(1, 200)} {chance.choice(_STREETS)}" if chance.random() < 0.97 else ""
    return ";".join((
        body + ins_key(body), family, given, "MF"[int(sex) - 1], f"{year}-{month:02d}-{day:02d}", f"{department:02d}{commune:03d}",
        mail, address, f"{department:02d}{chance.randrange(1000):03d}", _TOWNS[department], "",
    ))  # fmt: skip


def insured_people(count: int, seed: int = 1) -> Iterator[str]:
    """Lines of a file of invented people, its header first."""
    chance = random.Random(seed)
    yield _COLUMNS
    for number in range(count):
        yield _line(number, chance)
