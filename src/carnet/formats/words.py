"""French words as a search compares them: accents, case and endings apart.

A text is kept with the stems of its words in order, so that a question is answered by looking for stems; extracts are cut
from the text itself.
"""

import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from itertools import product

import Stemmer

from carnet.kernel.traits import normalise_name

_WORD = re.compile(r"[^\W_]+(?:[.,]\d+)*", re.UNICODE)


class _Stemmers(threading.local):
    """One stemmer for each thread: a stemmer works in a buffer of its own object, so two threads would read each other's word."""

    def __init__(self) -> None:
        self.french = Stemmer.Stemmer("french")


_STEMMERS = _Stemmers()
EDITION = 3
"""How documents are read and stems are made. What an earlier edition kept is read again by `carnet reindex`: until 0.5 threads
shared one stemmer, and a text could be kept with the stems of another; until 0.6 a style divided words, and facts were no
statements."""
_EMPTY = frozenset(
    re.split(
        " ",
        "a au aux avec ce ces cet cette d dans de des du elle en est et il ils j je l la le les leur lui m mais me n ne nous on ou "
        "par pas pour qu que qui s sa se ses son sont sous sur t un une vous y",
    )
)
"""Words that say nothing alone. A question made of them only is taken as it is."""
SPAN = 90
"""Characters of text on each side of what was found."""


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The comparable form of a word. The stemmer knows accents, so it comes first. A number is one with a comma or a point."""
    if word[0].isdecimal():
        return word.lower().replace(",", ".")
    found = _STEMMERS.french.stemWord(word.lower())
    # Letters without accents are their own comparable form.
    return found if found.isascii() and found.isalnum() else normalise_name(found).lower()


LONGEST = 40
"""Characters of what stands between blanks and is remembered; what is longer is hardly language."""


def _stems_in(piece: str) -> str:
    return " ".join(stem(word) for word in _WORD.findall(piece))


@lru_cache(maxsize=50_000)
def _remembered(piece: str) -> str:
    return _stems_in(piece)


def stems(text: str) -> str:
    """The stems of a text, each at least once, between blanks, ready to be searched in."""
    # No word goes over a blank, so what stands between two is looked at once however often it is said, and not at all where it was
    # seen before.
    told = [_remembered(piece) if len(piece) <= LONGEST else _stems_in(piece) for piece in dict.fromkeys(text.split())]
    return " " + " ".join(filter(None, dict.fromkeys(told))) + " "


_ACCENTED = {"e": "eéè", "E": "eéè"}
_MOST_VARIED = 5
"""Letters of a word that may have lost an accent: three forms of each."""


@lru_cache(maxsize=5_000)
def _with_accents(word: str) -> tuple[str, ...]:
    """Further stems of a word that is typed without its accents: the stemmer reads the ending of "ménière" otherwise."""
    if not word.isascii() or not word.isalpha() or not 1 <= word.lower().count("e") <= _MOST_VARIED:
        return ()
    forms = ("".join(letters) for letters in product(*(_ACCENTED.get(letter, letter) for letter in word)))
    return tuple(dict.fromkeys(found for form in forms if len(found := stem(form)) >= SHORTEST and found != stem(word)))


Question = Sequence[tuple[str, ...]]
"""What is asked for: for each word its stem, then the stems of words that mean the same."""


def words_of(text: str) -> list[str]:
    """The words of a question that say something."""
    words = _WORD.findall(text)[:12]
    return [w for w in words if w.lower() not in _EMPTY] or words


def question(text: str, meaning: Mapping[str, Sequence[str]] | None = None) -> Question:
    """The stems that a question asks for, each once. The last word may be unfinished.

    `meaning`: word → other names that mean the same (a brand and its substance); of several words, their stems with blanks.
    """
    alike = meaning or {}
    return tuple(
        dict.fromkeys((stem(w), *_with_accents(w), *(_stems_in(other) for other in alike.get(w, ()))) for w in words_of(text))
    )


def matches(kept: str, asked: Question) -> bool:
    """Whether a text, given by its stems, holds each word of the question, or a name that means the same, where a word begins."""
    return bool(asked) and all(any(all(f" {part}" in kept for part in one.split()) for one in alike) for alike in asked)


SUGGESTED_FROM = 20_000
"""Words of the readable documents in which a likeness is sought."""


def suggestion(text: str, texts: Iterable[str]) -> str:
    """The question with words of these texts in the place of words that they do not hold; empty where nothing is alike."""
    known: dict[str, str] = {}
    for word in (w for one in texts for w in _WORD.findall(one) if len(w) >= SHORTEST and not w[0].isdecimal()):
        known.setdefault(normalise_name(word).lower(), word.lower())
        if len(known) >= SUGGESTED_FROM:
            break
    asked, changed = words_of(text), False
    for number, word in enumerate(asked):
        near = get_close_matches(normalise_name(word).lower(), known, 1, 0.75) if len(word) >= SHORTEST else []
        if near and near[0] != normalise_name(word).lower():
            asked[number], changed = known[near[0]], True
    return " ".join(asked) if changed else ""


SHORTEST = 4
"""Letters of a word that may be mistyped: shorter ones are all alike."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of an extract, marked where it answers the question."""

    text: str
    marked: bool = False


def _found(text: str, asked: Question) -> Iterator[tuple[int, int]]:
    parts = tuple(part for alike in asked for one in alike for part in one.split())
    return (word.span() for word in _WORD.finditer(text) if stem(word.group()).startswith(parts))


def extract(text: str, asked: Question) -> list[Piece]:
    """A few words around the first place that answers, with every answering word in them marked."""
    spans = list(_found(text, asked))
    if not spans:
        return [Piece(" ".join(text[: 2 * SPAN].split()))]
    start, end = max(spans[0][0] - SPAN, 0), min(spans[0][1] + 2 * SPAN, len(text))
    while 0 < start < spans[0][0] and not text[start - 1].isspace():
        start += 1
    while spans[0][1] < end < len(text) and not text[end].isspace():
        end -= 1
    pieces, at = [Piece("… " if start else "")], start
    for left, right in spans:
        if left >= start and right <= end:
            pieces += [Piece(_joined(text[at:left])), Piece(text[left:right], True)]
            at = right
    return [p for p in [*pieces, Piece(_joined(text[at:end])), Piece(" …" if end < len(text) else "")] if p.text]


def _joined(text: str) -> str:
    """Text with its line breaks as blanks: blanks at its ends stay, they separate it from a marked word."""
    return re.sub(r"\s+", " ", text)
