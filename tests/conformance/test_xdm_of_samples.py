"""The XDM of every official CDA: METADATA.XML is valid against the ebRIM schemas and says what the header says, field by field (XDM-01, XDM-02)."""

import io
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from lxml import etree

from carnet.formats.cda import read_header
from carnet.formats.xdm import Packed, read_xdm, write_xdm
from carnet.formats.xdm.stated import stated_by
from carnet.formats.xds import Coding, DocumentEntry, SubmissionSet
from carnet.kernel.ins import Ins

SHARED = Path(__file__).resolve().parents[3] / "shared"
SAMPLES = sorted((SHARED / "samples/cda").glob("*.xml"))
INS = Ins.of("100017599900177", "1.2.250.1.213.1.4.10")
LOT = SubmissionSet(
    "2.25.1",
    "1.2.250.1.999",
    Coding("04", "1.2.250.1.213.2.2"),
    datetime(2026, 11, 27, tzinfo=UTC),
    patient=(INS.oid.value, INS.matricule),
)
NAMES = {"rim": "urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0"}


@cache
def schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(next((SHARED / "samples/dmp/wsdl-schema").rglob("lcm.xsd")))))


@pytest.mark.parametrize("path", SAMPLES or [None], ids=lambda p: p.stem if p else "-")
def test_the_metadata_say_what_the_header_says(shared: Path, path: Path | None) -> None:
    assert path is not None and shared
    content = path.read_bytes()
    header = read_header(content)
    declared = DocumentEntry(mime="text/xml", class_=Coding("11", "1.2.250.1.213.1.1.4.1"), confidentiality=(Coding("N", "2.16.840.1.113883.5.25"),),
                             format=Coding("urn:ihe:iti:xds-sd:text:2008", "1.3.6.1.4.1.19376.1.2.3"))  # fmt: skip
    packed = write_xdm(LOT, [Packed(stated_by(header, declared, INS), content)])
    with zipfile.ZipFile(io.BytesIO(packed)) as opened:
        metadata = etree.fromstring(opened.read("IHE_XDM/SUBSET01/METADATA.XML"))
    schema().assertValid(metadata)
    [provided] = read_xdm(packed)
    ((entry, inside),) = provided.documents
    assert inside == content
    said = {
        name: getattr(entry, name)
        for name in ("unique_id", "type", "title", "language", "creation_time", "authenticator", "events")
    }
    told = {name: getattr(header, name) for name in ("unique_id", "type", "title", "language", "events")} | {
        "creation_time": header.effective_time
    }
    for name, value in told.items():
        assert same(said[name]) == same(value) or not value, name
    for name in ("service_start", "service_stop"):
        assert getattr(entry, name) == getattr(header, name), name
    assert [(a.id, a.family, a.given, a.structure_id, a.structure_name, a.role.code, a.specialty.code) for a in entry.authors] == [
        (a.id, a.family, a.given, a.structure_id, a.structure_name, a.role.code, a.specialty.code) for a in header.authors
    ]  # fmt: skip
    if header.authenticator:
        assert entry.authenticator is not None and (entry.authenticator.id, entry.authenticator.family) == (
            header.authenticator.id,
            header.authenticator.family,
        )
    assert (entry.facility.code, entry.practice.code) == (header.facility.code, header.practice.code)
    assert entry.patient == (INS.oid.value, INS.matricule) and entry.source_patient[1]
    assert [line.partition("|")[0] for line in entry.source_traits] == [
        n for n, v in (("PID-5", header.birth_name), ("PID-7", header.birth_date), ("PID-8", header.sex)) if v
    ]


def same(value: object) -> object:
    if isinstance(value, Coding):
        return replace(value, display="").code
    return [v.code for v in value] if isinstance(value, tuple) else value
