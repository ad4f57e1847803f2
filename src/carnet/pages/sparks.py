"""Small trend lines: points of the last results on the laboratory's own bounds, with all values in words."""

from dataclasses import dataclass

from django.utils.translation import gettext

from carnet.apps.profile import api as profile

WIDTH, HEIGHT, EDGE, POINTS = 96.0, 24.0, 3.0, 6


@dataclass(frozen=True, slots=True)
class Spark:
    """A drawing and the sentence that says the same."""

    points: str
    last: tuple[float, float]
    band: tuple[float, float] | None
    """Top and height of the band of the bounds."""
    label: str


def _trend(values: list[float]) -> str:
    span = max(values) - min(values)
    change = values[-1] - values[0]
    if not span or abs(change) < span / 3:
        return gettext("Stable.")
    return gettext("En hausse.") if change > 0 else gettext("En baisse.")


def _words(values: list[float]) -> str:
    return ", ".join(f"{v:g}".replace(".", ",") for v in values)


def spark(series: profile.Series) -> Spark | None:
    """The trend of the last six results; None for fewer than three, which show no trend (look.md)."""
    points = series.points[-POINTS:]
    values = [v for p in points if (v := profile.number_of(p.content.value)) is not None]
    if len(values) < 3:
        return None
    low, high = (profile.number_of(t) for t in (series.last.content.low, series.last.content.high))
    bounds = [b for b in (low, high) if b is not None]
    bottom, top = min([*values, *bounds]), max([*values, *bounds])
    span = (top - bottom) or 1.0

    def height(value: float) -> float:
        return round(HEIGHT - EDGE - (value - bottom) / span * (HEIGHT - 2 * EDGE), 1)

    step = (WIDTH - 2 * EDGE) / (len(values) - 1)
    drawn = [(round(EDGE + n * step, 1), height(v)) for n, v in enumerate(values)]
    band = None
    if bounds:
        upper = height(high if high is not None else top)
        lower = height(low if low is not None else bottom)
        band = (upper, round(max(lower - upper, 1.0), 1))
    label = f"{series.label} : {_words(values)} {series.unit}. {_trend(values)}"
    return Spark(" ".join(f"{x},{y}" for x, y in drawn), drawn[-1], band, label)
