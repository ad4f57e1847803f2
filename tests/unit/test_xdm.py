"""IHE XDM: what is packed is read again; a ZIP that is made to harm is not."""

import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.formats.xdm import MOST_FILES, Packed, XdmError, read_xdm, write_xdm
from carnet.formats.xds import Author, Coding, DocumentEntry, SubmissionSet

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
LOT = SubmissionSet("2.25.1", "1.2.3", Coding("04", "1.2.250.1.213.2.2"), AT, author=Author("899700001102", "NOM"))
ENTRY = DocumentEntry(unique_id="1.2.3", type=Coding("11488-4", "2.16.840.1.113883.6.1"), mime="text/xml", title="Courrier")
FOLDER = "IHE_XDM/SUBSET01/"


def packed(*documents: Packed) -> bytes:
    return write_xdm(LOT, documents or (Packed(ENTRY, b"<a/>"),))


def repacked(change: Callable[[dict[str, bytes]], object], method: int = zipfile.ZIP_STORED) -> bytes:
    """The same ZIP, its files changed."""
    with zipfile.ZipFile(io.BytesIO(packed())) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


def problem(content: bytes) -> str:
    with pytest.raises(XdmError) as caught:
        read_xdm(content)
    return str(caught.value)


@given(
    st.lists(
        st.tuples(st.sampled_from(["text/xml", "application/pdf", "x/y"]), st.binary(max_size=300), st.text(max_size=20)),
        max_size=4,
    )
)
def test_what_is_packed_is_read_again(documents: list[tuple[str, bytes, str]]) -> None:
    title = str.maketrans({chr(c): "" for c in [*range(32), 0xFFFE, 0xFFFF]})
    made = [
        Packed(replace(ENTRY, unique_id=f"1.2.{i}", mime=mime, title=text.translate(title).strip()), content)
        for i, (mime, content, text) in enumerate(documents)
    ]
    content = write_xdm(LOT, made)
    [read] = read_xdm(content)
    assert read.set == LOT
    assert [one for _, one in read.documents] == [one.content for one in made]
    assert [(e.unique_id, e.mime, e.title) for e, _ in read.documents] == [
        (o.entry.unique_id, o.entry.mime, o.entry.title) for o in made
    ]
    assert write_xdm(LOT, made) == content, "the same content makes the same bytes"
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert {"INDEX.HTM", "README.TXT", f"{FOLDER}METADATA.XML"} <= set(archive.namelist())


def test_two_subsets_are_two_submissions_and_names_have_no_case() -> None:
    def add(files: dict[str, bytes]) -> None:
        files |= {name.replace("SUBSET01", "subset02").lower(): data for name, data in files.items() if name.startswith("IHE_XDM")}

    assert len(read_xdm(repacked(add))) == 2


@pytest.mark.parametrize("name", ["../evil", "/etc/x", "IHE_XDM/../x", "C:x", "a\\b"])
def test_a_name_that_leaves_the_archive_is_refused(name: str) -> None:
    assert problem(repacked(lambda files: files.update({name: b"x"}))) == "a name that leaves the archive"


def test_bombs_are_refused_before_they_are_opened() -> None:
    assert (
        problem(repacked(lambda f: f.update(bomb=b"\0" * 5_000_000), zipfile.ZIP_DEFLATED)) == "a file that is compressed too well"
    )
    many = repacked(lambda files: files.update({f"f{i}": b"" for i in range(MOST_FILES)}))
    assert problem(many) == "too many files, or too large"


def test_a_declared_size_is_not_believed() -> None:
    content = bytearray(packed())
    place = content.rfind(b"PK\x01\x02", 0, content.find(b"INDEX.HTM", content.find(b"PK\x01\x02")))
    content[place + 24] += 1
    assert problem(bytes(content)) in ("a file that is not as long as it says", "not a ZIP that can be read")


def test_links_and_encrypted_files_are_refused() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        link = zipfile.ZipInfo("link")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    assert problem(made.getvalue()) == "a symbolic link"
    content = bytearray(packed())
    content[content.find(b"PK\x01\x02") + 8] |= 1
    assert problem(bytes(content)) == "an encrypted file"


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"hello" * 100])
def test_what_is_no_zip_is_said_so(content: bytes) -> None:
    assert problem(content) == "not a ZIP that can be read"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda f: [f.pop(name) for name in list(f) if name.startswith("IHE")], "no IHE_XDM folder"),
        (lambda f: f.update({"IHE_XDM/x": b""}), "a file that is in no subset"),
        (lambda f: f.update({"index.htm": b""}), "two files of one name"),
        (lambda f: f.pop(f"{FOLDER}METADATA.XML"), "a subset without metadata"),
        (lambda f: f.pop(f"{FOLDER}DOC00001.XML"), "the metadata name a file that is not there"),
        (lambda f: f.update({f"{FOLDER}MORE.XML": b""}), "a file that the metadata do not name"),
        (lambda f: f.update({f"{FOLDER}DOC00001.XML": b"<b/>"}), "a file is not the one that the metadata describe"),
        (lambda f: f.update({f"{FOLDER}METADATA.XML": b"<!DOCTYPE a><a/>"}), "metadata: a DOCTYPE is not allowed"),
        (lambda f: f.update({f"{FOLDER}METADATA.XML": b"<a/>"}), "metadata: there is no RegistryObjectList"),
    ],
)
def test_metadata_and_files_agree(change: Callable[[dict[str, bytes]], object], told: str) -> None:
    assert problem(repacked(change)) == told


def test_a_folder_in_the_zip_is_passed_over() -> None:
    assert len(read_xdm(repacked(lambda files: files.update({"IHE_XDM/": b""})))) == 1


def test_an_archive_of_another_maker_is_read() -> None:
    """Other names of folders, folders within, letters of any case, no index, several submissions."""

    def other(files: dict[str, bytes]) -> None:
        inside = {name.removeprefix(FOLDER): files.pop(name) for name in list(files) if name.startswith(FOLDER)}
        for name in ("INDEX.HTM", "README.TXT"):
            files.pop(name)
        for folder in ("ihe_xdm/Envoi du 12 mars", "IHE_XDM/LOT-2"):
            for name, content in inside.items():
                moved = content.replace(b"DOC00001.XML", b"docs/Courrier.xml") if name == "METADATA.XML" else content
                files[f"{folder}/{'metadata.xml' if name == 'METADATA.XML' else 'docs/Courrier.xml'}"] = moved

    found = read_xdm(repacked(other))
    assert [one.content if isinstance(one, Packed) else one[1] for lot in found for one in lot.documents] == [b"<a/>", b"<a/>"]
    assert problem(repacked(lambda files: files.update({"IHE_XDM/loose.xml": b"x"}))) == "a file that is in no subset"


def test_the_header_of_a_cda_is_what_its_metadata_say() -> None:
    from carnet.desk.demonstration.people import PEOPLE
    from carnet.formats.cda import CdaDraft, Person, read_header, write_document
    from carnet.formats.xdm.stated import stated_by

    person = PEOPLE[0]
    content = write_document(
        CdaDraft(
            "1.2.9",
            ENTRY.type,
            "Lettre",
            AT,
            person.ins,
            person.traits,
            Person("899700001102", "NOM", "Ada", "1999", "Cabinet"),
            (),
            text="x",
        )
    )
    header = read_header(content)
    made = stated_by(header, DocumentEntry(title="Autre", facility=Coding("SA07"), mime="text/xml"), person.ins)
    assert (made.title, made.unique_id, made.patient, made.facility.code) == (
        "Lettre",
        "1.2.9",
        (person.ins.oid.value, person.ins.matricule),
        header.facility.code or "SA07",
    )
    assert made.source_traits[0].startswith(f"PID-5|{person.traits.birth_name}^")
    local = stated_by(replace(header, patient_ids=(("1.2.3", "IPP-7"), *header.patient_ids)), ENTRY, person.ins)
    assert local.source_patient == ("1.2.3", "IPP-7")
    bare = stated_by(replace(header, birth_name="", birth_date="", sex=""), ENTRY, person.ins)
    assert bare.source_traits == () and bare.source_patient == (person.ins.oid.value, person.ins.matricule)
