"""Deposits and readings at the DMP door by SOAP stacks that are not ours."""

import hashlib
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from support.dmp import REPOSITORY, Practice, document_of, lot, unique_ids
from support.people import patient

from carnet.desk.demonstration.people import DemoPerson
from carnet.desk.dmp_client import ADDRESS, assertion_of

OUTSIDE = Path(__file__).resolve().parents[1] / "outside"


def test_x(dmp: str, pki: Any, tmp_path: Path) -> None:
    person, _ = patient("treating", treating="treating")
    doctor = Practice(dmp, pki, "treating")

    def prep():
        (tmp_path / "address").write_text(f"{dmp}{ADDRESS}repository")
        (tmp_path / "client.pem").write_bytes(pki.certificate("treating").read_bytes())
        (tmp_path / "authorities.pem").write_bytes((pki.path / "server-ca.pem").read_bytes())
        (tmp_path / "assertion.xml").write_bytes(etree.tostring(assertion_of(doctor.about(person), doctor.software.signer)))

    prep()
    entry, content = document_of(person)
    body, parts = lot(doctor.software.signer, person, ((entry, content),))
    (tmp_path / "objects.xml").write_bytes(etree.tostring(body[0][0]))
    (tmp_path / "documents").mkdir()
    for node, part in zip(body[1:], parts, strict=True):
        (tmp_path / "documents" / node.get("id")).write_bytes(part.content)
    (tmp_path / "wanted").write_text(f"{REPOSITORY} {entry.unique_id}")

    def run(what):
        done = subprocess.run(
            ["node", OUTSIDE / "node-soap/client.mjs", what, tmp_path], capture_output=True, text=True, timeout=100
        )
        print(what, done.stdout[-3000:], done.stderr[-3000:])
        import os

        if os.environ.get("DBG"):
            subprocess.run(["env", "NODE_DEBUG=x", "node", OUTSIDE / "node-soap/client.mjs", what, tmp_path])

    run("deposit")
    run("deposit")
    prep()
    run("retrieve")
    print(unique_ids(doctor.find(person)), entry.unique_id, hashlib.sha256(content).hexdigest())
    assert 0
