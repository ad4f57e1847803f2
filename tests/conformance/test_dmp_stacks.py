"""ITI-41 and ITI-43 at the DMP door by SOAP stacks that are not ours: node-soap, JAX-WS RI, IPF on CXF, and gSOAP.

The clients are under tests/outside. Each is told what to do by a folder: `address` of the service; `client.pem`, `client.p12` (password
`carnet`) and `authorities.pem` for mutual TLS; `assertion.xml`, the signed VIHF; for a deposit `objects.xml`, the RegistryObjectList, and
`documents/`, the bytes of each document under its symbolic id; for a reading `wanted`, lines of repository and uniqueId. It prints
`status` with what it read of the answer, a line `document` with uniqueId and SHA-256 for each document, or `fault` with its code.
"""

import hashlib
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from lxml import etree
from support.dmp import REPOSITORY, Practice, document_of, lot, status, unique_ids
from support.java import JAVA
from support.people import patient

from carnet.desk.demonstration.people import DemoPerson
from carnet.desk.dmp_client import ADDRESS, Pair, assertion_of
from carnet.formats.xds import names as n

OUTSIDE = Path(__file__).resolve().parents[1] / "outside"


@dataclass(frozen=True, slots=True)
class Stack:
    """A client on one stack: what it is called with, the file that its installation makes, the packages that this needs."""

    name: str
    command: tuple[str, ...]
    made: str
    packages: str

    def call(self, what: str, folder: Path) -> list[str]:
        """What it prints."""
        command = [part.replace("OUTSIDE", str(OUTSIDE)) for part in self.command]
        done = subprocess.run([*command, what, str(folder)], capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.splitlines()


STACKS = (
    Stack("node-soap", ("node", "OUTSIDE/node-soap/client.mjs"), "node-soap/node_modules/soap", "nodejs npm"),
    Stack(
        "jaxws",
        (*JAVA, "-cp", "OUTSIDE/jaxws/target/classes:OUTSIDE/jaxws/target/lib/*", "Client"),
        "jaxws/target/classes/Client.class",
        "default-jdk-headless maven",
    ),
    Stack(
        "ipf",
        (*JAVA, "-cp", "OUTSIDE/ipf/target/classes:OUTSIDE/ipf/target/lib/*", "IpfClient"),
        "ipf/target/classes/IpfClient.class",
        "default-jdk-headless maven",
    ),
    Stack("gsoap", ("OUTSIDE/gsoap/target/client",), "gsoap/target/client", "gcc pkg-config gsoap libgsoap-dev libssl-dev"),
)


@pytest.fixture(params=STACKS, ids=lambda one: one.name)
def stack(request: Any) -> Stack:
    """Each stack that is installed."""
    one: Stack = request.param
    program = one.command[0].replace("OUTSIDE", str(OUTSIDE))
    if not shutil.which(program) or not (OUTSIDE / one.made).exists():
        pytest.skip(f"{one.name} is not installed: apt-get install {one.packages}, then make -C tests/outside {one.name}")
    return one


@pytest.fixture
def doctor(dmp: str, pki: Any) -> Practice:
    """The professional for whom the stacks call."""
    return Practice(dmp, pki, "treating")


@pytest.fixture
def person() -> DemoPerson:
    """A patient of theirs."""
    return patient("treating", treating="treating")[0]


@pytest.fixture
def folder(tmp_path: Path, dmp: str, pki: Any, doctor: Practice, person: DemoPerson) -> Path:
    """What every call needs."""
    pem, password = pki.certificate("treating"), BestAvailableEncryption(b"carnet")
    pair = Pair.of(pem)
    (tmp_path / "address").write_text(f"{dmp}{ADDRESS}repository")
    shutil.copy(pem, tmp_path / "client.pem")
    (tmp_path / "client.p12").write_bytes(pkcs12.serialize_key_and_certificates(None, pair.key, pair.certificate, None, password))
    shutil.copy(pki.path / "server-ca.pem", tmp_path / "authorities.pem")
    (tmp_path / "assertion.xml").write_bytes(etree.tostring(assertion_of(doctor.about(person), doctor.software.signer)))
    return tmp_path


def put_submission(folder: Path, doctor: Practice, person: DemoPerson) -> tuple[str, bytes]:
    """Put a CDA and the signature object of its submission into the folder. Returns uniqueId and bytes of the CDA."""
    entry, content = document_of(person)
    body, parts = lot(doctor.software.signer, person, ((entry, content),))
    (folder / "objects.xml").write_bytes(etree.tostring(body[0][0]))
    (folder / "documents").mkdir()
    for node, part in zip(body[1:], parts, strict=True):
        (folder / "documents" / node.get("id", "")).write_bytes(part.content)
    assert len(parts) == 2
    return entry.unique_id, content


def test_a_stack_deposits(stack: Stack, folder: Path, doctor: Practice, person: DemoPerson) -> None:
    unique_id, content = put_submission(folder, doctor, person)
    assert stack.call("deposit", folder) == [f"status {n.SUCCESS}"]
    assert unique_ids(doctor.find(person)) == [unique_id]
    # The signature object is shown to nobody: the door checks it at the deposit (below, what it says of one that does not hold).
    assert list(doctor.retrieve(person, unique_id).parts.values()) == [content]


def test_a_stack_retrieves(stack: Stack, folder: Path, doctor: Practice, person: DemoPerson) -> None:
    documents = [document_of(person), document_of(person)]
    assert status(doctor.feed(person, *documents)) == "Success"
    (folder / "wanted").write_text("\n".join(f"{REPOSITORY} {entry.unique_id}" for entry, _ in documents))
    first, *others = stack.call("retrieve", folder)
    assert first == f"status {n.SUCCESS}"
    assert sorted(others) == sorted(
        f"document {entry.unique_id} {hashlib.sha256(content).hexdigest()}" for entry, content in documents
    )


def test_a_stack_reads_refusals(stack: Stack, folder: Path, doctor: Practice, person: DemoPerson) -> None:
    put_submission(folder, doctor, person)
    (folder / "documents" / "Signature01").write_bytes(b"<changed/>")
    assert stack.call("deposit", folder) == [f"status {n.FAILURE}"]
    # The same assertion again: no longer an answer of the operation, but a SOAP fault.
    [told] = stack.call("deposit", folder)
    assert told.startswith("fault ") and "vihf-replayed" in told
    assert unique_ids(doctor.find(person)) == []
