"""Notes, checkpoints, tiles and patches on wrong and odd input."""

import base64
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from carnet.apps.journal.notes import COSIGNATURE_KEY, LOG_KEY, Checkpoint, Note, NoteError, Signer, Verifier
from carnet.apps.journal.sealing import signer
from carnet.apps.journal.tiles import Tiles, path_of
from carnet.formats.fhir import FhirError, NotPatchableError, act_of, read_fhirpath_patch, read_json_patch
from carnet.formats.fhir.systems import IS_ARCHIVED
from carnet.kernel.ask import Act

RESOURCE = {
    "resourceType": "DocumentReference", "status": "current", "extension": [{"url": IS_ARCHIVED, "valueBoolean": False}],
    "securityLabel": [{"coding": [{"code": "N"}]}, {"coding": [{"code": "MASQUE_PS"}]}],
}  # fmt: skip


def key(name: str = "log.test", kind: int = LOG_KEY) -> Signer:
    return Signer(name, kind, Ed25519PrivateKey.generate())


@pytest.mark.parametrize(
    "text", ["", "a+b", "a+zz+!!", "log+00000000+AQ==", "a+00000000+" + base64.b64encode(b"\x01" + bytes(32)).decode()]
)
def test_what_is_no_verifier_key(text: str) -> None:
    with pytest.raises(NoteError):
        Verifier.read(text)


def test_verifier_keys_read_as_they_are_written() -> None:
    for kind in (LOG_KEY, COSIGNATURE_KEY):
        verifier = key(kind=kind).verifier
        assert Verifier.read(str(verifier)) == verifier


@pytest.mark.parametrize("text", ["", "one line\n", "text\n\nno dash\n", "text\n\n"])
def test_what_is_no_note(text: str) -> None:
    with pytest.raises(NoteError):
        Note.read(text)


def test_signatures_of_others_and_broken_ones() -> None:
    mine, other = key(), key()
    note = Note("text\n", (other.line("text\n"), mine.line("text\n")))
    assert Note.read(str(note)).check(mine.verifier) == 0
    with pytest.raises(NoteError, match="did not sign"):
        Note("other\n", note.signatures).check(mine.verifier)
    with pytest.raises(NoteError, match="signature line"):
        Note("text\n", ("— log.test !!!\n",)).check(mine.verifier)
    with pytest.raises(NoteError, match="signature line"):
        Note("text\n", ("— log.test a b c\n",)).check(mine.verifier)


@pytest.mark.parametrize("text", ["", "origin\n", "origin\n1\n!!!\n", "origin\n-1\n" + base64.b64encode(bytes(32)).decode() + "\n",
                                  "origin\n01\n" + base64.b64encode(bytes(32)).decode() + "\n", "\n1\n" + base64.b64encode(bytes(32)).decode() + "\n",
                                  "origin\n1\nAAAA\n"])  # fmt: skip
def test_what_is_no_checkpoint(text: str) -> None:
    with pytest.raises(NoteError):
        Checkpoint.read(text)


def test_a_checkpoint_keeps_the_lines_below_it() -> None:
    checkpoint = Checkpoint("log.test", 7, bytes(32), ("day 2026-11-23", "tree 9"))
    assert Checkpoint.read(checkpoint.text) == checkpoint


def test_a_key_is_made_once_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    first = signer(tmp_path / "keys" / "log.key", "log.test")
    assert (tmp_path / "keys" / "log.key").stat().st_mode & 0o077 == 0
    assert signer(tmp_path / "keys" / "log.key", "log.test").verifier == first.verifier


def test_paths_of_tiles_are_those_of_the_specification() -> None:
    assert path_of(0, 1234067) == "tile/0/x001/x234/067"
    assert path_of(1, 5, 44) == "tile/1/005.p/44"
    assert path_of("entries", 0) == "tile/entries/000"


@pytest.mark.parametrize("size", [1, 255, 256, 257, 512, 70_000])
def test_tiles_reopened_at_any_size_go_on_with_the_same_tree(tmp_path: Path, size: int) -> None:
    entries = [n.to_bytes(32, "big") for n in range(size + 3)]
    whole, part = Tiles(tmp_path / "whole"), Tiles(tmp_path / "part")
    whole.append(entries)
    part.append(entries[:size])
    part.flush()
    again = Tiles(tmp_path / "part", size)
    assert again.root() == part.root()
    again.append(entries[size:])
    again.flush()
    whole.flush()
    assert again.root() == whole.root()
    tiles = {p.relative_to(tmp_path / "whole"): p.read_bytes() for p in (tmp_path / "whole").rglob("*") if p.is_file()}
    assert all((tmp_path / "part" / name).read_bytes() == content for name, content in tiles.items())


def fhirpath(kind: str, path: str, **parts: object) -> dict:
    named = [{"name": "type", "valueCode": kind}, {"name": "path", "valueString": path}]
    named += [{"name": k, "valueCodeableConcept" if isinstance(v, dict) else "valueString": v} for k, v in parts.items()]
    return {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": named}]}


def test_fhirpath_patches_by_index_by_code_and_as_the_samples_write_them() -> None:
    assert act_of(read_fhirpath_patch(fhirpath("delete", "DocumentReference.securityLabel[1]")), RESOURCE) is Act.UNMASK
    assert (
        act_of(read_fhirpath_patch(fhirpath("replace", "DocumentReference.status", value="entered-in-error ")), RESOURCE)
        is Act.DELETE
    )
    archived = fhirpath("replace", f"DocumentReference.extension('{IS_ARCHIVED}').valueBoolean", value="true")
    assert act_of(read_fhirpath_patch(archived), RESOURCE) is Act.ARCHIVE
    assert (
        act_of(read_fhirpath_patch(fhirpath("insert", "securityLabel", value={"coding": [{"code": "MASQUE_PS"}]})), RESOURCE)
        is None
    )


@pytest.mark.parametrize(
    "patch",
    [fhirpath("delete", "DocumentReference.securityLabel"), fhirpath("delete", "DocumentReference.securityLabel.where(true)"),
     fhirpath("replace", "DocumentReference.title", value="x"), fhirpath("delete", "DocumentReference.status"),
     {"resourceType": "Parameters", "parameter": ["x"]}, {"resourceType": "List"}],
)  # fmt: skip
def test_fhirpath_patches_of_something_else(patch: dict) -> None:
    with pytest.raises(FhirError):
        act_of(read_fhirpath_patch(patch), RESOURCE)


def test_the_published_pointer_and_a_boolean_as_text() -> None:
    patch = [{"op": "replace", "path": "/extension[url:'https://…/isArchived']/valueBoolean", "value": "true"}]
    assert act_of(read_json_patch(patch), RESOURCE) is Act.ARCHIVE


def test_a_patch_that_leaves_no_resource_or_changes_what_is_beside() -> None:
    with pytest.raises(NotPatchableError):
        act_of(lambda resource: resource | {"type": {}}, RESOURCE)
    with pytest.raises(NotPatchableError):
        read_json_patch([{"op": "replace", "path": "", "value": []}])
    with pytest.raises(FhirError, match="true or false"):
        act_of(lambda resource: resource | {"extension": [{"url": IS_ARCHIVED}]}, RESOURCE)
    with pytest.raises(NotPatchableError):
        act_of(lambda resource: resource | {"extension": "x"}, RESOURCE)
    assert act_of(lambda resource: resource | {"securityLabel": []}, RESOURCE) is Act.UNMASK
