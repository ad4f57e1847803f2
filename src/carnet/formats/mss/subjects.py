"""The subject of a mail that carries an XDM, which names the person and is not shown (rules CLI-05, MDN-01)."""

import re

from carnet.kernel.traits import Traits, normalise_name

PREFIX = "XDM/1.0/DDM+"
_FAILED = re.compile(r"\[KO Int[ée]gration syst[èe]me ?!\]\s*\[(\d{3})\]\s*")
_DATE = re.compile(r"[\s,-]*\d{2,4}[/-]?\d{2}[/-]?\d{2,4}\s*$")


def xdm_subject(label: str, traits: Traits) -> str:
    """`XDM/1.0/DDM+<label> <NAME> <given name> <birth date>` (rule CLI-05)."""
    given = traits.given_names.split(" ")[0].split(",")[0]
    return " ".join(filter(None, [f"{PREFIX}{label}", traits.birth_name.upper(), given, _civil(traits.birth_date)]))


def _civil(birth_date: str) -> str:
    return "/".join(reversed(birth_date.split("-"))) if birth_date else ""


def shown_subject(subject: str, traits: Traits) -> str:
    """A subject as people read it: without the convention of XDM mails and without the identity that it ends with."""
    text = _FAILED.sub("", " ".join(subject.split()))
    if not text.startswith(PREFIX):
        return text
    words = _DATE.sub("", text.removeprefix(PREFIX)).split(" ")
    named = set(normalise_name(f"{traits.birth_name} {traits.given_names}").split())
    while words and set(normalise_name(words[-1]).split()) <= named:
        words.pop()
    return " ".join(words)
