"""Ways that nobody takes twice: a race that another won, a state that changed in between, what is damaged, what nobody should send."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from support.espace import newcomer
from support.people import (
    LOINC,
    actor,
    ask,
    cda,
    client,
    deposit,
    entry,
    fresh_ins,
    fresh_person,
    fresh_uid,
    host,
    now,
    open_record,
    patient,
    submission,
    today,
)
from support.roles import as_role

from carnet.apps.access import api as access
from carnet.apps.identity import api as identity
from carnet.apps.journal.api import numbered_entries
from carnet.apps.records import api as records
from carnet.apps.records import hooks
from carnet.apps.records.api import Query, check_record
from carnet.apps.records.documents import deposit as depositing
from carnet.apps.records.entry import facts as entering
from carnet.apps.records.lifecycle import by_time as timers
from carnet.apps.records.reading import search
from carnet.apps.records.reading import submission_sets as lists
from carnet.apps.records.reading.words import text_of
from carnet.apps.signin import api as signin
from carnet.apps.signin.attempts import keep
from carnet.apps.signin.persons import accounts
from carnet.apps.signin.professionals.portal import PortalIdentified
from carnet.apps.signin.professionals.sessions import Proved
from carnet.apps.storage.api import KeyDestroyedError, destroy_key, key_of, put, unit
from carnet.desk.demonstration.people import ABSENT
from carnet.desk.demonstration.professionals import PROFESSIONALS
from carnet.dicah.facts import RecordState
from carnet.formats.packing import unpacked
from carnet.formats.xds import Coding
from carnet.kernel.actor import ANONYMOUS, Means
from carnet.kernel.ask import Act, Ask
from carnet.kernel.grant import Grant
from carnet.kernel.ins import INS_NIR
from carnet.kernel.refusal import Refusal


def code(call: Callable[..., Any], *args: Any, **kwargs: Any) -> str:
    with pytest.raises(Refusal) as caught:
        call(*args, **kwargs)
    return caught.value.code


# ---- deposits that are refused for what they say of themselves


def _text(person: Any, content: bytes = b"Note.", by: str = "treating", **fields: Any) -> records.Receipt:
    about = entry(person, mime="text/plain", unique_id=fresh_uid(), **({"type": Coding("11488-4", LOINC)} | fields))
    return records.deposit(ask(by, Act.FEED, person), submission((about, content)))


def test_metadata_that_contradict_or_cannot_be_are_refused() -> None:
    person, record_id = patient("treating")
    other, other_id = patient()
    day = now()
    assert code(_text, person, b"a\x00b") == "document-malformed"
    assert code(_text, person, patient=(other.ins.oid.value, other.ins.matricule)) == "document-patient-mismatch"
    assert code(_text, person, patient=("record", str(other_id))) == "document-patient-mismatch"
    assert code(_text, person, patient=(person.ins.oid.value, "not a matricule")) == "ins-malformed"
    assert code(_text, person, title="x" * 501) == "request-malformed"
    assert code(_text, person, service_start=day, service_stop=day - timedelta(days=1)) == "request-malformed"
    assert code(_text, person, practice=Coding("NOT-ONE", "1.2.250.1.213.1.1.4.9")) == "document-code-unknown"
    assert code(_text, person, type=Coding("34895-3", LOINC)) == "document-code-unknown", "a type that no class goes with"
    assert _text(person, patient=("record", str(record_id))).documents
    assert _text(person, patient=("", "")).documents


def test_a_cda_of_nobody_of_another_oid_or_with_a_wrong_key_is_refused() -> None:
    person, _ = patient("treating")
    whole = cda(person)
    ins = f'root="{person.ins.oid.value}"'.encode()
    about = entry(person)

    def deposited(content: bytes) -> str:
        return code(records.deposit, ask("treating", Act.FEED, person), submission((about, content)))

    assert deposited(whole.replace(ins, b'root="1.2.3.4"')) == "document-patient-mismatch"
    assert deposited(whole.replace(ins, b'root="1.2.250.1.213.1.4.x"')) == "ins-malformed"
    assert deposited(whole.replace(ins, f'root="{INS_NIR}"'.encode())) == "ins-oid-refused", "one of production, in tests"
    assert deposited(whole.replace(person.ins.matricule.encode(), b"199999999999999")) == "ins-malformed"


def test_words_of_a_document_that_cannot_be_parsed_are_none() -> None:
    assert text_of("text/xml", b"<not") == ""


def test_of_two_deposits_at_once_the_second_answers_as_the_second(monkeypatch: pytest.MonkeyPatch) -> None:
    person, _ = patient("treating")
    content, about = cda(person), entry(person)
    question = ask("treating", Act.FEED, person)
    kept, first = depositing._kept, list[records.Receipt]()

    def slow(key: Any, planned: Any) -> Any:
        if not first:
            monkeypatch.setattr(depositing, "_kept", kept)
            # By a thread of its own: this one holds its unit, and the lock that it shares.
            elsewhere = ThreadPoolExecutor(1).submit(records.deposit, question, submission((about, content)))
            first.append(elsewhere.result(20))
        return kept(key, planned)

    monkeypatch.setattr(depositing, "_kept", slow)
    second = records.deposit(question, submission((about, content)))
    assert second.documents[0].again
    assert second.documents[0].logical_id == first[0].documents[0].logical_id


@pytest.mark.parametrize("apart", [False, True])
def test_an_original_that_changed_between_the_check_and_the_write_is_no_parent(
    monkeypatch: pytest.MonkeyPatch, apart: bool
) -> None:  # fmt: skip
    """By one transaction, and by two where a file is opened between them."""
    person, _ = patient("treating")
    original, kept = deposit(person), depositing._kept

    def slow(key: Any, planned: Any) -> Any:
        deleted = ThreadPoolExecutor(1).submit(records.change_document, ask("treating", Act.DELETE, person), original)
        deleted.result(20)
        return kept(key, planned)

    monkeypatch.setattr(depositing, "_kept", slow)
    monkeypatch.setattr(depositing, "opened_apart", lambda mime, content: apart)
    with pytest.raises(Refusal, match="document-parent-unknown"):
        deposit(person, replaces=original)


def test_a_record_that_closes_while_a_file_is_opened_takes_no_document(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was checked before the file was opened is decided again under the lock."""
    person, record_id = patient("treating")
    kept = depositing._kept

    def slow(key: Any, planned: Any) -> Any:
        with as_role("carnet_worker"), unit(record_id) as work:
            records.change_state(work, record_id, "close", today(), "FERMETURE_DEMANDE_PATIENT")
        return kept(key, planned)

    monkeypatch.setattr(depositing, "_kept", slow)
    monkeypatch.setattr(depositing, "opened_apart", lambda mime, content: True)
    with pytest.raises(Refusal, match="record-closed"):
        deposit(person)


def test_a_note_without_a_word_or_of_an_unknown_type_is_refused() -> None:
    person, _ = patient("treating")
    note = records.Note("Titre", "Texte", "11488-4", now())
    assert code(records.note_as_cda, ask("treating", Act.FEED, person), replace(note, text=" ")) == "request-malformed"
    assert code(records.note_as_cda, ask("treating", Act.FEED, person), replace(note, type_code="0-0")) == "document-code-unknown"


def test_a_scanner_that_says_neither_yes_nor_no_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    from carnet.apps.records.documents import scanning

    monkeypatch.setattr(settings.CARNET, "antivirus", "127.0.0.1:1")
    monkeypatch.setattr(scanning, "_answer", lambda content: "stream: size limit exceeded ERROR")
    person, _ = patient("treating")
    assert code(_text, person) == "scanner-silent"


def test_a_hidden_document_sent_again_beside_a_new_one_leaves_no_line_of_its_own() -> None:
    person, record_id = patient("treating")
    hidden_uid, fresh = fresh_uid(), fresh_uid()
    label = (Coding("INVISIBLE_PATIENT"),)
    hidden = (entry(person, unique_id=hidden_uid, confidentiality=label), cda(person, unique_id=hidden_uid))

    def written(*documents: Any) -> int:
        records.deposit(ask("treating", Act.FEED, person), submission(*documents))
        with unit(record_id) as work:
            return [n.entry["outcome"] for n in numbered_entries(work, record_id)].count("done")

    assert written(hidden) == 1
    assert written(hidden, (entry(person, unique_id=fresh), cda(person, unique_id=fresh))) == 2, "the new one's alone"


# ---- records that are not there, or not any more


def test_nothing_is_found_for_nobody_and_in_what_is_not_there() -> None:
    person = fresh_person()
    assert (
        code(records.read_content, replace(ask("treating", Act.READ, person), actor=ANONYMOUS), uuid4()) == "authentication-missing"
    )
    assert code(records.close_unattached, ask("treating", Act.CLOSE_UNATTACHED, ABSENT)) == "record-absent"
    assert records.test_record(ask("treating", Act.TEST_RECORD, ABSENT)).standing == "none"
    with unit() as work:
        nobody = entering.enter(work, replace(ask("treating", Act.SEARCH, person), actor=replace(actor("treating"), id="")))
        assert nobody.facts.record.state is RecordState.ABSENT
        with pytest.raises(KeyDestroyedError):
            assert nobody.key
        with pytest.raises(PermissionError):
            entering.record_of(nobody)
        assert entering.facts_for(work, ask("treating", Act.SEARCH, person), nobody).record.state is RecordState.ABSENT
    with pytest.raises(Refusal, match="document-unknown"):
        records.named_document(ask("treating", Act.MASK, person), ["2.25.1"])


def test_the_four_states_are_told_apart() -> None:
    found = {}
    for state in (RecordState.OPEN, RecordState.CLOSED, RecordState.SUSPENDED):
        person = fresh_person()
        open_record(person, state=state)
        found[state.value] = records.test_record(ask("dentist", Act.TEST_RECORD, person)).standing
    person, _ = patient("dentist")
    assert records.test_record(ask("dentist", Act.TEST_RECORD, person)).standing == "open-authorised"
    assert found == {"open": "open-not-authorised", "closed": "closed", "suspended": "suspended"}


def test_a_reading_inside_a_visit_knows_its_documents_alone() -> None:
    person, _ = patient("treating")
    with records.visiting(ask("treating", Act.SEARCH, person)) as visit:
        with pytest.raises(Refusal, match="document-unknown"):
            records.read_in(visit, uuid4())
        place = actor("nurse").situation
        found = records.structure_in(visit, place.structure)
        assert found is not None
        assert found.name == place.structure_name
        with pytest.raises(PermissionError):
            assert replace(visit, ask=replace(visit.ask, ins=None)).ins
        with pytest.raises(PermissionError):
            replace(visit, granted=replace(visit.granted, visibility=None)).visible()
        with pytest.raises(PermissionError):
            access.lent(visit.granted, visit.ask, visit.entered.facts)
    with (
        pytest.raises(Refusal, match="record-absent"),
        records.writing(ask("treating", Act.WRITE_PROFILE, fresh_person()), Act.WRITE_PROFILE),
    ):
        pass


def test_a_grant_that_is_not_one_for_a_list_lists_nothing() -> None:
    granted = Grant(ask("treating", Act.READ), uuid4(), "r", None)
    with pytest.raises(PermissionError):
        search.page_statement(granted, Query(), "")
    with pytest.raises(PermissionError):
        lists._statement(granted, "folder", lists.ListQuery())


def test_a_timer_that_comes_late_to_a_record_does_nothing() -> None:
    _, record_id = patient()
    at, day = now(), today()
    assert not timers._pass(timers.SUSPENSION, at, day, record_id), "it is not suspended"
    assert not timers._destroy(at, day, day, record_id), "it is not closed"
    with unit(record_id) as work:
        records.change_state(work, record_id, "close", day, "FERMETURE_DEMANDE_PATIENT")
    assert not timers._destroy(at, day - timedelta(days=1), day, record_id), "its term is not over"
    assert not timers._tell(at, at, record_id), "nothing waits"
    assert not timers._lift(at, at, record_id)


def test_a_record_whose_key_is_destroyed_is_not_read_again_and_one_without_bytes_is() -> None:
    _, gone = patient()
    person, record_id = patient("treating")
    lost, kept = deposit(person), deposit(person)
    with as_role("postgres"), unit(record_id) as work:
        work.run("DELETE FROM records_words WHERE record_id = %s", record_id)
        address = work.rows("SELECT address FROM records_document WHERE record_id = %s AND logical_id = %s", record_id, lost)[0][0]
    path = settings.CARNET.documents() / str(record_id)[:2] / str(record_id) / address
    path.rename(path.with_suffix(".away"))
    with as_role("postgres"):
        with unit(gone) as work:
            destroy_key(work, gone, now())
        assert not records.reindex_record(gone)
        assert records.reindex_record(record_id)
    path.with_suffix(".away").rename(path)
    with unit(record_id) as work:
        assert work.rows("SELECT logical_id FROM records_words WHERE record_id = %s", record_id) == [(kept,)]
    with pytest.raises(identity.IdentityError), as_role("postgres"):
        records.correct_identity(gone, {}, (), "essai", now())


def test_damage_of_bytes_is_told_apart() -> None:
    person, record_id = patient("treating")
    number, other = deposit(person), deposit(person)
    with unit(record_id) as work:
        key = key_of(work, record_id)
        for document, change in ((number, {"hash": "AAAA"}), (other, {"size": 1})):
            sealed = work.rows(
                "SELECT resource FROM records_document WHERE record_id = %s AND logical_id = %s", record_id, document
            )[0][0]
            resource = json.loads(unpacked(key.unseal(bytes(sealed), f"resource/{document}")))
            resource["content"][0]["attachment"] |= change
            work.run("UPDATE records_document SET resource = %s WHERE record_id = %s AND logical_id = %s",
                     key.seal(json.dumps(resource).encode(), f"resource/{document}"), record_id, document)  # fmt: skip
    with as_role("postgres"):
        found = {(f.kind, f.where) for f in check_record(record_id).faults}
    assert found >= {
        ("bytes-changed", str(number)),
        ("bytes-size", str(other)),
    }
    _, left = patient()
    with unit(left) as work:
        put(key_of(work, left), b"left behind")
        work.run("UPDATE records_record SET state = 'destroyed' WHERE record_id = %s", left)
    with as_role("postgres"):
        assert ("not-erased", "bytes") in {(f.kind, f.where) for f in check_record(left).faults}


def test_a_record_that_is_here_already_is_not_imported_again(tmp_path: Path) -> None:
    person, record_id = patient("treating")
    deposit(person)
    with as_role("postgres"):
        records.export_record(record_id, tmp_path / "out", "essai", now())
        with pytest.raises(records.TransferError, match="this person has a record here already"):
            records.import_record(tmp_path / "out", "essai", now())
        with unit(record_id) as work:
            work.run("DELETE FROM identity_ins WHERE record_id = %s", record_id)
        with pytest.raises(records.TransferError, match="this record is here already"):
            records.import_record(tmp_path / "out", "essai", now())
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    manifest["files"].pop("identity.json")
    (tmp_path / "out" / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(records.TransferError, match="not an export"):
        records.import_record(tmp_path / "out", "essai", now())


def test_an_app_joins_the_life_of_records_once() -> None:
    before = len(hooks.HOOKS.deposited)
    hooks.join(hooks.HOOKS.deposited[0], hooks.HOOKS.erased[0], ())
    assert len(hooks.HOOKS.deposited) == before


def test_a_candidate_whose_matricule_is_a_former_one_is_not_shown() -> None:
    from carnet.apps.records.entry import by_traits as regulation

    person, record_id = patient()
    with unit(record_id) as work:
        work.run("UPDATE identity_ins SET active = false WHERE record_id = %s", record_id)
        assert regulation._candidate(work, replace(ask("regulator", Act.SEARCH_BY_TRAITS), traits=person.traits), record_id) is None


# ---- what the holder may not choose


def test_what_is_none_of_the_holder_s_choices_is_refused(espace: str, monkeypatch: pytest.MonkeyPatch) -> None:
    who, _, record_id = newcomer(espace)
    question = who.ask(Act.CHOOSE_RIGHTS)
    with as_role("carnet_espace"):
        assert code(records.change_reader, question, record_id, "dismiss", PROFESSIONALS["nurse"].id) == "request-malformed"
        assert code(records.choose_preset, question, record_id, "") == "request-malformed"
        records.change_reader(question, record_id, "treating-doctor", PROFESSIONALS["treating"].id)
        monkeypatch.setattr(settings, "LAW", replace(settings.LAW, treating_doctor_may_be_blocked=False))
        assert code(records.change_reader, question, record_id, "block", PROFESSIONALS["treating"].id) == "function-not-allowed"
        records.change_reader(question, record_id, "block", PROFESSIONALS["nurse"].id)
        assert (
            code(records.invite, who.ask(Act.NAME_PEOPLE), record_id, access.REPRESENTS, "x", access.Given())
            == "function-not-allowed"
        )
    with as_role("carnet_espace"), records.visiting(who.ask(Act.SEARCH), record_id) as visit:
        for eyes in ("ps:899799999999", "metier:99", "voisin"):
            with pytest.raises(Refusal, match="document-unknown"):
                records.eyes_of(visit, eyes)
        assert records.preview(visit, records.eyes_of(visit, "urgence").ask, ["allergies"]).code == ""
        closed = replace(records.eyes_of(visit, "urgence").ask, reason="court")
        assert records.preview(visit, closed, ["allergies"]).code == "emergency-reason-missing"


def test_the_help_desk_serves_nobody_unknown_and_ties_no_account_that_is_not_there() -> None:
    operator = Ask(
        replace(host(uuid4()).ask.actor, authentication=replace(actor("nurse").authentication, means=Means.PERSON_SESSION)),
        Act.CONFIGURE,
        now(),
    )
    _, child = patient()
    _, parent = patient()
    with as_role("carnet_operator"):
        assert records.helped(operator, fresh_ins()) is None
        assert not records.attach_representative(operator, child, parent)


def test_somebody_who_has_a_record_is_not_announced_again() -> None:
    person, record_id = patient()
    with pytest.raises(ValueError, match="a déjà un carnet"), as_role("carnet_espace"):
        records.announce_record(person.ins, person.traits, "a@b.example", now())
    standing = records.standing(record_id)
    assert standing is not None
    assert standing.of_age == date(1998, 5, 17)


# ---- sign-in


def test_a_code_of_nobody_a_situation_that_is_not_one_s_own_and_a_session_that_is_over() -> None:
    at = now()
    with as_role("carnet_espace"), unit() as work:
        assert code(accounts.use_code, work, "AAAA", at) == "code-unknown"
    with as_role("carnet_espace"):
        assert code(accounts.second_factor, uuid4(), "000000", at) == "credentials-wrong"
    with as_role("carnet_webps"):
        assert code(signin.act_for, "nobody", "x", at) == "authentication-missing"
        ticket = keep(PortalIdentified(Proved("8997", "Anne", "eidas1", False, at, ()), "b", "/"), at)
        assert code(signin.choose_situation, ticket, 0, "b", at, "d", "l") == "sign-in-refused"


def test_the_directory_s_word_is_kept_for_so_many_people(monkeypatch: pytest.MonkeyPatch, door: str) -> None:
    from carnet.apps.signin.professionals import sessions

    person, _ = patient("treating")
    monkeypatch.setattr(sessions, "_seen", {(str(n),): (0.0, actor("treating").situation) for n in range(10_001)})
    assert client(door, "treating").search(person.ins).status_code == 200
    assert len(sessions._seen) == 1


@pytest.mark.parametrize(("mail", "born"), [("x", "1980-01-01"), ("a@b.example", "2131-01-01"), ("a@b.example", "1980-13-01")])
def test_an_announcement_that_fails_leaves_no_record_whose_weeks_run(mail: str, born: str) -> None:
    person = fresh_person(birth_date=born)
    with as_role("carnet_espace"), pytest.raises(ValueError, match=r"address|naissance"):
        records.announce_record(person.ins, person.traits, mail, now())
    with as_role("postgres"):
        assert identity.find(person.ins) is None
