"""Acts on access: a secretary authorises the structure, a step-up is answered by signing in again, a load is resumable."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from support.espace import space
from support.people import actor, ask, fresh_ins, fresh_person, host, now, open_record, patient
from support.roles import as_role

from carnet.apps.access import api as access
from carnet.apps.access.api import Consent
from carnet.apps.access.decision import secret_veil
from carnet.apps.access.presence import STEP, rotating_code
from carnet.apps.journal.api import BOTH, PATIENT, REPRESENTATIVES, entries_of_record
from carnet.apps.records import api as records
from carnet.apps.records.api import Query
from carnet.apps.storage.api import RecordKey, key_of, unit
from carnet.desk.demonstration.loading import load_person
from carnet.desk.demonstration.people import PEOPLE, DemoPerson
from carnet.desk.demonstration.professionals import PROFESSIONALS
from carnet.dicah.facts import AuthorisationGround
from carnet.kernel.actor import Actor, ActorKind, Means
from carnet.kernel.ask import Act, Ask
from carnet.kernel.grant import Grant
from carnet.kernel.refusal import No, Refusal


def secretary_of(key: str) -> Actor:
    who = actor(key)
    proof = replace(who.authentication, means=Means.CPE)
    return Actor(ActorKind.EMPLOYEE, who.situation.structure + "/1", "Secrétariat", proof, replace(who.situation, profession=None))


def test_a_secretary_authorises_the_structure_and_opens_no_document_to_anybody() -> None:
    person, record_id = patient()
    question = Ask(secretary_of("nurse"), Act.DECLARE_AUTHORISATION, now(), person.ins)
    records.declare_authorisation(question, Consent(AuthorisationGround.CARE_TEAM, True, True))
    with unit(record_id) as work:
        rows = work.rows("SELECT subject_kind, subject_id FROM access_authorisation WHERE record_id = %s", record_id)
    assert rows == [("structure", question.actor.situation.structure)]
    with pytest.raises(Refusal) as refusal:
        records.search(ask("nurse", Act.SEARCH, person), Query())
    assert refusal.value.code == "consent-missing"


def test_a_grant_without_a_record_authorises_nothing() -> None:
    with unit() as work, pytest.raises(PermissionError):
        nothing = Grant(ask("nurse", Act.OWN_LIST), None, "r", None)
        access.authorise(work, nothing, Consent(AuthorisationGround.CARE_TEAM, True), RecordKey(uuid4(), bytes(32)))


def test_relations_and_their_reading() -> None:
    record_id = open_record(fresh_person())
    with unit(record_id) as work:
        assert access.treating_doctor_of(work, record_id) == ""
        access.name_relation(work, host(record_id), "administrator", PROFESSIONALS["nurse"].id)
        access.name_relation(work, host(record_id), "treating_doctor", PROFESSIONALS["treating"].id)
        access.name_relation(work, host(record_id), "treating_doctor", PROFESSIONALS["emergency"].id)
        assert access.treating_doctor_of(work, record_id) == PROFESSIONALS["emergency"].id


def test_an_anonymous_refusal_has_no_chain() -> None:
    with pytest.raises(Refusal), access.asking(Ask(Actor(), Act.SEARCH, now())):
        raise Refusal("authentication-missing")


def test_the_demonstration_loads_once_and_goes_on_where_it_stopped() -> None:
    person = replace(PEOPLE[4], ins=fresh_ins())
    loaded = load_person(person, now())
    assert loaded >= 4
    assert load_person(person, now()) == 0


def test_a_delegation_is_given_to_somebody_else_in_a_structure_and_its_verdict_is_a_known_one() -> None:
    from uuid import uuid4

    who = actor("geriatrician")
    nowhere = replace(who, situation=replace(who.situation, structure=""))
    for giver, to in ((who, who.id), (who, ""), (nowhere, "899700001136")):
        with pytest.raises(Refusal, match="delegation-missing"):
            access.delegate_to(giver, to, now())
    with pytest.raises(ValueError, match="choose one of"):
        access.review_lookup(who, uuid4(), "perhaps", now())


def test_a_look_up_outside_any_record_or_in_ones_own_name_is_nobodys_to_review() -> None:
    own = Grant(ask("nurse", Act.OWN_LIST), None, "r", None)
    delegated = replace(own.ask, actor=replace(own.ask.actor, on_behalf_of="899700001011"))
    with unit() as work:
        # Neither writes: the door's role has no right on the table, and a write would say so.
        access.note_lookup(work, own)
        access.note_lookup(work, Grant(delegated, None, "r", None))


def test_a_line_of_a_secret_connection_stays_hidden_from_whom_it_was_hidden() -> None:
    secret, plain = replace(ask("nurse", Act.SEARCH), secret=True), ask("nurse", Act.SEARCH)
    assert [secret_veil(secret, veil) for veil in ("", REPRESENTATIVES, PATIENT, BOTH)] == [
        REPRESENTATIVES,
        REPRESENTATIVES,
        BOTH,
        BOTH,
    ]
    assert [secret_veil(plain, veil) for veil in ("", REPRESENTATIVES, PATIENT, BOTH)] == ["", REPRESENTATIVES, PATIENT, BOTH]


def _declared(
    person: DemoPerson,
    agrees: bool,
    at: datetime,
    ground: AuthorisationGround = AuthorisationGround.CARE_TEAM,
    *,
    refuses: bool = False,
) -> datetime:
    question = replace(ask("nurse", Act.DECLARE_AUTHORISATION, person), at=at)
    question = replace(
        question,
        actor=replace(
            question.actor, authentication=replace(question.actor.authentication, expires_at=at + timedelta(hours=1), at=at)
        ),
    )
    return records.declare_authorisation(question, Consent(ground, agrees, agrees, prolongs=not agrees and not refuses))


def test_a_membership_that_ended_is_prolonged_without_asking_while_nobody_objects() -> None:
    person, record_id = patient()
    with pytest.raises(Refusal, match="consent-missing"):
        _declared(person, False, now())
    first = _declared(person, True, now())
    assert first - now() > timedelta(days=182)
    later = first + timedelta(days=3)
    status = records.test_record(
        replace(
            ask("nurse", Act.TEST_RECORD, person),
            at=later,
            actor=replace(
                actor("nurse"), authentication=replace(actor("nurse").authentication, expires_at=later + timedelta(hours=1))
            ),
        )
    )
    assert (status.authorisation, status.standing, status.renewable) == ("EXPIRE", "open-not-authorised", True)
    with pytest.raises(Refusal, match="consent-missing"):
        _declared(person, False, later, AuthorisationGround.CONSULTATION)
    with pytest.raises(Refusal, match="consent-missing"):
        _declared(person, False, later, refuses=True)
    assert _declared(person, False, later) == later + timedelta(days=183)
    with unit(record_id) as work:
        assert entries_of_record(work, record_id)[-1]["detail"] == "care_team:renewed"
        access.withdraw_from(work, host(record_id), PROFESSIONALS["nurse"].id)
    with pytest.raises(Refusal, match="consent-missing"):
        _declared(person, False, later)


def test_an_end_that_the_holder_chose_is_not_prolonged_by_the_professional_alone() -> None:
    person, record_id = patient()
    _declared(person, True, now())
    holder = Actor(ActorKind.HOLDER, str(uuid4()))
    with unit(record_id) as work:
        own = access.own_grant(holder, record_id, Act.CHOOSE_RIGHTS, now())
        access.authorise_by_holder(work, own, PROFESSIONALS["nurse"].id, now() + timedelta(days=2))
    with pytest.raises(Refusal, match="consent-missing"):
        _declared(person, False, now() + timedelta(days=3))
    assert _declared(person, True, now() + timedelta(days=3)) > now() + timedelta(days=180)


def test_blocking_a_structure_ends_what_its_members_held_and_unblocking_restores_none() -> None:
    person, record_id = patient("nurse")
    structure = actor("nurse").situation.structure
    holder = space("http://localhost", person, record_id)
    with as_role("carnet_espace"):
        records.change_reader(holder.ask(Act.CHOOSE_RIGHTS), record_id, "block", structure, "structure")
        records.change_reader(holder.ask(Act.CHOOSE_RIGHTS), record_id, "unblock", structure, "structure")
    status = records.test_record(ask("nurse", Act.TEST_RECORD, person))
    assert (status.authorisation, status.renewable) == ("NON_EXISTE", False)


def test_a_consent_of_yesterday_is_not_told_as_valid() -> None:
    person, record_id = patient()
    with unit(record_id) as work:
        access.authorise_at(
            work, host(record_id), PROFESSIONALS["nurse"].id, AuthorisationGround.CONSULTATION, now() - timedelta(days=1, hours=1)
        )
        work.run("UPDATE access_authorisation SET expires_at = %s WHERE record_id = %s", now() + timedelta(hours=1), record_id)
    assert records.test_record(ask("nurse", Act.TEST_RECORD, person)).authorisation == "EXPIRE"


def test_the_third_switch_falls_with_the_two_others() -> None:
    _, record_id = patient()
    with unit(record_id) as work:
        access.choose(work, host(record_id), break_glass=True, regulation=False, masked_in_emergency=True)
        assert access.choices(work, record_id).masked_in_emergency
        access.choose(work, host(record_id), break_glass=False, regulation=False, masked_in_emergency=True)
        assert not access.choices(work, record_id).masked_in_emergency
        access.choose(
            work,
            host(record_id),
            break_glass=True,
            regulation=True,
            masked_in_emergency=access.choices(work, record_id).masked_in_emergency,
        )
        assert not access.choices(work, record_id).masked_in_emergency, "it stays no until it is chosen again"


def test_the_journal_says_under_what_each_decision_was_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    person, record_id = patient("nurse")
    records.search(ask("nurse", Act.SEARCH, person), Query())
    before = settings.LAW
    monkeypatch.setattr(settings, "LAW", replace(before, emergency_lasts=timedelta(minutes=45)))
    records.search(ask("nurse", Act.SEARCH, person), Query())
    with pytest.raises(Refusal):
        records.search(ask("dentist", Act.SEARCH, person), Query())
    with unit(record_id) as work:
        first, second, refused = (e["under"] for e in entries_of_record(work, record_id)[-3:])
    assert first.startswith("law=2026-11-26 settings=")
    assert "functional_rights=2025-07-08 habilitation=2026-11-26/" in first
    assert (before.digest in first, before.digest in second, settings.LAW.digest in second) == (True, False, True)
    assert refused == second


def test_whoever_makes_the_wrong_person_act_on_a_grant_of_another_record_is_stopped() -> None:
    _, record_id = patient()
    _, other = patient()
    with unit(record_id) as work, pytest.raises(PermissionError):
        access.name_person(work, key_of(work, record_id), host(other), uuid4(), access.CARES, "x", access.Given())


def test_the_code_of_a_minute_ends_when_the_next_one_comes() -> None:
    _, record_id = patient()
    with unit(record_id) as work:
        key = key_of(work, record_id)
    moments = [now() + timedelta(seconds=20 * n) for n in range(12)]
    codes = {at: rotating_code(key, at) for at in moments}
    for at, (code, ends) in codes.items():
        assert at < ends <= at + STEP
        assert rotating_code(key, ends - timedelta(milliseconds=1))[0] == code
        assert rotating_code(key, ends)[0] != code
    assert len({code for code, _ in codes.values()}) >= 4


def test_a_delegation_ends_when_its_giver_says_and_not_before_it_began() -> None:
    giver, helper = actor("treating"), PROFESSIONALS["care_home_nurse"].id
    with pytest.raises(Refusal) as over:
        access.delegate_to(giver, helper, now(), now() - timedelta(days=1))
    assert over.value.code == No.DELEGATION_MISSING
    with as_role("carnet_webps"):
        access.delegate_to(giver, helper, now(), now() + timedelta(days=3650))
        held = [d for d in access.delegations(giver, now()) if d.delegate == helper]
        access.end_delegation(giver, helper, now())
    assert held[0].until <= now() + access.DELEGATION_LASTS, "half a year at most"


def test_a_moment_outside_any_emergency_has_no_reason() -> None:
    person, _ = patient("treating")
    with records.visiting(ask("treating", Act.SEARCH, person)) as visit:
        assert records.emergency_in(visit, PROFESSIONALS["emergency"].id, now()) is None
