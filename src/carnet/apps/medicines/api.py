"""Public face of the medicines database: imported by an operator, looked up by whoever groups treatments by substance."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from carnet.apps.medicines.published import PublishedError, brand_of, plain_substance, read_published
from carnet.apps.storage.api import Work, streaming, unit
from carnet.kernel.traits import normalise_name

MOST_TERMS = 2_000
"""Terms of one look-up: a record has some hundreds of treatments."""
_COPY = "COPY medicines_term (term, substances) FROM STDIN"


def load(terms: Mapping[str, Iterable[str]]) -> int:
    """Put these terms in the place of all before, in one transaction. Returns how many."""
    with streaming() as work:
        work.run("DELETE FROM medicines_term")
        with work.connection.cursor() as cursor, cursor.copy(_COPY) as rows:
            for term, substances in terms.items():
                rows.write_row((term, list(substances)))
    return len(terms)


def import_medicines(folder: Path) -> int:
    """Import the published files. Returns how many codes and names. Raises PublishedError, and then nothing has changed."""
    terms = read_published(folder)
    if not terms:
        raise PublishedError(f"{folder.name}: no medicine")
    return load(terms)


def is_empty() -> bool:
    """Whether nothing was imported yet."""
    with unit() as work:
        return not work.rows("SELECT 1 FROM medicines_term LIMIT 1")


def terms_of(label: str) -> list[str]:
    """The names that a label may begin with, the longest first: what stands before its dose, then its first words."""
    words = brand_of(label).split() or normalise_name(label).split()
    return [" ".join(words[:count]) for count in range(min(len(words), 5), 0, -1)]


def substances_of(work: Work, terms: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The substances of codes and names; those that are not known are not there."""
    asked = sorted(set(terms) - {""})[:MOST_TERMS]
    rows = work.rows("SELECT term, substances FROM medicines_term WHERE term = ANY(%s)", asked) if asked else []
    return {term: tuple(substances) for term, substances in rows}


_ALIKE = """SELECT asked.term, array_agg(other.term) FROM unnest(%s::varchar[]) AS asked (term)
    JOIN medicines_term known ON known.term = asked.term JOIN medicines_term other ON other.substances = known.substances
    WHERE other.term !~ '[0-9]' AND other.term NOT LIKE '%% %%' GROUP BY asked.term"""
MOST_ALIKE = 40
"""Names of one substance that a search tries: paracetamol has hundreds."""


def alike(work: Work, words: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """For words that name a medicine or a substance, the other names of the same: brands of one word, and the substance."""
    asked = {normalise_name(word): word for word in list(words)[:12]}
    rows = work.rows(_ALIKE, sorted(asked)) if asked else []
    return {asked[term]: tuple(sorted(set(others) - {term}, key=lambda o: (len(o), o))[:MOST_ALIKE]) for term, others in rows}


__all__ = ["PublishedError", "alike", "import_medicines", "is_empty", "load", "plain_substance", "substances_of", "terms_of"]
