"""Codecs on wrong and odd input."""

import base64
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from carnet.formats import codes
from carnet.formats.cda import CdaDraft, CdaError, NotClinicalError, Person, Section, read_header, write_document
from carnet.formats.fhir import (
    FhirError,
    Issue,
    operation_outcome,
    parse_json,
    read_provide_bundle,
    read_simplified,
    read_stored,
    write_document_reference,
)
from carnet.formats.fhir.document_reference import read_document_reference
from carnet.formats.fhir.submission_set import read_submission_set, with_entries, write_submission_set
from carnet.formats.fhir.systems import oid_of, uri_of
from carnet.formats.timestamps import bounds_of_fhir, from_fhir, from_hl7
from carnet.formats.xds import Author, Coding, DocumentEntry, Parent, Reference, SubmissionSet
from carnet.kernel.identifiers import Oid
from carnet.kernel.ins import INS_NIR_TEST, Ins
from carnet.kernel.traits import Traits


def test_times() -> None:
    assert from_hl7("202302091130+0100") == datetime(2023, 2, 9, 10, 30, tzinfo=UTC)
    assert from_hl7("2023-".strip("-")) == datetime(2023, 1, 1, tzinfo=UTC)
    assert from_hl7("20230209113000.5-0330") == datetime(2023, 2, 9, 15, 0, tzinfo=UTC)
    assert from_fhir("2023-02-09T11:30:00.123+01:00") == datetime(2023, 2, 9, 10, 30, tzinfo=UTC)
    assert bounds_of_fhir("2023-12")[1] == datetime(2024, 1, 1, tzinfo=UTC)
    assert bounds_of_fhir("2023-02-09T11:30Z")[1] == datetime(2023, 2, 9, 11, 31, tzinfo=UTC)
    assert bounds_of_fhir("2023-02-09T11:30:07Z")[1] == datetime(2023, 2, 9, 11, 30, 8, tzinfo=UTC)
    paris = ZoneInfo("Europe/Paris")
    # A day has the hours of its zone: 23 of them when summer time begins. An hour with a zone keeps its own.
    assert bounds_of_fhir("2026-03-29", paris) == (datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 3, 29, 22, tzinfo=UTC))
    assert bounds_of_fhir("2026-06-01T10:00:00Z", paris)[0] == datetime(2026, 6, 1, 10, tzinfo=UTC)
    for wrong in ("", "yesterday", "2023-13", "20231301", "2023-02-30"):
        with pytest.raises(ValueError, match=r".+"):
            from_fhir(wrong)
    for wrong in ("", "x", "20231345"):
        with pytest.raises(ValueError, match=r".+"):
            from_hl7(wrong)


def cda(inner: str) -> bytes:
    return f'<ClinicalDocument xmlns="urn:hl7-org:v3">{inner}</ClinicalDocument>'.encode()


PATIENT = '<recordTarget><patientRole><id root="1.2"/></patientRole></recordTarget>'
BODY = "<component><structuredBody/></component>"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "well-formed"),
        (b"<a", "well-formed"),
        (b"<a/>", "not ClinicalDocument"),
        (cda(""), "recordTarget"),
        (cda(PATIENT), "no body"),
        (cda(PATIENT + BODY), "mandatory"),
        (cda(f'{PATIENT}{BODY}<id root="1.2"/><code code="x"/><effectiveTime value="soon"/>'), "time"),
        (b'<!DOCTYPE a><ClinicalDocument xmlns="urn:hl7-org:v3"/>', "DOCTYPE"),
    ],
)
def test_a_wrong_cda_says_why(content: bytes, problem: str) -> None:
    with pytest.raises(CdaError, match=problem):
        read_header(content)
    assert issubclass(NotClinicalError, CdaError)


def test_a_bare_header_reads() -> None:
    author = "<author><assignedAuthor><assignedAuthoringDevice/></assignedAuthor></author><author/>"
    service = '<documentationOf><serviceEvent><effectiveTime value="2020"/></serviceEvent></documentationOf>'
    other = '<relatedDocument typeCode="ZZZZ"><parentDocument><id root="1.2.3"/></parentDocument></relatedDocument>'
    custodian = "<custodian><assignedCustodian><representedCustodianOrganization/></assignedCustodian></custodian>"
    level1 = '<component><nonXMLBody><text mediaType="application/pdf"/></nonXMLBody></component>'
    head = '<id root="90E1C8EC-F951-4B26-A305-A34848818DD6"/><code code="x"/><effectiveTime value="2020"/>'
    header = read_header(cda(head + PATIENT + author + custodian + service + other + level1))
    assert header.unique_id == "urn:uuid:90e1c8ec-f951-4b26-a305-a34848818dd6"
    assert header.authors[0].device
    assert (header.service_start, header.service_stop) == (datetime(2020, 1, 1, tzinfo=UTC), None)
    assert header.parents == ()
    assert (header.body_mime, header.structured) == ("application/pdf", False)
    assert (header.birth_name, header.given_names, header.birth_date, header.sex, header.language) == ("", "", "", "", "")


def test_names_of_an_act_and_names_in_use() -> None:
    names = (
        '<name><family qualifier="CL">USE</family><family qualifier="BR">BIRTH</family>'
        '<given qualifier="CL">Used</given><given>First Second</given></name>'
    )
    sex = '<administrativeGenderCode code="UN"/><birthTime value="1979"/>'
    role = f'<recordTarget><patientRole><id root="1.2" extension="x"/><patient>{names}{sex}</patient></patientRole></recordTarget>'
    head = '<id root="1.2"/><code code="x"/><effectiveTime value="2020"/><languageCode code="fr-FR"/>'
    header = read_header(cda(head + role + BODY))
    assert (header.birth_name, header.given_names, header.birth_date, header.sex) == ("BIRTH", "First Second", "1979", "")
    assert header.language == "fr-FR"


@pytest.mark.parametrize("body", [b"\xff", b"{", b"[]", b"{}", b'{"resourceType": 1}', b'{"a": 1, "a": 2}', b"[" * 3000 + b"]" * 3000,
                                  b'{"resourceType":"X","a":' + b"[" * 50 + b"]" * 50 + b"}"])  # fmt: skip
def test_wrong_json(body: bytes) -> None:
    with pytest.raises(FhirError):
        parse_json(body)


def reference(**changes: object) -> dict:
    resource = {
        "resourceType": "DocumentReference",
        "status": "current",
        "content": [{"attachment": {"contentType": "text/plain"}}],
    }
    return resource | changes


@pytest.mark.parametrize(
    ("changes", "element"),
    [
        ({"status": "draft"}, "status"),
        ({"content": []}, "content"),
        ({"content": {}}, "content"),
        ({"content": "x"}, "content"),
        ({"type": []}, "type"),
        ({"type": "x"}, "type"),
        ({"description": 1}, "description"),
        ({"description": "a\x00b"}, "description"),
        ({"date": "soon"}, "date"),
        ({"content": [{"attachment": {"hash": "***"}}]}, "hash"),
        ({"content": [{"attachment": {"size": -1}}]}, "size"),
        ({"content": [{"attachment": {"size": True}}]}, "size"),
        ({"relatesTo": [{"code": "loves", "target": {"reference": "x"}}]}, "relatesTo"),
        ({"relatesTo": [{"code": "replaces"}]}, "relatesTo"),
        ({"author": [{"reference": "#a"}], "contained": [{"resourceType": "Practitioner", "id": "a", "identifier": [{"value": "<x>"}]}]},
         "identifier"),
    ],
)  # fmt: skip
def test_a_wrong_document_reference_names_the_element(changes: dict, element: str) -> None:
    with pytest.raises(FhirError) as error:
        read_document_reference(reference(**changes), {}, "DocumentReference")
    assert element in error.value.element


def test_authors_in_every_form() -> None:
    contained = [
        {"resourceType": "Organization", "id": "o", "name": "Hôpital", "identifier": [{"system": "urn:oid:1.2.250.1.71.4.2.2", "value": "1330099944"}]},
        {"resourceType": "Device", "id": "d", "deviceName": [{"name": "Automate"}], "identifier": [{"value": "d-1"}]},
        {"resourceType": "PractitionerRole", "id": "r", "identifier": [{"system": "https://rpps.esante.gouv.fr", "value": "10101201234"}],
         "organization": {"reference": "#o"}},
        {"resourceType": "Practitioner", "id": "p", "name": [{"family": "F"}]},
    ]  # fmt: skip
    logical = {"identifier": {"system": "urn:oid:1.2.250.1.71.4.2.1", "value": "810101201234"}}
    references = [{"reference": f"#{c['id']}"} for c in contained] + [logical, {"reference": "Practitioner/elsewhere"}]
    entry = read_document_reference(reference(author=references, contained=contained), {}, "D")
    assert [(a.id, a.structure_id, a.device) for a in entry.authors] == [
        ("", "1330099944", False), ("d-1", "", True), ("810101201234", "1330099944", False), ("", "", False), ("810101201234", "", False),
    ]  # fmt: skip
    assert entry.authors[3].given == ""
    contained[3]["name"] = [{"family": "F", "given": "not a list"}]
    with pytest.raises(FhirError, match="list of strings"):
        read_document_reference(reference(author=references, contained=contained), {}, "D")


def test_numbers_keep_who_assigned_them() -> None:
    def read(kind: str, system: str, value: str) -> Author:
        given = [{"system": system} if system else {}]
        one = {"resourceType": kind, "id": "x", "identifier": [given[0] | {"value": value}]}
        return read_document_reference(reference(author=[{"reference": "#x"}], contained=[one]), {}, "D").authors[0]

    finess = read("Organization", "https://finess.esante.gouv.fr", "330099944")
    assert (finess.structure_id, finess.structure) == ("1330099944", "1330099944")
    local = read("Organization", "urn:oid:1.2.3", "1330099944")
    assert (local.structure_id, local.structure_authority, local.structure) == ("1330099944", "1.2.3", "")
    assert read("Practitioner", "https://rpps.esante.gouv.fr", "10101201234").professional == "810101201234"
    here = read("Practitioner", "https://hopital.example/agents", "7")
    assert (here.id, here.authority, here.professional) == ("7", "https://hopital.example/agents", "")
    assert read("Device", "", "d-1").authority == ""


def test_a_reference_of_an_earlier_form_keeps_its_type() -> None:
    """Before both were kept, the type of a CXi stood in the place of its authority; clients write it so too."""
    related = [{"identifier": {"system": system, "value": "A-1"}} for system in ("urn:ihe:iti:xds:2013:accession", "urn:oid:1.2.3")]
    entry = read_document_reference(reference(context={"related": related}), {}, "D")
    assert entry.references == (Reference("A-1", "urn:ihe:iti:xds:2013:accession"), Reference("A-1", "", "1.2.3"))


def test_the_only_practitioner_of_a_resource_without_author_is_its_author() -> None:
    rpps = {"system": "urn:oid:1.2.250.1.71.4.2.1", "value": "810101201234"}
    people = [{"resourceType": "Practitioner", "id": name, "identifier": [rpps]} for name in ("p", "q")]
    one, two = (read_document_reference(reference(contained=people[:n]), {}, "D").authors for n in (1, 2))
    assert [a.id for a in one] == ["810101201234"]
    assert two == ()


def test_patients_in_every_form() -> None:
    identifier = {"system": "urn:oid:1.2.250.1.213.1.4.10", "value": "279035121518989"}
    patient = {"resourceType": "Patient", "id": "p", "identifier": [{"system": "urn:oid:9.9", "value": "ipp"}, identifier]}
    expected = ("1.2.250.1.213.1.4.10", "279035121518989")

    def read(subject: dict, entries: dict | None = None) -> tuple[str, str]:
        return read_document_reference(reference(subject=subject), entries or {}, "D").patient

    assert read({"identifier": identifier}) == expected
    assert read({"reference": "Patient?identifier=urn:oid:1.2.250.1.213.1.4.10|279035121518989"}) == expected
    assert read({"reference": "urn:uuid:1"}, {"urn:uuid:1": patient}) == expected
    assert read({"reference": "Patient/abc"}) == ("record", "abc")
    assert read({}) == ("", "")


def bundle(**changes: object) -> dict:
    binary = {"resourceType": "Binary", "data": base64.b64encode(b"x").decode()}
    document = reference(content=[{"attachment": {"contentType": "text/plain", "url": "urn:uuid:b"}}])
    listed = {
        "resourceType": "List",
        "code": {"coding": [{"code": "submissionset"}]},
        "entry": [{"item": {"reference": "urn:uuid:d"}}],
    }
    parts = {"list": listed, "document": document, "binary": binary} | changes
    names = {"list": "urn:uuid:l", "document": "urn:uuid:d", "binary": "urn:uuid:b"}
    entries = [{"fullUrl": names.get(k, f"urn:uuid:{k}"), "resource": v} for k, v in parts.items() if v is not None]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def test_a_right_bundle_reads() -> None:
    submission = read_provide_bundle(bundle(), 5)
    assert submission.kinds == ("List", "DocumentReference", "Binary")
    assert submission.documents[0].content == b"x"


@pytest.mark.parametrize(
    "wrong",
    [
        {"resourceType": "Bundle", "type": "batch"},
        {"resourceType": "Bundle", "type": "transaction", "entry": []},
        bundle(list=None),
        bundle(second={"resourceType": "List", "code": {"coding": [{"code": "submissionset"}]}}),
        bundle(document=None),
        bundle(binary=None),
        bundle(binary={"resourceType": "Binary", "data": "***"}),
        bundle(binary={"resourceType": "Binary", "data": 7}),
        bundle(list={"resourceType": "List", "code": {"coding": [{"code": "folder"}]}}),
        bundle(list={"resourceType": "List", "code": {"coding": [{"code": "submissionset"}]}, "entry": []}),
        bundle(document=reference(content=[{"attachment": {"data": "eA=="}}])),
        bundle(document=reference(content=[])),
        bundle(other={"resourceType": "Observation"}),
    ],
)
def test_a_wrong_bundle_is_refused(wrong: dict) -> None:
    with pytest.raises(FhirError):
        read_provide_bundle(wrong, 5)


def test_too_many_documents_are_refused() -> None:
    with pytest.raises(FhirError, match="between 1 and 0"):
        read_provide_bundle(bundle(), 0)


@pytest.mark.parametrize(
    "wrong", [{"resourceType": "Patient"}, reference(content=[{"attachment": {"url": "x"}}]), reference(content=[])]
)
def test_a_wrong_simplified_publish_is_refused(wrong: dict) -> None:
    with pytest.raises(FhirError):
        read_simplified(wrong)


def test_submission_sets_read_and_write() -> None:
    stored = SubmissionSet(
        "urn:uuid:1", "1.2.3", Coding("04", "1.2"), datetime(2026, 1, 1, tzinfo=UTC), "Titre", "", ("record", "r")
    )
    written = with_entries(write_submission_set(stored, "1", "r"), ["d"])
    back = read_submission_set(written, {}, "List")
    assert (back.unique_id, back.source_id, back.content_type.code, back.title) == ("urn:uuid:1", "1.2.3", "04", "Titre")
    bare = write_submission_set(SubmissionSet("urn:uuid:1"), "1", "r")
    assert "extension" not in bare
    assert read_submission_set(bare | {"note": [{"text": "n"}], "identifier": []}, {}, "List").comments == "n"
    urn = write_submission_set(SubmissionSet("urn:uuid:1", "urn:oid:1.2"), "1", "r")
    assert urn["extension"][0]["valueIdentifier"]["value"] == "urn:oid:1.2"


def test_systems_and_outcomes() -> None:
    assert oid_of("http://loinc.org") == "2.16.840.1.113883.6.1"
    assert uri_of("2.16.840.1.113883.6.1") == "http://loinc.org"
    assert uri_of("1.9.9") == "urn:oid:1.9.9"
    for name in ("ASTM", "ma table/é"):
        assert uri_of(name).startswith("https://") and " " not in uri_of(name) and oid_of(uri_of(name)) == name
    assert uri_of("urn:x:y") == "urn:x:y" and uri_of("") == ""
    assert oid_of("TRE_A06") == oid_of(uri_of("1.2.250.1.213.1.1.4.2.282")) == "1.2.250.1.213.1.1.4.2.282"
    assert oid_of("https://mos.esante.gouv.fr/NOS/TRE_A11-IheFormatCode/FHIR/TRE-A11-IheFormatCode") == "1.3.6.1.4.1.19376.1.2.3"


def test_every_code_of_ours_has_an_absolute_uri_as_its_system() -> None:
    """The HL7 validator refuses a Coding whose system is a name."""
    for table in ("type_codes", "class_codes", "format_codes", "facility_types", "practice_settings", "confidentiality_codes"):
        for member in codes.members(table).values():
            assert re.match(r"(https?://|urn:oid:[0-2](\.\d+)+$)", uri_of(member.system)), (table, member)
    outcome = operation_outcome(Issue("x", "texte", "d", expression="Bundle.type"))
    assert json.dumps(outcome["issue"][0]["expression"]) == '["Bundle.type"]'


def test_a_written_document_with_a_pdf_a_table_and_a_specialty() -> None:
    person = Person("899700001999", "F", "G", "1330099944", "H", Coding("SM26", "1.2.250.1.71.4.2.5", "Médecine générale"))
    draft = CdaDraft("2.25.1", Coding("11488-4", "2.16.840.1.113883.6.1", "CR"), "T", datetime(2026, 1, 1, tzinfo=UTC),
                     Ins("279035121518989", Oid(INS_NIR_TEST)), Traits("A", "B", "F", "1980-05-17"), person,
                     (Section("30954-2", "Résultats", (), (("Analyse", "Valeur"), ("HbA1c", "6,8"))),))  # fmt: skip
    assert b"<td>6,8</td>" in write_document(draft)
    assert read_header(write_document(draft)).authors[0].specialty.code == "SM26"
    assert read_header(write_document(replace(draft, pdf=b"%PDF-1.4"))).body_mime == "application/pdf"


def test_a_document_reference_of_devices_and_bare_organizations_is_written() -> None:
    devices = (Author("d-1", device=True), Author(family="Automate", device=True))
    entry = DocumentEntry("2.25.1", "5f3f1f6e-2d4c-4a52-9be5-3f5df65d3f11", "0d2a6a6c-35f0-4d35-9be5-aaaaaaaaaaaa", type=Coding("x"),
                          class_=Coding("10"), authors=(*devices, Author("899700001999"), Author(family="SANS")),
                          custodian=Author(structure_name="Sans identifiant"), parents=(Parent("replaces", "DocumentReference/1"),))  # fmt: skip
    written = write_document_reference(entry, "r", "2026-01-01T00:00:00Z")
    kinds = [c["resourceType"] for c in written["contained"]]
    assert kinds.count("Device") == 2
    assert {"reference": "DocumentReference/1"} in [r["target"] for r in written["relatesTo"]]
    assert "format" not in written["content"][0]
    assert "context" not in written


def test_identifiers_that_are_no_uuid_and_related_without_identifier_are_passed_over() -> None:
    odd = reference(identifier=[{"value": "local-7"}], context={"related": [{"reference": "Encounter/1"}]},
                    relatesTo=[{"code": "appends", "target": {"identifier": {"system": "urn:oid:1.2", "value": "x"}}}])  # fmt: skip
    entry = read_document_reference(odd, {}, "D")
    assert entry.entry_uuid == ""
    assert entry.references == ()
    assert entry.parents == (Parent("appends", "1.2^x"),)


def test_entries_without_fullurl_are_found_by_their_id() -> None:
    made = bundle()
    for entry, identifier in zip(made["entry"], ("l", "d", "b"), strict=True):
        del entry["fullUrl"]
        entry["resource"]["id"] = identifier
    made["entry"][0]["resource"]["entry"] = [{"item": {"reference": "DocumentReference/d"}}]
    made["entry"][1]["resource"]["content"][0]["attachment"]["url"] = "Binary/b"
    assert read_provide_bundle(made, 5).documents[0].content == b"x"


def test_the_patient_of_the_source_is_read_from_a_resource_that_did_not_come_by_xds() -> None:
    patient = {"resourceType": "Patient", "id": "p", "identifier": [{"system": "urn:oid:1.2.250.1.999", "value": "7"}],
               "name": [{"family": "NOM", "given": ["Claude", "Ange"]}], "birthDate": "1980-05-17", "gender": "female"}  # fmt: skip
    resource = {
        "resourceType": "DocumentReference",
        "status": "current",
        "content": [{}],
        "contained": [patient],
        "context": {"sourcePatientInfo": {"reference": "#p"}},
    }
    read = read_document_reference(resource, {}, "DocumentReference")
    assert read.source_patient == ("1.2.250.1.999", "7")
    assert read.source_traits == ("PID-5|NOM^Claude^^^^^L", "PID-7|19800517", "PID-8|F")
    bare = resource | {"contained": [{"resourceType": "Patient", "id": "p", "name": [{"family": "NOM"}]}]}
    read = read_document_reference(bare, {}, "DocumentReference")
    assert (read.source_patient, read.source_traits) == (("", ""), ("PID-5|NOM^^^^^^L",))


def test_what_only_xds_says_stands_in_the_resource_and_comes_back() -> None:
    """Telecoms of an author by their own text, a uniqueId of two parts, the patient as the source knew them."""
    said = DocumentEntry(
        unique_id="1.2.3^AB-7", patient=("record", "r"), mime="text/xml", authors=(Author("1", "F", telecom=("^^Internet^a@b.example",)),),
        source_traits=("PID-5|NOM^Claude^^^^^L", "PID-7|19800517", "PID-8|F"),
    )  # fmt: skip
    written = write_document_reference(said, "r", "2026-01-01T00:00:00Z")
    assert written["masterIdentifier"] == {"system": "urn:oid:1.2.3", "value": "AB-7"}
    (patient,) = (c for c in written["contained"] if c["resourceType"] == "Patient")
    assert (patient["name"], patient["birthDate"]) == ([{"family": "NOM", "given": ["Claude"]}], "1980-05-17")
    back = read_stored(written)
    assert (back.unique_id, back.authors[0].telecom, back.source_traits) == (
        said.unique_id,
        said.authors[0].telecom,
        said.source_traits,
    )


def test_words_on_paper_keep_their_order_across_pages_and_their_letters() -> None:
    from io import BytesIO

    from pypdf import PdfReader

    from carnet.formats.paper import as_pdf

    long = " ".join(f"mot{n}" for n in range(4000))
    data = as_pdf("Łódź, ça", f"début\n{long}\n{'x' * 30}\n☃")
    reader = PdfReader(BytesIO(data))
    text = " ".join(" ".join(page.extract_text().split()) for page in reader.pages)
    assert (
        len(reader.pages) > 2 and text.startswith("Lódz, ça début mot0 mot1") and "mot3998 mot3999" in text and text.endswith("?")
    )
    kinds = [e.get_object()["/S"] for e in reader.trailer["/Root"]["/StructTreeRoot"]["/K"][0].get_object()["/K"]]
    assert kinds[0] == "/H1" and set(kinds[1:]) == {"/P"}


def test_days_in_words() -> None:
    from datetime import date

    from carnet.formats.days import in_english, in_french

    assert (in_french(date(2027, 3, 1)), in_french(date(2027, 12, 31))) == ("1er mars 2027", "31 décembre 2027")
    assert in_english(date(2027, 3, 1)) == "1 March 2027"
