"""Identity vigilance: what a doubt or a corrected trait does to the status of an identity and to its matricule (RNIV).

A doubtful or fictitious identity is provisional at once. A strict trait that changes takes the matricule away: what was checked
with INSi was another set of traits. A qualified identity falls back to validated, a retrieved one to provisional.
"""

from collections.abc import Collection
from dataclasses import astuple

from carnet.kernel.traits import Traits, is_birth_date, names_agree

PROVISIONAL, VALIDATED, RETRIEVED, QUALIFIED = "PROV", "VALI", "RECUP", "QUAL"
DOUBTFUL, FICTITIOUS = "DOUT", "FICT"
FORBIDDING = frozenset({DOUBTFUL, FICTITIOUS})
_FALLS_TO = {QUALIFIED: VALIDATED, RETRIEVED: PROVISIONAL}


class IdentityError(ValueError):
    """The identity cannot be one; the message names the trait and repeats no value."""


def check_traits(traits: Traits) -> None:
    """Refuse a birth date with 00 as day or month: INSi gives none, and a date made of zeros is nobody's. Raises IdentityError."""
    if traits.birth_date and not is_birth_date(traits.birth_date):
        raise IdentityError("the birth date is not a date: an unknown day or month is left out, never written 00")


def status_with(status: str, annotations: Collection[str]) -> str:
    """The status of an identity that carries these annotations."""
    return PROVISIONAL if FORBIDDING & set(annotations) else status


def loses_matricule(before: Traits, after: Traits) -> bool:
    """Whether a strict trait changes. One that was not known and is now said changes nothing that was checked, nor does another
    spelling of the same name."""
    pairs = zip(astuple(before), astuple(after), strict=True)
    return any(not names_agree(new, old) for old, new in pairs if old)


def status_after(status: str, before: Traits, after: Traits) -> str:
    """The status of an identity whose traits are corrected."""
    return _FALLS_TO.get(status, status) if loses_matricule(before, after) else status
