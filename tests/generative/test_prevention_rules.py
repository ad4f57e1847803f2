"""Properties of the agenda over invented people: order, repetition, and a whole life day by day."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from uuid import uuid4

from hypothesis import given, settings
from hypothesis import strategies as st

from carnet.apps.prevention.agenda import Agenda, agenda
from carnet.apps.prevention.doses import shots
from carnet.apps.prevention.edition import packaged
from carnet.apps.prevention.eligibility import Answer, Did, Facts, State
from carnet.apps.profile.api import Content, Entry

EDITION = packaged()[0]
TODAY = date(2026, 11, 27)
CODES = [f.code for f in EDITION.facts]
VACCINES = [v.code for v in EDITION.vaccines]
RULES = [r.id for r in EDITION.rules if r.family != "vaccination"]


def _entry(vaccine: str, start: str) -> Entry:
    known = EDITION.vaccine(vaccine)
    assert known is not None
    return Entry(uuid4(), "vaccinations", "professional", None, datetime(2026, 1, 1, tzinfo=UTC), "x", True, None, None,
                 Content(known.name, start=start))  # fmt: skip


births = st.dates(date(1926, 1, 1), TODAY)
days = st.dates(date(1930, 1, 1), TODAY)
starts = st.one_of(days.map(date.isoformat), days.map(lambda d: d.isoformat()[:7]), days.map(lambda d: str(d.year)), st.just(""))
answers = st.dictionaries(st.sampled_from(CODES), st.builds(Answer, st.booleans(), st.one_of(st.none(), days)), max_size=6)
histories = st.lists(st.builds(Did, st.sampled_from(RULES), st.one_of(st.none(), days), st.booleans()), max_size=6)
given_doses = st.lists(st.tuples(st.sampled_from(VACCINES), starts), max_size=10)


def _told(found: Agenda) -> list[tuple[Any, ...]]:
    return [
        (x.key, x.label, x.state, x.first, x.due, x.last, x.overdue, x.done_on, x.again, x.unknown, x.undated) for x in found.lines
    ]


def _agenda(birth: date, sex: str, told: dict[str, Answer], doses: list[Entry], history: list[Did], day: date = TODAY) -> Agenda:
    return agenda(EDITION, Facts(birth, sex, told), shots(EDITION, doses, day), history, day)


@settings(max_examples=60, deadline=None)
@given(births, st.sampled_from(["M", "F", ""]), answers, given_doses, histories, st.randoms())
def test_the_order_of_what_is_known_does_not_matter(
    birth: date, sex: str, told: dict[str, Answer], doses: list[tuple[str, str]], history: list[Did], random: Random
) -> None:
    entries = [_entry(v, s) for v, s in doses if not s or s[:4] >= str(birth.year)]
    one = _agenda(birth, sex, told, entries, sorted(history, key=str))
    mixed = list(entries)
    random.shuffle(mixed)
    # Several words of one item: the order in which they were said is theirs; items are in any order.
    assert _told(_agenda(birth, sex, told, mixed, sorted(history, key=str))) == _told(one)


@settings(max_examples=40, deadline=None)
@given(births, st.sampled_from(["M", "F"]), answers, given_doses, histories)
def test_the_same_facts_and_edition_give_the_same_answer_and_nothing_contradicts_itself(
    birth: date, sex: str, told: dict[str, Answer], doses: list[tuple[str, str]], history: list[Did]
) -> None:
    entries = [_entry(v, s) for v, s in doses]
    found = _agenda(birth, sex, told, entries, history)
    assert _told(_agenda(birth, sex, told, entries, history)) == _told(found)
    consistent(found)


def consistent(found: Agenda) -> None:
    """What an agenda never says: a window that ends before it begins, something done tomorrow, a thing in two places."""
    for x in found.lines:
        assert x.first is None or x.last is None or x.first <= x.last or x.again is not None, x.key
        assert x.done_on is None or x.done_on <= found.day, x.key
        assert x.overdue is None or x.overdue < found.day, x.key
        assert (x.state is State.ASK) == bool(x.unknown), x.key
        assert x.state is not State.TO_PLAN or x.due is not None, x.key
        assert x.state is not State.NOT_CONCERNED
    shown = [x.key for part in (found.now, found.soon, found.later) for x in part]
    assert len(shown) == len(set(shown))
    groups = [g for x in found.lines if x.state is not State.ASK for g in x.groups]
    assert len(groups) == len(set(groups)), "one vaccination is told once"


def test_somebody_ages_day_by_day_without_a_contradiction() -> None:
    """From birth to a hundred, every day of the first two years, then every eleventh: states go forward, windows do not move."""
    birth = date(2026, 2, 28)
    windows: dict[str, tuple[date | None, date | None]] = {}
    over: set[str] = set()
    day, last = birth, birth + timedelta(days=36525)
    while day <= last:
        found = _agenda(birth, "F", {"pregnancy": Answer(False), "delivery": Answer(False)}, [], [], day)
        consistent(found)
        for x in found.lines:
            if x.groups or x.rule.cycle or x.rule.repeat or x.state is State.ASK:
                continue
            assert windows.setdefault(x.key, (x.first, x.last)) == (x.first, x.last), x.key
            ended = x.last is not None and x.last < day
            assert not (x.key in over and x.state is State.TO_PLAN), x.key
            over |= {x.key} if ended else set()
        day += timedelta(days=1 if day < birth + timedelta(days=730) else 11)
    assert len(windows) >= 20
