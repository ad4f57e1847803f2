"""XDS: reading, writing and answering stored queries, on odd and wrong input."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from carnet.formats.packing import unpacked
from carnet.formats.safe_xml import DEPTH, MOST_ATTRIBUTES, MOST_ELEMENTS, MOST_NAMESPACES, XmlError, as_utf8, parse
from carnet.formats.soap import Part, SoapError
from carnet.formats.xds import Author, Coding, DocumentEntry, Folder, Parent, Reference, SubmissionSet
from carnet.formats.xds import names as n
from carnet.formats.xds.hl7_values import read_cx, source_traits_of
from carnet.formats.xds.messages import Issue, read_provide, read_retrieve, write_provide, write_query_response
from carnet.formats.xds.queries import (
    LONGEST_VALUE,
    LONGEST_VALUES,
    MOST_VALUES,
    E,
    F,
    S,
    StoredQuery,
    read_query,
    read_values,
    write_query,
)
from carnet.formats.xds.ready import ready_text
from carnet.formats.xds.registry import Found, Holding, Holdings, answer, associations, like, objects_of, references_of
from carnet.formats.xds.rim_read import MOST_OBJECTS, Association, XdsError, read_objects
from carnet.formats.xds.rim_write import add_slot, write_association, write_entry, write_folder, write_set

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
UUIDS = ("0d5f7c9e-6a70-4b11-9b7b-3c9d53b8a1f2", "7c1de5ab-90e3-4f83-8f5e-5d1e5c0f8d34", "c1f0a6d1-3b2e-4a55-8c39-2f2d7f3b9e10")
CX = "279035121518989^^^&1.2.250.1.213.1.4.10&ISO^NH"
AUTHOR = Author("899700001102", "NOM", "Prénom", "1750000001", "Cabinet")
ENTRY = DocumentEntry(
    unique_id="1.2.3", type=Coding("11488-4", "2.16.840.1.113883.6.1"), class_=Coding("10", "1.2.250.1.213.1.1.4.1"), mime="text/xml",
    authors=(AUTHOR,), patient=("1.2.250.1.213.1.4.10", "279035121518989"), creation_time=AT, language="fr-FR", title="Titre",
)  # fmt: skip


def lot(*entries: etree._Element, original: str = "Original", folders: tuple[etree._Element, ...] = ()) -> list[etree._Element]:
    """A set, entries, and the associations that tie them."""
    package = SubmissionSet("2.25.1", "1.2.3", Coding("04", "1.2.250.1.213.2.2"), AT, patient=ENTRY.patient, author=AUTHOR)
    ties = [Association(n.HAS_MEMBER, "Set", e.get("id", ""), {"SubmissionSetStatus": [original]}) for e in entries]
    return [write_set(package, "Set"), *entries, *folders, *(write_association(tie, stored=False) for tie in ties)]


def provide(*objects: etree._Element, ids: tuple[str, ...] = ("D1",)) -> tuple[etree._Element, dict[str, bytes]]:
    body, parts = write_provide(objects, [(one, b"<a/>") for one in ids])
    return body, {part.content_id: part.content for part in parts}


def entry(identifier: str = "D1", **fields: object) -> etree._Element:
    return write_entry(replace(ENTRY, **fields), "", identifier)


def code_of(call: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(XdsError) as caught:
        call()
    return caught.value.code, caught.value.element


def test_a_whole_submission_is_read() -> None:
    folder = write_folder(Folder("2.25.7", (Coding("x", "y"),), "Dossier"), ENTRY.patient, "F1")
    objects = lot(entry(), folders=(folder,))
    objects += [
        write_association(Association(n.HAS_MEMBER, "F1", one), stored=False) for one in ("D1", f"urn:uuid:{UUIDS[0].upper()}")
    ]
    objects.append(write_association(Association(n.TRANSFORM_AND_REPLACE, "D1", f"URN:UUID:{UUIDS[1]}"), stored=False))
    body, parts = provide(*objects, ids=("d1",))
    found = read_provide(body, parts)
    assert [(e.unique_id, content) for e, content in found.documents] == [("1.2.3", b"<a/>")], "an id in another case is the same"
    assert [(p.kind, p.id) for p in found.documents[0][0].parents] == [("replaces", UUIDS[1]), ("transforms", UUIDS[1])]
    assert found.folders[0].members == ("#0", UUIDS[0]), "a UUID has no case"
    assert found.set.unique_id == "2.25.1"


@pytest.mark.parametrize(
    ("ids", "code"),
    [(("D1", "D2"), "XDSMissingDocumentMetadata"), (("D1", "d1"), "XDSRepositoryMetadataError"), ((), "XDSMissingDocument")],
)
def test_documents_and_metadata_go_together(ids: tuple[str, ...], code: str) -> None:
    assert code_of(lambda: read_provide(*provide(*lot(entry()), ids=ids)))[0] == code


def test_a_document_is_a_part_or_base64_and_each_part_has_a_document() -> None:
    body, parts = provide(*lot(entry()))
    with pytest.raises(SoapError):
        read_provide(body, parts | {"more": b""})
    body, _ = write_provide(lot(entry()), [("D1", b"<a/>")], inline=True)
    assert read_provide(body, {}).documents[0][1] == b"<a/>"
    body[1].text = "Ã©"
    assert code_of(lambda: read_provide(body, {}))[1] == "Document"
    body.remove(body[0])
    assert code_of(lambda: read_provide(body, {}))[1] == "SubmitObjectsRequest"


def test_relations_and_members_are_what_the_ci_sis_says() -> None:
    inside = write_association(Association(n.RELATIONS["replaces"], "D1", "D2"), stored=False)
    body, parts = provide(*lot(entry(), entry("D2", unique_id="1.2.4")), inside, ids=("D1", "D2"))
    assert code_of(lambda: read_provide(body, parts))[1] == "Association"
    assert code_of(lambda: read_provide(*provide(*lot(entry(), original="Reference"))))[1] == "SubmissionSetStatus"
    alone = [node for node in lot(entry()) if node.get("associationType") is None]
    assert code_of(lambda: read_provide(*provide(*alone)))[1] == "SubmissionSetStatus"
    one_id = write_folder(Folder("2.25.7", (Coding("x", "y"),)), ENTRY.patient, "D1")
    assert code_of(lambda: read_provide(*provide(*lot(entry(), folders=(one_id,)))))[1] == "id"


def changed(change: Callable[[etree._Element], object]) -> tuple[str, str]:
    """The error of a submission whose document was changed so."""
    node = entry()
    change(node)
    return code_of(lambda: read_provide(*provide(*lot(node))))


def twice(name: str) -> Callable[[etree._Element], None]:
    def change(node: etree._Element) -> None:
        found = next(s for s in node.iter(n.q(n.RIM, "Slot")) if s.get("name") == name)
        found[0].append(etree.fromstring(etree.tostring(found[0][0])))

    return change


@pytest.mark.parametrize(
    ("change", "element"),
    [
        (lambda e: add_slot(e, "creationTime", ["2026"]), "creationTime"),
        (twice("languageCode"), "languageCode"),
        (twice("authorPerson"), "authorPerson"),
        (lambda e: add_slot(e, "serviceStartTime", ["hier"]), "serviceStartTime"),
        (lambda e: add_slot(e, "size", ["-1"]), "size"),
        (lambda e: add_slot(e, "size", ["٣"]), "size"),
        (lambda e: e.set("objectType", n.FOLDER), "objectType"),
        (lambda e: e.append(etree.fromstring(etree.tostring(next(e.iter(n.q(n.RIM, "ExternalIdentifier")))))), "patientId"),
        (lambda e: [e.append(etree.fromstring(etree.tostring(c))) for c in e.findall(n.q(n.RIM, "Classification"))], "typeCode"),
    ],
)
def test_metadata_that_say_two_things_or_nothing_are_refused(change: Callable[[etree._Element], object], element: str) -> None:
    assert changed(change) == ("XDSRegistryMetadataError", element)


@pytest.mark.parametrize("value", ["abc", "z" * 40])
def test_a_hash_that_is_none_is_told_by_the_repository(value: str) -> None:
    assert changed(lambda e: add_slot(e, "hash", [value])) == ("XDSRepositoryMetadataError", "hash")


def test_each_object_has_an_id_and_one_package_is_the_set() -> None:
    assert changed(lambda e: e.set("id", ""))[1] == "ExtrinsicObject"
    assert code_of(lambda: read_provide(*provide(*lot(entry(), entry()))))[1] == "ExtrinsicObject"
    other = lot(entry())
    other.append(write_set(SubmissionSet("2.25.2", "1.2.3"), "Other"))
    assert code_of(lambda: read_provide(*provide(*other)))[1] == "RegistryPackage"
    assert code_of(lambda: read_objects(etree.Element("none")))[1] == "RegistryObjectList"


def test_a_request_has_a_bounded_number_of_objects() -> None:
    body, parts = provide(*lot(entry()), *(etree.Element(n.q(n.RIM, "Classification")) for _ in range(MOST_OBJECTS)))
    assert code_of(lambda: read_provide(body, parts))[1] == "RegistryObjectList"


def test_a_slot_that_is_not_kept_is_told() -> None:
    node = entry(identifier="D1")
    add_slot(node, "urn:vendor:colour", ["blue"])
    found = read_objects(write_provide(lot(node), [])[0][0])
    assert found.extra == ("urn:vendor:colour",)


def test_what_is_kept_ready_is_what_is_written_now() -> None:
    """Texts are kept beside documents: when this fails, a migration sets `records_document.ebrim` to NULL, then the digest changes."""
    full = replace(
        ENTRY, entry_uuid=UUIDS[0], logical_id=UUIDS[1], version=3, status="Archived", size=7, sha1="a" * 40, comments="Commentaire",
        format=Coding("f", "1.2"), facility=Coding("SA07", "1.2"), practice=Coding("p", "1.2"), events=(Coding("e", "1.2", "E"),),
        confidentiality=(Coding("N", "1.2"),), service_start=AT, service_stop=AT, authenticator=AUTHOR, references=(Reference("7"),),
        source_patient=("1.2.3", "8"), source_traits=("PID-8|F",), title="L'« été »",
    )  # fmt: skip
    written = etree.tostring(write_entry(full, "1.2.3"), method="c14n")
    assert hashlib.sha256(written).hexdigest()[:16] == "9b7b686bae9704c3"
    assert unpacked(ready_text(full)).count(b"\x00") == 1 and unpacked(ready_text(full)).count(b"\x01") == 1


def test_two_relations_to_one_document_are_one_association_and_one_to_nothing_is_none() -> None:
    kinds = (("replaces", "L1"), ("transforms", "L1"), ("appends", "L1"), ("signs", "L2"), ("appends", "L9"))
    new = replace(ENTRY, entry_uuid="N", logical_id="L0", parents=tuple(Parent(k, f"DocumentReference/{t}") for k, t in kinds))
    others = tuple(replace(ENTRY, entry_uuid=f"U{n}", logical_id=f"L{n}") for n in (1, 2))
    told = [(a.kind, a.target) for a in associations(Holdings((new, *others)))]
    assert told == [
        (n.TRANSFORM_AND_REPLACE, "urn:uuid:U1"), (n.RELATIONS["appends"], "urn:uuid:U1"), (n.RELATIONS["signs"], "urn:uuid:U2"),
    ]  # fmt: skip


def test_a_retrieve_asks_for_something() -> None:
    assert code_of(lambda: read_retrieve(etree.Element("none")))[1] == "DocumentRequest"


def test_an_answer_with_warnings_alone_is_a_success() -> None:
    told = write_query_response([], [Issue("XDSExtraMetadataNotSaved", "x", "", warning=True)])
    assert told.get("status") == n.SUCCESS
    assert told[0].get("highestSeverity") == n.WARNING
    assert told[0][0].get("location") is None


def test_identifiers_and_traits_of_a_source() -> None:
    assert read_cx("1") == ("", "1")
    traits = source_traits_of(["PID-5|NOM^Claude^^^^^L", "PID-7|19800517", "PID-8|F", "PID-11|ignored"])
    assert traits == {"family": "NOM", "given": "Claude", "birth": "19800517", "sex": "F"}
    assert source_traits_of(["PID-5|NOM"]) == {"family": "NOM"}


# --- stored queries ---


def asked(name: str, **parameters: str | list[str]) -> etree._Element:
    groups = {key: tuple((v,) for v in ([value] if isinstance(value, str) else value)) for key, value in parameters.items()}
    return write_query(StoredQuery(name, True, groups))


FIND = {f"{E}PatientId": CX, f"{E}Status": n.STATUS["Approved"]}


@pytest.mark.parametrize(
    ("parameters", "code", "element"),
    [
        ({f"{E}PatientId": CX}, "XDSStoredQueryMissingParam", f"{E}Status"),
        (FIND | {f"{E}ClassCodeScheme": "x"}, "XDSRegistryError", f"{E}ClassCodeScheme"),
        (FIND | {f"{E}ClassCode": "10"}, "XDSRegistryError", f"{E}ClassCode"),
        (FIND | {f"{E}ClassCode": "10^^a^b"}, "XDSRegistryError", f"{E}ClassCode"),
        (FIND | {f"{E}ClassCode": ["10^^1", "11^^1"]}, "XDSStoredQueryParamNumber", f"{E}ClassCode"),
    ],
)
def test_parameters_of_a_query_are_checked(parameters: dict[str, str | list[str]], code: str, element: str) -> None:
    assert code_of(lambda: read_query(asked("FindDocuments", **parameters))) == (code, element)


def test_objects_are_named_by_one_parameter() -> None:
    assert code_of(lambda: read_query(asked("GetDocuments")))[0] == "XDSStoredQueryMissingParam"
    both = {f"{E}UniqueId": "1.2", f"{E}EntryUUID": "urn:uuid:1"}
    assert code_of(lambda: read_query(asked("GetDocuments", **both)))[0] == "XDSStoredQueryParamNumber"


def test_a_parameter_that_a_query_does_not_have_is_passed_over_and_named() -> None:
    query = read_query(asked("FindDocuments", **FIND, **{"$unknown": "x"}))
    assert query.unknown == ("$unknown",) and "$unknown" not in query.parameters
    assert read_query(asked("FindDocuments", **FIND)).unknown == ()


def test_a_query_is_one_of_the_fourteen_and_answers_in_one_of_two_ways() -> None:
    assert code_of(lambda: read_query(etree.Element("none")))[0] == "XDSUnknownStoredQuery"
    query = asked("FindDocuments", **FIND)
    assert read_query(query).leaf
    query[0].set("returnType", "RegistryObject")
    assert code_of(lambda: read_query(query)) == ("XDSRegistryError", "returnType")
    query.remove(query[0])
    assert read_query(query).leaf, "without an option, whole objects"
    query[0].set("id", "urn:uuid:00000000-0000-0000-0000-000000000000")
    assert code_of(lambda: read_query(query))[0] == "XDSUnknownStoredQuery"


def test_values_are_read_as_they_are_quoted() -> None:
    assert read_values("('a','b''c')") == ["a", "b'c"]
    assert read_values(" 'a' ") == ["a"]
    assert read_values("12") == ["12"]
    assert read_values("()") == []
    for wrong in ("('a' 'b')", "('a", "(,)", "'a'b"):
        with pytest.raises(XdsError):
            read_values(wrong)


def test_a_slot_has_a_value_and_one_where_one_is_meant() -> None:
    query = asked("FindDocuments", **FIND)
    values = query[1][0][0]
    values[0].text = "('a','b')"
    assert code_of(lambda: read_query(query)) == ("XDSStoredQueryParamNumber", f"{E}PatientId")
    values.remove(values[0])
    assert code_of(lambda: read_query(query)) == ("XDSStoredQueryParamNumber", f"{E}PatientId")


def test_a_query_has_a_bounded_number_of_bounded_values() -> None:
    for values in (["a"] * (MOST_VALUES + 1), ["a" * (LONGEST_VALUE + 1)]):
        query = asked("GetDocuments", **{f"{E}UniqueId": "x"})
        query[1][0][0][0].text = "(" + ",".join(f"'{value}'" for value in values) + ")"
        assert code_of(lambda query=query: read_query(query)) == ("XDSRegistryError", f"{E}UniqueId")
    assert code_of(lambda: read_values("'" + "a" * LONGEST_VALUES))[0] == "XDSRegistryError"


def test_what_is_not_a_filter_here_is_passed_over() -> None:
    query = read_query(asked("FindDocuments", **FIND, **{"$MetadataLevel": "1", "$homeCommunityId": "urn:oid:1"}))
    assert query.patient == CX
    assert code_of(lambda: StoredQuery("FindDocuments", True, {"x": (("hier",),)}).time("x"))[1] == "x"


@given(st.lists(st.text(max_size=12), min_size=1, max_size=4))
def test_any_values_are_written_and_read_again(values: list[str]) -> None:
    text = "(" + ",".join("'" + value.replace("'", "''") + "'" for value in values) + ")"
    assert read_values(text) == values


@given(st.text("ab%_", max_size=7), st.text("ab", max_size=7))
def test_like_is_sql_like(pattern: str, text: str) -> None:
    def naive(p: str, t: str) -> bool:
        if not p:
            return not t
        if p[0] == "%":
            return any(naive(p[1:], t[i:]) for i in range(len(t) + 1))
        return bool(t) and p[0] in ("_", t[0]) and naive(p[1:], t[1:])

    assert like(pattern, text) == naive(pattern, text)


def test_a_pattern_of_many_wild_cards_ends() -> None:
    assert not like("%a" * 2_000 + "%b", "a" * 4_000)


def holdings() -> Holdings:
    documents = tuple(replace(ENTRY, unique_id=str(i), entry_uuid=f"e{i}", logical_id=f"l{i}") for i in range(2))
    package = SubmissionSet("2.25.1", "1.2.3", Coding("04", "1.2.250.1.213.2.2"), AT, author=AUTHOR, entry_uuid="s")
    folder = Folder("2.25.7", (Coding("x", "y"),), entry_uuid="f")
    return Holdings(documents, (Holding(package, ("e0", "e1")),), (Holding(folder, ("e0",), AT),))


@pytest.mark.parametrize(
    ("name", "parameters", "count"),
    [
        ("FindSubmissionSets", {f"{S}PatientId": CX, f"{S}Status": n.STATUS["Approved"], f"{S}SourceId": "1.2.3"}, 1),
        ("FindSubmissionSets", {f"{S}PatientId": CX, f"{S}Status": n.STATUS["Approved"], f"{S}AuthorPerson": "%NOM%"}, 1),
        ("FindSubmissionSets", {f"{S}PatientId": CX, f"{S}Status": n.STATUS["Approved"], f"{S}AuthorPerson": "%AUTRE%"}, 0),
        ("FindSubmissionSets", {f"{S}PatientId": CX, f"{S}Status": n.STATUS["Deprecated"]}, 0),
        ("FindFolders", {f"{F}PatientId": CX, f"{F}Status": n.STATUS["Approved"], f"{F}LastUpdateTimeFrom": "2027"}, 0),
        ("FindFolders", {f"{F}PatientId": CX, f"{F}Status": n.STATUS["Approved"], f"{F}CodeList": "x^^y"}, 1),
        ("GetSubmissionSetAndContents", {f"{S}UniqueId": "9"}, 0),
        ("GetFolderAndContents", {f"{F}UniqueId": "9"}, 0),
        ("GetFolderAndContents", {f"{F}UniqueId": "2.25.7"}, 1),
    ],
)
def test_packages_answer_to_their_parameters(name: str, parameters: dict[str, str], count: int) -> None:
    found = answer(read_query(asked(name, **parameters)), holdings())
    assert len(found.sets) + len(found.folders) == count


def test_references_name_every_object_of_an_answer() -> None:
    held = holdings()
    found = answer(read_query(asked("GetSubmissionSetAndContents", **{f"{S}UniqueId": "2.25.1"})), held)
    ids = [node.get("id", "") for node in references_of(found)]
    assert ids[:3] == ["urn:uuid:s", "urn:uuid:e0", "urn:uuid:e1"]
    assert len(set(ids)) == len(ids) == 5, "the set, two documents, two associations"
    assert ids[3:] == [node.get("id") for node in objects_of(found, held, "1.2", pytest.fail)[3:]]


def test_an_entry_that_cannot_be_written_costs_itself_and_is_named() -> None:
    good = holdings().entries
    found = Found(entries=(replace(good[0], title="a character of control: \x00"), good[1]))
    named: list[tuple[str, str]] = []
    written = objects_of(found, holdings(), "1.2", lambda entry, error: named.append((entry.logical_id, type(error).__name__)))
    assert [node.get("id") for node in written] == ["urn:uuid:e1"]
    assert named == [("l0", "ValueError")]


# --- XML from outside ---


def test_bytes_of_another_encoding_are_read_as_windows_1252() -> None:
    assert as_utf8("é".encode() + b"\xe9\x80") == "éé€".encode()


def test_too_many_elements_and_a_doctype_are_refused() -> None:
    attributes = " ".join(f'a{number}=""' for number in range(MOST_ATTRIBUTES + 1)).encode()
    bombs = (
        b"<a " + attributes + b"/>",
        b"<a>" + b'<b xmlns:x="y"/>' * (MOST_NAMESPACES + 1) + b"</a>",
        b"<a>" + b"<b/>" * (3 * MOST_ELEMENTS),
    )
    for wrong in (b"<a>" + b"<b/>" * MOST_ELEMENTS + b"</a>", b"<!DOCTYPE a><a/>", b"<a", b"", *bombs):
        with pytest.raises(XmlError):
            parse(wrong)


def test_a_large_document_is_read_and_hides_neither_a_doctype_nor_a_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("carnet.formats.safe_xml.LIBRARY_LIMIT", 10)
    assert parse(b"<a>" + b"x" * 100 + b"</a>").text == "x" * 100
    well = b"<a>" * (DEPTH + 1) + b"</a>" * (DEPTH + 1)
    for wrong in (b"<!DOCTYPE a><a/>" + b" " * 10, "<a>xxxxxxxxx</a>".encode("utf-16"), well):
        with pytest.raises(XmlError):
            parse(wrong)


def test_parts_have_names_and_bytes() -> None:
    _, parts = write_provide(lot(entry()), [("D1", b"<a/>")])
    assert parts == [Part("document.0@carnet", "application/octet-stream", b"<a/>")]
