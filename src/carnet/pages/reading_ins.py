"""A matricule as somebody types or pastes it, in the environment of this installation."""

import re

from django.conf import settings

from carnet.kernel.ins import INS_NIR, INS_NIR_TEST, Ins, InsError

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
"""What a page or a mail puts between characters, and nobody sees."""
_BETWEEN = r"[\s.\-]*"


def _matricule(digit: str) -> re.Pattern[str]:
    parts = [digit] * 6 + [f"(?:{digit}|[ABab])"] + [digit] * 8
    return re.compile(r"(?<![0-9A-Za-z])" + _BETWEEN.join(parts) + r"(?![0-9A-Za-z])")


_INSIDE, _WITH_LETTERS = _matricule("[0-9]"), _matricule("[0-9OoIl]")
"""A matricule among other words, and one in which a letter stands for the digit that it looks like."""
_LIKE = str.maketrans("OoIl", "0011")


def visible(text: str) -> str:
    """A text without the characters that nobody sees."""
    return _INVISIBLE.sub("", text)


def ins_typed(text: str) -> Ins:
    """The INS that was typed, or that stands among the words that were pasted.

    Raises InsError: `letter` where a letter stands for a digit (nothing is guessed), `several` where the words name several people.
    """
    oid = INS_NIR if INS_NIR in settings.LAW.accepted_ins_oids else INS_NIR_TEST
    text = visible(text)
    try:
        return Ins.of(text, oid)
    except InsError:
        found = {re.sub(r"[\s.\-]", "", m).upper() for m in _INSIDE.findall(text)}
        if len(found) == 1:
            return Ins.of(found.pop(), oid)
        if found:
            raise InsError("several") from None
        if any(_reads(m.translate(_LIKE), oid) for m in _WITH_LETTERS.findall(text)):
            raise InsError("letter") from None
        raise


def _reads(text: str, oid: str) -> bool:
    try:
        Ins.of(re.sub(r"[\s.\-]", "", text), oid)
    except InsError:
        return False
    return True
