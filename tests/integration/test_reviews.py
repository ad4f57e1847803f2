"""Every emergency access waits for somebody else to look at it."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from support.people import ask, host, now, patient
from support.roles import as_role

from carnet.apps.access import api as access
from carnet.apps.access.api import ReviewError, emergencies_to_review, review_emergency
from carnet.apps.journal.api import entries_of_record
from carnet.apps.records import api as records
from carnet.apps.storage.api import unit
from carnet.desk.demonstration.professionals import PROFESSIONALS
from carnet.kernel.actor import Actor, ActorKind, Authentication, Means
from carnet.kernel.ask import Act, Ask, Mode
from carnet.kernel.refusal import Refusal

REASON = "Personne inconsciente sur la voie publique."


def operator(name: str = "exploitante", days: int = 0) -> Ask:
    actor = Actor(ActorKind.OPERATOR, name, name, Authentication(Means.PERSON_SESSION))
    return Ask(actor, Act.CONFIGURE, now() + timedelta(days=days))


def opened(key: str = "emergency", mode: Mode = Mode.BREAK_GLASS, blocked: bool = False) -> UUID:
    person, record_id = patient()
    if blocked:
        with unit(record_id) as work:
            access.block(work, host(record_id), PROFESSIONALS[key].id)
    question = ask(key, Act.OPEN_EMERGENCY, person, mode, REASON)
    if mode is Mode.REGULATION:
        from dataclasses import replace

        question = replace(
            question, actor=replace(question.actor, authentication=replace(question.actor.authentication, regulation=True))
        )
    records.open_emergency(question)
    return record_id


def waiting(days: int = 0) -> dict[UUID, access.EmergencyToReview]:
    with as_role("carnet_operator"):
        return {one.record_id: one for one in emergencies_to_review(operator(days=days))}


def test_those_whom_the_patient_had_blocked_come_first() -> None:
    plain = opened()
    blocked = opened("regulator", Mode.REGULATION, blocked=True)
    found = waiting()
    assert (found[plain].priority, found[blocked].priority) == (False, True)
    order = list(found)
    assert order.index(blocked) < order.index(plain)
    assert found[plain].overdue is False
    assert waiting(days=8)[plain].overdue is True


def test_a_review_is_noted_once_by_somebody_else_and_stands_in_the_journal() -> None:
    record_id = opened()
    number = waiting()[record_id].id
    with as_role("carnet_operator"):
        with pytest.raises(ReviewError, match="choose one"):
            review_emergency(operator(), number, "fine")
        with pytest.raises(ReviewError, match="somebody else"):
            review_emergency(operator(PROFESSIONALS["emergency"].id), number, "justified")
        with pytest.raises(ReviewError, match="waits"):
            review_emergency(operator(), uuid4(), "justified")
        review_emergency(operator(), number, "unjustified")
        with pytest.raises(ReviewError, match="waits"):
            review_emergency(operator(), number, "justified")
    assert record_id not in waiting()
    with unit(record_id) as work:
        last = entries_of_record(work, record_id)[-1]
    assert (last["actor"], last["detail"]) == ("operator:exploitante", "emergency-review:unjustified")
    assert REASON not in str(last)


def test_nobody_but_an_operator_sees_the_queue() -> None:
    opened()
    for actor in (ask("treating", Act.CONFIGURE).actor, Actor(ActorKind.TIMER, "t", authentication=Authentication(Means.INTERNAL))):
        question = Ask(actor, Act.CONFIGURE, now())
        with as_role("carnet_operator"), pytest.raises(Refusal):
            emergencies_to_review(question)
        with as_role("carnet_operator"), pytest.raises(Refusal):
            review_emergency(question, uuid4(), "justified")


def test_the_reviewer_s_role_reads_no_reason() -> None:
    import psycopg

    opened()
    with as_role("carnet_operator"), pytest.raises(psycopg.errors.InsufficientPrivilege), unit() as work:
        work.rows("SELECT reason FROM access_emergency")
