"""Every sentence of both catalogues, read as a person would: no path, no code of ours, no space that breaks before a colon."""

import gettext
import re

import pytest
from support.french import FILE, catalogue, typeset, written
from support.wording import LOCALE

from carnet.kernel.refusal import No

ENGLISH = vars(gettext.translation("django", LOCALE, ["en"]))["_catalog"]
FRENCH = vars(gettext.translation("django", LOCALE, ["fr"]))["_catalog"]
PATH = re.compile(r"(?<![\w<&])/(?:[a-z]+[/.-])+[a-z]+|\bdocs/|\.(?:md|py|toml)\b")
CODES = re.compile(r"\b(?:" + "|".join(map(re.escape, sorted(No, key=len, reverse=True))) + r")\b")
SNAKE = re.compile(r"\b[a-z]+_[a-z_]+\b")
UUID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}")
BREAKS = re.compile(r" [:;!?»](?:\W|$)|« ")
ALLOWED = {"xds_metadata"}
"""Names of settings, where the sentence is for who sets them."""


def bare(sentence: str) -> str:
    """What is read: without tags and the names of values."""
    return re.sub(r"<[^>]*>|%\(\w+\)[sd]|\{\w*\}", " ", sentence)


def spoken() -> list[str]:
    return sorted(
        {*catalogue(), *catalogue().values(), *(str(s) for s in ENGLISH.values()), *(str(s) for s in FRENCH.values())} - {""}
    )


@pytest.mark.parametrize("pattern", [PATH, CODES, SNAKE, UUID], ids=["path", "code", "name-of-ours", "uuid"])
def test_no_sentence_shows_what_is_ours_alone(pattern: re.Pattern[str]) -> None:
    shown = {s: found for s in spoken() if (found := set(pattern.findall(bare(s))) - ALLOWED) and "Content-Type" not in s}
    assert shown == {}


def test_french_breaks_no_line_before_a_colon() -> None:
    told = {str(FRENCH.get(s) or FRENCH.get((s, 0)) or s) for s in catalogue()}
    assert len(told) > 1200
    assert [s for s in told if BREAKS.search(bare(s).strip())] == []


def test_the_french_catalogue_is_that_of_the_sources() -> None:
    assert FILE.read_text(encoding="utf-8") == written(), "in tests: python -m support.french"
    assert {s for s in catalogue() if typeset(s) != s} <= {s if isinstance(s, str) else s[0] for s in FRENCH}, "and its .mo"


def test_zero_is_singular() -> None:
    french = gettext.translation("django", LOCALE, ["fr"])
    one, many = next((one, many) for one, many in catalogue().items() if many)
    assert (french.ngettext(one, many, 0), french.ngettext(one, many, 2)) == (typeset(one), typeset(many))
