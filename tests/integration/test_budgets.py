"""Budgets stop a thief and never slow an honest counter: by person, certificate and structure, at every door (access law §1)."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from django.conf import settings
from support import bounds as small
from support.people import PROFESSIONALS, actor, deposit, fresh_person, host, now, patient, today
from support.portal import HIDDEN, Browser, words
from support.roles import as_role
from support.said import said_by

from carnet.apps.access import api as access
from carnet.apps.access import bounds, budgets, closing, report, timers
from carnet.apps.access.api import Consent
from carnet.apps.messaging import api as messaging
from carnet.apps.outbox import api as outbox
from carnet.apps.records import api as records
from carnet.apps.records.api import Query
from carnet.apps.records.reading.visit import acting, visiting
from carnet.apps.signin import api as signin
from carnet.apps.storage.api import key_of, unit
from carnet.dicah.facts import AuthorisationGround
from carnet.interfaces.webps.handles import Sought, handle_of, sought_of
from carnet.kernel.actor import Actor, ActorKind, Authentication, Means
from carnet.kernel.ask import Act, Ask, Mode
from carnet.kernel.refusal import Refusal

DAY = timedelta(days=1)


def somebody(key: str = "dentist", **situation: Any) -> Actor:
    """A professional nobody else in the tests is, who signed in an hour ago."""
    who = actor(key)
    number = f"8{uuid4().int % 10**11:011d}"
    proof = replace(who.authentication, at=now() - timedelta(hours=1), expires_at=now() + timedelta(days=30))
    placed = replace(who.situation, structure=f"1{uuid4().int % 10**9:09d}", **situation)
    return replace(who, id=number, authentication=proof, situation=placed)


def refusal_of(do: Callable[[], object]) -> str:
    try:
        do()
    except Refusal as refusal:
        return str(refusal.code)
    return ""


def opened(who: Actor, at: datetime | None = None, **more: Any) -> str:
    """TD0.3 of a new patient; the code of the refusal, empty when it was let in."""
    person, _ = patient()
    question = Ask(who, Act.DECLARE_AUTHORISATION, at or now(), person.ins, **more)
    return refusal_of(lambda: records.declare_authorisation(question, Consent(AuthorisationGround.CARE_TEAM, True, True)))


def page_of(who: Actor, person: Any, at: datetime | None = None, **more: Any) -> str:
    """A page of the portal on a record."""

    def visit() -> None:
        with visiting(Ask(who, Act.SEARCH, at or now(), person.ins, **more)):
            pass

    return refusal_of(visit)


def declared(who: Actor, at: datetime | None = None) -> Any:
    """A new patient who agreed today."""
    person, _ = patient()
    question = Ask(who, Act.DECLARE_AUTHORISATION, at or now(), person.ins)
    records.declare_authorisation(question, Consent(AuthorisationGround.CARE_TEAM, True, True))
    return person


def test_a_soft_bound_lets_in_so_many_and_asks_the_next_to_sign_in(monkeypatch: pytest.MonkeyPatch) -> None:
    small.bound(monkeypatch, "*,person,reach,3,,,,,")
    who = somebody()
    assert [opened(who) for _ in range(5)] == ["", "", "", "step-up-required", "step-up-required"]
    later = replace(who, authentication=replace(who.authentication, at=now() + timedelta(seconds=1)))
    at = now() + timedelta(seconds=2)
    assert [opened(later, at) for _ in range(4)] == ["", "", "", "step-up-required"]


def test_what_was_opened_before_a_sign_in_is_not_answered_by_it_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    small.bound(monkeypatch, "*,person,reach,1,2,,,,")
    who = somebody()
    assert [opened(who), opened(who)] == ["", "step-up-required"]
    later = replace(who, authentication=replace(who.authentication, at=now() + timedelta(seconds=1)))
    assert [opened(later, now() + timedelta(seconds=n)) for n in (2, 3)] == ["", "activity-under-review"]


def test_a_sign_in_at_the_portal_answers_at_every_door_and_a_connection_of_a_card_answers_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    small.bound(monkeypatch, "*,person,reach,1,,,,,")
    who = replace(somebody(), authentication=Authentication(Means.CPS_CPF, "APPPRIP3", now() + DAY))
    assert [opened(who), opened(who)] == ["", "step-up-required"]
    signed_in = replace(who, authentication=replace(who.authentication, at=now() + timedelta(seconds=1)))
    with as_role("carnet_webps"):
        access.note_sign_in(signed_in)
    assert opened(who, now() + timedelta(seconds=2)) == ""
    with as_role("carnet_webps"):
        access.note_sign_in(replace(signed_in, authentication=replace(who.authentication, at=now() - timedelta(hours=3))))
    assert opened(who, now() + timedelta(seconds=3)) == "step-up-required", (
        "an older sign-in takes nothing back, nor gives anything"
    )


@pytest.mark.parametrize(("hours", "line"), [(1, "2,,,,,"), (24, ",,2,,,"), (168, ",,,,2,")])
def test_windows_slide(monkeypatch: pytest.MonkeyPatch, hours: int, line: str) -> None:
    small.bound(monkeypatch, f"*,person,reach,{line}")
    who = somebody()
    begun = datetime(2026, 11, 26, 15, 0, tzinfo=UTC)
    who = replace(
        who, authentication=replace(who.authentication, at=begun - timedelta(days=9), expires_at=begun + timedelta(days=30))
    )
    window = timedelta(hours=hours)
    assert [opened(who, begun - timedelta(minutes=n)) for n in (2, 1)] == ["", ""]
    assert opened(who, begun + timedelta(minutes=1)) == "step-up-required", "the stroke of the clock gives nothing anew"
    assert opened(who, begun + window - timedelta(minutes=3)) == "step-up-required"
    assert opened(who, begun + window - timedelta(seconds=90)) == "", "the first has left the window"


def test_opening_again_today_counts_nothing_and_in_a_week_it_is_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    small.bound(monkeypatch, "*,person,content,2,,2,,,", "*,person,own-content,,,1,,,")
    who = somebody()
    first, second, third = (declared(who) for _ in range(3))
    assert [page_of(who, p) for p in (first, second, first, first, second)] == [""] * 5
    assert page_of(who, third) == "step-up-required"
    tomorrow, in_a_week = now() + DAY - timedelta(hours=1), now() + 8 * DAY
    assert page_of(who, third, tomorrow) == "step-up-required", "what was declared yesterday is no own patient yet"
    assert [page_of(who, p, in_a_week) for p in (first, first)] == ["", ""]
    assert page_of(who, second, in_a_week) == "step-up-required", "own patients have a bound of their own"


def test_who_declares_to_be_the_treating_doctor_opens_a_new_record_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    small.bound(monkeypatch, "*,person,content,2,,,,,")
    who, answers = somebody("treating"), []
    for _ in range(3):
        person, _ = patient()
        question = Ask(who, Act.DECLARE_AUTHORISATION, now(), person.ins)
        records.declare_authorisation(question, Consent(AuthorisationGround.CARE_TEAM, True, True), as_treating_doctor=True)
        answers.append(page_of(who, person))
    assert answers == ["", "", "step-up-required"]


def test_a_prolonged_authorisation_stays_that_of_ones_own_patient(monkeypatch: pytest.MonkeyPatch) -> None:
    small.bound(monkeypatch, "*,person,content,,1,,,,")
    who = somebody("nurse")
    for _ in range(3):
        person, record_id = patient()
        allow_to(record_id, who, now() - 300 * DAY)
        question = Ask(who, Act.DECLARE_AUTHORISATION, now(), person.ins)
        records.declare_authorisation(question, Consent(AuthorisationGround.CARE_TEAM, True, True))
        assert page_of(who, person) == ""


def test_a_patient_who_is_there_counts_nothing_and_passes_above_the_soft_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    small.bound(monkeypatch, "*,person,content,1,3,,,,", "*,person,reach,20,,,,,")
    who = somebody()
    people = [declared(who) for _ in range(6)]
    assert [page_of(who, p, present=True) for p in people[:4]] == [""] * 4
    assert page_of(who, people[0]) == "", "the patient was there today"
    assert [page_of(who, p) for p in people[4:]] == ["", "step-up-required"]
    assert page_of(who, people[5], present=True) == ""


def test_a_code_of_presence_spares_the_visit_that_follows_and_a_wrong_one_spares_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    small.bound(monkeypatch, "*,person,content,1,,,,,", "*,person,reach,1,,,,,")
    who = somebody()
    person, record_id = patient()
    with unit(record_id) as work:
        code, _ = access.rotating_code(key_of(work, record_id), now())
    question = Ask(who, Act.DECLARE_AUTHORISATION, now(), person.ins)
    agreed = Consent(AuthorisationGround.CARE_TEAM, True, True)
    wrong = replace(agreed, presence_code="00000000" if code != "00000000" else "11111111")
    assert refusal_of(lambda: records.declare_authorisation(question, wrong)) == "presence-code-wrong"
    records.declare_authorisation(question, replace(agreed, presence_code=code))
    assert page_of(who, person) == ""
    assert [opened(who), opened(who)] == ["", "step-up-required"], "neither counted"


def test_a_hard_bound_closes_everything_and_is_told_until_an_operator_lifts_it(monkeypatch: pytest.MonkeyPatch) -> None:
    small.bound(monkeypatch, "*,person,content,,2,,,,")
    who = somebody()
    people = [declared(who) for _ in range(3)]
    document = deposit(people[0])
    assert [page_of(who, p) for p in people] == ["", "", "activity-under-review"]
    small.bound(monkeypatch)
    fresh = replace(who, authentication=replace(who.authentication, at=now() + timedelta(seconds=1)))
    at = now() + timedelta(seconds=2)
    assert page_of(fresh, people[0], at) == "activity-under-review", "also what is open already, however freshly signed in"
    closed: list[Callable[[], object]] = [
        lambda: records.test_record(Ask(fresh, Act.TEST_RECORD, at, people[0].ins)),
        lambda: records.test_record(Ask(fresh, Act.TEST_RECORD, at, fresh_person().ins)),
        lambda: records.search(Ask(fresh, Act.SEARCH, at, people[0].ins), Query()),
        lambda: records.read_content(Ask(fresh, Act.READ, at, people[0].ins), document),
        lambda: records.own_list(Ask(fresh, Act.OWN_LIST, at)),
        lambda: records.traces(Ask(fresh, Act.OWN_TRACES, at, people[0].ins)),
    ]
    assert [refusal_of(do) for do in closed] == ["activity-under-review"] * len(closed)
    waiting = [stop for stop in waiting_stops() if stop.subject == who.key]
    assert [(s.name, s.facts) for s in waiting] == [(who.name, "content 1 2/2")]
    assert notices_of(who) == [("activity-stopped", f"professional:{who.id}"), ("activity-stopped-here", f"structure:{who.situation.structure}"),
                               ("activity-to-review", "operator")]  # fmt: skip
    lift(waiting[0].id, "lawful", "Campagne de vaccination, confirmée par téléphone.")
    small.bound(monkeypatch, "*,person,content,,2,,,,")
    again = now() + timedelta(seconds=5)
    assert page_of(who, people[2], again) == "", "counts begin anew"
    with pytest.raises(access.StopError):
        lift(waiting[0].id, "lawful", "deux fois")


def waiting_stops() -> list[access.Stop]:
    with as_role("carnet_operator"):
        return access.stops(as_operator())


def lift(number: UUID, verdict: str, note: str) -> None:
    with as_role("carnet_operator"):
        access.lift_stop(as_operator(), number, verdict, note)


def as_operator() -> Ask:
    return Ask(Actor(ActorKind.OPERATOR, "ada", "Ada"), Act.CONFIGURE, now())


def notices_of(who: Actor) -> list[tuple[str, str]]:
    scope = closing.scope_of(who.key)
    with unit(scope) as work:
        return sorted(outbox.pending(work, scope))


def test_two_that_close_one_activity_at_once_close_it_once_and_one_without_a_structure_is_told_alone() -> None:
    who = somebody()
    alone = replace(who, situation=replace(who.situation, structure="", structure_name=""))
    question = Ask(alone, Act.TEST_RECORD, now())
    for _ in range(2):
        with unit() as work:
            closing._close(work, question, alone.key, "reach 1 1/1")
    assert notices_of(alone) == [("activity-stopped", f"professional:{alone.id}"), ("activity-to-review", "operator")]
    assert len([s for s in waiting_stops() if s.subject == alone.key]) == 1


def test_stops_are_an_operators_and_say_why_they_are_lifted() -> None:
    for do in (lambda: access.stops(Ask(somebody(), Act.CONFIGURE, now())),
               lambda: access.lift_stop(Ask(somebody(), Act.CONFIGURE, now()), uuid4(), "lawful", "x")):  # fmt: skip
        assert refusal_of(do) == "function-not-allowed"
    for verdict, note in (("fine", "x"), ("lawful", " "), ("lawful", "not one that waits")):
        with pytest.raises(access.StopError):
            lift(uuid4(), verdict, note)


def test_an_emergency_is_never_refused_plainly_and_is_reviewed_first(monkeypatch: pytest.MonkeyPatch) -> None:
    small.bound(monkeypatch, "*,person,content,,2,,,,")
    who = somebody("emergency")
    assert [page_of(who, declared(who)) for _ in range(3)] == ["", "", "activity-under-review"]
    person, record_id = patient()

    def break_glass(by: Actor, at: datetime) -> str:
        question = Ask(by, Act.OPEN_EMERGENCY, at, person.ins, Mode.BREAK_GLASS, "Patient inconscient, danger immédiat.")
        return refusal_of(lambda: records.open_emergency(question))

    assert break_glass(who, now()) == "step-up-required"
    fresh = replace(who, authentication=replace(who.authentication, at=now() + timedelta(seconds=1)))
    at = now() + timedelta(seconds=2)
    assert break_glass(fresh, at) == ""
    assert page_of(fresh, person, at, mode=Mode.BREAK_GLASS) == ""
    with unit(record_id) as work:
        assert work.rows("SELECT priority FROM access_emergency WHERE record_id = %s", record_id) == [(True,)]


def test_one_certificate_under_many_names_has_one_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    small.bound(monkeypatch, "*,certificate,reach,,3,,,,")
    certificate, place = uuid4().hex * 2, f"1{uuid4().int % 10**9:09d}"

    def named() -> Actor:
        who = somebody()
        proof = replace(who.authentication, means=Means.AIR, certificate=certificate)
        return replace(who, authentication=proof, situation=replace(who.situation, structure=place))

    assert [opened(named()) for _ in range(4)] == ["", "", "", "activity-under-review"]
    other = named()
    assert opened(replace(other, authentication=replace(other.authentication, certificate=""))) == "", "the structure is not closed"


def test_one_structure_has_one_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    small.bound(monkeypatch, "*,structure,reach,,2,,,,")
    place = f"1{uuid4().int % 10**9:09d}"
    staff = [replace(who, situation=replace(who.situation, structure=place)) for who in (somebody() for _ in range(3))]
    assert [opened(who) for who in staff] == ["", "", "activity-under-review"]
    assert notices_of(replace(staff[0], kind=ActorKind.STRUCTURE, id=place)) == [
        ("activity-stopped-here", f"structure:{place}"), ("activity-to-review", "operator")]  # fmt: skip


def test_a_structures_certificate_that_names_nobody_is_counted_too(monkeypatch: pytest.MonkeyPatch) -> None:
    small.bound(monkeypatch, "*,certificate,negative,,2,,,,")
    proof = Authentication(Means.CERTIFICATE, "", now() + DAY, certificate=uuid4().hex * 2)
    who = replace(somebody(), kind=ActorKind.STRUCTURE, authentication=proof)
    tries = [refusal_of(lambda: records.test_record(Ask(who, Act.TEST_RECORD, now(), fresh_person().ins))) for _ in range(4)]
    assert tries[0] == tries[1] and tries[2:] == ["activity-under-review"] * 2


def test_threads_of_one_person_do_not_pass_the_bound_together(monkeypatch: pytest.MonkeyPatch) -> None:
    small.bound(monkeypatch, "*,person,reach,4,,,,,")
    who = somebody()
    people = [patient()[0] for _ in range(12)]

    def test(n: int) -> str:
        return refusal_of(lambda: records.test_record(Ask(who, Act.TEST_RECORD, now(), people[n].ins)))

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(test, range(12)))
    assert answers.count("") == 4


def test_a_refused_opening_counts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    small.bound(monkeypatch, "*,person,reach,1,,,,,")
    who = somebody()
    person, _ = patient()
    assert refusal_of(lambda: records.search(Ask(who, Act.SEARCH, now(), person.ins), Query())) == "consent-missing"
    assert opened(who) == ""


def test_refusals_that_tell_that_a_record_is_there_are_bounded_as_records_that_are_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    small.bound(monkeypatch, "*,person,reach,2,4,,,,")
    who = somebody()
    people = [patient()[0] for _ in range(6)]
    told = [refusal_of(partial(records.search, Ask(who, Act.SEARCH, now(), p.ins), Query())) for p in people]
    assert told == ["consent-missing"] * 2 + ["step-up-required"] * 2 + ["activity-under-review"] * 2


def test_a_stopped_activity_reads_and_writes_no_message(monkeypatch: pytest.MonkeyPatch) -> None:
    small.bound(monkeypatch, "*,person,reach,,1,,,,")
    who = somebody("treating")
    assert [opened(who), opened(who)] == ["", "activity-under-review"]
    person, _ = patient()
    asked = {act: Ask(who, act, now(), person.ins) for act in (Act.READ_MESSAGES, Act.WRITE_MESSAGE)}

    def begin(act: Act) -> None:
        with acting(asked[act], act):
            pass

    assert [refusal_of(partial(begin, act)) for act in asked] == ["activity-under-review"] * 2
    with as_role("carnet_webps"):
        assert refusal_of(lambda: messaging.board(Ask(who, Act.LIST_MESSAGES, now()))) == "activity-under-review"


def test_depositing_and_people_in_their_own_records_are_in_no_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    small.bound(monkeypatch, "*,person,content,1,1,,,,", "*,person,reach,1,1,,,,")
    who = somebody("treating")
    assert [opened(who), opened(who)] == ["", "activity-under-review"]
    person, _ = patient()
    deposit(person)
    holder = replace(who, kind=ActorKind.HOLDER)
    assert budgets.subjects(holder) == ()
    access.spend(holder, access.NEGATIVE, now())
    access.note_sign_in(holder)
    access.note_sign_in(replace(who, authentication=Authentication(Means.CPS_CPF)))
    with unit() as work:
        assert budgets.of_question(work, Ask(holder, Act.READ, now())).value == "plausible"
        assert work.rows("SELECT 1 FROM access_budget WHERE actor = %s", holder.key) == []
    assert budgets.opens(Ask(replace(who, kind=ActorKind.SERVICE), Act.READ, now())).name == "NONE"


@pytest.fixture
def ours(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    small.shipped(monkeypatch)
    yield


def _day(who: Actor, own: int, new: int, minutes: float, contents: bool) -> list[str]:
    """A day of software that counts new documents whenever a local record opens, and reads contents of some."""
    begun = now() - timedelta(hours=10)
    who = replace(who, authentication=replace(who.authentication, at=begun - timedelta(minutes=5), expires_at=now() + DAY))
    people = [patient() for _ in range(own + new)]
    for number, (_, record_id) in enumerate(people):
        if number < own:
            allow_to(record_id, who, begun - 30 * DAY)
    answers = []
    for number, (person, _) in enumerate(people):
        at = begun + timedelta(minutes=minutes * number)
        answers += _visit(Ask(who, Act.TEST_RECORD, at, person.ins), number >= own)
        if contents:
            answers.append(page_of(who, person, at))
    return answers


def _visit(ask: Ask, newly: bool) -> list[str]:
    """What software asks when a local record opens: is there one, the agreement of a new patient, what is new."""
    agreed = Consent(AuthorisationGround.CARE_TEAM, True, True)
    asked: list[Callable[[], object]] = [lambda: records.test_record(ask)]
    if newly:
        asked.append(lambda: records.declare_authorisation(replace(ask, act=Act.DECLARE_AUTHORISATION), agreed))
    asked.append(lambda: records.search(replace(ask, act=Act.SEARCH), Query()))
    return [refusal_of(do) for do in asked]


def allow_to(record_id: Any, who: Actor, at: datetime) -> None:
    with unit(record_id) as work:
        access.authorise_at(work, host(record_id), who.id, AuthorisationGround.CARE_TEAM, at)


@pytest.mark.parametrize(("key", "own", "new", "minutes", "contents"), [
    ("treating", 30, 6, 15, True),
    ("pharmacist", 60, 30, 6, True),
    ("surgeon", 40, 10, 9, True),
    ("nurse", 120, 0, 5, False),
])  # fmt: skip
def test_a_day_of_lawful_software_meets_no_step_up(
    ours: None, key: str, own: int, new: int, minutes: float, contents: bool
) -> None:
    who = somebody(key, sector=PROFESSIONALS[key].places[0].sector)
    assert set(_day(who, own, new, minutes, contents)) == {""}


def test_a_sign_in_of_the_portal_is_kept_for_the_other_doors(portal: str) -> None:
    Browser(portal).sign_in("audiologist")
    with as_role("carnet_webps"), unit() as work:
        row = work.row("SELECT at FROM access_signin WHERE person = %s", actor("audiologist").key)
    assert row is not None and now() - row[0] < timedelta(minutes=1)


def test_the_portal_leads_to_a_new_sign_in_and_back(portal: str, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = Browser(portal).sign_in("optician")
    small.bound(monkeypatch, "*,person,content,,,2,,,")
    opened_pages = [browser.get(f"/dossier/{browser.seek(patient('optician')[0].ins.matricule)}") for _ in range(3)]
    refused = opened_pages[-1]
    assert refused.status_code == 403
    link = re.search(r'href="(/connexion\?[^"]+encore=1[^"]*)"', refused.text)
    assert link is not None
    means = browser.get(link[1].replace("&amp;", "&"))
    assert "Confirmer votre identité" in means.text
    psc = re.search(r'href="(/connexion/psc\?[^"]+)"', means.text)
    assert psc is not None
    left = browser.get(psc[1].replace("&amp;", "&")).headers["location"]
    assert "prompt=login" in left, "the provider's own session is no new sign-in"
    assert "prompt" not in browser.get("/connexion/psc").headers["location"]


def test_a_vitale_card_that_was_read_spares_the_counter(portal: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sought = Sought(fresh_person().ins, seen_at=now())
    assert sought.present(now()) and sought_of(handle_of(sought, actor("nurse")), actor("nurse")) == sought
    assert not replace(sought, seen_at=now() - timedelta(hours=5)).present(now())
    assert not replace(sought, seen_at=None).present(now())
    browser = Browser(portal).sign_in("nurse")
    small.bound(monkeypatch, "*,person,reach,1,,,,,")
    browser.get("/patients/vitale")
    tested = [browser.get(browser.post("/patients/vitale", {"carte": str(n)}).headers["location"]) for n in range(4)]
    assert not any("sort de l'ordinaire" in words(answer) or "sort de l’ordinaire" in words(answer) for answer in tested)


def test_the_operator_sees_what_is_closed_and_lifts_it_with_a_word(operator: str, monkeypatch: pytest.MonkeyPatch) -> None:
    small.bound(monkeypatch, "*,person,reach,,1,,,,", "*,certificate,reach,,1,,,,")
    who = somebody()
    who = replace(who, name="Octave ÉCLUSE", authentication=replace(who.authentication, certificate=uuid4().hex * 2))
    assert [opened(who), opened(who)] == ["", "activity-under-review"]
    [stop] = [s for s in waiting_stops() if s.subject == who.key]
    with as_role("carnet_operator"):
        token = signin.operator_link("ada", now())
    http = httpx.Client(base_url=operator, timeout=30.0)
    http.get(f"/entrer/{token}")
    page = http.get("/activites")
    assert f"Professionnel {who.id}" in words(page) and "Certificat de logiciel" in words(page)
    assert "1 dossiers nouveaux interrogés en une heure (limite : 1)" in words(page) and "Octave ÉCLUSE" in words(page)
    form = dict(HIDDEN.findall(page.text))["form_token"]
    lift_at = f"/activites/{stop.id}/lever"
    empty = http.post(lift_at, data={"form_token": form, "verdict": "stolen", "constat": " "})
    assert empty.status_code == 400 and "écrivez ce que vous avez constaté" in words(empty)
    done = http.post(lift_at, data={"form_token": form, "verdict": "stolen", "constat": "Carte en opposition."})
    assert (done.headers["location"], said_by(done)["done"]) == ("/activites", "leve")
    assert http.post(lift_at, data={"form_token": form, "verdict": "stolen", "constat": "Encore."}).status_code == 409
    assert who.key not in {s.subject for s in waiting_stops()}


@pytest.mark.parametrize(("line", "problem"), [
    ("*,person,content,many,,,,,", "line 2: 'many' is not a number"), ("*,person,content,0,,,,,", "is not a number"),
    ("*,person,content,9,3,,,,", "a soft bound above its hard one"), ("*,somebody,content,,,,,,", "subject 'somebody'"),
    ("*,person,thefts,,,,,,", "measure 'thefts'"), ("colour=red,person,content,,,,,,", "write \\*"), ("profession=,person,content,,,,,,", "write \\*"),
    ("*,person", "more or fewer columns"), ("*,person,content,,,,,,,,", "more or fewer columns"),
])  # fmt: skip
def test_an_edition_that_cannot_be_read_says_where(line: str, problem: str) -> None:
    first = ",".join(bounds.COLUMNS)
    with pytest.raises(bounds.BoundsError, match=problem):
        bounds.read_edition([first, line], today())


def test_an_edition_has_its_columns_and_a_line_for_everybody() -> None:
    first = ",".join(bounds.COLUMNS)
    with pytest.raises(bounds.BoundsError, match="the first line is not"):
        bounds.read_edition(["a,b"], today())
    with pytest.raises(bounds.BoundsError, match="a line for every person"):
        bounds.read_edition([first, "profession=10,person,content,,,,,,"], today())


def test_the_first_line_that_fits_counts_and_editions_begin_at_their_day(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = bounds._editions(tmp_path)[date(2026, 11, 27)]
    pharmacy = bounds.traits_of(actor("pharmacist").situation, settings.LAW)
    assert pharmacy == {"profession": "21", "speciality": "", "sector": "SA33", "context": "town"}
    day = {b.hours: b.hard for b in ours.of("person", "content", pharmacy)}
    assert day == {1: 80, 24: 300, 168: 1200}
    assert {b.hours: b.hard for b in ours.of("person", "content", {})} == {1: 60, 24: 150, 168: 500}
    assert ours.of("structure", "traits", {}) == ()
    bare = "\n".join([",".join(bounds.COLUMNS), *(f"*,person,{measure},,,,,,9" for measure in sorted(bounds.MEASURES))])
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "2027-01-01.csv").write_text(bare)
    (tmp_path / "own" / "readme.txt").write_text("not an edition")
    monkeypatch.setattr(settings.CARNET, "bounds_dir", tmp_path / "own")
    assert [bounds.in_force(day).effective.isoformat() for day in (date(2020, 1, 1), date(2026, 12, 31), date(2027, 2, 1))] == [
        "2026-11-27", "2026-11-27", "2027-01-01"]  # fmt: skip
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "soon.csv").write_text(bare)
    with pytest.raises(bounds.BoundsError, match="named by its first day"):
        bounds._editions(tmp_path / "bad")


def test_a_window_counts_each_record_once_and_for_as_long_as_it_was_last_opened() -> None:
    window, begun = report._Window(bounds.Bound(1, 1, 2)), datetime(2026, 11, 27, tzinfo=UTC)
    for record, minutes in ((1, 0), (1, 30), (2, 70)):
        window.add(record, begun + timedelta(minutes=minutes))
    assert (window.most, window.soft_at, window.hard_at) == (2, begun + timedelta(minutes=70), None), "the first was opened again"
    window.add(3, begun + timedelta(minutes=100))
    assert window.most == 2 and window.hard_at is None, "an hour after, the first counts no more"


def test_the_report_says_who_would_have_met_a_proposed_edition() -> None:
    who = somebody()
    begun = now() - timedelta(days=3)
    who = replace(who, authentication=replace(who.authentication, expires_at=now() + DAY, certificate=uuid4().hex * 2))
    for n in range(4):
        assert opened(who, begun + timedelta(minutes=n)) == ""
    assert opened(who, begun + timedelta(hours=2)) == ""
    assert opened(who, begun + timedelta(hours=3), present=True) == ""
    again, _ = patient()
    for hours in (4, 25):
        records.test_record(Ask(who, Act.TEST_RECORD, begun + timedelta(hours=hours), again.ins))
    for days in (1, 2):
        opened(who, begun + timedelta(days=days, hours=5))
    columns, everybody = ",".join(bounds.COLUMNS), [f"*,person,{m},,,,,," for m in sorted(bounds.MEASURES) if m != "reach"]
    proposed = bounds.read_edition(
        [columns, "*,person,reach,3,4,4,,,", "*,certificate,reach,,3,,,,", *everybody], access.law().day(begun)
    )
    with as_role("carnet_operator"):
        found = [
            m for m in access.met(proposed, begun - DAY) if m.subject in (who.key, f"certificate:{who.authentication.certificate}")
        ]
    assert [(m.hours, m.most, m.soft_at, m.hard_at) for m in found if m.subject == who.key] == [
        (24, 6, begun + timedelta(hours=2), None), (1, 4, begun + timedelta(minutes=3), None)]  # fmt: skip
    assert [(m.hours, m.most, m.hard_at) for m in found if m.subject != who.key] == [(1, 4, begun + timedelta(minutes=3))]
    assert found[0].hard_at is not None, "whom it would have stopped comes first"


def test_what_is_counted_is_forgotten_after_a_month_and_a_stop_a_year_after_it_was_lifted(monkeypatch: pytest.MonkeyPatch) -> None:
    small.bound(monkeypatch, "*,person,reach,,1,,,,")
    who, old = somebody(), now() - timedelta(days=40)
    assert [opened(who, old), opened(who, old)] == ["", "activity-under-review"]
    with as_role("carnet_webps"):
        access.note_sign_in(replace(who, authentication=replace(who.authentication, at=old)))
    [stop] = [s for s in waiting_stops() if s.subject == who.key]
    with as_role("carnet_worker"):
        purge = next(timer for timer in access.TIMERS if timer.name == "budget-purge")
        assert purge.run(now()) >= 2
        assert purge.run(now()) == 0
    assert stop.id in {s.id for s in waiting_stops()}, "what waits for an operator waits"
    lift(stop.id, "misused", "Vu avec la structure.")
    with as_role("carnet_worker"):
        assert purge.run(now() + timedelta(days=366)) >= 1


def test_what_a_destroyed_record_was_opened_by_is_forgotten_with_it() -> None:
    who = somebody()
    person = declared(who)
    assert page_of(who, person) == ""
    assert "access_opening" in timers._ERASED
