"""The schedule as a picture: for each vaccination, what was given and what comes, on an axis of ages; and the same in words."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext

from carnet.apps.prevention.agenda import Agenda
from carnet.apps.prevention.eligibility import State
from carnet.apps.prevention.immunisation import GroupForecast, SeriesStatus, Status
from carnet.apps.prevention.wording import long_day, told_day

INFANT, CHILD = 540, 18 * 365
EDGE, WIDTH = 2.0, 90.0


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark on the axis: `given`, `failed`, `due`, `late`, `coming` or `unsaid` (nothing says whether it was given).

    `at`: its share of the width, in per cent."""

    kind: str
    at: float
    day: date


@dataclass(frozen=True, slots=True)
class Row:
    """One vaccination: its marks, the window of the next dose, and what a reader of the screen says."""

    title: str
    marks: tuple[Mark, ...]
    window: tuple[float, float] | None
    label: str
    next: str
    tone: str


@dataclass(frozen=True, slots=True)
class Picture:
    """The picture: its rows, the ages of its axis with where they stand, and where today is."""

    rows: tuple[Row, ...]
    ticks: tuple[tuple[float, str], ...]
    today: float
    span: str


def picture(agenda: Agenda, unsaid: str = "") -> Picture:
    """The schedule of a person: of the first 18 months for an infant, of childhood for a child, of the last years for others.

    `unsaid`: the words for what nothing states; the person is asked for it.
    """
    first, last, ticks, span = _axis(agenda)

    def at(day: date) -> float:
        share = (day - first).days / max((last - first).days, 1)
        return round(EDGE + WIDTH * min(max(share, 0.0), 1.0), 1)

    rows = [row for gf in agenda.forecasts if (row := _row(agenda, gf, (first, last), at, unsaid)) is not None]
    return Picture(tuple(rows), tuple((at(day), text) for day, text in ticks), at(agenda.day), span)


def _years(day: date, number: int) -> date:
    return date(day.year + number, day.month, min(day.day, 28))


def _axis(agenda: Agenda) -> tuple[date, date, list[tuple[date, str]], str]:
    birth, today = agenda.facts.birth, agenda.day
    age = (today - birth).days
    if age < INFANT:
        months = [(date.fromordinal(birth.toordinal() + round(30.4375 * n)), n) for n in (0, 6, 12, 18)]
        ticks = [(day, gettext("%(n)s mois") % {"n": n} if n == 18 else str(n)) for day, n in months]
        return birth, months[-1][0], ticks, gettext("de 0 à 18 mois")
    if age < CHILD:
        ages = [(_years(birth, n), n) for n in (0, 6, 12, 18)]
        return (
            birth,
            ages[-1][0],
            [(d, gettext("%(n)s ans") % {"n": n} if n == 18 else str(n)) for d, n in ages],
            gettext("de 0 à 18 ans"),
        )
    first, last = _years(today, -15), _years(today, 5)
    return first, last, [(_years(first, n), str(first.year + n)) for n in (0, 5, 10, 15, 20)], gettext("de %(a)s à %(b)s") % {
        "a": first.year, "b": last.year,
    }  # fmt: skip


def _row(agenda: Agenda, gf: GroupForecast, ends: tuple[date, date], place: Callable[[date], float], unsaid: str) -> Row | None:
    first, last = ends
    given = sorted({e.dose for e in gf.evaluations}, key=lambda d: d.day)
    line = next((x for x in agenda.lines if gf.group in x.groups and x.state in (State.TO_PLAN, State.NOT_STATED)), None)
    if not given and (line is None or line.due is None or line.due > last):
        return None
    marks, words = [], []
    for dose in given:
        told = gf.of(dose)
        counts = told is not None and told.status is not Status.NOT_VALID
        if first <= dose.day <= last:
            marks.append(Mark("given" if counts else "failed", place(dose.day), dose.day))
        said = gettext("compte") if counts else gettext("ne compte pas")
        words.append(f"{told_day(dose, agenda.stated)}, {gettext('faite')}, {said}.")
    window, upcoming, tone = None, "", ""
    if gf.status is SeriesStatus.NOT_COMPLETE and line is not None and line.due is not None:
        kind = "late" if line.overdue else "due" if line.due <= agenda.day else "coming"
        day = max(line.due, agenda.day) if kind != "coming" else line.due
        kind = "unsaid" if line.state is State.NOT_STATED else kind
        if day <= last:
            marks.append(Mark(kind, place(day), day))
            end = min(line.last or last, last)
            window = (place(line.due), max(place(end) - place(line.due), 2.0)) if line.due >= first else None
        upcoming, tone = _next(kind, line.due, unsaid)
        words.append(upcoming + ".")
    elif gf.status is SeriesStatus.COMPLETE:
        upcoming, tone = gettext("Complet"), "ok"
        words.append(gettext("Rien à faire pour l’instant."))
    return Row(agenda.edition.titles[gf.group], tuple(marks), window, f"{agenda.edition.titles[gf.group]} : {' '.join(words)}",
               upcoming, tone)  # fmt: skip


def _next(kind: str, due: date, unsaid: str) -> tuple[str, str]:
    if kind == "unsaid":
        return unsaid or gettext("À vous de nous dire"), ""
    if kind == "coming":
        return long_day(due), ""
    return (gettext("Attendue") if kind == "late" else gettext("À faire")), "warn"
