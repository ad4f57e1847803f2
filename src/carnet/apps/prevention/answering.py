"""What the person says to the agenda: a fact that decides, that something was done or not, that they do not know."""

from datetime import date
from uuid import UUID, uuid4

from carnet.apps.journal.api import REPRESENTATIVES
from carnet.apps.prevention import rows
from carnet.apps.prevention.keeping import edition_of
from carnet.apps.prevention.knowing import CATEGORY, today
from carnet.apps.prevention.rows import FACT, ITEM, NO, UNKNOWN, YES, Told
from carnet.apps.records.api import Visit, visiting, written
from carnet.kernel.actor import ActorKind
from carnet.kernel.ask import Act, Ask
from carnet.kernel.refusal import No, Refusal

ANSWERS = frozenset({YES, NO, UNKNOWN})
MOST = 1000
"""Answers that hold at once: more than a life of screenings."""


def _malformed(problem: str) -> Refusal:
    return Refusal(No.REQUEST_MALFORMED, {"problem": problem})


def _secret(visit: Visit, intimate: bool) -> bool:
    """What a minor says of their own body is kept from the representatives, without having to ask for it."""
    return intimate and visit.facts.minor and visit.ask.actor.kind is ActorKind.HOLDER


def _say(visit: Visit, kind: str, code: str, answer: str, on: date | None, secret: bool, replaced: list[UUID]) -> UUID:
    told = Told(uuid4(), kind, code, answer, on.isoformat() if on else "", visit.ask.at, visit.ask.actor.id, secret)
    with written(visit, Act.WRITE_PROFILE, CATEGORY, CATEGORY, REPRESENTATIVES if secret else ""):
        rows.end_told(visit.work, visit.record_id, replaced, visit.ask.at)
        rows.insert_told(visit.work, visit.key, told)
    return told.id


def _held(visit: Visit) -> list[Told]:
    """Answers that hold, with the record's agenda locked: two answers at once leave one. Raises Refusal when there are too many."""
    rows.touched(visit.work, visit.record_id, visit.ask.at)
    held = rows.told_of(visit.work, visit.key, visit.sees_secrets())
    if len(held) >= MOST:
        raise _malformed(f"at most {MOST} answers: take one back first")
    return held


def _past(ask: Ask, on: date | None) -> None:
    if on is not None and on > today(ask.at):
        raise _malformed("a day that has come")


def say_fact(ask: Ask, record_id: UUID, code: str, answer: str, on: date | None = None) -> UUID:
    """Answer a question that decides. The former answer is ended. Returns the number of the answer. Raises Refusal."""
    _past(ask, on)
    with visiting(ask, record_id, CATEGORY) as visit:
        fact = edition_of(visit.work, today(ask.at)).fact(code)
        if fact is None or answer not in ANSWERS:
            raise _malformed("a question of the agenda, and yes, no or unknown")
        if fact.dated and answer == YES and on is None:
            raise _malformed("the date that goes with a yes")
        held = _held(visit)
        replaced = [t.id for t in held if t.kind == FACT and t.code == code]
        return _say(visit, FACT, code, answer, on if fact.dated else None, _secret(visit, fact.intimate), replaced)


def say_item(ask: Ask, record_id: UUID, rule_id: str, answer: str, on: date | None = None) -> UUID:
    """Say that something was done, on a day or on a day that nobody knows, that it was not, or that one does not know.

    What was done before stays: a screening is done again and again.
    """
    _past(ask, on)
    with visiting(ask, record_id, CATEGORY) as visit:
        edition = edition_of(visit.work, today(ask.at))
        rule = edition.rule(rule_id)
        if rule is None or answer not in ANSWERS:
            raise _malformed("something of the agenda, and whether it was done")
        held = _held(visit)
        replaced = [t.id for t in held if t.kind == ITEM and t.code == rule_id and (t.answer != YES or t.on == (on or ""))]
        return _say(visit, ITEM, rule_id, answer, on if answer == YES else None, _secret(visit, edition.intimate(rule)), replaced)


def take_back(ask: Ask, record_id: UUID, number: UUID) -> None:
    """Take an answer back. Raises Refusal `document-unknown` for one that the asker does not see."""
    with visiting(ask, record_id, CATEGORY) as visit:
        found = next((t for t in rows.told_of(visit.work, visit.key, visit.sees_secrets()) if t.id == number), None)
        if found is None:
            raise Refusal(No.DOCUMENT_UNKNOWN)
        with written(visit, Act.WRITE_PROFILE, CATEGORY, CATEGORY, REPRESENTATIVES if found.secret else ""):
            rows.end_told(visit.work, visit.record_id, [number], ask.at)
            rows.touched(visit.work, visit.record_id, ask.at)


def answers_in(visit: Visit) -> list[Told]:
    """Every answer that holds, for the page that lists them."""
    return rows.told_of(visit.work, visit.key, visit.sees_secrets()) if visit.opens(CATEGORY) else []
