"""Strict identity traits and their comparison, field by field.

The RNIV text on tolerated differences could not be read (identity.md §1.5, marked [R]): the normaliser here serves
matching only, the raw value stays stored, and a match never qualifies an identity by itself.
"""

import re
import unicodedata
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from itertools import accumulate

_SEPARATORS = re.compile(r"[-'’\s]+")
_LIGATURES = str.maketrans({
    "Œ": "OE", "œ": "oe", "Æ": "AE", "æ": "ae", "Ø": "O", "ø": "o", "Ł": "L", "ł": "l", "Đ": "D", "đ": "d", "Ð": "D", "ð": "d",
    "Ħ": "H", "ħ": "h", "Þ": "TH", "þ": "th", "ı": "i", "Ŧ": "T", "ŧ": "t", "ẞ": "SS", "ĸ": "k", "Ŋ": "N", "ŋ": "n", "Ɓ": "B",
    "Ɗ": "D", "Ɖ": "D", "Ƙ": "K", "Ɛ": "E", "ɛ": "e", "Ɔ": "O", "ɔ": "o", "Ɲ": "N", "ɲ": "n",
})  # fmt: skip
"""Letters that Unicode does not take apart: INSi writes A to Z, local software writes them as they are."""


def base_letters(text: str) -> str:
    """A text without marks, its ligatures opened: the letters that INSi writes, in their case."""
    plain = unicodedata.normalize("NFKD", text.translate(_LIGATURES))
    return "".join(c for c in plain if not unicodedata.combining(c))


def normalise_name(name: str) -> str:
    """Return the matching form of a name: no marks, ligatures opened, upper case, separators to one space."""
    return _SEPARATORS.sub(" ", base_letters(name)).strip().upper()


@dataclass(frozen=True, slots=True)
class Traits:
    """The five strict traits. An empty field was not sent; a date may lack its day (`1979-03`)."""

    birth_name: str = ""
    given_names: str = ""
    sex: str = ""
    birth_date: str = ""
    birth_place: str = ""

    def __repr__(self) -> str:
        return "Traits(…)"


def _letters(name: str) -> str:
    return normalise_name(name).replace(" ", "")


def names_agree(sent: str, known: str) -> bool:
    """Whether two names are one: apostrophes, simple and double hyphens and accents do not count, nor a blank in their place."""
    return _letters(sent) == _letters(known)


def _given_agree(sent: str, known: str) -> bool:
    # One side may carry the first birth name and the other the whole list of the act, whose order counts: it must be its beginning,
    # and end where a name ends.
    short, long = sorted((sent, known), key=lambda name: len(_letters(name)))
    return _letters(short) in accumulate(normalise_name(long).split())


def is_birth_date(text: str) -> bool:
    """Whether a text may be the birth date of an identity: a year, with a month, with a day; never 00 in the place of one."""
    return re.fullmatch(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?", text) is not None


def dates_agree(sent: str, known: str) -> bool:
    """Whether a birth date is the one of an identity, which may lack its day or month (born abroad): whoever writes a whole date
    then writes any day. A sender who states less than we know is not compared piece by piece; an unknown date agrees with none."""
    return bool(known) and len(sent) >= len(known) and sent.startswith(known)


def mismatches(sent: Traits, known: Traits) -> tuple[str, ...]:
    """Name the traits that contradict. A trait that one side lacks contradicts nothing; values are never returned."""
    checks = (
        ("birth_name", names_agree),
        ("given_names", _given_agree),
        ("sex", str.__eq__),
        ("birth_date", dates_agree),
        ("birth_place", str.__eq__),
    )
    pairs = ((name, getattr(sent, name), getattr(known, name), agree) for name, agree in checks)
    return tuple(name for name, a, b, agree in pairs if a and b and not agree(a, b))


def majority(birth_date: str) -> date | None:
    """The day on which a person comes of age (18 years, article 414 of the code civil); None without a usable date.

    A date that lacks its day or its month is read as the latest that it can be: nobody is of age too early.
    """
    year, month, day = ([int(p) for p in birth_date.split("-") if p.isdecimal()] + [0, 0, 0])[:3]
    if not 1 <= year <= 9000:
        return None
    month = month if 1 <= month <= 12 else 12
    last = monthrange(year + 18, month)[1]
    return date(year + 18, month, min(day or last, last))


def is_minor(birth_date: str, on: date) -> bool:
    """Whether a person is a minor on a day. Somebody whose date of birth is unknown is not said to be one."""
    of_age = majority(birth_date)
    return of_age is not None and on < of_age
