"""The DMP door and the hospital's as processes: real gunicorn, real TLS, nothing without a certificate."""

import http.client
import socket
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from support.dmp import Practice, document_of, lot, status, unique_ids
from support.people import cda, fresh_person, fresh_uid, patient
from support.records import statuses_of

from carnet.desk.cli import invoke
from carnet.desk.dmp_client import ADDRESS, assertion_of, envelope_of
from carnet.desk.hl7v2_client import line_to, message_of
from carnet.formats.soap import write_related
from carnet.formats.xdm import Packed, write_xdm
from carnet.formats.xds import SubmissionSet

PROVIDE = "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b"


@pytest.fixture
def address(dmp_process: tuple[str, int]) -> str:
    return dmp_process[0]


def context_of(pki: Any, name: str = "") -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(pki.path / "server-ca.pem"))
    if name:
        context.load_cert_chain(pki.certificate(name))
    return context


@contextmanager
def connected(address: str, context: ssl.SSLContext) -> Iterator[http.client.HTTPSConnection]:
    where = urlsplit(address)
    with closing(http.client.HTTPSConnection(where.hostname or "", where.port, context=context, timeout=30)) as line:
        yield line


def described(address: str, context: ssl.SSLContext) -> int:
    """The status of asking for a description."""
    with connected(address, context) as line:
        line.request("GET", f"{ADDRESS}registry?wsdl")
        return line.getresponse().status


def test_a_document_comes_in_by_chunks_and_leaves_by_mtom(address: str, pki: Any) -> None:
    person, _ = patient("treating")
    doctor = Practice(address, pki, "treating")
    entry, content = document_of(person)
    body, parts = lot(doctor.software.signer, person, ((entry, content),))
    signer = doctor.software.signer
    media, pieces = write_related(envelope_of(body, PROVIDE, assertion_of(doctor.about(person), signer)), PROVIDE, parts)
    with connected(address, context_of(pki, "treating")) as line:
        # A body of unknown length goes by chunks.
        line.request("POST", f"{ADDRESS}repository", body=pieces, headers={"Content-Type": media}, encode_chunked=True)
        assert line.getresponse().status == 200
    assert unique_ids(doctor.find(person)) == [entry.unique_id]
    reply = doctor.retrieve(person, entry.unique_id)
    assert (status(reply), list(reply.parts.values())) == ("Success", [content])


def test_nobody_comes_in_without_a_certificate(address: str, pki: Any) -> None:
    assert described(address, context_of(pki, "treating")) == 200
    with pytest.raises(OSError):
        described(address, context_of(pki))


def test_a_suite_that_is_not_published_is_refused(address: str, pki: Any) -> None:
    context = context_of(pki, "treating")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE-RSA-AES256-GCM-SHA384")
    assert described(address, context) == 200
    context.set_ciphers("AES256-GCM-SHA384")
    with pytest.raises(ssl.SSLError):
        described(address, context)


def test_the_hospital_door_is_a_process_of_its_own(dmp_process: tuple[str, int], pki: Any) -> None:
    person, record_id = patient()
    unique_id = fresh_uid()
    content = cda(person, "emergency", unique_id=unique_id)
    with line_to(dmp_process[1], pki, "structure-hospital") as line:
        answer = line.send(message_of((person.ins.oid.value, person.ins.matricule), [content]))
    assert answer.first("MSA").part(1) == "AA"
    assert statuses_of(record_id) == {unique_id: "Approved"}


def carnet(*arguments: str) -> int:
    """A command in this process, which goes on with its database."""
    return invoke(list(arguments))


def test_the_commands_of_exchange(
    dmp_process: tuple[str, int], pki: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    person, record_id = patient()
    unique_id = fresh_uid()
    content = cda(person, "emergency", unique_id=unique_id)
    file = tmp_path / "compte-rendu.xml"
    file.write_bytes(content)
    asked = ["hl7v2", "send", str(file), "--port", str(dmp_process[1])]
    assert carnet(*asked, "--structure", "nowhere") == 1
    assert carnet(*asked) == 0
    assert statuses_of(record_id) == {unique_id: "Approved"}
    file.write_bytes(content.replace(person.ins.matricule.encode(), fresh_person().ins.matricule.encode()))
    assert carnet(*asked) == 1
    assert carnet("hl7v2", "send", str(tmp_path / "none.xml")) == 1
    said = capsys.readouterr()
    assert "AA : document déposé." in said.out
    assert "ins-unknown" in said.err
    packed = tmp_path / "IHE_XDM.ZIP"
    entry, _ = document_of(person, "emergency", unique_id=unique_id)
    packed.write_bytes(write_xdm(SubmissionSet("2.25.1", "1.2.3"), [Packed(entry, content)]))
    assert carnet("xdm", "open", str(packed), "--to", str(tmp_path / "out")) == 0
    assert (tmp_path / "out" / "001.xml").read_bytes() == content
    assert (tmp_path / "out" / "001.xml").stat().st_mode & 0o077 == 0, "for its owner alone"
    assert carnet("xdm", "open", str(packed), "--to", str(tmp_path / "out")) == 1, "never into a folder that is there"
    packed.write_bytes(b"PK")
    assert carnet("xdm", "open", str(packed)) == 1
    assert "not a ZIP" in capsys.readouterr().err


def test_connections_of_another_address_that_say_nothing_keep_nobody_out(address: str, pki: Any) -> None:
    where = urlsplit(address)
    silent = [socket.create_connection((where.hostname or "", where.port or 0), source_address=("127.0.0.2", 0)) for _ in range(40)]
    try:
        for one in silent:
            # The head of a handshake that never goes on.
            one.sendall(b"\x16\x03\x01\x02\x00\x01")
        assert described(address, context_of(pki, "treating")) == 200
    finally:
        for one in silent:
            one.close()
