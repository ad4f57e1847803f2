"""Who is told what: through a real Postfix, and against servers that refuse, wait or vanish."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from support import postfix as postfix_module
from support.people import ask, cda, client, deposit, entry, fresh_person, fresh_uid, now, patient, today
from support.ports import free_port
from support.postfix import Postfix
from support.roles import as_role

from carnet.apps.outbox import api as outbox
from carnet.apps.outbox.delivery import CLAIMED_FOR, WAITS, next_digest
from carnet.apps.outbox.sentences import FOR_PROFESSIONAL, KINDS, MANDATORY
from carnet.apps.records import api as records
from carnet.apps.records.api import Query
from carnet.apps.signin import api as signin
from carnet.apps.signin.professionals.devices import device_of, seen
from carnet.apps.storage.api import unit
from carnet.config.courier import deliver_once
from carnet.config.worker import run_all
from carnet.desk.demonstration.professionals import PROFESSIONALS
from carnet.desk.simulators.smtp_server import SmtpServer
from carnet.formats.cda import Section
from carnet.kernel.actor import Actor
from carnet.kernel.ask import Act

MARKERS = ("ZYGOMALADIE", "TITREMARQUEUR", "MEDICAMARQUE", "COMMENTMARQUE")
"""Strings that stand for a disease, a title, a drug and a comment: none may leave in a mail."""


def tell(record_id: UUID, address: str, **preferences: Any) -> None:
    """The holder gives an address."""
    with as_role("carnet_espace"), unit(record_id) as work:
        outbox.set_contact(work, f"holder:{record_id}", outbox.Contact(address, **preferences), now())


def tell_professional(number: str, address: str) -> None:
    with as_role("carnet_operator"), unit() as work:
        outbox.set_contact(work, outbox.professional(number), outbox.Contact(address), now())


def deliver() -> int:
    """Round after round until nothing is due: one round takes a hundred recipients, and other tests' records tell theirs too."""
    taken = 0
    with as_role("carnet_courier"):
        while found := deliver_once():
            taken += found
    return taken


@pytest.fixture(autouse=True)
def nothing_waits() -> None:
    """Notices of other tests are not ours."""
    with as_role("postgres"), unit() as work:
        work.run("DELETE FROM outbox_notice")


def outcomes(record_id: UUID) -> dict[str, tuple[str, int, str]]:
    with as_role("carnet_courier"), unit() as work:
        rows = work.rows("SELECT kind, outcome, attempts, problem FROM outbox_notice WHERE record_id = %s", record_id)
    return {kind: (outcome, attempts, problem) for kind, outcome, attempts, problem in rows}


# ---- a real Postfix ----


@pytest.fixture(scope="module")
def postfix(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postfix]:
    reason = postfix_module.missing()
    if reason:
        pytest.skip(reason)
    with postfix_module.running(tmp_path_factory.mktemp("postfix") / "instance") as running:
        yield running


@pytest.fixture
def mail(postfix: Postfix, monkeypatch: pytest.MonkeyPatch) -> Postfix:
    monkeypatch.setattr(settings.CARNET, "smtp_port", postfix.port)
    postfix.empty()
    return postfix


def body(mail: EmailMessage) -> str:
    return mail.get_content()


def test_postfix_receives_every_notice_and_none_says_anything_of_the_content(mail: Postfix, door: str, settings_clock: Any) -> None:
    person, record_id = patient("treating", "nurse", treating="treating")
    tell(record_id, "claude@patients.example")
    tell_professional(PROFESSIONALS["treating"].id, "alix@sante.example")
    unique_id = fresh_uid()
    content = cda(person, "treating", unique_id=unique_id, title="TITREMARQUEUR",
                  sections=(Section("51847-2", "ZYGOMALADIE", ("MEDICAMARQUE 10 mg",)),))  # fmt: skip
    doctor = client(door, "treating")
    made = doctor.deposit(entry(person, unique_id=unique_id, title="TITREMARQUEUR", comments="COMMENTMARQUE"), content)
    assert made.status_code == 200, made.text
    document = made.json()["entry"][1]["response"]["location"].split("/")[1]
    hidden = deposit(person, label=("INVISIBLE_PATIENT",))
    for value in (True, False):
        assert doctor.patch(document, [{"op": "replace", "path": "/extension/0/valueBoolean", "value": value}]).status_code == 200
    doctor.search(person.ins)
    assert client(door, "radiologist").authorize(person.ins, "consultation").status_code == 200
    for key, mode in (("emergency", "bris_de_glace"), ("regulator", "centre_15")):
        who = client(door, key, regulation=key == "regulator")
        assert who.open_emergency(person.ins, mode, "Inconscient sur la voie publique, ZYGOMALADIE connue.").status_code == 200
    doctor.patch(document, [{"op": "replace", "path": "/status", "value": "entered-in-error"}])
    seen(PROFESSIONALS["treating"].id, device_of("new"), "Firefox · Linux", now())
    deliver()
    first = mail.mails(2)
    to = {m["To"]: m for m in first}
    assert set(to) == {"claude@patients.example", "alix@sante.example"}
    told = body(to["claude@patients.example"])
    for kind in (
        "deposit",
        "archive",
        "unarchive",
        "first-access",
        "authorisation-declared",
        "emergency-access",
        "regulation-access",
        "delete",
    ):
        assert KINDS[kind] in told, kind
    assert KINDS["announcement-waiting"] not in told
    for kind in ("emergency-access", "regulation-access", "new-device"):
        assert FOR_PROFESSIONAL[kind] in "".join(body(m) for m in first)
    settings_clock.move(timedelta(days=13, hours=1))
    with as_role("carnet_worker"):
        run_all(settings_clock())
    deliver()
    assert mail.tells(KINDS["announcement-waiting"])
    settings_clock.move(timedelta(days=18))
    with as_role("carnet_worker"):
        run_all(settings_clock())
    deliver()
    assert mail.tells(KINDS["document-visible"])
    everything = mail.mails(4)
    names = {p.family for p in PROFESSIONALS.values()} | {p.places[0].name for p in PROFESSIONALS.values()}
    secrets = {
        *MARKERS,
        *names,
        person.traits.birth_name,
        person.ins.matricule,
        str(record_id),
        str(document),
        str(hidden),
        "Document d'essai",
    }
    for one in everything:
        raw = one.as_string()
        assert not [secret for secret in secrets if secret in raw or secret in body(one)]
        assert one["Auto-Submitted"] == "auto-generated"


def test_a_record_that_opens_or_closes_by_time_is_told(mail: Postfix) -> None:
    from support.people import fresh_person

    from carnet.apps.records import api as records
    from carnet.dicah.facts import RecordState

    person = fresh_person()
    record_id = records.create_record(person.ins, person.traits, today() - timedelta(days=60), state=RecordState.PENDING_OPPOSITION)
    tell(record_id, "ouvert@patients.example")
    _, suspended = patient()
    tell(suspended, "suspendu@patients.example")
    with unit(suspended) as work:
        records.change_state(work, suspended, "suspend", today() - timedelta(days=60))
    with as_role("carnet_worker"):
        run_all(now())
    while deliver():
        # Records of other tests may be due too: the courier takes so many at a time.
        pass
    told = {to: body(m) for to, m in mail.mails_to("ouvert@patients.example", "suspendu@patients.example").items()}
    assert KINDS["record-opened"] in told["ouvert@patients.example"]
    assert KINDS["record-closed"] in told["suspendu@patients.example"]


def test_every_kind_of_notice_was_tried(mail: Postfix) -> None:
    """Each kind reaches Postfix, so that a new one cannot be forgotten."""
    _, record_id = patient()
    tell(record_id, "tout@patients.example")
    with unit(record_id) as work:
        for kind in KINDS:
            outbox.notify(work, record_id, kind, outbox.HOLDER, now())
    deliver()
    told = body(mail.mails(1)[0])
    assert all(sentence in told for sentence in KINDS.values())


# ---- servers that misbehave ----


@dataclass
class Moody:
    """An SMTP server that answers what it is told to."""

    answer: str = "250 OK"
    at: str = "data"
    mails: list[bytes] = field(default_factory=list)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if self.at == "rcpt" and not self.answer.startswith("250"):
            return self.answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.at == "data" and not self.answer.startswith("250"):
            return self.answer
        self.mails.append(envelope.content)
        return "250 OK"


@pytest.fixture
def moody(monkeypatch: pytest.MonkeyPatch) -> Iterator[Moody]:
    handler, port = Moody(), free_port()
    controller = SmtpServer(handler, port)
    controller.start()
    monkeypatch.setattr(settings.CARNET, "smtp_port", port)
    yield handler
    controller.stop()


def waiting(kind: str = "deposit", **preferences: Any) -> UUID:
    _, record_id = patient()
    tell(record_id, "claude@patients.example", **preferences)
    with unit(record_id) as work:
        outbox.notify(work, record_id, kind, outbox.HOLDER, now())
    return record_id


def test_a_server_that_is_busy_is_tried_again_later_and_later(moody: Moody, settings_clock: Any) -> None:
    record_id = waiting()
    moody.answer = "451 later"
    for number, wait in enumerate(WAITS, start=1):
        deliver()
        assert outcomes(record_id)["deposit"] == ("waiting", number, "451")
        assert deliver() == 0, "not before its time"
        settings_clock.move(wait + timedelta(seconds=1))
    deliver()
    assert outcomes(record_id)["deposit"] == ("dead", len(WAITS) + 1, "451")
    assert deliver() == 0
    with as_role("carnet_operator"), unit() as work:
        assert [(k, p) for k, _, _, _, p in outbox.dead_letters(work)] == [("deposit", "451")]
        assert outbox.retry_dead(work, settings_clock()) == 1
    moody.answer = "250 OK"
    deliver()
    assert outcomes(record_id)["deposit"][0] == "sent"
    assert len(moody.mails) == 1


@pytest.mark.parametrize("at", ["rcpt", "data"])
def test_a_refusal_that_is_final_is_not_tried_again(moody: Moody, at: str) -> None:
    record_id = waiting()
    moody.answer, moody.at = "550 no such person", at
    deliver()
    assert outcomes(record_id)["deposit"] == ("dead", 1, "550")


def test_a_server_that_is_away_loses_nothing(monkeypatch: pytest.MonkeyPatch, moody: Moody, settings_clock: Any) -> None:
    record_id = waiting()
    port = settings.CARNET.smtp_port
    monkeypatch.setattr(settings.CARNET, "smtp_port", free_port())
    deliver()
    outcome, attempts, problem = outcomes(record_id)["deposit"]
    assert (outcome, attempts) == ("waiting", 1)
    assert "Connect" in problem
    assert "@" not in problem
    monkeypatch.setattr(settings.CARNET, "smtp_port", port)
    settings_clock.move(timedelta(minutes=2))
    deliver()
    assert outcomes(record_id)["deposit"][0] == "sent"


def test_a_courier_that_dies_after_sending_sends_the_same_mail_again(moody: Moody, settings_clock: Any) -> None:
    record_id = waiting()

    class Killed(Exception):
        pass

    async def die(message: EmailMessage) -> None:
        moody.mails.append(message.as_bytes())
        raise Killed

    with as_role("carnet_courier"), pytest.raises(Killed):
        asyncio.run(outbox.deliver_due(settings_clock(), die))
    assert deliver() == 0, "claimed: another courier passes it by"
    settings_clock.move(CLAIMED_FOR + timedelta(seconds=1))
    deliver()
    from email import message_from_bytes

    first, second = (message_from_bytes(m)["Message-ID"] for m in moody.mails)
    assert first == second
    assert outcomes(record_id)["deposit"][0] == "sent"


def test_several_notices_of_one_person_make_one_mail_and_two_people_two(moody: Moody) -> None:
    first, _ = waiting(), waiting()
    with unit(first) as work:
        for kind in ("deposit", "access", "archive"):
            outbox.notify(work, first, kind, outbox.HOLDER, now())
    deliver()
    assert len(moody.mails) == 2


def test_what_is_muted_is_not_sent_and_what_the_law_asks_for_cannot_be_muted(moody: Moody) -> None:
    record_id = waiting("access", muted=frozenset({"access"}))
    deliver()
    assert outcomes(record_id)["access"][0] == "muted"
    assert moody.mails == []
    for kind in MANDATORY:
        with pytest.raises(outbox.ContactError, match="law"):
            tell(record_id, "claude@patients.example", muted=frozenset({kind}))


def test_a_daily_digest_waits_for_the_evening_and_urgent_things_do_not(moody: Moody, settings_clock: Any) -> None:
    record_id = waiting("deposit", digest=outbox.DAILY)
    with unit(record_id) as work:
        outbox.notify(work, record_id, "emergency-access", outbox.HOLDER, now())
    deliver()
    assert outcomes(record_id)["emergency-access"][0] == "sent"
    assert outcomes(record_id)["deposit"][0] == "waiting"
    settings_clock.move(next_digest(settings_clock()) - settings_clock() - timedelta(minutes=1))
    assert deliver() == 0
    with unit(record_id) as work:
        outbox.notify(work, record_id, "access", outbox.HOLDER, settings_clock())
    deliver()
    settings_clock.move(timedelta(minutes=2))
    deliver()
    assert {k: v[0] for k, v in outcomes(record_id).items()} == dict.fromkeys(("deposit", "access", "emergency-access"), "sent")
    assert len(moody.mails) == 2, "one at once, and one in the evening for both"


def test_the_evening_is_that_of_the_civil_time() -> None:
    summer, winter = datetime(2026, 7, 1, 15, 59, tzinfo=UTC), datetime(2026, 12, 1, 17, 1, tzinfo=UTC)
    assert next_digest(summer).astimezone(UTC) == datetime(2026, 7, 1, 16, 0, tzinfo=UTC)
    assert next_digest(winter).astimezone(UTC) == datetime(2026, 12, 2, 17, 0, tzinfo=UTC)


def test_who_gave_no_address_is_told_nothing_and_nothing_waits_for_ever(moody: Moody) -> None:
    _, record_id = patient()
    with unit(record_id) as work:
        outbox.notify(work, record_id, "deposit", outbox.HOLDER, now())
    deliver()
    assert outcomes(record_id)["deposit"][0] == "unreachable"


@pytest.mark.parametrize(
    "address", ["", "claude", "claude@localhost", "claude@patients.example\nBcc: x@y.example", "é@patients.example", "a@b.c, d@e.f"]
)
def test_what_is_not_an_address_is_refused_and_repeated_nowhere(address: str) -> None:
    _, record_id = patient()
    with pytest.raises(outbox.ContactError) as raised:
        tell(record_id, address)
    assert not address or address not in str(raised.value)
    for wrong in ({"digest": "hourly"}, {"muted": frozenset({"nothing"})}):
        with pytest.raises(outbox.ContactError):
            tell(record_id, "claude@patients.example", **wrong)


def test_an_address_is_sealed_and_the_courier_alone_opens_it() -> None:
    _, record_id = patient()
    tell(record_id, "tressecret@patients.example")
    with as_role("postgres"), unit() as work:
        sealed = bytes(work.rows("SELECT address FROM outbox_contact WHERE owner = %s", f"holder:{record_id}")[0][0])
    assert b"tressecret" not in sealed
    with as_role("carnet_courier"), unit() as work:
        assert outbox.contacts(work, [f"holder:{record_id}"])[f"holder:{record_id}"].address == "tressecret@patients.example"


def test_an_access_is_told_once_a_day_and_not_for_a_secret_of_a_minor(door: str) -> None:
    person, record_id = patient("treating", "nurse")
    secret = deposit(person, label=("INVISIBLE_REPRESENTANTS_LEGAUX",))
    nurse = client(door, "nurse")
    assert nurse.get(f"/fhir/Binary/{secret}").status_code == 200
    with unit(record_id) as work:
        assert outbox.pending(work, record_id) == []
    for _ in range(3):
        nurse.search(person.ins)
    client(door, "treating").search(person.ins)
    with unit(record_id) as work:
        told = outbox.pending(work, record_id)
        assert (told.count(("first-access", "holder")), told.count(("access", "holder"))) == (2, 0), (
            "one for each professional, today"
        )
    assert client(door, "dentist").search(person.ins).status_code == 403
    with unit(record_id) as work:
        assert len(outbox.pending(work, record_id)) == 2, "a refusal is in the journal, not in the mail"


def test_the_courier_speaks_tls_when_asked(monkeypatch: pytest.MonkeyPatch, moody: Moody) -> None:
    record_id = waiting()
    monkeypatch.setattr(settings.CARNET, "smtp_security", "starttls")
    deliver()
    outcome, _, problem = outcomes(record_id)["deposit"]
    assert outcome == "waiting", "never in the clear when TLS was asked for"
    assert moody.mails == []
    assert problem


def test_the_first_access_of_a_professional_is_told_to_whoever_mutes_accesses() -> None:
    person, record_id = patient("nurse", "treating")
    owner = outbox.owner_of(outbox.HOLDER, record_id)
    with as_role("carnet_espace"), unit(record_id) as work:
        outbox.set_contact(work, owner, outbox.Contact("claude@patients.example", frozenset({"access"}), outbox.DAILY), now())
        with pytest.raises(outbox.ContactError, match="first-access"):
            outbox.set_contact(work, owner, outbox.Contact("claude@patients.example", frozenset({"first-access"})), now())
    for days in (0, 0, 2, 40):
        question = replace(ask("nurse", Act.SEARCH, person), at=now() + timedelta(days=days))
        records.search(replace(question, actor=_proved_at(question.actor, question.at)), Query())
    with unit(record_id) as work:
        assert outbox.pending(work, record_id) == [("first-access", "holder"), ("access", "holder"), ("access", "holder")]
    with as_role("postgres"), unit() as work:
        work.run("UPDATE outbox_notice SET outcome = 'sent' WHERE record_id = %s", record_id)
    with as_role("carnet_worker"), unit() as work:
        work.row("SELECT outbox_purge(%s)", now() + timedelta(days=3650))
    question = replace(ask("nurse", Act.SEARCH, person), at=now() + timedelta(days=100))
    records.search(replace(question, actor=_proved_at(question.actor, question.at)), Query())
    with unit(record_id) as work:
        assert outbox.pending(work, record_id) == [("access", "holder")], "a purge does not make a first access again"


def test_a_day_of_accesses_is_that_of_people() -> None:
    person, record_id = patient("nurse")
    told = []
    # 23:30 in France, then 00:30 and 02:30 of the day after: the first two are of one day in UTC, the last two of one in France.
    for hour in (0, 1, 3):
        at = datetime(2026, 11, 20, 22, 30, tzinfo=UTC) + timedelta(hours=hour)
        question = replace(ask("nurse", Act.SEARCH, person), at=at)
        records.search(replace(question, actor=_proved_at(question.actor, at)), Query())
        with unit(record_id) as work:
            told.append([kind for kind, _ in outbox.pending(work, record_id)])
    assert told == [["first-access"], ["first-access", "access"], ["first-access", "access"]]


def _proved_at(who: Actor, at: datetime) -> Actor:
    return replace(who, authentication=replace(who.authentication, at=at, expires_at=at + timedelta(hours=1)))


# ---- an announcement ----


def test_an_announcement_says_what_for_whom_on_which_day_and_where(mail: Postfix) -> None:
    person = fresh_person(birth_name="DURAND", given_names="Ondine Marie")
    at = datetime(2026, 11, 20, 9, tzinfo=UTC)
    with as_role("carnet_espace"):
        records.announce_record(person.ins, person.traits, "ondine@patients.example", at)
    assert deliver() == 1
    [sent] = mail.mails(1)
    assert str(sent["Subject"]) == "Un carnet de santé va s'ouvrir pour Ondine DURAND le 1er janvier 2027"
    text = sent.get_content()
    assert f"{settings.CARNET.portal_url.rstrip('/')}/activer" in text
    assert text.count(settings.LAW.support_line) >= 3
    assert "avant le 1er janvier 2027" in text
    assert "before 1 January 2027" in text
    code = text.split("Code à usage unique : ")[1].split()[0]
    with as_role("carnet_espace"):
        assert signin.owner_of_code(code, person.traits.birth_date, at + timedelta(hours=1))[1] == person.traits


def test_a_code_that_the_release_before_sealed_is_sent_as_it_is() -> None:
    from carnet.apps.outbox.notices import Sealed

    assert Sealed.read("ABCDEFGHJK") == Sealed("ABCDEFGHJK")
    assert Sealed.read('["ABC", "Ondine", "2027-01-01"]') == Sealed("ABC", "Ondine", "2027-01-01")


def test_mail_that_does_not_leave_is_told_to_the_operator_before_it_is_given_up(caplog: pytest.LogCaptureFixture) -> None:
    from carnet.apps.outbox.api import Failure, delayed, deliver_due

    _, record_id = patient()
    at = now() + timedelta(days=400)
    with as_role("carnet_espace"), unit(record_id) as work:
        outbox.set_contact(work, outbox.owner_of(outbox.HOLDER, record_id), outbox.Contact("ondine@patients.example"), at)
        outbox.notify(work, record_id, "new-message", outbox.HOLDER, at)

    async def silent(_mail: Any) -> Failure:
        return Failure("SMTPConnectError", final=False)

    with as_role("carnet_operator"):
        before = delayed()[0]
    with as_role("carnet_courier"):
        asyncio.run(deliver_due(at, silent))
    with as_role("carnet_operator"):
        count, problem = delayed()
    assert count > before and problem == "SMTPConnectError"
    assert "notice-not-sent code=SMTPConnectError final=False" in caplog.text and "ondine" not in caplog.text
