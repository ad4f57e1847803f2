"""One record, two doors: what XDS says is stored as FHIR and told by XDS again without a loss, on generated metadata."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from xml.sax.saxutils import escape

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from carnet.formats.fhir import is_plain, read_stored, read_stored_list, write_document_reference
from carnet.formats.fhir.submission_set import write_folder, write_submission_set
from carnet.formats.timestamps import to_fhir
from carnet.formats.xds import Author, Coding, DocumentEntry, Folder, Reference, SubmissionSet
from carnet.formats.xds import names as n
from carnet.formats.xds.messages import write_submit
from carnet.formats.xds.ready import ready_text, told_texts
from carnet.formats.xds.rim_read import Association, read_objects
from carnet.formats.xds.rim_write import write_association, write_entry, write_set
from carnet.formats.xds.rim_write import write_folder as write_rim_folder

NOW = "2026-11-23T00:00:00Z"
INS = ("1.2.250.1.213.1.4.10", "279035121518989")
moments = st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(lambda d: d.replace(microsecond=0))
words = st.text(st.characters(categories=("L", "N", "P"), max_codepoint=0x2FF, exclude_characters="^&"), min_size=1, max_size=12)
lines = st.lists(words, min_size=1, max_size=3).map(" ".join)
systems = st.sampled_from(
    [
        "2.16.840.1.113883.6.1",
        "1.2.250.1.213.1.1.4.13",
        "2.16.840.1.113883.5.25",
        "1.2.250.1.71.1.2.7",
        "1.2.250.1.999.7",
        "urn:x:y",
        "ASTM",
        "table de l'hôpital",
    ]
)
codes = st.builds(Coding, words, systems, lines | st.just(""))
some = st.none() | moments
persons = st.builds(
    Author, id=st.from_regex(r"8[0-9]{11}", fullmatch=True), family=lines, given=lines | st.just(""), prefix=words | st.just(""),
    structure_id=st.from_regex(r"1[0-9]{9}", fullmatch=True) | st.just(""), structure_name=st.just(""), role=codes | st.just(Coding()),
    specialty=codes | st.just(Coding()), telecom=st.lists(lines, max_size=2).map(tuple),
).map(lambda a: replace(a, structure_name=f"Cabinet {a.family}") if a.structure_id else a)  # fmt: skip
devices = st.builds(Author, id=st.just("1.2.250.1.999.1"), family=lines, device=st.just(True), role=codes | st.just(Coding()),
                    structure_name=lines | st.just(""), telecom=st.lists(lines, max_size=2).map(tuple))  # fmt: skip
more = st.lists(codes, max_size=2).map(tuple)
places = st.lists(lines | st.just("Clinique^^^^^&1.2.3&ISO^^^^77"), max_size=2).map(tuple)


def _several(author: Author, structures: tuple[str, ...], roles: tuple[Coding, ...], specialties: tuple[Coding, ...]) -> Author:
    """An author with more than one of each: the first is a value of its own, so further ones stand behind it."""
    return replace(
        author, further_structures=structures if author.placed else (), further_roles=roles if author.role else (),
        further_specialties=specialties if author.specialty else (),
    )  # fmt: skip


persons, devices = (st.builds(_several, who, places, more, more) for who in (persons, devices))
structures = st.builds(Author, structure_id=st.just("1330099944"), structure_name=lines)
references = st.builds(
    Reference, words, st.sampled_from(["urn:ihe:iti:xds:2013:accession", "urn:ihe:iti:xds:2013:order", ""]),
    st.sampled_from(["", "1.2.250.1.999.4"]),
)  # fmt: skip

entries = st.builds(
    DocumentEntry,
    unique_id=st.sampled_from(["2.25.77", "1.2.3^A-1", "urn:uuid:11111111-aaaa-bbbb-cccc-222222222222"]),
    entry_uuid=st.just("5f3f1f6e-2d4c-4a52-9be5-3f5df65d3f11"),
    logical_id=st.just("0d2a6a6c-35f0-4d35-9be5-aaaaaaaaaaaa"),
    version=st.integers(1, 9),
    status=st.sampled_from(sorted(n.STATUS)),
    type=codes, class_=codes, format=codes, facility=codes, practice=codes,
    events=st.lists(codes, max_size=3).map(tuple),
    confidentiality=st.lists(codes, min_size=1, max_size=3).map(tuple),
    language=st.sampled_from(["fr-FR", "fr"]),
    mime=st.sampled_from(["text/xml", "application/pdf"]),
    size=st.integers(0, 10**9),
    sha1=st.from_regex(r"[0-9a-f]{40}", fullmatch=True),
    title=lines, comments=lines | st.just(""),
    creation_time=moments, service_start=some, service_stop=some,
    authors=st.lists(persons | devices | structures, min_size=1, max_size=3).map(tuple),
    authenticator=st.none() | st.builds(Author, id=st.just("899700001999"), family=lines, given=lines, prefix=words),
    patient=st.just(INS),
    references=st.lists(references, max_size=3).map(tuple),
    times_stated=st.sets(st.sampled_from(["creationTime", "serviceStartTime", "serviceStopTime"])).map(
        lambda names: tuple((name, digits) for name, digits in (("creationTime", "20051224"), ("serviceStartTime", "200412230800"),
                                                                ("serviceStopTime", "2005")) if name in names)),
    source_patient=st.just(("", "")) | st.tuples(st.just("1.2.250.1.999.1.1.7898.2"), words),
    source_traits=st.just(()) | st.just(("PID-5|NOM^Claude^^^^^L", "PID-7|19800517", "PID-8|F", "PID-11|1 rue^^Ville")),
)  # fmt: skip


def xml(node: etree._Element) -> bytes:
    return etree.tostring(node, method="c14n")


def told(entry: DocumentEntry) -> DocumentEntry:
    """An entry as a reader of its XML has it."""
    return entry_of(write_entry(entry, "", "D"))


def entry_of(sent: etree._Element) -> DocumentEntry:
    """A submitted entry as the door reads it."""
    package = write_set(SubmissionSet("2.25.1", "1.2.3"), "Set")
    tie = write_association(Association(n.HAS_MEMBER, "Set", "D", {"SubmissionSetStatus": ["Original"]}), stored=False)
    return read_objects(write_submit([package, sent, tie])).entries["D"]


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(entries)
def test_metadata_of_xds_are_stored_as_fhir_and_told_again_the_same(entry: DocumentEntry) -> None:
    sent = write_entry(entry)
    read = told(entry)
    kept = replace(read, entry_uuid=entry.entry_uuid, logical_id=entry.logical_id, version=entry.version, status=entry.status)
    stored = json.loads(json.dumps(write_document_reference(kept, "record-id", NOW)))
    again = replace(read_stored(stored), patient=INS)
    assert xml(write_entry(again)) == xml(sent)


maybe = words | st.just("") | st.just(" deux  blancs ")
anybody = st.builds(
    Author, id=maybe, family=maybe, given=maybe, prefix=maybe, structure_id=maybe, structure_name=maybe, role=codes | st.just(Coding()),
    device=st.booleans(), telecom=st.lists(maybe, max_size=1).map(tuple), person_stated=maybe, structure_stated=maybe,
    authority=systems | st.just(""), structure_authority=systems | st.just(""),
)  # fmt: skip
of_anybody = st.builds(
    lambda entry, authors, authenticator, custodian, references: replace(
        entry, authors=tuple(authors), authenticator=authenticator, custodian=custodian, references=tuple(references)
    ),
    entries, st.lists(persons | anybody, max_size=2), st.none() | persons | anybody, st.none() | persons | anybody,
    st.lists(references | st.builds(Reference, maybe), max_size=2),
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(entries | of_anybody)
def test_what_is_plain_is_told_as_it_would_be_read_back(entry: DocumentEntry) -> None:
    """What was just written to a resource need not be read out of it again to be told by XDS."""
    written = json.dumps(write_document_reference(entry, "record-id", NOW), ensure_ascii=False, separators=(",", ":"))
    back = read_stored(json.loads(written))

    def told(one: DocumentEntry) -> bytes:
        return told_texts([ready_text(one)], INS, "1.2.3.4")

    assert not is_plain(entry, written.encode()) or told(entry) == told(back)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(entries, min_size=1, max_size=3), words, st.sampled_from(["1.2.3.4", 'odd"&<>repository']))
def test_what_is_ready_is_what_would_be_written(several: list[DocumentEntry], matricule: str, repository: str) -> None:
    """The text that is kept beside a resource, and the nodes that are written out of it, are the same answer."""
    patient = (INS[0], matricule)

    def about(entry: DocumentEntry) -> DocumentEntry:
        own = entry.source_patient[1] or entry.source_patient_stated
        return replace(entry, patient=patient, source_patient=entry.source_patient if own else patient)

    written = etree.Element("around", nsmap=n.NSMAP)
    written.extend([write_entry(about(entry), repository) for entry in several])
    told = told_texts(map(ready_text, several), patient, repository)
    root = etree.tostring(etree.Element("around", nsmap=n.NSMAP)).removesuffix(b"/>")
    assert xml(etree.fromstring(root + b">" + told + b"</around>")) == xml(written)


@given(
    st.builds(
        SubmissionSet, unique_id=st.just("2.25.9"), source_id=st.just("1.2.250.1.999.1"), content_type=codes, submitted_at=moments,
        title=lines | st.just(""), comments=lines | st.just(""), patient=st.just(INS), author=persons | devices | structures,
        further_authors=st.lists(persons | devices | structures, max_size=2).map(tuple),
        recipients=st.lists(lines, max_size=3).map(tuple), entry_uuid=st.just("5f3f1f6e-2d4c-4a52-9be5-3f5df65d3f11"),
    )
)  # fmt: skip
def test_a_submission_set_of_xds_is_stored_as_a_list_and_told_again_the_same(submission: SubmissionSet) -> None:
    sent = write_set(submission)
    [read] = read_objects(write_submit([write_set(submission, "Set")])).sets.values()
    stored = json.loads(json.dumps(write_submission_set(read, submission.entry_uuid, "record-id")))
    again = read_stored_list(stored)
    assert isinstance(again, SubmissionSet)
    assert xml(write_set(replace(again, patient=INS))) == xml(sent)


@given(
    st.builds(Folder, unique_id=st.just("2.25.9"), codes=st.lists(codes, min_size=1, max_size=2).map(tuple), title=lines,
              comments=lines | st.just(""), entry_uuid=st.just("5f3f1f6e-2d4c-4a52-9be5-3f5df65d3f11")),
    moments,
)  # fmt: skip
def test_a_folder_of_xds_is_stored_as_a_list_and_told_again_the_same(folder: Folder, at: datetime) -> None:
    sent = write_rim_folder(folder, INS, updated=at)
    package = write_set(SubmissionSet("2.25.1", "1.2.3"), "Set")
    [read] = read_objects(write_submit([package, write_rim_folder(folder, INS, "Folder")])).folders.values()
    stored = json.loads(json.dumps(write_folder(read, folder.entry_uuid, "record-id", to_fhir(at))))
    again = read_stored_list(stored)
    assert isinstance(again, Folder)
    assert xml(write_rim_folder(again, INS, updated=at)) == xml(sent)


components = st.lists(st.sampled_from(["", "899700000001", "DOC-7", "Éléonore", "&1.2.3.4&ISO", "LABO&1.2.3.4&ISO", "LABO", "D", "U", "PI"]),
                      min_size=1, max_size=14)  # fmt: skip
hl7 = components.map("^".join).filter(lambda value: value.strip("^"))


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(entries, hl7, hl7, hl7, hl7)
def test_a_person_a_structure_and_an_identifier_are_told_as_they_came(
    entry: DocumentEntry, person: str, place: str, patient: str, reference: str
) -> None:
    """Whatever the components: another authority, none, a local number in the national form, a type, a second given name."""
    author = Author(person_stated=person, structure_stated=place)
    sent = replace(entry, authors=(author,), source_patient_stated=patient, references=(Reference("", stated=reference),))
    read = entry_of(write_entry(sent, "", "D"))
    stored = json.loads(json.dumps(write_document_reference(read, "record-id", NOW)))
    again = xml(write_entry(read_stored(stored), "", "D")).decode()
    for value in (person, place, patient, reference):
        assert f">{escape(value)}<" in again
