"""Packed texts: what is stored comes back, whichever release packed it."""

import hashlib
import json
import zlib
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.formats import packing
from carnet.formats.packing import packed, unpacked


@given(st.binary(max_size=5000))
def test_whatever_is_packed_comes_back(text: bytes) -> None:
    assert unpacked(packed(text)) == text


def test_what_earlier_releases_stored_is_read() -> None:
    told = json.dumps({"resourceType": "DocumentReference"}).encode()
    assert unpacked(told) == told
    assert unpacked(zlib.compress(told, 1)) == told
    assert unpacked(zlib.compress(told, 6)) == told


def test_the_dictionary_is_never_changed() -> None:
    """What was packed with it could not be read any more: another one gets another name and another mark."""
    told = resources.files(packing).joinpath("metadata-1.zdict").read_bytes()
    assert hashlib.sha256(told).hexdigest() == "a8d99ab8a99bf62bed4f4f73bc7910bfd1a173f2561e0d723d377515c90e510d"
    assert (
        unpacked(bytes.fromhex("0128b52ffd2037650000087d023c35e3170879aa0004"))
        == b'{"resourceType":"DocumentReference","status":"current"}'
    )


def test_metadata_become_small() -> None:
    told = json.dumps({
        "resourceType": "DocumentReference", "id": "4f5f3a0e-6d0c-5b7b-9a51-6a1f0c7b2d11", "status": "current",
        "type": {"coding": [{"system": "http://loinc.org", "code": "11488-4", "display": "CR de consultation"}]},
    }, separators=(",", ":")).encode()  # fmt: skip
    assert len(packed(told)) < len(told) / 2


@pytest.mark.parametrize("damaged", [b"\x01", b"\x01nothing", b"xnothing", packed(b"a" * 900)[:-3]])
def test_what_is_damaged_is_no_text(damaged: bytes) -> None:
    with pytest.raises(ValueError, match="not a packed text"):
        unpacked(damaged)
