"""Deposit, read back, replace, change: the main job, on the real database and store."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from support.people import (
    allow,
    ask,
    cda,
    deposit,
    entry,
    fresh_person,
    fresh_uid,
    labels,
    now,
    open_record,
    patient,
    submission,
)

from carnet.apps.records import api as records
from carnet.apps.records.api import Query
from carnet.apps.storage.api import unit
from carnet.kernel.ask import Act
from carnet.kernel.refusal import Refusal


def refusal(call, *args: object, **kwargs: object) -> Refusal:
    with pytest.raises(Refusal) as caught:
        call(*args, **kwargs)
    return caught.value


def seen_by(key: str, person) -> list[str]:
    page = records.search(ask(key, Act.SEARCH, person), Query(count=100))
    return [json.loads(r)["id"] for r in page.resources]


def test_a_deposited_document_comes_back_byte_for_byte() -> None:
    person, _ = patient("treating")
    content = cda(person)
    receipt = records.deposit(ask("treating", Act.FEED, person), submission((entry(person), content)))
    back = records.read_content(ask("treating", Act.READ, person), receipt.documents[0].logical_id)
    assert back.data == content
    assert back.mime == "text/xml"


def test_the_same_uniqueid_with_the_same_content_gets_the_first_answer_again() -> None:
    person, _ = patient("treating")
    content = cda(person)
    first = records.deposit(ask("treating", Act.FEED, person), submission((entry(person), content))).documents[0]
    again = records.deposit(ask("treating", Act.FEED, person), submission((entry(person), content))).documents[0]
    assert (again.logical_id, again.version) == (first.logical_id, first.version)
    assert again.again
    assert not first.again
    assert len(seen_by("treating", person)) == 1


def test_the_same_uniqueid_with_other_content_is_refused_and_changes_nothing() -> None:
    person, _ = patient("treating")
    uid = fresh_uid()
    deposit(person, unique_id=uid)
    other = cda(person, unique_id=uid, title="Autre")
    assert (
        refusal(records.deposit, ask("treating", Act.FEED, person), submission((entry(person), other))).code == "document-duplicate"
    )
    assert len(seen_by("treating", person)) == 1


def test_a_deposit_is_all_or_nothing() -> None:
    person, _ = patient("treating")
    good, bad = cda(person), cda(fresh_person())
    code = refusal(records.deposit, ask("treating", Act.FEED, person), submission((entry(person), good), (entry(person), bad))).code
    assert code == "document-patient-mismatch"
    assert seen_by("treating", person) == []


def test_a_replacement_is_a_new_document_and_the_original_becomes_deprecated_in_place() -> None:
    person, record_id = patient("treating")
    first = deposit(person)
    before = json.loads(records.read_metadata(ask("treating", Act.READ, person), first))
    second = deposit(person, replaces=first)
    old = json.loads(records.read_metadata(ask("treating", Act.READ, person), first))
    new = json.loads(records.read_metadata(ask("treating", Act.READ, person), second))
    assert second != first
    assert old["status"] == "superseded"
    assert old["identifier"] == before["identifier"], "a replacement is no new version of the original's metadata"
    assert old["meta"]["versionId"] == "1"
    assert new["relatesTo"] == [{"code": "replaces", "target": {"reference": f"DocumentReference/{first}"}}]
    assert new["masterIdentifier"] != old["masterIdentifier"]
    with unit(record_id) as work:
        assert work.rows("SELECT status FROM records_document WHERE logical_id = %s", first) == [("Deprecated",)]


def test_a_change_of_metadata_is_a_new_version_of_the_same_document() -> None:
    person, record_id = patient("treating", treating="treating")
    document = deposit(person)
    before = json.loads(records.read_metadata(ask("treating", Act.READ, person), document))
    records.change_document(ask("treating", Act.MASK, person), document)
    after = json.loads(records.read_metadata(ask("treating", Act.READ, person), document))
    assert after["id"] == before["id"]
    assert after["masterIdentifier"] == before["masterIdentifier"]
    assert after["identifier"] != before["identifier"], "the entryUUID changes with each version"
    assert after["meta"]["versionId"] == "2"
    assert "MASQUE_PS" in json.dumps(after["securityLabel"])
    with unit(record_id) as work:
        kept = work.rows("SELECT version FROM records_document_version WHERE logical_id = %s", document)
    assert kept == [(1,)]


def test_doing_an_act_twice_changes_nothing_the_second_time() -> None:
    person, _ = patient("treating", treating="treating")
    document = deposit(person)
    for _ in range(2):
        records.change_document(ask("treating", Act.MASK, person), document)
    after = json.loads(records.read_metadata(ask("treating", Act.READ, person), document))
    assert after["meta"]["versionId"] == "2"


def test_archive_unarchive_delete() -> None:
    person, _ = patient("treating", treating="treating")
    document = deposit(person)
    records.change_document(ask("treating", Act.ARCHIVE, person), document)
    assert refusal(records.change_document, ask("treating", Act.ARCHIVE, person), document).code == "document-unknown"
    records.change_document(ask("treating", Act.UNARCHIVE, person), document)
    records.change_document(ask("treating", Act.DELETE, person), document)
    assert refusal(records.read_content, ask("treating", Act.READ, person), document).code == "document-unknown"
    assert seen_by("treating", person) == []


def test_announcing_lifts_one_code_only_and_cannot_be_taken_back() -> None:
    person, _ = patient("treating", treating="treating")
    document = deposit(person, label=("INVISIBLE_PATIENT", "INVISIBLE_REPRESENTANTS_LEGAUX"))
    records.change_document(ask("treating", Act.ANNOUNCE, person), document)
    told = json.loads(records.read_metadata(ask("treating", Act.READ, person), document))
    codes = [c["coding"][0]["code"] for c in told["securityLabel"]]
    assert codes == ["N", "INVISIBLE_REPRESENTANTS_LEGAUX"]
    assert refusal(records.change_document, ask("treating", Act.ANNOUNCE, person), document).code == "minor-agreement-missing"
    records.change_document(ask("treating", Act.ANNOUNCE, person), document, minor_agreed=True)
    told = json.loads(records.read_metadata(ask("treating", Act.READ, person), document))
    assert [c["coding"][0]["code"] for c in told["securityLabel"]] == ["N"]


def test_a_replacement_inherits_what_the_patient_masked() -> None:
    person, _ = patient("treating", "pharmacist", treating="treating")
    first = deposit(person, label=("MASQUE_PS",))
    second = deposit(person, replaces=first)
    assert str(second) in seen_by("treating", person)
    assert seen_by("pharmacist", person) == []


def test_a_replacement_may_not_make_a_visible_document_invisible() -> None:
    person, _ = patient("treating")
    first = deposit(person)
    assert refusal(deposit, person, replaces=first, label=("INVISIBLE_PATIENT",)).code == "visibility-not-allowed"


def test_a_masked_replacement_of_an_unannounced_document_is_refused() -> None:
    person, _ = patient("treating")
    first = deposit(person, label=("INVISIBLE_PATIENT",))
    assert refusal(deposit, person, replaces=first, label=("MASQUE_PS",)).code == "visibility-combination"


def test_masked_and_invisible_together_are_refused() -> None:
    person, _ = patient("treating")
    assert refusal(deposit, person, label=("MASQUE_PS", "INVISIBLE_PATIENT")).code == "visibility-combination"


def test_masking_an_unannounced_document_is_refused() -> None:
    person, _ = patient("treating", treating="treating")
    document = deposit(person, label=("INVISIBLE_PATIENT",))
    assert refusal(records.change_document, ask("treating", Act.MASK, person), document).code == "visibility-combination"


def test_only_the_author_replaces_and_a_masked_document_stays_unknown_to_others() -> None:
    person, _ = patient("treating", "pharmacist", treating="treating")
    visible, masked = deposit(person), deposit(person, label=("MASQUE_PS",))
    assert refusal(deposit, person, by="pharmacist", replaces=visible).code == "document-not-own"
    assert refusal(deposit, person, by="pharmacist", replaces=masked).code == "document-parent-unknown"
    assert refusal(records.change_document, ask("pharmacist", Act.DELETE, person), visible).code == "document-not-own"
    assert refusal(records.change_document, ask("pharmacist", Act.DELETE, person), masked).code == "document-unknown"


def test_a_document_is_replaced_once() -> None:
    person, _ = patient("treating")
    first = deposit(person)
    deposit(person, replaces=first)
    assert refusal(deposit, person, replaces=first).code == "document-parent-unknown"


def test_several_ins_of_one_person_lead_to_one_record() -> None:
    from support.people import fresh_ins

    person, former = fresh_person(), fresh_ins()
    record_id = open_record(person, former=(former,))
    allow(record_id, "treating")
    deposit(person)
    old = replace(person, ins=former)
    assert len(seen_by("treating", old)) == 1
    content = cda(old)
    receipt = records.deposit(ask("treating", Act.FEED, old), submission((entry(old), content)))
    assert not receipt.documents[0].again
    assert len(seen_by("treating", person)) == 2


def test_pages_follow_each_other_without_loss_or_repetition() -> None:
    person, _ = patient("treating")
    start = now() - timedelta(days=1)
    made = [str(deposit(person, at=start + timedelta(seconds=n // 3))) for n in range(10)]
    found: list[str] = []
    after = None
    for _ in range(10):
        page = records.search(ask("treating", Act.SEARCH, person), Query(count=3, after=after))
        found += page.logical_ids
        after = page.following
        if after is None:
            break
    assert sorted(found) == sorted(made)
    assert len(found) == len(set(found))


def test_a_total_counts_what_is_visible_only() -> None:
    person, _ = patient("treating", "pharmacist", treating="treating")
    deposit(person)
    deposit(person, label=("MASQUE_PS",))
    totals = {k: records.search(ask(k, Act.SEARCH, person), Query(total=True)).total for k in ("treating", "pharmacist")}
    assert totals == {"treating": 2, "pharmacist": 1}


def test_a_signature_object_is_listed_to_nobody() -> None:
    person, _ = patient("treating", treating="treating")
    both = labels("MASQUE_PS", "INVISIBLE_PATIENT")
    from carnet.formats.xds import Coding

    signature = entry(person, unique_id=fresh_uid(), mime="text/plain", type=Coding("E1762"), confidentiality=both)
    receipt = records.deposit(
        ask("treating", Act.FEED, person), submission((entry(person), cda(person)), (signature, b"signature"))
    )
    assert seen_by("treating", person) == [str(receipt.documents[0].logical_id)]
    code = refusal(records.read_content, ask("treating", Act.READ, person), receipt.documents[1].logical_id).code
    assert code == "document-unknown"


def test_content_of_a_store_that_changed_is_not_served() -> None:
    from cryptography.exceptions import InvalidTag
    from django.conf import settings

    person, record_id = patient("treating")
    document = deposit(person)
    folder = settings.CARNET.documents() / str(record_id)[:2] / str(record_id)
    (stored,) = folder.iterdir()
    assert b"ClinicalDocument" not in stored.read_bytes(), "bytes are encrypted at rest"
    kept = stored.read_bytes()
    stored.write_bytes(kept[:-1] + bytes([kept[-1] ^ 1]))
    with pytest.raises(InvalidTag):
        records.read_content(ask("treating", Act.READ, person), document)


def test_orphans_are_swept_and_documents_are_not() -> None:
    from django.conf import settings

    person, record_id = patient("treating")
    document = deposit(person)
    folder = settings.CARNET.documents() / str(record_id)[:2] / str(record_id)
    (folder / ("0" * 64)).write_bytes(b"left by a crash")
    (folder / ".half.1.1").write_bytes(b"half written")
    assert records.sweep_orphans(older_than=3600) == 0, "a young file may belong to a deposit in progress"
    assert records.sweep_orphans(older_than=-1) >= 2
    assert records.read_content(ask("treating", Act.READ, person), document).data


def test_a_record_without_documents_gives_an_empty_page() -> None:
    person, _ = patient("treating")
    page = records.search(ask("treating", Act.SEARCH, person), Query(total=True))
    assert (page.resources, page.following, page.total) == ([], None, 0)
