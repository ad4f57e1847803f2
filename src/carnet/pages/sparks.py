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


def numbers(values: list[float]) -> str:
    """Values as people read them."""
    return ", ".join(f"{v:g}".replace(".", ",") for v in values)


def spark(series: profile.Series) -> Spark | None:
    """The trend of the last six results; None for fewer than three, which show no trend (look.md)."""
    drawn_of = series.drawn[-POINTS:]
    values = [v for p in drawn_of if (v := series.value_of(p)) is not None]
    if len(values) < 3:
        return None
    # Bounds in another unit would draw a band that means nothing.
    last = drawn_of[-1].content
    low, high = (profile.number_of(t) for t in (last.low, last.high)) if profile.comparable(drawn_of[-1]) else (None, None)
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
    label = f"{gettext(series.name)} : {numbers(values)} {series.unit}. {_trend(values)}"
    return Spark(" ".join(f"{x},{y}" for x, y in drawn), drawn[-1], band, label)
