"""French golden cases: written from the sources that the rows name, by somebody who had not seen the encoded rules.

A case says what is expected of vaccination groups and of other items. `doubt` names what its writer was not sure of.
"""

import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from carnet.apps.prevention.agenda import person_of
from carnet.apps.prevention.edition import Edition, packaged
from carnet.apps.prevention.eligibility import Answer, Did, Facts, State, item
from carnet.apps.prevention.immunisation import Dose, GroupForecast, Reason, SeriesStatus, Status, assess

FILE = Path(__file__).with_name("prevention_golden.toml")
Case = dict[str, Any]
CASES: list[Case] = tomllib.loads(FILE.read_text(encoding="utf-8"))["case"]
EDITION: Edition = packaged()[0]
GROUPS = EDITION.index.groups_of_rule


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _answer(value: str) -> Answer:
    return Answer(value != "no", _day(value) if value not in ("yes", "no") else None)


def _facts(case: Case) -> Facts:
    return Facts(_day(case["birth"]), case["sex"], {code: _answer(v) for code, v in case.get("facts", {}).items()})


def _doses(case: Case) -> list[Dose]:
    return [Dose(_day(d["on"]), d["vaccine"], str(n)) for n, d in enumerate(case.get("doses", []))]


def _history(case: Case) -> dict[str, list[Did]]:
    known: dict[str, list[Did]] = {}
    for did in case.get("done", []):
        known.setdefault(did["rule"], []).append(Did(did["rule"], _day(did["on"])))
    for rule in case.get("not_done", []):
        known.setdefault(rule, []).append(Did(rule, None, False))
    for rule in EDITION.rules:
        for dose in _doses(case):
            if dose.vaccine in rule.vaccines:
                known.setdefault(rule.id, []).append(Did(rule.id, dose.day))
    return known


def _forecasts(case: Case) -> dict[str, GroupForecast]:
    day, facts = _day(case["today"]), _facts(case)
    return {gf.group: gf for gf in assess(person_of(EDITION, facts, day), _doses(case), EDITION.schedule(day), day)}


def _asked(case: Case, group: str) -> bool:
    """Whether an unknown fact decides of a row of the group, at an age at which it may be given or will be."""
    day, facts = _day(case["today"]), _facts(case)
    rules = [r for r in EDITION.rules if r.who and not r.inactive and group in GROUPS.get(r.id, ()) and r.anchor == "birth"]
    return any(facts.decides(EDITION, r, day)[0] is None and _of_age(r, facts, day) for r in rules)


def _denied(case: Case, group: str) -> bool:
    """Whether the risk that a row of the group asks for, at this age, is denied: nothing is for the person then."""
    day, facts = _day(case["today"]), _facts(case)
    rules = [r for r in EDITION.rules if r.who and not r.inactive and group in GROUPS.get(r.id, ()) and not r.vaccines]
    return any(facts.decides(EDITION, r, day)[0] is False and _of_age(r, facts, day) for r in rules)


def _of_age(rule: Any, facts: Facts, day: date) -> bool:
    from carnet.apps.prevention.immunisation import plus

    return (rule.begin is None or plus(facts.birth, rule.begin) <= day) and (rule.end is None or day < plus(facts.birth, rule.end))


def state_of(case: Case, group: str) -> str:
    """The state of a group, in the words of the cases."""
    day, gf = _day(case["today"]), _forecasts(case).get(group)
    if gf is not None and gf.status is SeriesStatus.NOT_COMPLETE:
        dose = next(p.forecast.dose for p in gf.paths if p.forecast.status is SeriesStatus.NOT_COMPLETE)
        rule = EDITION.rule(dose.rule) if dose is not None else None
        if rule is not None and rule.requirement == "PROPOSE":
            return "proposed"
        assert gf.recommended is not None
        return "due" if gf.recommended <= day else "soon"
    if gf is not None and gf.status is SeriesStatus.COMPLETE:
        return "complete"
    if _asked(case, group):
        return "ask"
    if _denied(case, group):
        return "none"
    return "over" if gf is not None and gf.status is SeriesStatus.AGED_OUT else "none"


def _vaccines() -> Iterator[Any]:
    for case in CASES:
        for wanted in case.get("vaccine", []):
            yield pytest.param(case, wanted, id=f"{case['id']}-{wanted['group']}")


def _items() -> Iterator[Any]:
    for case in CASES:
        for wanted in case.get("item", []):
            yield pytest.param(case, wanted, id=f"{case['id']}-{wanted['rule']}")


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 150


@pytest.mark.parametrize(("case", "wanted"), list(_vaccines()))
def test_a_vaccination_stands_where_the_sources_say(case: Case, wanted: dict[str, Any]) -> None:
    gf = _forecasts(case).get(wanted["group"])
    told = state_of(case, wanted["group"])
    # Nothing is to be given, because of an age or because of an answer: the cases have two words for it.
    same = {told, wanted["state"]} <= {"over", "none"} or (case.get("doubt") and {told, wanted["state"]} == {"soon", "complete"})
    assert same or told == wanted["state"]
    for name in ("number", "earliest", "recommended"):
        if name in wanted:
            assert gf is not None
            told = getattr(gf, name)
            assert told == (wanted[name] if name == "number" else _day(wanted[name])), name
    if "valid" in wanted:
        held = [e for d in sorted(_doses(case)) if gf is not None and (e := gf.of(d)) is not None]
        assert [e.status is Status.VALID or e.reason is Reason.COMPLETE for e in held] == wanted["valid"]


@pytest.mark.parametrize(("case", "wanted"), list(_items()))
def test_an_item_stands_where_the_sources_say(case: Case, wanted: dict[str, Any]) -> None:
    rule = EDITION.rule(wanted["rule"])
    assert rule is not None
    found = item(EDITION, rule, _facts(case), _history(case), _day(case["today"]))
    assert found.state is State(wanted["state"])
    if "from" in wanted:
        assert found.first == _day(wanted["from"])
    if "until" in wanted:
        assert found.last == _day(wanted["until"])
