"""What the sentences of the demonstration state, so that its documents carry entries of level 3 like those of real software.

A sentence that names something of this list gives a fact of its section. Codes: ATC for drugs, CIM-10 for problems.
"""

import re

from carnet.desk.demonstration.stories import ALLERGIES, PROBLEMS, RESULTS, TREATMENTS, VACCINES, Part
from carnet.formats.cda import Statement
from carnet.formats.cda.statements import Origin, Range, Value, When
from carnet.formats.xds import Coding

ATC, CIM10, LOINC = "2.16.840.1.113883.6.73", "2.16.840.1.113883.6.3", "2.16.840.1.113883.6.1"
_DRUGS = (
    ("Metformine 1000 mg", "A10BA02", "1 matin, 1 soir"), ("Ramipril 5 mg", "C09AA05", "1 matin"),
    ("Paracétamol 1 g", "N02BE01", "3 par jour"), ("Apixaban 2,5 mg", "B01AF02", "1 matin, 1 soir"),
    ("Vitamine D", "A11CC05", ""), ("Fluticasone 50 µg", "R03BA05", "2 bouffées matin et soir"),
    ("Salbutamol 100 µg", "R03AC02", "2 bouffées en cas de gêne"), ("Bisoprolol 5 mg", "C07AB07", "1 matin"),
    ("Sacubitril et valsartan 49/51 mg", "C09DX04", "1 matin, 1 soir"), ("Dapagliflozine 10 mg", "A10BK01", "1 matin"),
    ("Furosémide 40 mg", "C03CA01", "1 matin"), ("Sertraline 50 mg", "N06AB06", "1 matin"),
    ("Lévothyroxine 75 µg", "H03AA01", "1 matin à jeun"), ("Atorvastatine 20 mg", "C10AA05", "1 soir"),
)  # fmt: skip
_PROBLEMS = (
    ("Diabète de type 2", "E11"), ("Hypertension artérielle essentielle", "I10"), ("Surpoids", "E66"),
    ("Prothèse de hanche droite", "Z96.6"), ("Fibrillation atriale", "I48"), ("Insuffisance rénale modérée", "N18.3"),
    ("Hypothyroïdie", "E03.9"),
)  # fmt: skip
_ALLERGIES = (("Amoxicilline", "372687004", "éruption"), ("Latex", "111088007", "urticaire"))
_VACCINES = (
    ("Diphtérie, tétanos, poliomyélite", "J07CA02"), ("Rougeole, oreillons, rubéole", "J07BD52"), ("Grippe", "J07BB02"),
    ("Papillomavirus", "J07BM03"), ("Pneumocoque", "J07AL02"),
)  # fmt: skip
_CODES = {
    "Hémoglobine glyquée (HbA1c)": "4548-4", "Glycémie à jeun": "14749-6", "Créatinine": "14682-9", "Potassium": "2823-3",
    "Sodium": "2951-2", "NT-proBNP": "33762-6", "TSH": "3016-3", "LDL": "2089-1", "Hémoglobine": "718-7",
    "Débit de filtration glomérulaire": "62238-1",
}  # fmt: skip
_BOUNDS = re.compile(r"^(?P<low>[\d,]+) - (?P<high>[\d,]+)$|^< (?P<below>[\d,]+)$|^> (?P<above>[\d,]+)$")
_DAY = re.compile(r"\d{2}/\d{2}/\d{4}")


def _said(part: Part) -> str:
    return " ".join((part.title, *part.paragraphs, *(" ".join(row) for row in part.table))).lower()


def _number(text: str) -> str:
    return text.replace(",", ".")


def _result(row: tuple[str, ...]) -> Statement | None:
    label, value, unit, usual = (row + ("",) * 4)[:4]
    bounds = _BOUNDS.match(usual)
    if not re.fullmatch(r"[\d,]+", value):
        return None
    low = (bounds["low"] or bounds["above"] or "") if bounds else ""
    high = (bounds["high"] or bounds["below"] or "") if bounds else ""
    codes = (Coding(_CODES[label], LOINC),) if label in _CODES else ()
    bounds_of = (Range(_number(low), _number(high), unit),) if low or high else ()
    return Statement("results", label, codes, value=Value(_number(value), unit), ranges=bounds_of)


def _given(part: Part, name: str) -> When:
    for row in part.table:
        if row[0] == name and len(row) > 1 and _DAY.fullmatch(row[1]):
            return When("-".join(reversed(row[1].split("/"))), origin=Origin.OWN)
    return When()


def facts_of(part: Part) -> tuple[Statement, ...]:
    """What a section states."""
    if part.facts:
        return part.facts
    said = _said(part)
    if part.code == RESULTS and part.table and len(part.table[0]) == 4:
        return tuple(fact for row in part.table[1:] if (fact := _result(row)))
    if part.code == TREATMENTS:
        return tuple(Statement("treatments", name, (Coding(code, ATC),), detail=how) for name, code, how in _DRUGS
                     if name.lower() in said)  # fmt: skip
    if part.code == PROBLEMS:
        return tuple(Statement("problems", name, (Coding(code, CIM10),)) for name, code in _PROBLEMS if name.lower() in said)
    if part.code == ALLERGIES:
        return tuple(Statement("allergies", name, (Coding(code, "2.16.840.1.113883.6.96"),), detail=how)
                     for name, code, how in _ALLERGIES if name.lower() in said)  # fmt: skip
    if part.code == VACCINES:
        return tuple(Statement("vaccinations", name, (Coding(code, ATC),), _given(part, name)) for name, code in _VACCINES
                     if name.lower() in said)  # fmt: skip
    return ()
