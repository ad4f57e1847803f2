"""Synthetic people of all ages. Test OID, valid keys, a commune number (999) that no birth act carries."""

from dataclasses import dataclass
from datetime import date

from carnet.kernel.identifiers import Oid
from carnet.kernel.ins import INS_NIR_TEST, Ins, ins_key
from carnet.kernel.traits import Traits

_FAMILIES = [
    "MAQUETTE",
    "ESQUISSE",
    "CANEVAS",
    "ÉBAUCHE",
    "PROTOTYPE",
    "GABARIT",
    "MODÈLE",
    "CROQUIS",
    "ÉPURE",
    "BROUILLON",
    "PATRON",
    "MONTAGE",
    "DÉCOR",
    "COULISSE",
    "RIDEAU",
    "SCÉNARIO",
    "RÉPLIQUE",
    "FIGURANT",
    "CONTRECHAMP",
    "INTRIGUE",
]
_WOMEN = [
    "Ada",
    "Blanche",
    "Colette",
    "Diane",
    "Édith",
    "Flore",
    "Garance",
    "Hélène",
    "Iris",
    "Jeanne",
    "Louise",
    "Margot",
    "Nina",
    "Odile",
    "Pauline",
    "Rose",
    "Simone",
]
_MEN = [
    "Achille",
    "Basile",
    "Camille",
    "Denis",
    "Émile",
    "Félix",
    "Gaston",
    "Hugo",
    "Ivan",
    "Jules",
    "Léon",
    "Marius",
    "Noé",
    "Oscar",
    "Paul",
    "Rémi",
    "Simon",
]
_DEPARTMENTS = ["13", "29", "31", "33", "35", "38", "44", "59", "63", "67", "69", "75", "87"]
_YEARS = (
    1931, 1934, 1937, 1940, 1942, 1945, 1947, 1949, 1951, 1953, 1955, 1957, 1959, 1960, 1962, 1964, 1966, 1968, 1970, 1972,
    1974, 1975, 1977, 1978, 1980, 1981, 1983, 1984, 1986, 1987, 1989, 1990, 1991, 1993, 1994, 1996, 1997, 1999, 2000, 2001,
    2003, 2004, 2005, 2006, 2008, 2009, 2010, 2011, 2012, 2013, 2014, 2015, 2016, 2017, 2018, 2019, 2020, 2021, 2022, 2023,
    2024, 2025, 2026, 1938, 1958, 1995, *(1932 + n * 31 % 92 for n in range(144)),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """A person who does not exist."""

    number: int
    ins: Ins
    traits: Traits

    @property
    def born(self) -> date:
        """Date of birth."""
        return date.fromisoformat(self.traits.birth_date)


def _ins(sex: str, born: date, department: str, order: int) -> Ins:
    body = f"{'1' if sex == 'M' else '2'}{born:%y%m}{department}999{order:03d}"
    return Ins(body + ins_key(body), Oid(INS_NIR_TEST))


def _person(number: int, year: int) -> DemoPerson:
    sex = "F" if number % 2 == 0 else "M"
    born = date(year, number % 10 + 1, number % 27 + 1)
    department = _DEPARTMENTS[number % len(_DEPARTMENTS)]
    names = _WOMEN if sex == "F" else _MEN
    given, family = names[number * 5 % len(names)], _FAMILIES[number * 7 % len(_FAMILIES)]
    traits = Traits(family, given, sex, born.isoformat(), f"{department}999")
    return DemoPerson(number, _ins(sex, born, department, number + 1), traits)


PEOPLE: tuple[DemoPerson, ...] = tuple(_person(n, year) for n, year in enumerate(_YEARS))
ABSENT = DemoPerson(900, _ins("F", date(1988, 4, 12), "75", 900), Traits("ABSENTE", "Claire", "F", "1988-04-12", "75999"))
"""Known to INSi, without a record."""

MOTHER, TEENAGER, HELPED, CARER, MEASURED, BABY = 26, 46, 0, 31, 1, 62
STORIES = {
    MOTHER: "représente sa fille adolescente (dont le secret ne lui apparaît pas) et un bébé dont l’agenda dit les vaccins",
    TEENAGER: "adolescente, avec un secret",
    HELPED: "a nommé un aidant pour ses ordonnances et ses traitements",
    CARER: "cet aidant",
    MEASURED: "a des mesures et un service relié (Qui voit quoi, Services)",
}
"""Number of a person → what their space shows."""
