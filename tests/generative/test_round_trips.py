"""Codecs: what is written reads back the same, on generated values; and life cycles never leave their table."""

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from carnet.dicah.facts import RecordState
from carnet.dicah.lifecycle import DOCUMENT, RECORD, TransitionError, next_document_status, next_record_state
from carnet.formats.cda import CdaDraft, Person, Section, read_header, write_document
from carnet.formats.fhir import write_document_reference
from carnet.formats.fhir.document_reference import read_document_reference
from carnet.formats.timestamps import bounds_of_fhir, from_fhir, from_hl7, to_fhir, to_hl7
from carnet.formats.xds import Author, Coding, DocumentEntry, Parent, Reference
from carnet.kernel.ask import Act
from carnet.kernel.identifiers import Oid
from carnet.kernel.ins import INS_NIR_TEST, Ins, ins_key
from carnet.kernel.traits import Traits, mismatches
from carnet.kernel.visibility import Status

moments = st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(lambda d: d.replace(microsecond=0))
words = st.text(st.characters(categories=("L", "N"), max_codepoint=0x2FF), min_size=1, max_size=20)
codes = st.builds(Coding, st.from_regex(r"[0-9]{3,5}-[0-9]", fullmatch=True), st.just("2.16.840.1.113883.6.1"), words)
bodies = st.tuples(
    st.sampled_from("12"), st.integers(0, 99), st.integers(1, 12),
    st.sampled_from(["75", "2A", "2B", "13", "99"]), st.integers(0, 999999),
).map(lambda t: f"{t[0]}{t[1]:02d}{t[2]:02d}{t[3]}{t[4]:06d}")  # fmt: skip


@given(bodies)
def test_a_computed_key_makes_an_ins_and_any_other_key_does_not(body: str) -> None:
    key = ins_key(body)
    ins = Ins.of(f"{body[:1]} {body[1:5]} {body[5:]} {key}", INS_NIR_TEST)
    assert ins.matricule == body + key
    with pytest.raises(ValueError, match="key"):
        Ins(f"{body}{int(key) % 97 + 1:02d}", Oid(INS_NIR_TEST))


@given(moments)
def test_moments_survive_both_notations(moment: datetime) -> None:
    assert from_fhir(to_fhir(moment)) == moment
    assert from_hl7(to_hl7(moment)) == moment


@given(st.dates(datetime(1900, 1, 1).date(), datetime(2100, 1, 1).date()), st.sampled_from([4, 7, 10]))
def test_a_date_covers_its_own_moments(day, length: int) -> None:
    low, high = bounds_of_fhir(day.isoformat()[:length])
    assert low <= datetime(day.year, day.month, day.day, tzinfo=UTC) < high


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(words, words, words, codes, moments, st.lists(st.tuples(words, words), max_size=3))
def test_a_written_cda_reads_back(title: str, family: str, given_name: str, type_: Coding, at: datetime, parts: list) -> None:
    person = Person("899700001999", family, given_name, "1330099944", "Hôpital")
    traits = Traits("ESSAI", "Claude", "F", "1980-05-17")
    sections = tuple(Section("51847-2", heading, (text,)) for heading, text in parts)
    draft = CdaDraft(
        "2.25.1^X", type_, title, at, Ins("279035121518989", Oid(INS_NIR_TEST)), traits, person, sections, replaces="2.25.7"
    )
    header = read_header(write_document(draft))
    assert header.unique_id == "2.25.1^X"
    assert (header.type.code, header.effective_time) == (type_.code, at)
    assert header.title.split() == title.split()
    assert (header.authors[0].id, header.authors[0].structure_id) == (person.id, person.structure_id)
    assert header.parents == (Parent("replaces", "2.25.7"),)
    assert (header.birth_name, header.given_names, header.sex, header.birth_date) == ("ESSAI", "Claude", "F", "1980-05-17")
    assert not mismatches(Traits(header.birth_name, header.given_names, header.sex, header.birth_date), traits)


authors = st.builds(
    Author, st.sampled_from(["899700001999", "810101201234"]), words, words, st.just("1330099944"), words, specialty=codes
)


@given(
    st.builds(
        DocumentEntry,
        unique_id=st.sampled_from(["2.25.77", "1.2.3^A-1", "urn:uuid:11111111-aaaa-bbbb-cccc-222222222222"]),
        entry_uuid=st.just("5f3f1f6e-2d4c-4a52-9be5-3f5df65d3f11"),
        logical_id=st.just("0d2a6a6c-35f0-4d35-9be5-aaaaaaaaaaaa"),
        type=codes,
        class_=codes,
        format=codes,
        facility=codes,
        practice=codes,
        events=st.lists(codes, max_size=2).map(tuple),
        confidentiality=st.lists(codes, min_size=1, max_size=2).map(tuple),
        language=st.just("fr-FR"),
        mime=st.sampled_from(["text/xml", "application/pdf"]),
        size=st.integers(1, 10**6),
        sha1=st.just("00112233445566778899aabbccddeeff00112233"),
        title=words,
        comments=words,
        creation_time=moments,
        date=moments,
        service_start=moments,
        authors=st.lists(authors, min_size=1, max_size=2).map(tuple),
        authenticator=authors,
        custodian=st.builds(Author, structure_id=st.just("1330099944"), structure_name=words),
        references=st.lists(st.builds(Reference, words, st.just("urn:ihe:iti:xds:2013:accession")), max_size=2).map(tuple),
        parents=st.lists(st.builds(Parent, st.sampled_from(["replaces", "appends"]), st.just("2.25.5")), max_size=2).map(tuple),
    )
)
def test_a_written_document_reference_reads_back(entry: DocumentEntry) -> None:
    from dataclasses import replace

    written = write_document_reference(entry, "record-id", "2026-11-23T00:00:00Z")
    back = read_document_reference(written, {}, "DocumentReference")
    expected = replace(entry, entry_uuid=f"urn:uuid:{entry.entry_uuid}", logical_id="", patient=("record", "record-id"))
    given_names = {a.given for a in entry.authors}
    assert {a.given for a in back.authors} == {" ".join(g.split()) for g in given_names}
    assert replace(back, authors=(), authenticator=None) == replace(expected, authors=(), authenticator=None)
    assert [(a.id, a.family, a.structure_id) for a in back.authors] == [(a.id, a.family, a.structure_id) for a in entry.authors]


@given(st.lists(st.sampled_from(sorted({event for _, event in RECORD})), max_size=12))
def test_a_record_never_leaves_its_life_cycle(events: list[str]) -> None:
    state = RecordState.ABSENT
    for event in events:
        try:
            state = next_record_state(state, event)
        except TransitionError:
            assert (state, event) not in RECORD
    assert state in RecordState
    if state is RecordState.DESTROYED:
        assert not any(s is RecordState.DESTROYED for s, _ in RECORD), "destruction is the end"


@given(st.lists(st.sampled_from([Act.REPLACE, Act.ARCHIVE, Act.UNARCHIVE, Act.DELETE]), max_size=8))
def test_a_deleted_document_never_comes_back(acts: list[Act]) -> None:
    status, deleted = Status.APPROVED, False
    for act in acts:
        try:
            status = next_document_status(status, act)
        except TransitionError:
            assert (status, act) not in DOCUMENT
        deleted = deleted or status is Status.DELETED
        assert not deleted or status is Status.DELETED
