"""Units of UCUM, of French kits and of durations, as people read them."""

import re

DAYS = {"d": 1.0, "wk": 7.0, "mo": 30.4375, "a": 365.25, "h": 1 / 24, "min": 1 / 1440, "s": 1 / 86400}
"""Days in a unit of time; a month and a year are means (UCUM §31)."""
_TIMES = {"s": ("seconde", "secondes"), "min": ("minute", "minutes"), "h": ("heure", "heures"), "d": ("jour", "jours"),
          "wk": ("semaine", "semaines"), "mo": ("mois", "mois"), "a": ("an", "ans")}  # fmt: skip
_SPELLED = {
    "hr": "h", "hrs": "h", "hour": "h", "hours": "h", "heure": "h", "heures": "h", "j": "d", "jr": "d", "jour": "d", "jours": "d",
    "day": "d", "days": "d", "sem": "wk", "semaine": "wk", "semaines": "wk", "week": "wk", "weeks": "wk", "mois": "mo",
    "month": "mo",
    "months": "mo", "an": "a", "ans": "a", "year": "a", "years": "a", "yr": "a", "mn": "min", "minute": "min", "minutes": "min",
}  # fmt: skip
"""Units of time as kits spell them, that UCUM does not know."""
_DOSES = {
    "tablet": "comprimé", "tbl": "comprimé", "tab": "comprimé", "comprime": "comprimé", "comprimé": "comprimé", "cp": "comprimé",
    "capsule": "gélule", "cap": "gélule", "gelule": "gélule", "gélule": "gélule", "puff": "bouffée", "bouffee": "bouffée",
    "bouffée": "bouffée", "drop": "goutte", "gtt": "goutte", "goutte": "goutte", "dose": "dose", "sachet": "sachet",
    "suppository": "suppositoire", "suppositoire": "suppositoire", "patch": "patch", "ampoule": "ampoule", "amp": "ampoule",
    "application": "application", "injection": "injection", "inhalation": "inhalation", "unit": "unité", "unite": "unité",
    "unité": "unité", "teaspoon": "cuillère à café", "tablespoon": "cuillère à soupe", "vial": "flacon", "flacon": "flacon",
    "spray": "pulvérisation", "pulverisation": "pulvérisation", "pulvérisation": "pulvérisation", "piece": "unité",
}  # fmt: skip
_WRITTEN = {"[drp]": "goutte", "[tsp_us]": "cuillère à café", "[tbs_us]": "cuillère à soupe"}
_COUNTS = frozenset({"count", "1", "ratio", "times"})
_PER = {"d": "jour", "wk": "semaine", "mo": "mois", "a": "an"}
_SYMBOLS = {"[IU]": "UI", "[iU]": "UI", "Cel": "°C", "mm[Hg]": "mmHg", "[pH]": "pH", "[diop]": "dioptrie", "deg": "°",
            "10*9": "10⁹", "10*12": "10¹²", "10*6": "10⁶", "10*3": "10³", "kg/m2": "kg/m²", "m2": "m²"}  # fmt: skip


def number(text: str) -> str:
    """A number as French readers write it."""
    return text.strip().replace(".", ",")


def unit(text: str) -> str:
    """A unit of a result as people read it: UCUM's own signs are written out, an annotation loses its braces."""
    plain = (text or "").strip().replace("{", "").replace("}", "")
    if plain in _COUNTS:
        return ""
    whole, slash, per = plain.rpartition("/")
    plain = f"{whole}/{_PER[per]}" if slash and per in _PER else plain
    for sign, told in _SYMBOLS.items():
        plain = plain.replace(sign, told)
    return f"µ{plain[1:]}" if plain.startswith(("ug", "um", "uL", "u[", "uUI")) else plain


_DECIMAL = re.compile(r"[+-]?(?:[0-9]{1,12}(?:[.,][0-9]{0,12})?|[.,][0-9]{1,12})")


def decimal(value: str) -> float | None:
    """A decimal of XML Schema (§3.3.3), which has no exponent, as a number to count with; None for words, and for numbers by
    which nothing is counted."""
    return float(value.strip().replace(",", ".")) if _DECIMAL.fullmatch(value.strip()) else None


def _plural(value: str) -> bool:
    return (decimal(value) or 0) >= 2


def dose_unit(text: str, amount: str) -> str:
    """A unit of a dose in French words, in the plural from two on; a unit of measure as it is."""
    name = (text or "").strip().removeprefix("{").removesuffix("}").lower()
    known = _DOSES.get(name.removesuffix("s")) or _DOSES.get(name) or _WRITTEN.get(name)
    if known is None:
        return unit(text)
    first, space, rest = known.partition(" ")
    return f"{first}s{space}{rest}" if _plural(amount) and first[-1] not in "sx" else known


def time_unit(text: str) -> str:
    """A unit of time in UCUM, however a kit spells it; as it is for another one."""
    return _SPELLED.get(text.strip().lower(), text.strip())


def duration(value: str, of: str) -> str:
    """A duration in French words; empty for what is none."""
    unit_of_time = time_unit(of)
    if not value or unit_of_time not in _TIMES:
        return ""
    return f"{number(value)} {_TIMES[unit_of_time][_plural(value)]}"
