"""The INS Datamatrix of paper documents: a header, then tagged fields (identity.md §1.7; the order varies).

Variable fields end with GS (0x1D). Some scanners drop it: a field then ends where the next tag begins, which no name holds.
"""

import re

from carnet.kernel.copies import replace
from carnet.kernel.ins import Ins, InsError
from carnet.kernel.traits import Traits, is_birth_date

PREFIX = "IS01"
_HEADER = 26
_GS = "\x1d"
_FIXED = {"S1": 15, "S5": 1, "S6": 10, "S7": 5}
_TRAIT = {"S3": "given_names", "S4": "birth_name", "S5": "sex", "S6": "birth_date", "S7": "birth_place"}
_NEXT = re.compile(r"\x1d|S[1-7]|$")
_OID = re.compile(r"1\.2\.250\.1\.213\.1\.4\.\d{1,2}")


def _value(tag: str, text: str) -> str:
    if tag in _FIXED:
        return text[: _FIXED[tag]]
    if tag == "S2":
        found = _OID.match(text)
        return found.group() if found else ""
    end = _NEXT.search(text)
    return text[: end.start()] if end else text


def read_datamatrix(text: str) -> tuple[Ins, Traits]:
    """The INS and the traits of a scanned Datamatrix. Raises InsError when it is not one, or not whole."""
    rest, fields = text.strip()[_HEADER:], {}
    if not text.strip().startswith(PREFIX):
        raise InsError("shape")
    while len(rest) > 2 and rest[:2] in {"S1", "S2", *_TRAIT}:
        value = _value(rest[:2], rest[2:])
        fields[rest[:2]] = value
        rest = rest[2 + len(value) :].removeprefix(_GS)
    if "S1" not in fields or not fields.get("S2"):
        raise InsError("shape")
    traits = Traits(**{name: fields[tag] for tag, name in _TRAIT.items() if fields.get(tag)})
    day, month, year = ([*traits.birth_date.split("-"), "", "", ""])[:3]
    if len(year) == 4:
        traits = replace(traits, birth_date=f"{year}-{month}-{day}")
    if traits.birth_date and not is_birth_date(traits.birth_date):
        # An INS comes with the whole birth date that INSi knows: 00 in it is nobody's.
        raise InsError("shape")
    return Ins.of(fields["S1"], fields["S2"]), traits
