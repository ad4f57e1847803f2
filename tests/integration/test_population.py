"""A population from a file: who gets a record, who is told and how, who opposes, and what happens to identities."""

import json
import re
from datetime import UTC, date, datetime, time, timedelta
from io import BytesIO
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from pypdf import PdfReader
from support.people import ask, fresh_ins, fresh_person, now, open_record, today
from support.population import COLUMNS, line, load, operator, reasons, record_of, state_of
from support.roles import as_role

from carnet.apps.identity import api as identity
from carnet.apps.journal.api import entries_of_record, stored_chain
from carnet.apps.outbox import api as outbox
from carnet.apps.records import api as records
from carnet.apps.records.population import importing, notices, oppositions
from carnet.apps.signin import api as signin
from carnet.apps.storage.api import unit
from carnet.desk.demonstration.insured import insured_people
from carnet.kernel.ask import Act
from carnet.kernel.refusal import No, Refusal

YOUNG = "2022-02-03"
WEEKS = timedelta(weeks=6)


def entries(record_id: UUID) -> list[str]:
    with as_role("carnet_sealer"), unit(record_id) as work:
        return [e.get("detail") or e["act"] for e in entries_of_record(work, record_id)]


def told(record_id: UUID) -> list[str]:
    with as_role("carnet_worker"), unit(record_id) as work:
        return [kind for kind, _ in outbox.pending(work, record_id)]


def channel(record_id: UUID) -> tuple[str, bool, bool]:
    """How somebody is told, whether they were, whether it came back."""
    with as_role("carnet_worker"), unit(record_id) as work:
        row = work.row("SELECT channel, notified_at, returned_at FROM records_arrival WHERE record_id = %s", record_id)
    assert row is not None
    return str(row[0]), row[1] is not None, row[2] is not None


def sent(record_id: UUID, outcome: str, at: datetime) -> None:
    """What the courier notes of the announcement."""
    with as_role("carnet_courier"), unit() as work:
        work.run(
            """UPDATE outbox_notice SET outcome = %s, delivered_at = %s WHERE record_id = %s AND kind = 'record-announced'""",
            outcome, at if outcome == "sent" else None, record_id,
        )  # fmt: skip


def settle(at: datetime | None = None) -> int:
    with as_role("carnet_worker"):
        return notices.settle_notices(at or now())


def run_timers(at: datetime) -> None:
    from carnet.config.worker import run_all

    with as_role("carnet_worker"):
        run_all(at)


# Who gets a record


def test_everybody_of_the_file_gets_one_record_whose_journal_begins_with_it(tmp_path: Path) -> None:
    one, two = fresh_person(), fresh_person(birth_name="ŁUKASZ", sex="F")
    done = load(tmp_path, line(one, courriel="un@essai.example"), line(two))
    assert (done.created, done.known, done.changed, done.refused, done.done) == (2, 0, 0, 0, True)
    for person in (one, two):
        record_id = record_of(person)
        assert state_of(record_id) == "to_notify"
        assert entries(record_id) == ["record:create"]
        with as_role("carnet_sealer"), unit(record_id) as work:
            assert stored_chain(work, record_id)[0]["counter"] == 1
        with as_role("carnet_espace"), unit() as work:
            known = identity.known(work, record_id)
        assert known == ("QUAL", person.traits)
    assert channel(record_of(one))[0] == "mail" and channel(record_of(two))[0] == "letter"


def test_the_chains_that_an_import_begins_hold_for_whoever_verifies_the_journal(tmp_path: Path) -> None:
    from carnet.apps.journal.api import stored_lines, verify_all
    from carnet.apps.storage.api import streaming

    person = fresh_person()
    load(tmp_path, line(person))
    record_id = record_of(person)
    with as_role("carnet_operator"):
        records.write_down(operator(), record_id, "phone")
    with as_role("carnet_sealer"), streaming() as work:
        mine = [one for one in stored_lines(work) if one.chain_id == record_id]
        assert len(mine) == 2 and verify_all(iter(mine))[2] == []


def test_a_chain_that_exists_is_never_begun_again() -> None:
    from carnet.apps.access.api import host_entries
    from carnet.apps.storage.api import streaming

    record_id = open_record(fresh_person())
    with as_role("postgres"):
        with unit(record_id) as work:
            from carnet.apps.access.api import host_entry

            host_entry(work, record_id, "test", "test", now())
        with pytest.raises(psycopg.errors.UniqueViolation), streaming() as work:
            host_entries(work, [record_id], "test", "test", now())


def test_the_same_file_twice_and_the_daily_difference_make_nobody_twice(tmp_path: Path) -> None:
    old, new = fresh_person(), fresh_person()
    first = load(tmp_path, line(old))
    again = load(tmp_path, line(old), name="autre-nom.csv")
    assert again == first
    difference = load(tmp_path, line(old), line(new))
    assert (difference.created, difference.known) == (1, 1)


def test_every_line_that_is_refused_keeps_its_number_and_its_reason_and_says_nothing_of_the_person(tmp_path: Path) -> None:
    good, other = fresh_person(), fresh_person()
    wrong = {
        "matricule": line(other, matricule="1" * 15), "nom": line(other, nom_naissance="<b>"), "prenoms": line(other, prenoms=""),
        "sexe": line(other, sexe="X"), "naissance": line(other, date_naissance="2001-02-30"), "courriel": line(other, courriel="pas@un"),
        "territoire": line(other, territoire="LONG"), "representants": line(other, representants="12"), "anciens": line(other, anciens_matricules="12"),
        "deces": line(other, date_deces="1970-01-01"), "decedee": line(other, date_deces="2024-01-01"),
    }  # fmt: skip
    done = load(tmp_path, line(good), *wrong.values(), line(other) + ";de trop", '"' + line(other), "x" * 9000)
    assert reasons(done) == dict.fromkeys(wrong, 1) | {"illisible": 2, "longue": 1}
    assert (done.created, done.refused) == (1, len(wrong) + 3)
    with as_role("postgres"), unit() as work:
        found = list(records.refused_lines(work, records.digest_of(tmp_path / "gens.csv")))
    assert [number for number, _ in found] == list(range(3, 3 + len(wrong) + 3))
    with as_role("carnet_espace"):
        assert identity.find(other.ins) is None


def test_json_lines_are_read_too_and_a_blank_line_is_no_line(tmp_path: Path) -> None:
    person = fresh_person(birth_date="1980-05")
    told = {
        "matricule": person.ins.matricule,
        "nom_naissance": "ESSAI",
        "prenoms": "Claude",
        "sexe": "M",
        "date_naissance": "1980-05",
    }
    path = tmp_path / "gens.jsonl"
    texts = [json.dumps(told), "", "[1]", json.dumps({"autre": "x"}), json.dumps(told | {"sexe": 1}), "{", "[" * 5000]
    path.write_bytes(("\n".join(texts) + "\n").encode() + b"\xff\n")
    with as_role("postgres"):
        counted, _ = records.count_people(path)
        done = records.import_people(path, "test")
    assert (done.created, done.refused) == (counted.created, counted.refused) == (1, 6)
    assert set(reasons(done)) == {"illisible"}
    assert channel(record_of(person))[0] == "none"


@pytest.mark.parametrize(
    "text", ["", "un;deux\n", "matricule;nom_naissance\n", COLUMNS + ";matricule\n", COLUMNS + ";inconnue\n", "x" * 9000]
)  # fmt: skip
def test_a_file_that_is_none_changes_nothing(tmp_path: Path, text: str) -> None:
    path = tmp_path / "non.csv"
    path.write_text(text)
    with as_role("postgres"), pytest.raises(identity.FileError):
        records.import_people(path, "test")
    with as_role("postgres"), pytest.raises(identity.FileError):
        records.count_people(path)


def test_other_oids_and_places_are_refused_and_nothing_is_guessed() -> None:
    told = {"matricule": fresh_ins().matricule, "nom_naissance": "A", "prenoms": "B", "sexe": "F", "date_naissance": "2001"}
    oids, usual = frozenset({"1.2.250.1.213.1.4.10"}), "1.2.250.1.213.1.4.10"
    found = identity.insured(told | {"code_postal": "97110", "adresse": " a | b ", "commune": "C", "pays": "be"}, oids, usual)
    assert (found.territory, found.address, found.birth_year) == ("", ("a", "b", "97110 C", "BE"), 2001)
    assert identity.insured(told | {"code_postal": "97110"}, oids, usual).territory == "971"
    assert identity.insured(told | {"territoire": "2a"}, oids, usual).territory == "2A"
    for changed, why in (({"oid": "1.2.3"}, "oid"), ({"lieu_naissance": "Brest"}, "lieu"), ({"date_deces": "2024-13-01"}, "deces"),
                         ({"nom_naissance": "3D"}, "nom"), ({"territoire": "-"}, "territoire"), ({"date_naissance": "1700"}, "naissance")):  # fmt: skip
        with pytest.raises(identity.LineError, match=why):
            identity.insured(told | changed, oids, usual)


def test_lines_of_one_file_are_read_in_their_order_wherever_a_batch_ends(tmp_path: Path) -> None:
    person, other, third = fresh_person(), fresh_person(), fresh_person()
    texts = (
        line(person), line(person), line(person, prenoms="Autre"), line(third),
        line(other, anciens_matricules=person.ins.matricule),
        line(third, anciens_matricules=other.ins.matricule),
    )  # fmt: skip
    path = tmp_path / "gens.csv"
    path.write_text("\n".join((COLUMNS, *texts)) + "\n")
    with as_role("postgres"):
        counted, _ = records.count_people(path)
    done = load(tmp_path, *texts)
    assert (done.created, done.known, done.changed) == (2, 1, 1)
    assert reasons(done) == {"differe": 1, "autre-personne": 1}
    assert (counted.created, counted.changed) == (2, 1)
    assert record_of(other) == record_of(person) != record_of(third)


def test_counting_without_writing_says_what_the_import_then_does(tmp_path: Path) -> None:
    known, new = fresh_person(), fresh_person()
    load(tmp_path, line(known))
    path = tmp_path / "gens.csv"
    path.write_text("\n".join((COLUMNS, line(known), line(new), line(new), "?")) + "\n")
    with as_role("postgres"):
        counted, why = records.count_people(path)
        with as_role("carnet_espace"):
            assert identity.find(new.ins) is None
        done = records.import_people(path, "test")
    assert (counted.created, counted.known, counted.refused) == (done.created, done.known, done.refused) == (1, 2, 1)
    assert why == {"illisible": 1}


def test_an_import_goes_on_after_the_batch_that_was_written_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "BATCH", 2)
    path = tmp_path / "gens.csv"
    people = [fresh_person() for _ in range(5)]
    path.write_text("\n".join((COLUMNS, *map(line, people), "?")) + "\n")

    class KilledError(Exception):
        pass

    def killed(state: records.Import) -> None:
        if state.created == 4:
            raise KilledError

    with as_role("postgres"):
        with pytest.raises(KilledError):
            records.import_people(path, "test", killed)
        seen: list[records.Import] = []
        done = records.import_people(path, "test", seen.append)
    assert (done.created, done.known, done.refused, done.line) == (5, 0, 1, 7)
    assert len(seen) == 1


def test_two_imports_of_one_file_at_once_do_not_both_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "gens.csv"
    path.write_text("\n".join((COLUMNS, line(fresh_person()))) + "\n")
    read = importing._entered

    def other_first(*told: object) -> records.Import:
        state = read(*told)
        with unit() as work:
            work.run("UPDATE records_import SET line = 99 WHERE id = %s", state.id)
        return state

    monkeypatch.setattr(importing, "_entered", other_first)
    with as_role("postgres"), pytest.raises(identity.FileError, match="another process"):
        records.import_people(path, "test")


def test_somebody_whom_a_door_makes_meanwhile_is_known_at_the_next_try(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    person = fresh_person()
    sort, tries = importing._sort, []

    def late(work: object, people: object, batch: object) -> None:
        sort(work, people, batch)
        if not tries:
            tries.append(1)
            raise psycopg.errors.UniqueViolation

    monkeypatch.setattr(importing, "_sort", late)
    assert load(tmp_path, line(person)).created == 1
    monkeypatch.setattr(importing, "TRIES", 1)
    tries.clear()
    with pytest.raises(psycopg.errors.UniqueViolation):
        load(tmp_path, line(fresh_person()), name="b.csv")


def test_the_generator_makes_people_whom_the_import_takes(tmp_path: Path) -> None:
    path = tmp_path / "essai.csv"
    path.write_text("\n".join(insured_people(300, seed=uuid4().int % 1000)) + "\n", encoding="utf-8")
    with as_role("postgres"):
        counted, why = records.count_people(path)
    assert not why and counted.created + counted.known == 300


# How people are told


def test_the_six_weeks_run_from_the_day_on_which_the_mail_left(tmp_path: Path) -> None:
    person = fresh_person()
    load(tmp_path, line(person, courriel="a@essai.example"))
    record_id, day = record_of(person), datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert told(record_id) == ["record-announced"]
    settle()
    assert state_of(record_id) == "to_notify"
    sent(record_id, "sent", day)
    assert settle() >= 1 and settle() == 0
    assert state_of(record_id) == "pending_opposition" and channel(record_id) == ("mail", True, False)
    assert entries(record_id)[-1] == "notice-sent:mail"
    run_timers(day + WEEKS - timedelta(days=1))
    assert state_of(record_id) == "pending_opposition"
    run_timers(day + WEEKS)
    assert state_of(record_id) == "open"


def test_an_announcement_that_was_sent_is_a_line_of_the_journal_and_is_settled_once() -> None:
    person = fresh_person()
    with as_role("carnet_espace"):
        record_id = records.announce_record(person.ins, person.traits, "b@essai.example", now())
    sent(record_id, "sent", now())
    settle()
    assert state_of(record_id) == "pending_opposition" and entries(record_id)[-1] == "notice-sent:mail"
    with as_role("carnet_worker"):
        assert not notices._settle(now(), record_id), "another worker did"


def test_the_mail_of_a_population_names_the_day_that_is_six_weeks_from_its_sending(tmp_path: Path) -> None:
    import asyncio
    from email.message import EmailMessage

    person, mails = fresh_person(), list[EmailMessage]()
    address = f"{uuid4().hex[:8]}@essai.example"
    load(tmp_path, line(person, courriel=address))

    async def send(mail: EmailMessage) -> None:
        mails.append(mail)

    day = datetime(2031, 1, 15, 12, tzinfo=UTC)
    with as_role("carnet_courier"):
        # A round takes a hundred people; those of other tests may wait before.
        while asyncio.run(outbox.deliver_due(day, send))[0]:
            pass
    (mine,) = [m for m in mails if m["To"] == address]
    assert "26 février 2031" in mine["Subject"] and "26 février 2031" in mine.get_content() and "Claude ESSAI" in mine["Subject"]
    code = re.search(r"Code à usage unique : (\w+)", mine.get_content())
    assert code and notice_of(code[1], person.traits.birth_date).record_id == record_of(person)


def test_a_mail_that_cannot_go_stops_the_clock_and_a_letter_takes_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, at = fresh_person(), now()
    load(tmp_path, line(person, courriel="a@essai.example"))
    record_id = record_of(person)
    sent(record_id, "unreachable", at)
    settle()
    assert state_of(record_id) == "to_notify" and channel(record_id) == ("letter", False, True)
    assert entries(record_id)[-1] == "notice-came-back:mail"
    # One that was announced alone, by its command, and whose mail comes back: the clock had begun.
    other = fresh_person()
    with as_role("carnet_espace"):
        announced = records.announce_record(other.ins, other.traits, "b@essai.example", at)
    assert state_of(announced) == "pending_opposition"
    sent(announced, "unreachable", at)
    settle()
    assert state_of(announced) == "to_notify"


def test_a_mail_that_cannot_go_makes_no_letter_where_no_address_is_known(tmp_path: Path) -> None:
    person = fresh_person()
    load(tmp_path, line(person, courriel="a@essai.example", adresse="", commune=""))
    sent(record_of(person), "unreachable", now())
    settle()
    assert channel(record_of(person)) == ("none", False, True)


@pytest.mark.parametrize("mail", ["é@essai.example", "a..b@essai.example", ".a@essai.example", "a@essai", "a@-b.example", "a\x00@b.example",
                                  "a" * 65 + "@essai.example", "a@" + "b." * 130 + "example"])  # fmt: skip
def test_an_address_that_no_server_takes_is_refused_and_holds_up_nobody(tmp_path: Path, mail: str) -> None:
    good = fresh_person()
    done = load(tmp_path, line(fresh_person(), courriel=mail), line(good, courriel="O'Hara+x@sous.essai.example"))
    assert reasons(done) == {"courriel": 1} and channel(record_of(good))[0] == "mail"


def test_the_setting_lets_the_clock_run_where_a_notice_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    from django.conf import settings

    monkeypatch.setattr(settings, "LAW", replace(settings.LAW, undelivered_stops_clock=False))
    other = fresh_person()
    with as_role("carnet_espace"):
        record_id = records.announce_record(other.ins, other.traits, "b@essai.example", now())
    sent(record_id, "unreachable", now())
    settle()
    assert state_of(record_id) == "pending_opposition"


def letters_for(tmp_path: Path, *lines: str, territory: str) -> UUID:
    """A batch of letters that ada asked for."""
    load(tmp_path, *lines, name=f"{uuid4()}.csv")
    with as_role("carnet_operator"):
        assert territory in dict(records.waiting_letters_by_territory(operator()))
        return records.ask_for_batch(operator(), territory, today() + timedelta(days=2))


def notice_of(code: str, born: str, at: datetime | None = None) -> records.Announced:
    """What the portal finds by a code and a date."""
    with as_role("carnet_espace"):
        return records.announced(code, born, at or now())


def printed(number: UUID) -> list[str]:
    with as_role("carnet_operator"):
        data, count = records.print_batch(operator("grace"), number)
    pages = [page.extract_text() for page in PdfReader(BytesIO(data)).pages]
    assert len(pages) == max(count, 1)
    return pages


def code_in(page: str) -> str:
    found = re.search(r"Code : (\w{5}) (\w{5})", page)
    assert found
    return found[1] + found[2]


def territory() -> str:
    """A territory of this test alone."""
    return uuid4().hex[:3].upper()


def test_letters_are_printed_in_postal_order_by_another_operator_and_posted(tmp_path: Path) -> None:
    here, one, two = territory(), fresh_person(birth_name="ŁUCZAK"), fresh_person()
    number = letters_for(tmp_path, line(one, territoire=here, code_postal="29990"), line(two, territoire=here, code_postal="29010"),
                         territory=here)  # fmt: skip
    with as_role("carnet_operator"):
        with pytest.raises(Refusal, match=No.REQUEST_MALFORMED):
            records.ask_for_batch(operator(), here, today())
        with pytest.raises(Refusal, match=No.REQUEST_MALFORMED):
            records.ask_for_batch(operator(), here, today() - timedelta(days=1))
        for name in ("ada", "ADA"):
            with pytest.raises(Refusal, match=No.FUNCTION_NOT_ALLOWED):
                records.print_batch(operator(name), number)
        with pytest.raises(Refusal, match=No.REQUEST_MALFORMED):
            records.batch_posted(operator("grace"), number)
    pages = printed(number)
    assert "29010" in pages[0] and "29990" in pages[1] and "LUCZAK" in pages[1]
    day = today() + timedelta(days=2) + WEEKS
    from carnet.formats.days import in_french

    assert f"s'ouvrira le {in_french(day)}" in " ".join(pages[0].split())
    assert f"jusqu'au {in_french(day - timedelta(days=1))} inclus" in " ".join(pages[0].split())
    assert notice_of(code_in(pages[1]), one.traits.birth_date).record_id == record_of(one)
    with as_role("carnet_operator"):
        assert records.batch_posted(operator("grace"), number) == 2
        with pytest.raises(Refusal, match=No.REQUEST_MALFORMED):
            records.batch_posted(operator("grace"), number)
        with pytest.raises(Refusal, match=No.FUNCTION_NOT_ALLOWED):
            records.print_batch(operator("grace"), number)
        with pytest.raises(Refusal, match=No.REQUEST_MALFORMED):
            records.drop_batch(operator("grace"), number)
        shown = next(b for b in records.batches(operator()) if b.id == number)
    assert shown.posted_at and not shown.may_print and shown.letters == 2
    assert state_of(record_of(one)) == "pending_opposition"
    assert entries(record_of(one))[-2:] == ["notice-printed", "notice-sent:letter"]
    run_timers(datetime.combine(day - timedelta(days=1), time(12), UTC))
    assert state_of(record_of(one)) == "pending_opposition"
    run_timers(datetime.combine(day, time(12), UTC))
    assert state_of(record_of(one)) == "open"


def test_the_letters_are_tagged_for_a_screen_reader(tmp_path: Path) -> None:
    here = territory()
    number = letters_for(tmp_path, line(fresh_person(), territoire=here), territory=here)
    with as_role("carnet_operator"):
        data, _ = records.print_batch(operator("grace"), number)
    root = PdfReader(BytesIO(data)).trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] and root["/Lang"] == "fr-FR" and root["/ViewerPreferences"]["/DisplayDocTitle"]
    elements = [e.get_object() for e in root["/StructTreeRoot"]["/K"][0].get_object()["/K"]]
    kinds = [e["/S"] for e in elements]
    assert kinds.count("/H1") == 1 and kinds.count("/H2") == 3 and kinds.count("/Figure") == 1 and "/P" in kinds
    (figure,) = [e for e in elements if e["/S"] == "/Figure"]
    assert "opposition" in figure["/Alt"]


def test_printing_again_makes_other_codes_and_a_batch_that_is_dropped_waits_again(tmp_path: Path) -> None:
    here, person = territory(), fresh_person()
    number = letters_for(tmp_path, line(person, territoire=here), territory=here)
    first, second = code_in(printed(number)[0]), code_in(printed(number)[0])
    born = person.traits.birth_date
    later = now() + timedelta(hours=1)
    with pytest.raises(Refusal, match=No.CODE_UNKNOWN):
        notice_of(first, born, later)
    assert notice_of(second, born, later).name == "Claude ESSAI"
    with as_role("carnet_operator"):
        records.drop_batch(operator(), number)
        assert dict(records.waiting_letters_by_territory(operator()))[here] == 1
        with pytest.raises(Refusal, match=No.DOCUMENT_UNKNOWN):
            records.print_batch(operator("grace"), number)
    with pytest.raises(Refusal, match=No.CODE_UNKNOWN):
        notice_of(second, born, later)


def test_a_batch_that_is_posted_after_its_day_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    here = territory()
    number = letters_for(tmp_path, line(fresh_person(), territoire=here), territory=here)
    printed(number)
    late = replace(operator("grace"), at=now() + timedelta(days=3))
    with as_role("carnet_operator"), pytest.raises(Refusal, match=No.REQUEST_MALFORMED):
        records.batch_posted(late, number)


def test_who_answered_since_gets_no_letter(tmp_path: Path) -> None:
    here, person = territory(), fresh_person()
    number = letters_for(tmp_path, line(person, territoire=here), territory=here)
    with as_role("carnet_operator"):
        assert records.write_down(operator(), record_of(person), "phone")
        (waiting,) = [o for o in records.waiting_oppositions(operator("grace")) if o.record_id == record_of(person)]
        assert records.confirm_oppositions(operator("grace"), [waiting.id], confirmed=True) == 1
    assert "Aucune lettre" in printed(number)[0]
    with as_role("carnet_operator"):
        assert records.batch_posted(operator("grace"), number) == 0


def test_each_parent_of_a_minor_has_a_letter_of_their_own(tmp_path: Path) -> None:
    here = territory()
    mother, father, kid = (
        fresh_person(sex="F", given_names="Anne"),
        fresh_person(),
        fresh_person(birth_date=YOUNG, given_names="Léo"),
    )
    load(tmp_path, line(mother, territoire="ZZ"), line(father, territoire="ZZ", adresse="9 quai du Père"), name="parents.csv")
    stranger, elsewhere = fresh_ins(), fresh_person()
    open_record(elsewhere)
    number = letters_for(
        tmp_path,
        line(kid, territoire=here, representants=f"{mother.ins.matricule} {father.ins.matricule} {stranger.matricule} {elsewhere.ins.matricule}", courriel="m@x.example"),
        territory=here,
    )  # fmt: skip
    pages = printed(number)
    assert len(pages) == 2
    assert "Aux parents ou représentants légaux de Léo ESSAI" in " ".join(pages[0].split())
    assert "9 quai du Père" in pages[1] and "Claude ESSAI" in pages[1]
    codes = [code_in(page) for page in pages]
    assert codes[0] != codes[1]
    for code in codes:
        assert notice_of(code, YOUNG).minor
    with as_role("carnet_espace"):
        done = records.answer_announcement(codes[1], YOUNG, Act.OPPOSE_RECORD, now())
    assert done.state == "opposed" and state_of(record_of(kid)) == "opposed"


def test_a_letter_that_comes_back_stops_the_clock(tmp_path: Path) -> None:
    here, person = territory(), fresh_person()
    number = letters_for(tmp_path, line(person, territoire=here), territory=here)
    printed(number)
    record_id = record_of(person)
    with as_role("carnet_operator"):
        records.batch_posted(operator("grace"), number)
        records.undelivered(operator(), record_id)
        assert state_of(record_id) == "to_notify" and channel(record_id) == ("none", False, True)
        assert records.write_down(operator(), record_id, "letter")
    run_timers(now() + timedelta(weeks=9))
    assert state_of(record_id) == "to_notify"
    opened = open_record(fresh_person())
    with as_role("carnet_operator"), pytest.raises(Refusal, match=No.REQUEST_MALFORMED):
        records.undelivered(operator(), opened)


# Opposing


def announced(address: str = "a@essai.example", **traits: str) -> tuple[UUID, str, str]:
    """Somebody who was announced by mail: record, code, date of birth."""
    person = fresh_person(**traits)
    record_id = records.create_record(person.ins, person.traits, today(), state=records_state("pending_opposition"))
    with as_role("carnet_espace"), unit(record_id) as work:
        code = signin.announcement_code(work, record_id, "mail", "test", now(), now() + WEEKS)
    return record_id, code, person.traits.birth_date


def records_state(name: str):
    from carnet.dicah.facts import RecordState

    return RecordState(name)


def test_opposing_on_line_needs_the_code_and_the_date_and_no_account() -> None:
    record_id, code, born = announced()
    with as_role("carnet_espace"):
        found = records.announced(code.lower(), born, now())
        assert (found.record_id, found.state, found.minor, found.channel) == (record_id, "pending_opposition", False, "mail")
        assert records.answer_announcement(code, born, Act.OPPOSE_RECORD, now()).state == "opposed"
        assert state_of(record_id) == "opposed" and entries(record_id)[-1] == "record:oppose"
        with unit(record_id) as work:
            assert not signin.has_account(work, record_id)
        with pytest.raises(Refusal, match=No.REQUEST_MALFORMED):
            records.answer_announcement(code, born, Act.OPPOSE_RECORD, now())
        # The other way later, with the same code.
        assert records.answer_announcement(code, born, Act.OPEN_RECORD, now()).state == "open"
    assert told(record_id)[-1] == "record-opened"


def test_a_wrong_date_five_times_ends_the_code_and_every_wrong_answer_is_alike() -> None:
    record_id, code, born = announced()
    with as_role("carnet_espace"):
        for _ in range(5):
            with pytest.raises(Refusal, match=No.CODE_UNKNOWN):
                records.announced(code, "1999-01-01", now())
        for given, date_ in ((code, born), ("AAAAAAAAAA", born), (code, "")):
            with pytest.raises(Refusal, match=No.CODE_UNKNOWN):
                records.announced(given, date_, now() + timedelta(seconds=1))
    assert state_of(record_id) == "pending_opposition"


def test_the_code_opposes_until_the_six_weeks_are_over_and_opens_an_account_for_two_days() -> None:
    _, code, born = announced()
    with as_role("carnet_espace"):
        assert records.announced(code, born, now() + timedelta(weeks=5))
        with pytest.raises(Refusal, match=No.CODE_UNKNOWN):
            signin.start_activation(code, born, now() + timedelta(days=3))
        with pytest.raises(Refusal, match=No.CODE_UNKNOWN):
            records.announced(code, born, now() + timedelta(weeks=7))


def test_a_code_that_never_opposed_is_no_notice_when_it_is_over() -> None:
    record_id = open_record(fresh_person())
    with as_role("carnet_operator"), unit(record_id) as work:
        first = signin.provisional_code(work, record_id, "letter", "test", now())
        second = signin.provisional_code(work, record_id, "letter", "test", now() + timedelta(seconds=1))
        signin.end_account(work, record_id, now() + timedelta(seconds=2))
    with as_role("carnet_operator"), unit() as work:
        assert [signin.record_of_notice(work, code) for code in (first, second)] == [None, None]


def test_whoever_has_no_day_of_birth_opposes_with_the_month_that_is_known() -> None:
    record_id, code, _ = announced(birth_date="1980-05")
    with as_role("carnet_espace"):
        with pytest.raises(Refusal, match=No.CODE_UNKNOWN):
            records.announced(code, "1980-06-01", now())
        assert records.announced(code, "1980-05-17", now()).record_id == record_id


def test_a_minor_s_mail_opposes_nothing_and_a_code_asked_later_ends_the_notice_s() -> None:
    record_id, code, born = announced(birth_date=YOUNG)
    with as_role("carnet_espace"):
        with pytest.raises(Refusal, match=No.MINOR_THROUGH_REPRESENTATIVE):
            records.answer_announcement(code, born, Act.OPPOSE_RECORD, now())
        with unit(record_id) as work:
            signin.provisional_code(work, record_id, "letter", "test", now())
        with pytest.raises(Refusal, match=No.CODE_UNKNOWN):
            records.announced(code, born, now() + timedelta(seconds=1))
    assert state_of(record_id) == "pending_opposition"


def test_a_code_of_a_record_that_is_no_more_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    record_id, code, born = announced()
    with as_role("postgres"), unit(record_id) as work:
        work.run("DELETE FROM records_record WHERE record_id = %s", record_id)
    with as_role("carnet_espace"), pytest.raises(Refusal, match=No.CODE_UNKNOWN):
        records.announced(code, born, now())


def test_what_one_operator_writes_down_another_confirms_and_the_record_does_not_open_meanwhile() -> None:
    record_id, code, _ = announced()
    other, code_of_other, _ = announced()
    codes = {record_id: code, other: code_of_other}
    opened = open_record(fresh_person())
    with as_role("carnet_operator"):
        assert not records.write_down(operator(), opened, "phone")
        with pytest.raises(Refusal, match=No.REQUEST_MALFORMED):
            records.write_down(operator(), record_id, "rumour")
        assert records.write_down(operator(), record_id, "phone") and records.write_down(operator(), record_id, "phone")
        told_ = records.write_down_forms(operator(), [code_of_other, code_of_other, "RIEN"])
        assert told_ == [(code_of_other, "written"), ("RIEN", "unknown")]
        with pytest.raises(Refusal, match=No.REQUEST_MALFORMED):
            records.write_down_forms(operator(), [str(n) for n in range(501)])
    assert entries(record_id).count("opposition-written:phone") == 1
    run_timers(now() + timedelta(weeks=8))
    assert state_of(record_id) == state_of(other) == "pending_opposition"
    with as_role("carnet_operator"):
        mine = [o for o in records.waiting_oppositions(operator("ada")) if o.record_id in (record_id, other)]
        assert [o.may_confirm for o in mine] == [False, False] and {o.way for o in mine} == {"phone", "letter"}
        assert records.confirm_oppositions(operator("ada"), [o.id for o in mine], confirmed=True) == 0
        assert records.confirm_oppositions(operator("grace"), [mine[0].id], confirmed=True) == 1
        # Whoever wrote one down may set it aside.
        assert records.confirm_oppositions(operator("ada"), [mine[1].id, mine[0].id], confirmed=False) == 1
        assert records.write_down_forms(operator(), [codes[mine[0].record_id]])[0][1] == "late"
    assert (state_of(mine[0].record_id), state_of(mine[1].record_id)) == ("opposed", "pending_opposition")
    run_timers(now() + timedelta(weeks=8))
    assert state_of(mine[1].record_id) == "open"


def test_an_opposition_that_somebody_confirms_meanwhile_is_confirmed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    record_id, _, _ = announced()
    with as_role("carnet_operator"):
        records.write_down(operator(), record_id, "phone")
        stale = [o for o in records.waiting_oppositions(operator("grace")) if o.record_id == record_id]
        assert records.confirm_oppositions(operator("grace"), [stale[0].id], confirmed=True) == 1
        monkeypatch.setattr(oppositions, "waiting_oppositions", lambda _ask: stale)
        assert records.confirm_oppositions(operator("grace"), [stale[0].id], confirmed=True) == 0


def test_an_answer_on_line_answers_what_waited_for_an_operator() -> None:
    record_id, code, born = announced()
    with as_role("carnet_operator"):
        records.write_down(operator(), record_id, "phone")
    with as_role("carnet_espace"):
        records.answer_announcement(code, born, Act.OPPOSE_RECORD, now())
    with as_role("carnet_operator"):
        assert [o for o in records.waiting_oppositions(operator("grace")) if o.record_id == record_id] == []


def test_nobody_but_an_operator_does_an_operator_s_act(tmp_path: Path) -> None:
    record_id, _, _ = announced()
    doctor = ask("treating", Act.CONFIGURE)
    acts = (
        lambda: records.waiting_letters_by_territory(doctor), lambda: records.batches(doctor),
        lambda: records.ask_for_batch(doctor, "29", today() + timedelta(days=1)), lambda: records.print_batch(doctor, uuid4()),
        lambda: records.batch_posted(doctor, uuid4()), lambda: records.drop_batch(doctor, uuid4()),
        lambda: records.undelivered(doctor, record_id), lambda: records.write_down(doctor, record_id, "phone"),
        lambda: records.write_down_forms(doctor, ["A"]), lambda: records.waiting_oppositions(doctor),
        lambda: records.confirm_oppositions(doctor, [uuid4()], confirmed=True), lambda: records.unions(doctor),
        lambda: records.union_of(doctor, uuid4()), lambda: records.compared_side(doctor, record_id),
        lambda: records.ask_union(doctor, record_id, uuid4()), lambda: records.ask_split(doctor, record_id, uuid4(), [uuid4()]),
        lambda: records.decide_union(doctor, uuid4(), confirmed=True), lambda: records.ask_undo(doctor, uuid4()),
    )  # fmt: skip
    for act in acts:
        with as_role("carnet_operator"), pytest.raises(Refusal, match=No.FUNCTION_NOT_ALLOWED):
            act()
    assert state_of(record_id) == "pending_opposition"


# Lives


def test_a_new_matricule_takes_the_place_of_the_former_one_which_still_leads_to_the_record(tmp_path: Path) -> None:
    person, new = fresh_person(), fresh_ins()
    load(tmp_path, line(person))
    record_id = record_of(person)
    moved = person.__class__(0, new, person.traits)
    done = load(tmp_path, line(moved, anciens_matricules=person.ins.matricule), name="b.csv")
    assert (done.changed, done.created) == (1, 0)
    assert record_of(moved) == record_of(person) == record_id
    assert entries(record_id)[-1] == "identity:matricule" and told(record_id)[-1] == "identity-changed"
    # The same line again changes nothing; the file of somebody who knows the old number alone is not followed.
    again = load(tmp_path, line(moved, anciens_matricules=person.ins.matricule), line(moved), name="c.csv")
    assert (again.changed, again.known) == (0, 2)
    assert reasons(load(tmp_path, line(person), "", name="d.csv")) == {"ancien": 1}
    assert reasons(load(tmp_path, line(moved, prenoms="Zoé"), name="e.csv")) == {"differe": 1}
    # Back to the first one: it is in force again.
    with as_role("carnet_operator"):
        records.report_matricule(operator(), record_id, person.ins)
        with pytest.raises(identity.IdentityError):
            records.report_matricule(operator(), record_id, person.ins)
    assert reasons(load(tmp_path, line(moved), name="f.csv")) == {"ancien": 1}


def test_somebody_else_s_matricule_is_nobody_s_new_one(tmp_path: Path) -> None:
    one, two = fresh_person(), fresh_person()
    load(tmp_path, line(one), line(two))
    done = load(tmp_path, line(one, anciens_matricules=two.ins.matricule), name="b.csv")
    assert reasons(done) == {"autre-personne": 1}
    record_id = record_of(one)
    with as_role("carnet_operator"), pytest.raises(identity.IdentityError):
        records.report_matricule(operator(), record_id, two.ins)


def test_a_death_closes_the_record_and_its_account_and_can_be_taken_back(tmp_path: Path, espace: str) -> None:
    from support.espace import newcomer

    who, person, record_id = newcomer(espace, "Camille")
    assert who.get("/").status_code == 200
    died = date(2026, 1, 2)
    done = load(tmp_path, line(person, date_deces=died.isoformat()))
    assert done.changed == 1
    assert state_of(record_id) == "closed" and "death-noted" in told(record_id) and entries(record_id)[-1] == "identity:death"
    assert who.get("/").status_code in (302, 401)
    again = load(tmp_path, line(person, date_deces=died.isoformat()), line(person, date_deces="2025-01-01"), name="b.csv")
    assert (again.changed, again.known) == (0, 2)
    with as_role("carnet_operator"):
        with pytest.raises(records.EventError):
            records.report_death(operator(), record_id, today() + timedelta(days=3))
        with as_role("postgres"), unit(record_id) as work, pytest.raises(Exception, match="taken back first"):
            records.change_state(work, record_id, "reopen", today())
        records.withdraw_death(operator(), record_id)
        with pytest.raises(records.EventError):
            records.withdraw_death(operator(), record_id)
    assert state_of(record_id) == "open" and entries(record_id)[-1] == "identity:death-taken-back"


def test_a_death_is_noted_in_a_record_that_its_person_had_closed() -> None:
    record_id = open_record(fresh_person())
    with as_role("postgres"), unit(record_id) as work:
        records.change_state(work, record_id, "close", today())
    with as_role("carnet_operator"):
        assert records.report_death(operator(), record_id, date(2026, 5, 1))
    assert state_of(record_id) == "closed" and entries(record_id)[-1] == "identity:death"


def test_whoever_died_before_the_opening_is_not_announced_any_more(tmp_path: Path) -> None:
    here, person = territory(), fresh_person()
    number = letters_for(tmp_path, line(person, territoire=here), territory=here)
    with as_role("carnet_operator"):
        assert records.report_death(operator(), record_of(person), date(2026, 5, 1))
        assert not records.report_death(operator(), record_of(person), date(2026, 5, 1))
    assert state_of(record_of(person)) == "closed"
    assert "Aucune lettre" in printed(number)[0]


def test_a_death_that_a_destroyed_record_cannot_know_is_told_as_a_refused_line(tmp_path: Path) -> None:
    person = fresh_person()
    load(tmp_path, line(person))
    record_id = record_of(person)
    with as_role("postgres"), unit(record_id) as work:
        work.run("UPDATE records_record SET state = 'merged' WHERE record_id = %s", record_id)
    assert reasons(load(tmp_path, line(person, date_deces="2026-01-01"), name="b.csv")) == {"etat": 1}
    with as_role("postgres"), unit(record_id) as work:
        work.run("UPDATE records_record SET state = 'merged', died_on = '2026-01-01' WHERE record_id = %s", record_id)
    with as_role("carnet_operator"), pytest.raises(records.EventError):
        records.withdraw_death(operator(), record_id)


def test_a_record_that_is_to_be_notified_is_absent_to_professionals(tmp_path: Path) -> None:
    person = fresh_person()
    load(tmp_path, line(person))
    for one in (person, fresh_person()):
        with pytest.raises(Refusal, match=No.INS_UNKNOWN):
            records.test_record(ask("treating", Act.TEST_RECORD, one))
