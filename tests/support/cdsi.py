"""Readers of what the CDC publishes of CDSi: the supporting data, and the test cases. For proof of the engine alone."""

import re
import zipfile
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

from lxml import etree

from carnet.apps.prevention.immunisation.dates import Period, period
from carnet.apps.prevention.immunisation.schedule import (
    Ages,
    Antigen,
    Condition,
    Conflict,
    Contraindication,
    Group,
    Immunity,
    Indication,
    Interval,
    Part,
    Schedule,
    Series,
    SeriesDose,
    Skip,
    SkipSet,
    Spell,
    Use,
)

Element = Any
GROUPS = {
    "DTAP": "DTaP/Tdap/Td", "POL": "Polio", "HIB": "Hib", "PCV": "Pneumococcal", "ROTA": "Rotavirus", "VAR": "Varicella",
    "MCV": "Meningococcal", "MENB": "Meningococcal B", "ZOSTER": "Zoster", "FLU": "Influenza", "HPV": "HPV", "HepA": "HepA",
    "HepB": "HepB", "MMR": "MMR", "COVID-19": "COVID-19", "RSV": "RSV",
}  # fmt: skip
"""Names of the groups in the test cases → in the supporting data."""


def _text(element: Element, name: str) -> str:
    found = (element.findtext(name) or "").strip()
    return "" if found.lower() in ("n/a", "none") else found


def _period(element: Element, name: str) -> Period | None:
    text = _text(element, name)
    return period(text) if text else None


def _day(element: Element, name: str) -> date | None:
    text = _text(element, name)
    return date(int(text[:4]), int(text[4:6]), int(text[6:8])) if text else None


def _spell(element: Element) -> Spell:
    return Spell(_day(element, "effectiveDate"), _day(element, "cessationDate"))


def _flag(element: Element, name: str) -> bool:
    return _text(element, name).lower() in ("y", "yes")


def _cvx(code: str) -> str:
    code = code.strip()
    return code.zfill(2) if code.isdigit() else code


def _listed(text: str) -> frozenset[str]:
    """CVX codes of a list: `MenB, OMV (163); 162`, `20;106`."""
    if not text:
        return frozenset()
    named = re.findall(r"\((\d+)\)", text)
    return frozenset(_cvx(c) for c in (named or re.findall(r"\d+", text)))


def _ages(element: Element) -> Ages:
    return Ages(
        _period(element, "absMinAge"), _period(element, "minAge"), _period(element, "earliestRecAge"),
        _period(element, "latestRecAge"), _period(element, "maxAge"), _spell(element),
    )  # fmt: skip


def _interval(element: Element) -> Interval:
    observed = element.find("fromRelevantObs/code")
    return Interval(
        previous=_flag(element, "fromPrevious"), target=int(_text(element, "fromTargetDose") or 0),
        vaccines=_listed(_text(element, "fromMostRecent")), observation="" if observed is None else observed.text or "",
        absolute=_period(element, "absMinInt"), least=_period(element, "minInt"), early=_period(element, "earliestRecInt"),
        late=_period(element, "latestRecInt"), priority=bool(_text(element, "intervalPriority")), during=_spell(element),
    )  # fmt: skip


def _use(element: Element) -> Use:
    return Use(
        _cvx(_text(element, "cvx")), _period(element, "beginAge"), _period(element, "endAge"), _text(element, "mvx"),
        _flag(element, "forecastVaccineType"),
    )  # fmt: skip


def _condition(element: Element) -> Condition:
    return Condition(
        _text(element, "conditionType"), _period(element, "beginAge"), _period(element, "endAge"), _period(element, "interval"),
        _day(element, "startDate"), _day(element, "endDate"), _listed(_text(element, "vaccineTypes")),
        _text(element, "doseType") == "Valid", int(_text(element, "doseCount") or 0), _text(element, "doseCountLogic").lower(),
        frozenset(re.findall(r"\d+", _text(element, "seriesGroups"))),
    )  # fmt: skip


def _skip(element: Element) -> Skip:
    sets = tuple(
        SkipSet(tuple(_condition(c) for c in s.findall("condition")), _text(s, "conditionLogic") != "OR", _spell(s))
        for s in element.findall("set")
    )
    return Skip(_text(element, "context"), sets, _text(element, "setLogic") == "AND")


def _kept(elements: list[Element], child: str) -> list[Element]:
    return [e for e in elements if e.find(child) is not None]


def _dose(element: Element) -> SeriesDose:
    season = element.find("seasonalRecommendation")
    start = _day(season, "startDate") if season is not None else None
    end = _day(season, "endDate") if season is not None else None
    return SeriesDose(
        number=int("".join(re.findall(r"\d+", _text(element, "doseNumber")))),
        ages=tuple(_ages(e) for e in element.findall("age")),
        intervals=tuple(_interval(e) for e in _kept(element.findall("interval"), "fromPrevious")),
        allowable_intervals=tuple(_interval(e) for e in _kept(element.findall("allowableInterval"), "fromPrevious")),
        preferable=tuple(_use(e) for e in _kept(element.findall("preferableVaccine"), "cvx")),
        allowable=tuple(_use(e) for e in _kept(element.findall("allowableVaccine"), "cvx")),
        inadvertent=frozenset(_cvx(_text(e, "cvx")) for e in _kept(element.findall("inadvertentVaccine"), "cvx")),
        skips=tuple(_skip(e) for e in _kept(element.findall("conditionalSkip"), "set")),
        recurring=_flag(element, "recurringDose"), season=(start, end) if start and end else None,
    )  # fmt: skip


def _series(element: Element) -> Series:
    select = element.find("selectSeries")
    indications = [e for e in element.findall("indication") if e.find("observationCode/code") is not None]
    sexes = {(e.text or "").strip() for e in element.findall("requiredGender")} - {"", "n/a"}
    return Series(
        name=_text(element, "seriesName"), antigen=_text(element, "targetDisease"), group=_text(element, "vaccineGroup"),
        kind=_text(element, "seriesType"), doses=tuple(_dose(d) for d in element.findall("seriesDose")),
        default=_flag(select, "defaultSeries"), product=_flag(select, "productPath"), series_group=_text(select, "seriesGroup"),
        equivalent=frozenset(re.findall(r"\d+", _text(element, "equivalentSeriesGroups"))),
        preference=int(_text(select, "seriesPreference") or 99), priority=_text(select, "seriesPriority"),
        youngest=_period(select, "minAgeToStart"), oldest=_period(select, "maxAgeToStart"),
        sexes=frozenset(s[0].upper() for s in sexes),
        indications=tuple(
            Indication(e.findtext("observationCode/code"), _period(e, "beginAge"), _period(e, "endAge")) for e in indications
        ),
    )  # fmt: skip


def _immunity(root: Element) -> tuple[Immunity, ...]:
    element = root.find("immunity")
    found = [Immunity(frozenset({_text(e, "guidelineCode")})) for e in element.findall("clinicalHistory")]
    for born in element.findall("dateOfBirth"):
        text = _text(born, "immunityBirthDate")
        month, number, year = text.split("/") if "/" in text else (text[4:6], text[6:8], text[:4])
        day = date(int(year), int(month), int(number))
        out = frozenset(_text(e, "exclusionCode") for e in born.findall("exclusion"))
        found.append(Immunity(frozenset(), day, _text(born, "birthCountry"), out))
    return tuple(found)


def _against(root: Element) -> tuple[Contraindication, ...]:
    return tuple(
        Contraindication(
            _text(e, "observationCode"), tuple(_use(v) for v in e.findall("contraindicatedVaccine")),
            _period(e, "beginAge"), _period(e, "endAge"),
        )
        for e in root.findall("contraindications/*/contraindication")
    )  # fmt: skip


def _antigen(root: Element) -> Antigen:
    series = tuple(_series(e) for e in root.findall("series"))
    return Antigen(series[0].antigen, series, _immunity(root), _against(root))


@lru_cache(maxsize=1)
def schedule(archive: Path) -> Schedule:
    """The schedule of the supporting data, from its archive."""
    with zipfile.ZipFile(archive) as held:
        files = [n for n in held.namelist() if n.endswith(".xml")]
        antigens = [_antigen(etree.parse(BytesIO(held.read(n))).getroot()) for n in files if "/AntigenSupportingData-" in n]
        root = etree.parse(BytesIO(held.read(next(n for n in files if n.endswith("ScheduleSupportingData.xml"))))).getroot()
    vaccines = {
        _cvx(_text(e, "cvx")): tuple(
            Part(_text(a, "antigen"), _period(a, "associationBeginAge"), _period(a, "associationEndAge"))
            for a in e.findall("association")
        )
        for e in root.findall("cvxToAntigenMap/cvxMap")
    }
    whole = {_text(e, "name"): _flag(e, "administerFullVaccineGroup") for e in root.findall("vaccineGroups/vaccineGroup")}
    groups = tuple(
        Group(_text(e, "name"), tuple((a.text or "").strip() for a in e.findall("antigen")), whole[_text(e, "name")])
        for e in root.findall("vaccineGroupToAntigenMap/vaccineGroupMap")
    )
    conflicts = tuple(
        Conflict(_cvx(_text(e, "previous/cvx")), _cvx(_text(e, "current/cvx")), period(_text(e, "conflictBeginInterval")),
                 period(_text(e, "minConflictEndInterval")), period(_text(e, "conflictEndInterval")))
        for e in root.findall("liveVirusConflicts/liveVirusConflict")
    )  # fmt: skip
    return Schedule({a.name: a for a in antigens}, vaccines, groups, conflicts)


@dataclass(frozen=True, slots=True)
class Case:
    """A published case: what is given, and what is to be found."""

    id: str
    name: str
    group: str
    birth: date
    sex: str
    today: date
    doses: tuple[tuple[date, str, str], ...]
    evaluations: tuple[str, ...]
    reasons: tuple[str, ...]
    status: str
    number: str
    earliest: date | None
    recommended: date | None
    past_due: date | None


_NS = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}


def _cells(row: Element, shared: list[str]) -> dict[str, str]:
    found = {}
    for cell in row.findall("m:c", _NS):
        value = cell.findtext("m:v", namespaces=_NS)
        if value is not None:
            column = re.sub(r"\d", "", cell.get("r"))
            found[column] = shared[int(value)] if cell.get("t") == "s" else value
    return found


def _date(value: str | None) -> date | None:
    return date(1899, 12, 30) + timedelta(days=int(float(value))) if value else None


def cases(workbook: Path) -> list[Case]:
    """The published cases. A workbook is read as what it is, an archive of XML: the kit is a few columns of one sheet."""
    with zipfile.ZipFile(workbook) as held:
        strings = etree.parse(BytesIO(held.read("xl/sharedStrings.xml"))).getroot()
        shared = ["".join(t.text or "" for t in s.iter(f"{{{_NS['m']}}}t")) for s in strings]
        rows = etree.parse(BytesIO(held.read("xl/worksheets/sheet3.xml"))).getroot().findall(".//m:row", _NS)
    names = _cells(rows[0], shared)
    return [_case({names[c]: v for c, v in _cells(row, shared).items() if c in names}) for row in rows[1:]]


def _case(told: dict[str, str]) -> Case:
    given = [n for n in range(1, 8) if told.get(f"Date_Administered_{n}")]
    birth, today = _date(told["DOB"]), _date(told["Assessment_Date"])
    assert birth is not None and today is not None
    return Case(
        told["CDC_Test_ID"], told["Test_Case_Name"], GROUPS[told["Vaccine_Group"]], birth, told["gender"], today,
        tuple((_date(told[f"Date_Administered_{n}"]) or today, _cvx(told[f"CVX_{n}"]), told.get(f"MVX_{n}", "")) for n in given),
        tuple(told.get(f"Evaluation_Status_{n}", "") for n in given),
        tuple(told.get(f"Evaluation_Reason_{n}", "") for n in given),
        told["Series_Status"], told.get("Forecast_#", ""),
        _date(told.get("Earliest_Date")), _date(told.get("Recommended_Date")), _date(told.get("Past_Due_Date")),
    )  # fmt: skip
