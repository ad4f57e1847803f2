"""Lines of the agenda and doses as both portals write them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext

from carnet.apps.prevention import api as prevention


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the agenda as a page writes it."""

    line: prevention.Line
    badge: str
    tone: str
    meta: str
    why: str
    booked: prevention.Event | None = None
    vaccine: str = ""
    """The vaccine that it is for, when one alone fits: a form proposes it."""


def rows_of(agenda: prevention.Agenda, lines: Iterable[prevention.Line], events: Iterable[prevention.Event] = ()) -> list[Row]:
    """Lines in words, each with the appointment that is booked for it."""
    booked = {e.rule: e for e in events if e.rule and e.on_day >= agenda.day and e.status == prevention.BOOKED}
    return [
        Row(x, *prevention.badge(x, agenda.day), prevention.meta(x, agenda), prevention.why(x, agenda.edition, agenda.facts.birth),
            booked.get(x.rule.id), prevention.meant(agenda, x) if x.groups else "")
        for x in lines
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Dose:
    """A dose in the table: what it counts for."""

    shot: prevention.Shot
    counts: list[tuple[str, str]]


def doses_of(agenda: prevention.Agenda) -> list[Dose]:
    """Every dose that is stated, the newest first, with what it is worth for each vaccination that it is for."""
    found = []
    for shot in agenda.shots:
        dose = agenda.doses.get(shot.number)
        told = [(agenda.edition.titles[gf.group], gf.of(dose)) for gf in agenda.forecasts] if dose is not None else []
        held: dict[str, list[str]] = {}
        for title, evaluation in told:
            if evaluation is not None:
                held.setdefault(prevention.counts(evaluation, agenda.stated), []).append(title)
        counts = [(text, ", ".join(titles) if len(held) > 1 else "") for text, titles in held.items()]
        found.append(Dose(shot, counts or [(_uncompared(shot, agenda.facts.birth), "")]))
    return found


def doses_alone(shots: Iterable[prevention.Shot]) -> list[Dose]:
    """The doses of somebody whose birth date is not known whole: nothing can be compared, and every dose is there."""
    return [Dose(shot, [(prevention.counts(None), "")]) for shot in shots]


def named_dose(edition: prevention.Edition, vaccine: str, label: str) -> tuple[str, str]:
    """The name and the ATC code of a dose that a form says: a product, a kind of vaccine, or both. Empty when it says neither."""
    kind = edition.vaccine(vaccine)
    label = label or (kind.name if kind else "")
    if kind and not prevention.recognise(edition, label):
        # A name that the rules do not know keeps the name of the vaccine beside it, so that it is compared.
        label = f"{label} ({kind.name})"
    return label, kind.atc[0] if kind and kind.atc else ""


def _uncompared(shot: prevention.Shot, birth: date) -> str:
    if shot.comes:
        return gettext("Date à venir : à vérifier")
    if shot.day is not None and shot.day < birth:
        return gettext("Date avant la naissance : à vérifier")
    return gettext("Date inconnue : ne peut pas être comparée") if not shot.start else prevention.counts(None)
