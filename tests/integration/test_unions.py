"""Two records of one person become one and are parted again; documents go back to whose they are. Everything stays with its person."""

import base64
import hashlib
import json
import re
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from support.espace import newcomer, relate
from support.mails import mail as message_to
from support.mails import receive
from support.people import allow, ask, client, deposit, fresh_person, fresh_uid, host, now, open_record
from support.population import operator, state_of
from support.portal import words
from support.roles import as_role

from carnet.apps.access import api as access
from carnet.apps.identity import api as identity
from carnet.apps.journal.api import entries_of_record
from carnet.apps.outbox import api as outbox
from carnet.apps.records import api as records
from carnet.apps.records.population import moving, uniting
from carnet.apps.storage.api import dump, get, key_of, stored_addresses, unit
from carnet.desk.client import documents_of
from carnet.desk.demonstration.people import DemoPerson
from carnet.desk.demonstration.professionals import PROFESSIONALS
from carnet.kernel.ask import Act
from carnet.kernel.refusal import No, Refusal

ME = PROFESSIONALS["treating"].id


def snapshot(record_id: UUID) -> dict[str, Any]:
    """What a record holds, opened: bytes of documents by digest, rows of every table that follows a person."""
    with as_role("postgres"), unit(record_id) as work:
        key = key_of(work, record_id)
        told: dict[str, Any] = {}
        for table in moving.movable():
            rows = dump(work, key, table)
            for row in rows:
                row.pop("record_id")
                for column in ("address", "address_index", "mail_index", "content_index", "ebrim"):
                    if column == "address" and row.get(column):
                        row[column] = hashlib.sha256(get(key, row[column])).hexdigest()
                    elif column in row:
                        row.pop(column)
                for column in table.sealed:
                    row[column] = base64.b64decode(row[column]).replace(str(record_id).encode(), b"RECORD").decode("latin-1")
            told[table.name] = sorted(rows, key=lambda r: json.dumps(r, sort_keys=True, default=str))
    return told


def rows(told: dict[str, Any]) -> int:
    return sum(len(found) for found in told.values())


def entries(record_id: UUID) -> list[str]:
    with as_role("carnet_sealer"), unit(record_id) as work:
        return [str(e.get("detail") or e["act"]) for e in entries_of_record(work, record_id)]


def notices(record_id: UUID) -> list[str]:
    with as_role("carnet_worker"), unit(record_id) as work:
        return [kind for kind, _ in outbox.pending(work, record_id)]


def carry_out(at: Any = None) -> int:
    with as_role("carnet_worker"):
        return uniting.carry_out(at or now())


def unite(kept: UUID, absorbed: UUID) -> UUID:
    """Ada asks, Grace confirms, the worker carries out."""
    with as_role("carnet_operator"):
        number = records.ask_union(operator("ada"), kept, absorbed)
        records.decide_union(operator("grace"), number, confirmed=True)
    assert carry_out() == 1
    return number


def outcome(number: UUID) -> tuple[str, str]:
    with as_role("carnet_operator"):
        found = records.union_of(operator(), number)
    return found.waits_for, found.outcome


def undo(number: UUID) -> None:
    with as_role("carnet_operator"):
        records.ask_undo(operator("ada"), number)
    assert carry_out() == 1
    assert outcome(number) == ("", "undone")


def filled(person: DemoPerson, *titles: str) -> list[UUID]:
    """Documents in the record of somebody, one of them replaced, one masked, one not yet announced."""
    found = [deposit(person, title=title) for title in titles]
    found.append(deposit(person, title="masqué", label=("MASQUE_PS",)))
    found.append(deposit(person, title="caché", label=("INVISIBLE_PATIENT",)))
    return found


def fine(*record_ids: UUID) -> None:
    """Nothing is broken in these records, for whoever checks an installation."""
    with as_role("postgres"):
        for record_id in record_ids:
            assert records.check_record(record_id).faults == []


def pair() -> tuple[DemoPerson, UUID, DemoPerson, UUID]:
    one, two = fresh_person(), fresh_person()
    return one, open_record(one), two, open_record(two)


def test_a_union_brings_every_document_entry_message_and_right_and_its_undoing_gives_each_back() -> None:
    one, kept, two, absorbed = pair()
    filled(one, "du premier")
    documents = filled(two, "du second", "encore")
    allow(absorbed, "cardiologist", treating="treating")
    for person in (one, two):
        assert receive(person, message_to(person, f"Bonjour {person.ins.matricule}")) is None
    before_kept, before_absorbed = snapshot(kept), snapshot(absorbed)
    assert before_absorbed["messaging_message"] and before_absorbed["records_words"] and before_absorbed["access_authorisation"]
    number = unite(kept, absorbed)
    assert (state_of(kept), state_of(absorbed)) == ("open", "merged")
    united, left = snapshot(kept), snapshot(absorbed)
    # Nothing is lost and nothing is there twice: what is not in the united record is the twin that stayed behind.
    assert rows(united) + rows(left) == rows(before_kept) + rows(before_absorbed)
    assert {d["logical_id"] for d in united["records_document"]} >= {str(d) for d in documents}
    assert {name for name, found in left.items() if found} <= {"messaging_correspondent", "access_relation"}
    fine(kept)
    assert entries(kept)[-1] == f"united-with:{absorbed}" and entries(absorbed)[-1] == f"united-into:{kept}"
    with as_role("carnet_espace"):
        assert identity.find(two.ins) == kept
    undo(number)
    assert (state_of(kept), state_of(absorbed)) == ("open", "open")
    assert snapshot(kept) == before_kept and snapshot(absorbed) == before_absorbed
    fine(kept, absorbed)
    with as_role("carnet_espace"):
        assert (identity.find(one.ins), identity.find(two.ins)) == (kept, absorbed)


def test_a_professional_reads_the_documents_of_both_by_either_matricule_and_nothing_by_a_search_of_the_second(door: str) -> None:
    one, kept, two, absorbed = pair()
    first, second = deposit(one, title="un"), deposit(two, title="deux")
    allow(kept, "cardiologist")
    number = unite(kept, absorbed)
    for person in (one, two):
        reader = client(door, "cardiologist")
        found = {UUID(d["id"]) for d in documents_of(reader.search(person.ins))}
        assert found == {first, second}
        assert records.read_content(ask("cardiologist", Act.READ, person), second).data
    undo(number)
    allow(absorbed, "cardiologist")
    assert {UUID(d["id"]) for d in documents_of(client(door, "cardiologist").search(two.ins))} == {second}
    assert {UUID(d["id"]) for d in documents_of(client(door, "cardiologist").search(one.ins))} == {first}
    with pytest.raises(Refusal):
        records.read_content(ask("cardiologist", Act.READ, one), second)


def test_what_is_added_to_a_union_goes_with_what_it_belongs_to() -> None:
    one, kept, two, absorbed = pair()
    mine, theirs = deposit(one, title="à moi"), deposit(two, title="à l’autre")
    number = unite(kept, absorbed)
    fresh = deposit(one, title="nouveau")
    replacing = deposit(two, title="corrigé", replaces=theirs)
    with as_role("postgres"), unit(kept) as work:
        work.run("UPDATE records_document SET masked = true WHERE record_id = %s AND logical_id = %s", kept, theirs)
    undo(number)
    ids = {str(x) for x in (mine, fresh)}, {str(x) for x in (theirs, replacing)}
    assert {d["logical_id"] for d in snapshot(kept)["records_document"]} == ids[0]
    back = snapshot(absorbed)["records_document"]
    assert {d["logical_id"] for d in back} == ids[1]
    assert next(d for d in back if d["logical_id"] == str(theirs))["masked"]


def test_the_stricter_of_two_choices_stands_and_a_block_ends_what_the_other_authorised() -> None:
    _, kept, _, absorbed = pair()
    allow(kept, "cardiologist", "treating")
    with unit(kept) as work:
        access.choose(work, host(kept), break_glass=True, regulation=True, masked_in_emergency=True)
    with unit(absorbed) as work:
        access.block(work, host(absorbed), PROFESSIONALS["cardiologist"].id, "person")
        access.choose(work, host(absorbed), break_glass=False, regulation=True, masked_in_emergency=False)
        access.choose_masks(work, host(absorbed), True, ["imaging"])
        access.close_sections(work, host(absorbed), ["wishes"])
    number = unite(kept, absorbed)
    with unit(kept) as work:
        choices = access.raw_choices(work, kept)
        held = {(n.kind, n.subject_id) for n in access.named(work, kept)}
    assert choices is not None
    assert (choices["break_glass"], choices["regulation"], choices["masked_in_emergency"]) == (False, True, False)
    assert choices["masks_new"] and choices["masked_categories"] == ["imaging"] and choices["hidden_sections"] == ["wishes"]
    assert ("blocked", PROFESSIONALS["cardiologist"].id) in held and ("authorised", ME) in held
    assert ("authorised", PROFESSIONALS["cardiologist"].id) not in held
    undo(number)
    with unit(kept) as work:
        again = access.raw_choices(work, kept)
    assert again is not None and again["break_glass"] and again["masks_new"] is None


def test_what_the_person_chose_since_a_union_stays_when_it_is_taken_back() -> None:
    _, kept, _, absorbed = pair()
    with unit(absorbed) as work:
        access.choose(work, host(absorbed), break_glass=True, regulation=False)
    number = unite(kept, absorbed)
    with unit(kept) as work:
        access.choose(work, host(kept), break_glass=False, regulation=False)
    undo(number)
    with unit(kept) as work:
        choices = access.raw_choices(work, kept)
    assert choices is not None and choices["break_glass"] is False


def test_a_document_that_is_in_both_records_is_there_once_with_what_belongs_to_each() -> None:
    one, kept, two, absorbed = pair()
    uid = fresh_uid()
    deposit(one, title="le même", unique_id=uid)
    same = deposit(two, title="le même", unique_id=uid)
    other = deposit(two, title="un autre")
    with as_role("postgres"), unit(absorbed) as work:
        # Both were deposited in one lot.
        (lot,) = work.rows("SELECT submission_id FROM records_document WHERE record_id = %s AND logical_id = %s", absorbed, same)[0]
        work.run("UPDATE records_document SET submission_id = %s WHERE record_id = %s AND logical_id = %s", lot, absorbed, other)
    before = snapshot(kept), snapshot(absorbed)
    number = unite(kept, absorbed)
    assert len(snapshot(kept)["records_document"]) == 2
    left = snapshot(absorbed)
    assert {d["logical_id"] for d in left["records_document"]} == {str(same)} == {w["logical_id"] for w in left["records_words"]}
    assert str(lot) in {s["submission_id"] for s in left["records_submission_set"]}
    fine(kept)
    undo(number)
    after = snapshot(kept), snapshot(absorbed)
    for name in ("records_document", "records_words", "profile_entry", "records_document_version", "records_submission_set"):
        assert (after[0][name], after[1][name]) == (before[0][name], before[1][name])
    fine(kept, absorbed)


def test_choices_of_one_record_alone_stand_and_go() -> None:
    _, kept, _, absorbed = pair()
    with unit(absorbed) as work:
        access.choose(work, host(absorbed), break_glass=False, regulation=False)
    number = unite(kept, absorbed)
    with unit(kept) as work:
        assert access.raw_choices(work, kept)["break_glass"] is False  # type: ignore[index]
    undo(number)
    with unit(kept) as work:
        assert access.raw_choices(work, kept) is None


def test_the_person_reads_the_journal_of_both_and_keeps_one_account(espace: str) -> None:
    who, _one, kept = newcomer(espace)
    two = fresh_person()
    absorbed = open_record(two)
    deposit(two, title="d’avant", by="cardiologist")
    unite(kept, absorbed)
    journal = words(who.get("/acces/journal"))
    assert PROFESSIONALS["cardiologist"].family.lower() in journal.lower()
    assert "réunis" in words(who.get("/acces/journal")).lower()
    assert "d’avant" in words(who.get("/documents"))
    with as_role("carnet_worker"), unit(kept) as work:
        assert "records-united" in [kind for kind, _ in outbox.pending(work, kept)]


def test_the_account_of_the_second_record_serves_the_first_where_that_has_none(espace: str) -> None:
    who, _two, absorbed = newcomer(espace)
    one = fresh_person()
    kept = open_record(one)
    deposit(one, title="de l’autre")
    number = unite(kept, absorbed)
    # The session ended: a new one opens the united record.
    assert who.get("/").status_code in (302, 401)
    from carnet.apps.signin import api as signin

    with as_role("carnet_espace"), unit(kept) as work:
        assert signin.account_named(work, kept) == (who.session.account, who.session.name)
        assert access.holds(work, kept, str(who.session.account))
    undo(number)
    with as_role("carnet_espace"), unit(absorbed) as work:
        assert signin.account_named(work, absorbed) is not None
        assert access.holds(work, absorbed, str(who.session.account))
    with as_role("carnet_espace"), unit(kept) as work:
        assert not access.holds(work, kept, str(who.session.account)) and signin.account_named(work, kept) is None


def test_the_second_of_two_accounts_ends_and_comes_back_by_a_code(espace: str) -> None:
    _, _, kept = newcomer(espace)
    other, _, absorbed = newcomer(espace)
    before = snapshot(absorbed)["access_person"]
    number = unite(kept, absorbed)
    assert other.get("/").status_code in (302, 401)
    assert [p["kind"] for p in snapshot(kept)["access_person"]] == [access.HOLDS], "one holder, not two"
    undo(number)
    assert state_of(absorbed) == "open" and snapshot(absorbed)["access_person"] == before


def test_nobody_confirms_what_they_asked_for_and_nothing_moves_before(espace: str) -> None:
    _one, kept, two, absorbed = pair()
    document = deposit(two, title="deux")
    with as_role("carnet_operator"):
        number = records.ask_union(operator("ada"), kept, absorbed)
        with pytest.raises(Refusal, match=No.FUNCTION_NOT_ALLOWED):
            records.decide_union(operator("Ada"), number, confirmed=True)
        with pytest.raises(Refusal, match=No.REQUEST_MALFORMED) as refused:
            records.ask_union(operator("grace"), absorbed, kept)
        assert refused.value.details["problem"] == "in-course"
        with pytest.raises(Refusal, match=No.REQUEST_MALFORMED):
            records.ask_undo(operator("ada"), number)
    assert carry_out() == 0 and outcome(number) == ("second", "")
    with as_role("carnet_operator"):
        records.decide_union(operator("ada"), number, confirmed=False)
        with pytest.raises(Refusal, match=No.DOCUMENT_UNKNOWN):
            records.decide_union(operator("grace"), number, confirmed=True)
        with pytest.raises(Refusal, match=No.DOCUMENT_UNKNOWN):
            records.union_of(operator(), uuid4())
        assert number in {u.id: (a, b) for u, a, b in records.unions(operator())}
    assert outcome(number) == ("", "dropped") and state_of(absorbed) == "open"
    assert {d["logical_id"] for d in snapshot(absorbed)["records_document"]} == {str(document)}


@pytest.mark.parametrize(
    ("kept_state", "absorbed_state", "why"),
    [("closed", "open", "kept-not-open"), ("open", "opposed", "absorbed-state"), ("open", "suspended", "absorbed-state"), ("open", "", "absorbed-state"),
     ("open", "same", "same")],
)  # fmt: skip
def test_records_that_are_not_united(kept_state: str, absorbed_state: str, why: str) -> None:
    _, kept, _, absorbed = pair()
    with as_role("postgres"):
        for record_id, state in ((kept, kept_state), (absorbed, absorbed_state)):
            with unit(record_id) as work:
                if state not in ("same", ""):
                    work.run("UPDATE records_record SET state = %s WHERE record_id = %s", state, record_id)
    other = kept if absorbed_state == "same" else absorbed if absorbed_state else uuid4()
    with as_role("carnet_operator"), pytest.raises(Refusal, match=No.REQUEST_MALFORMED) as refused:
        records.ask_union(operator(), kept, other)
    assert refused.value.details["problem"] == why


def test_a_record_that_changed_since_is_left_alone_and_the_request_says_why() -> None:
    _, kept, two, absorbed = pair()
    deposit(two, title="reste")
    with as_role("carnet_operator"):
        number = records.ask_union(operator("ada"), kept, absorbed)
        records.decide_union(operator("grace"), number, confirmed=True)
    with as_role("postgres"), unit(kept) as work:
        work.run("UPDATE records_record SET state = 'closed' WHERE record_id = %s", kept)
    carry_out()
    assert outcome(number) == ("", "refused:kept-not-open")
    assert len(snapshot(absorbed)["records_document"]) == 1


def test_a_union_is_taken_back_within_its_term_and_then_what_is_left_of_the_second_record_goes() -> None:
    _, kept, two, absorbed = pair()
    deposit(two, title="deux")
    number = unite(kept, absorbed)
    long_after = now() + timedelta(days=400)
    with as_role("carnet_operator"):
        shown = records.union_of(operator(), number)
        assert shown.undone_until() is not None
        from dataclasses import replace

        with pytest.raises(Refusal, match=No.REQUEST_MALFORMED):
            records.ask_undo(replace(operator(), at=long_after), number)
    with as_role("carnet_worker"):
        assert uniting.finish(now()) == 0
        assert uniting.finish(long_after) >= 1 and uniting.finish(long_after) == 0
    assert state_of(absorbed) == "destroyed" and stored_addresses(absorbed) == frozenset()
    assert outcome(number) == ("", "final")
    fine(kept, absorbed)
    with as_role("carnet_operator"), pytest.raises(Refusal, match=No.REQUEST_MALFORMED):
        records.ask_undo(operator(), number)
    assert "key-destroyed" in entries(absorbed)


def test_an_undoing_that_finds_other_states_changes_nothing() -> None:
    _, kept, two, absorbed = pair()
    deposit(two, title="deux")
    number = unite(kept, absorbed)
    with as_role("carnet_operator"):
        records.ask_undo(operator(), number)
    with as_role("postgres"), unit(kept) as work:
        work.run("UPDATE records_record SET state = 'closed' WHERE record_id = %s", kept)
    carry_out()
    assert outcome(number) == ("", "refused:states-changed") and len(snapshot(kept)["records_document"]) == 1


def test_the_day_of_a_deposit_is_that_of_the_country() -> None:
    person = fresh_person()
    record_id = open_record(person)
    allow(record_id, "treating")
    deposit(person)
    with as_role("postgres"), unit(record_id) as work:
        work.run("UPDATE records_document SET deposited_at = '2026-11-19 23:30+00' WHERE record_id = %s", record_id)
    with as_role("carnet_operator"):
        assert [d.day for d in records.compared_side(operator(), record_id).documents] == [date(2026, 11, 20)]


def test_documents_of_somebody_else_go_back_to_whose_they_are_with_what_was_read_in_them() -> None:
    one, kept, _two, absorbed = pair()
    mine, theirs = deposit(one, title="à moi"), deposit(one, title="à l’autre")
    replacing = deposit(one, title="le corrigé", replaces=theirs)
    allow(kept, "cardiologist")
    with as_role("carnet_operator"):
        seen = records.compared_side(operator(), kept)
        assert {d.logical_id for d in seen.documents} == {mine, theirs, replacing} and seen.state == "open"
        assert all(d.structure for d in seen.documents) and seen.name == "Claude ESSAI"
        for wrong in ([], [uuid4()]):
            with pytest.raises(Refusal, match=No.REQUEST_MALFORMED):
                records.ask_split(operator("ada"), kept, absorbed, wrong)
        with pytest.raises(Refusal, match=No.REQUEST_MALFORMED):
            records.ask_split(operator("ada"), kept, kept, [mine])
        with pytest.raises(Refusal, match=No.REQUEST_MALFORMED):
            records.ask_split(operator("ada"), kept, uuid4(), [mine])
        with pytest.raises(Refusal, match=No.DOCUMENT_UNKNOWN):
            records.compared_side(operator(), uuid4())
        number = records.ask_split(operator("ada"), kept, absorbed, [theirs])
        with pytest.raises(Refusal, match=No.REQUEST_MALFORMED):
            records.ask_split(operator("ada"), kept, absorbed, [mine])
        records.decide_union(operator("grace"), number, confirmed=True)
    before = snapshot(kept)
    carry_out()
    after, gone = snapshot(kept), snapshot(absorbed)
    assert outcome(number) == ("", "done")
    assert {d["logical_id"] for d in after["records_document"]} == {str(mine)}
    # A document that is replaced goes with what replaces it.
    assert {d["logical_id"] for d in gone["records_document"]} == {str(theirs), str(replacing)}
    assert after["access_authorisation"] == before["access_authorisation"] and not gone["access_authorisation"]
    assert rows(after) + rows(gone) == rows(before)
    fine(kept, absorbed)
    assert entries(kept)[-1].startswith("documents-given-back") and entries(absorbed)[-1].startswith("documents-received")
    with as_role("carnet_worker"), unit(kept) as work:
        assert "records-parted" in [kind for kind, _ in outbox.pending(work, kept)]


def test_giving_back_a_document_that_waits_for_its_announcement_tells_nobody_of_it(espace: str) -> None:
    who, one, kept = newcomer(espace)
    to, _, absorbed = newcomer(espace)
    hidden = deposit(one, title="Titre caché", label=("INVISIBLE_PATIENT",))

    def seen() -> list[str]:
        return [
            re.sub(r"nonce-[^ ']+|[0-9a-f]{40,}", "", w.get(p).text)
            for w in (who, to)
            for p in ("/acces/journal", "/documents", "/")
        ]

    before, waiting = seen(), notices(kept) + notices(absorbed)
    with as_role("carnet_operator"):
        number = records.ask_split(operator("ada"), kept, absorbed, [hidden])
        records.decide_union(operator("grace"), number, confirmed=True)
    carry_out()
    assert outcome(number) == ("", "done")
    for old, new in zip(before, seen(), strict=True):
        for word in ("changent de carnet", "remis", "Titre caché", "à qui ils sont"):
            assert (word in new) == (word in old), word
    assert notices(kept) + notices(absorbed) == waiting
    # A line about what is hidden is there all the same, for whoever may know of it once it is announced.
    with as_role("carnet_sealer"):
        from carnet.apps.journal.api import stored_veil

        with unit(absorbed) as work:
            assert any("documents-received" in e["body"] for e in stored_veil(work, absorbed, "patient"))


def test_a_document_that_replaces_another_takes_it_with_it() -> None:
    one, kept, _, absorbed = pair()
    first = deposit(one, title="premier")
    second = deposit(one, title="le corrigé", replaces=first)
    with as_role("carnet_operator"):
        number = records.ask_split(operator("ada"), kept, absorbed, [second])
        records.decide_union(operator("grace"), number, confirmed=True)
    carry_out()
    assert {d["logical_id"] for d in snapshot(absorbed)["records_document"]} == {str(first), str(second)}
    fine(kept, absorbed)


def test_a_submission_set_and_a_folder_that_keep_a_document_go_as_copies() -> None:
    one, kept, _, absorbed = pair()
    first, second = deposit(one, title="a"), deposit(one, title="b")
    with as_role("postgres"), unit(kept) as work:
        (keep,), (gone,) = (work.rows("SELECT submission_id FROM records_document WHERE record_id = %s AND logical_id = %s", kept, d)[0]
                            for d in (first, second))  # fmt: skip
        work.run("UPDATE records_document SET submission_id = %s WHERE record_id = %s AND logical_id = %s", keep, kept, second)
        work.run("DELETE FROM records_submission_set WHERE record_id = %s AND submission_id = %s", kept, gone)
        work.run("DELETE FROM records_directory WHERE record_id = %s AND logical_id = %s", kept, gone)
    with as_role("carnet_operator"):
        number = records.ask_split(operator("ada"), kept, absorbed, [second])
        records.decide_union(operator("grace"), number, confirmed=True)
    carry_out()
    assert [s["submission_id"] for s in snapshot(kept)["records_submission_set"]] == [str(keep)]
    assert [s["submission_id"] for s in snapshot(absorbed)["records_submission_set"]] == [str(keep)]
    fine(kept, absorbed)


def test_documents_are_not_given_to_a_record_that_went_meanwhile() -> None:
    one, kept, _, absorbed = pair()
    document = deposit(one, title="a")
    with as_role("carnet_operator"):
        number = records.ask_split(operator("ada"), kept, absorbed, [document])
        records.decide_union(operator("grace"), number, confirmed=True)
    with as_role("postgres"), unit(absorbed) as work:
        work.run("UPDATE records_record SET state = 'destroyed' WHERE record_id = %s", absorbed)
    carry_out()
    assert outcome(number) == ("", "refused:states-changed") and len(snapshot(kept)["records_document"]) == 1


def test_a_worker_that_dies_in_the_middle_leaves_nothing_done(monkeypatch: pytest.MonkeyPatch) -> None:
    _, kept, two, absorbed = pair()
    filled(two, "a", "b")
    before = snapshot(kept), snapshot(absorbed)
    with as_role("carnet_operator"):
        number = records.ask_union(operator("ada"), kept, absorbed)
        records.decide_union(operator("grace"), number, confirmed=True)

    def killed(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as m:
        m.setattr(uniting.signin, "take_over", killed)
        assert carry_out() == 0
    assert (snapshot(kept), snapshot(absorbed)) == before and outcome(number) == ("worker", "")
    assert carry_out() == 1 and state_of(absorbed) == "merged"


def test_two_workers_carry_a_union_out_once() -> None:
    _, kept, two, absorbed = pair()
    deposit(two, title="a")
    number = unite(kept, absorbed)
    with as_role("carnet_worker"):
        assert (
            not uniting._carry_out(now(), number) and not uniting._finish(now(), uuid4()) and not uniting._carry_out(now(), uuid4())
        )


def test_a_representative_of_both_is_named_once(espace: str) -> None:
    who, _, _ = newcomer(espace)
    _, kept, _, absorbed = pair()
    for record_id in (kept, absorbed):
        relate(record_id, who, access.REPRESENTS)
    before = snapshot(kept), snapshot(absorbed)
    number = unite(kept, absorbed)
    assert len(snapshot(kept)["access_person"]) == 1
    undo(number)
    assert (snapshot(kept), snapshot(absorbed)) == before
