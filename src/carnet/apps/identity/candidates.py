"""Candidates by traits: keyed digests find records that share something, a comparison in Python says how well they fit.

Nothing here qualifies an identity: a candidate is somebody to compare with, and the professional decides.
"""

from uuid import UUID

from rapidfuzz.distance import JaroWinkler

from carnet.apps.storage.api import Work, blind_index
from carnet.kernel.traits import Traits, normalise_name

_WEIGHTS = {"birth_name": 0.4, "given_names": 0.2, "birth_date": 0.3, "sex": 0.1}
"""What each trait weighs; those that were not sent weigh nothing."""


def _texts(traits: Traits) -> set[str]:
    """What two people must share to be compared. Each text joins two traits: one alone would be a browse."""
    name, given = normalise_name(traits.birth_name), normalise_name(traits.given_names).partition(" ")[0]
    date, sex = traits.birth_date, traits.sex
    pairs = {
        ("name+year", name, date[:4]),
        ("name+given", name, given),
        ("given+date", given, date if len(date) == 10 else ""),
        ("date+sex+initial", date if len(date) == 10 else "", f"{sex}{name[:1]}" if sex and name else ""),
    }
    return {"|".join(pair) for pair in pairs if pair[1] and pair[2]}


def tokens(traits: Traits) -> list[bytes]:
    """Keyed digests of traits taken together."""
    return sorted(blind_index("traits", text) for text in _texts(traits))


def enough_to_search(traits: Traits) -> bool:
    """Whether the traits can be searched by: a birth name, and a year of birth or a given name."""
    return bool(normalise_name(traits.birth_name)) and bool(traits.birth_date or traits.given_names)


def index(work: Work, record_id: UUID, traits: Traits) -> None:
    """Keep the digests of a person, in the scope of the record."""
    work.run("DELETE FROM identity_trait_token WHERE record_id = %s", record_id)
    work.run(
        "INSERT INTO identity_trait_token (token, record_id) SELECT unnest(%s::bytea[]), %s", tokens(traits), record_id
    )  # fmt: skip


def candidates(work: Work, traits: Traits, limit: int) -> list[UUID]:
    """Records that share something with these traits, those that share most first, never more than `limit`."""
    return [row[0] for row in work.rows("SELECT record_id FROM identity_candidates(%s, %s)", tokens(traits), limit)]


def _date_resemblance(sent: str, known: str) -> float:
    # Digits are compared one by one: a transposed day or month is a frequent slip, another year is another person.
    same = sum(a == b for a, b in zip(sent, known, strict=False)) / max(len(sent), len(known), 1)
    return same if sent[:4] == known[:4] else same / 2


def _one(name: str, sent: str, known: str) -> float:
    if name == "birth_date":
        return _date_resemblance(sent, known[: len(sent)])
    if name == "sex":
        return float(sent == known)
    a, b = normalise_name(sent), normalise_name(known)
    return JaroWinkler.similarity(a, b if name == "birth_name" else b[: max(len(a), b.find(" ") if " " in b else len(b))])


def resemblance(sent: Traits, known: Traits) -> float:
    """How well a person fits the traits that were sent, from 0 to 1, in hundredths."""
    weights = {name: weight for name, weight in _WEIGHTS.items() if getattr(sent, name)}
    if not weights:
        return 0.0
    total = sum(weight * _one(name, getattr(sent, name), getattr(known, name)) for name, weight in weights.items())
    return round(total / sum(weights.values()), 2)
