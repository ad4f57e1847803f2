"""Deposit, read back, replace, change: the main job, on the real database and store."""

import json
import zlib
from dataclasses import replace
from datetime import timedelta

import pytest
from django.conf import settings
from support.people import (
    LOINC,
    actor,
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
from support.roles import as_role

from carnet.apps.identity import api as identity
from carnet.apps.journal.api import entries_of_record
from carnet.apps.records import api as records
from carnet.apps.records.api import Query
from carnet.apps.storage.api import key_of, unit
from carnet.desk.demonstration.professionals import PROFESSIONALS
from carnet.formats import words
from carnet.formats.fhir import read_stored
from carnet.formats.xds import Author, Coding
from carnet.kernel.ask import Act
from carnet.kernel.refusal import No, Refusal
from carnet.pages.bodies import body_of


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


def test_an_author_whom_the_header_does_not_know_and_who_has_no_number_stays_as_declared() -> None:
    person, _ = patient("treating")
    about = entry(person, authors=(Author(PROFESSIONALS["treating"].id), Author("", "Sansnumero", "Ida")))
    receipt = records.deposit(ask("treating", Act.FEED, person), submission((about, cda(person))))
    (told,) = records.search(ask("treating", Act.SEARCH, person), Query()).resources
    named, nobody = read_stored(json.loads(told)).authors
    assert (named.id, bool(named.family)) == (PROFESSIONALS["treating"].id, True), "completed by the header"
    assert (nobody.id, nobody.family, nobody.given) == ("", "Sansnumero", "Ida")
    assert receipt.documents


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


def test_a_uniqueid_that_stands_twice_in_one_submission_is_refused_and_changes_nothing() -> None:
    person, record_id = patient("treating")
    unique_id = fresh_uid()
    two = [(entry(person, unique_id=unique_id), cda(person, unique_id=unique_id)) for _ in range(2)]
    with pytest.raises(Refusal) as refused:
        records.deposit(ask("treating", Act.FEED, person), submission(*two))
    assert refused.value.code is No.DOCUMENT_DUPLICATE and refused.value.details["document"] == unique_id
    with unit(record_id) as work:
        assert work.rows("SELECT count(*) FROM records_document WHERE record_id = %s", record_id) == [(0,)]


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
    from django.conf import settings

    person, record_id = patient("treating")
    document = deposit(person)
    folder = settings.CARNET.documents() / str(record_id)[:2] / str(record_id)
    (stored,) = folder.iterdir()
    assert b"ClinicalDocument" not in stored.read_bytes(), "bytes are encrypted at rest"
    kept = stored.read_bytes()
    stored.write_bytes(kept[:-1] + bytes([kept[-1] ^ 1]))
    with pytest.raises(Refusal, match="document-damaged"):
        records.read_content(ask("treating", Act.READ, person), document)


def test_orphans_are_swept_and_documents_are_not() -> None:
    from django.conf import settings

    person, record_id = patient("treating")
    document = deposit(person)
    folder = settings.CARNET.documents() / str(record_id)[:2] / str(record_id)
    (folder / ("0" * 64)).write_bytes(b"left by a crash")
    (folder / ".half.1.1").write_bytes(b"half written")
    with as_role("postgres"):
        assert records.sweep_orphans(older_than=3600) == 0, "a young file may belong to a deposit in progress"
        assert records.sweep_orphans(older_than=-1) >= 2
    assert records.read_content(ask("treating", Act.READ, person), document).data


def test_a_record_without_documents_gives_an_empty_page() -> None:
    person, _ = patient("treating")
    page = records.search(ask("treating", Act.SEARCH, person), Query(total=True))
    assert (page.resources, page.following, page.total) == ([], None, 0)


def _note(person, *authors: Author, label: tuple[str, ...] = ()) -> records.Receipt:
    about = entry(
        person,
        mime="text/plain",
        unique_id=fresh_uid(),
        type=Coding("11488-4", LOINC),
        authors=authors,
        confidentiality=labels(*label),
    )
    return records.deposit(ask("treating", Act.FEED, person), submission((about, "Note d'un confrère parti.".encode())))


def test_a_structure_is_an_author_and_its_members_with_an_authorisation_go_on_reading_what_is_masked() -> None:
    person, _ = patient("nurse", "pharmacist", "treating")
    place = actor("nurse").situation
    by_structure = (
        _note(person, Author(structure_id=place.structure, structure_name=place.structure_name), label=("MASQUE_PS",))
        .documents[0]
        .logical_id
    )
    by_colleague = _note(person, Author(PROFESSIONALS["cardiologist"].id, "X", "Y", place.structure, place.structure_name),
                         label=("MASQUE_PS",)).documents[0].logical_id  # fmt: skip
    assert str(by_structure) in seen_by("nurse", person)
    assert records.read_content(ask("nurse", Act.READ, person), by_structure).data
    assert str(by_colleague) not in seen_by("nurse", person), "a person wrote that one"
    assert str(by_structure) not in seen_by("pharmacist", person)
    listed = {one.record_id: one.new for one in records.own_list(ask("nurse", Act.OWN_LIST))}
    assert max(listed.values()) >= 1


@pytest.mark.parametrize("level", ["R", "V"])
def test_a_raised_confidentiality_is_kept_and_warned_of_and_a_setting_refuses_it(
    level: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, _ = patient("treating")
    receipt = _note(person, label=(level, "MASQUE_PS"))
    assert "document-confidentiality-raised" in receipt.documents[0].warnings
    [resource] = records.search(ask("treating", Act.SEARCH, person), Query()).resources
    told = [c["coding"][0]["code"] for c in json.loads(resource)["securityLabel"]]
    assert told == [level, "MASQUE_PS"], "what was declared, and no N beside it"
    records.change_document(ask("treating", Act.UNMASK, person), receipt.documents[0].logical_id)
    [resource] = records.search(ask("treating", Act.SEARCH, person), Query()).resources
    assert [c["coding"][0]["code"] for c in json.loads(resource)["securityLabel"]] == [level], "another version keeps it"
    assert "document-confidentiality-raised" not in _note(person).documents[0].warnings
    monkeypatch.setattr(settings, "LAW", replace(settings.LAW, raised_confidentiality="refuse"))
    assert refusal(_note, person, label=(level,)).code == "document-confidentiality-raised"


def test_a_self_presenting_document_is_kept_as_it_came_and_read_by_what_it_holds() -> None:
    person, _ = patient("treating")
    unique_id = fresh_uid()
    inside = cda(person, unique_id=unique_id).decode().split("?>", 1)[1]
    around = f"""<?xml version="1.0" encoding="UTF-8"?><?xml-stylesheet type="text/xsl" href="#x"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:template match="/"><xsl:copy-of
select="document('file:///etc/passwd')"/></xsl:template>{inside}</xsl:stylesheet>""".encode()
    about = entry(person, mime="application/xslt+xml", unique_id=unique_id)
    number = records.deposit(ask("treating", Act.FEED, person), submission((about, around))).documents[0].logical_id
    back = records.read_content(ask("treating", Act.READ, person), number)
    assert (back.data, back.mime) == (around, "application/xslt+xml")
    shown = body_of(back.mime, back.data)
    assert shown.kind == "html", "shown by our own renderer"
    assert "<xsl:" not in shown.html
    with records.visiting(ask("treating", Act.SEARCH, person)) as visit:
        hits = records.find_words(visit, "signaler", Query()).hits
    assert [h.document.logical_id for h in hits] == [number]
    twice = around.replace(b"</xsl:stylesheet>", inside.encode() + b"</xsl:stylesheet>")
    other = entry(person, mime="application/xslt+xml", unique_id=fresh_uid())
    assert refusal(records.deposit, ask("treating", Act.FEED, person), submission((other, twice))).code == "document-not-clinical"


@pytest.mark.parametrize("packs", [True, False])
def test_beside_processes_of_the_release_before_nothing_is_packed(packs: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """They read JSON as it is, and words by zlib; ebRIM that is not kept ready is written out of the resource."""
    monkeypatch.setattr(settings.CARNET, "packed_metadata", packs)
    person, record_id = patient("treating")
    number = deposit(person)
    with unit(record_id) as work:
        key = key_of(work, record_id)
        resource, ebrim = work.rows("SELECT resource, ebrim FROM records_document WHERE record_id = %s", record_id)[0]
        (kept,) = work.row("SELECT sealed FROM records_words WHERE record_id = %s", record_id) or (b"",)
        sent = work.rows("SELECT submission_id, resource FROM records_submission_set WHERE record_id = %s", record_id)
    first = {name: key.unseal(told, f"{name}/{number}")[:1] for name, told in (("resource", resource), ("words", kept))}
    assert [key.unseal(told, f"submission/{one}")[:1] for one, told in sent] == [b"\x01" if packs else b"{"]
    assert first == ({"resource": b"\x01", "words": b"\x01"} if packs else {"resource": b"{", "words": b"x"})
    assert (ebrim is not None) is packs
    monkeypatch.undo()
    assert json.loads(records.read_metadata(ask("treating", Act.READ, person), number))["id"] == str(number)
    with records.visiting(ask("treating", Act.SEARCH, person)) as visit:
        assert records.find_words(visit, "signaler", Query()).total == 1


def test_words_that_an_earlier_release_kept_are_read_again_and_nothing_else_is() -> None:
    person, record_id = patient("treating")
    number, other = deposit(person), deposit(person)
    with unit(record_id) as work:
        key = key_of(work, record_id)
        wrong = zlib.compress(json.dumps(["Un texte", words.stems("Le mot d'un autre dossier")]).encode())
        work.run("UPDATE records_words SET sealed = %s, edition = 1 WHERE record_id = %s AND logical_id = %s",
                 key.seal(wrong, f"words/{number}"), record_id, number)  # fmt: skip
        before = work.rows("SELECT sealed FROM records_words WHERE record_id = %s AND logical_id = %s", record_id, other)
    with records.visiting(ask("treating", Act.SEARCH, person)) as visit:
        assert records.find_words(visit, "dossier", Query()).total == 1
    with as_role("postgres"):
        assert records.reindex_record(record_id)
    with records.visiting(ask("treating", Act.SEARCH, person)) as visit:
        assert records.find_words(visit, "dossier", Query()).total == 0
        assert records.find_words(visit, "signaler", Query()).total == 2
        rows = visit.work.rows("SELECT sealed FROM records_words WHERE record_id = %s AND logical_id = %s", record_id, other)
    assert rows == before, "what was right is left alone"


def test_a_doubtful_identity_is_provisional_and_a_corrected_trait_takes_the_matricule_away() -> None:
    person, record_id = patient("treating")
    with as_role("postgres"):
        assert records.correct_identity(record_id, {"given_names": "Claude"}, (), "essai", now()) == "QUAL", "nothing changed"
        assert records.correct_identity(record_id, {"birth_place": "75101"}, (), "essai", now()) == "QUAL", (
            "what was unknown is now said"
        )
        assert records.correct_identity(record_id, {}, ("DOUT",), "essai", now()) == "PROV"
        assert records.correct_identity(record_id, {"given_names": "CLAUDE"}, (), "essai", now()) == "PROV", "the doubt stays"
        records.correct_identity(record_id, {}, ("FICT",), "essai", now(), certain=True)
        with unit(record_id) as work:
            noted = work.rows("SELECT annotations FROM identity_patient WHERE record_id = %s", record_id)
        assert noted == [(["FICT"],)], "the doubt is lifted, what is noted with it is kept"
    assert refusal(records.search, ask("treating", Act.SEARCH, person), Query()).code == "ins-not-qualified"
    other, number = patient("treating")
    with as_role("postgres"):
        with pytest.raises(identity.IdentityError, match="00"):
            records.correct_identity(number, {"birth_date": "1980-00-17"}, (), "essai", now())
        assert records.correct_identity(number, {"birth_date": "1980-05-18"}, (), "essai", now()) == "VALI"
    with unit(number) as work:
        assert identity.active_ins(work, key_of(work, number)) is None
        assert entries_of_record(work, number)[-1]["act"] == "identity:correct"
    assert refusal(records.search, ask("treating", Act.SEARCH, other), Query()).code == "ins-not-qualified"


def test_nobody_is_born_on_a_day_of_zeros() -> None:
    with pytest.raises(identity.IdentityError):
        open_record(fresh_person(birth_date="1980-05-00"))
    for right in ("1980", "1980-05", "1980-05-17"):
        open_record(fresh_person(birth_date=right))


@pytest.mark.parametrize("field", ["title", "comments"])
def test_a_separator_of_a_scanner_is_no_text(field: str) -> None:
    """Whatever door takes it: SOAP could not tell the document."""
    person, _ = patient("treating")
    uid = fresh_uid()
    declared = entry(person, unique_id=uid, **{field: "Ordonnance\x1d"})
    with pytest.raises(Refusal) as refused:
        records.deposit(ask("treating", Act.FEED, person), submission((declared, cda(person, unique_id=uid))))
    assert refused.value.code == No.REQUEST_MALFORMED
