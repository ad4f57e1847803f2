"""Figures as bars and as a table: a bar for each week, the words beside it; a hidden count is drawn as one that is not shown."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from carnet.apps.records.api import EVENTS, Figures
from carnet.pages.templatetags.pages import long_day

NAMES = {"created": _("créés"), "notified": _("annoncés"), "returned": _("avis revenus"), "opposed": _("refusés"),
         "opened": _("ouverts"), "activated": _("activés"), "closed": _("fermés")}  # fmt: skip
HEIGHT = 60


@dataclass(frozen=True, slots=True)
class Bar:
    """A week of a chart: its place and height in percents, and its words. `hidden`: too few people to be shown."""

    x: str
    height: str
    top: str
    label: str
    hidden: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """One event over the weeks."""

    name: str
    total: str
    bars: list[Bar]
    width: str


def told(value: int | None, least: int) -> str:
    """A count as people read it."""
    return gettext("moins de {n}").format(n=least) if value is None else f"{value:,}".replace(",", "\u202f")


def _chart(event: str, figures: Figures) -> Chart:
    weeks = [(date.fromisoformat(week), row[event]) for week, row in figures.by_week.rows]
    most = max([n or 0 for _, n in weeks] + [1])
    step = 100 / max(len(weeks), 1)
    bars = []
    for place, (day, value) in enumerate(weeks):
        height = HEIGHT * 0.04 if value is None else HEIGHT * value / most
        label = f"{gettext('Semaine du')} {long_day(day)} : {told(value, figures.least)}"
        bars.append(Bar(f"{place * step:.2f}", f"{height:.1f}", f"{HEIGHT - height:.1f}", label, value is None))
    return Chart(str(NAMES[event]), told(figures.totals[event], figures.least), bars, f"{step * 0.7:.2f}")


def _age(text: str) -> str:
    age = int(text)
    return gettext("non connu") if age < 0 else gettext("{a} à {b} ans").format(a=age, b=age + 9)


def drawn(figures: Figures) -> dict[str, Any]:
    """What a page draws of the figures: charts, then tables by age and by territory."""

    def rows(table: Any, name: Any) -> list[tuple[str, list[str]]]:
        return [(name(key), [told(row[event], figures.least) for event in EVENTS]) for key, row in table.rows]

    return {
        "charts": [_chart(event, figures) for event in EVENTS], "since": figures.since, "least": figures.least,
        "columns": [str(NAMES[event]) for event in EVENTS],
        "tables": [
            (gettext("Par territoire"), rows(figures.by_territory, lambda key: key or gettext("non connu")), gettext("Territoire")),
            (gettext("Par âge"), rows(figures.by_age, _age), gettext("Âge")),
            (gettext("Par semaine"), rows(figures.by_week, lambda key: long_day(date.fromisoformat(key))), gettext("Semaine du")),
        ],
    }  # fmt: skip
