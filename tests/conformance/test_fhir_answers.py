"""Every kind of answer of the FHIR door by a validator that is not ours: HAPI FHIR, with the base of FHIR R4.

A profile that a resource claims and that the validator does not know is an error too: with the published profiles of the ANS beside
the project (`../shared`), claims are tried against them; without, no claim is made that these samples could fail.
"""

import base64
import json
import shutil
import subprocess
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.dmp import Practice, document_of
from support.dmp import status as dmp_status
from support.espace import newcomer
from support.java import JAVA
from support.people import allow, cda, client, entry, fresh_uid, today

from carnet.desk.client import documents_of, provide_bundle, token_of
from carnet.desk.demonstration.people import ABSENT
from carnet.formats.fhir.systems import DESIGNATION
from carnet.formats.xds import Author, Coding, Reference

HAPI = Path(__file__).resolve().parents[1] / "outside" / "ips" / "target"
PUBLISHED = Path(__file__).resolve().parents[2].parent / "shared" / "samples" / "pdsm" / "profiles"
Json = dict[str, Any]

pytestmark = pytest.mark.skipif(
    not shutil.which("java") or not (HAPI / "classes" / "Validate.class").exists(),
    reason="ips is not installed: apt-get install default-jdk-headless maven, then make -C tests/outside ips",
)


def _appointment(person: Any) -> Json:
    identifier = {"system": f"urn:oid:{person.ins.oid.value}", "value": person.ins.matricule}
    return {"resourceType": "Appointment", "status": "booked", "description": "Consultation", "start": f"{today().year + 1}-03-02T08:30:00Z",
            "participant": [{"actor": {"type": "Patient", "identifier": identifier}, "status": "accepted"}]}  # fmt: skip


def _immunization(person: Any) -> Json:
    return {"resourceType": "Immunization", "status": "completed", "occurrenceDateTime": "2025-11-02", "lotNumber": "F1",
            "vaccineCode": {"coding": [{"system": "http://www.whocc.no/atc", "code": "J07BB02"}], "text": "Vaxigrip"},
            "patient": {"identifier": {"system": f"urn:oid:{person.ins.oid.value}", "value": person.ins.matricule}}}  # fmt: skip


def _told_in_full(person: Any) -> tuple[Any, bytes]:
    """What XDS says at most, with authors of every kind."""
    document, _ = document_of(person)
    device = replace(
        document.authors[0], id="1.2.250.1.999.1", family="Modèle", given="Appareil", device=True, authority="1.2.250.1.999"
    )
    several = replace(
        document.authors[0], further_structures=("Clinique",), further_roles=(Coding("Opérateur"),), role=Coding("Chirurgien")
    )
    entry_ = replace(
        document, authors=(several, device, Author("", "Sansnumero", "Personne", authority="")), mime="text/plain",
        references=(Reference("ACC-1", "urn:ihe:iti:xds:2013:accession", "1.2.3.4"), Reference("7")),
        events=(Coding("I10", "2.16.840.1.113883.6.3", "Hypertension"),), service_stop=document.service_start,
    )  # fmt: skip
    return entry_, b"Texte"


@pytest.fixture(scope="module")
def answers(door: str, dmp: str, pki: Any, espace: str) -> dict[str, Json]:
    """An answer of every kind, by its name."""
    _, person, record_id = newcomer(espace)
    allow(record_id, "treating", treating="treating")
    software, found = client(door, "treating"), dict[str, Any]()
    regulator = client(door, "regulator", regulation=True)
    headers = software.headers()
    form = {"patient.identifier": token_of(person.ins)}

    def search(kind: str, **more: str) -> httpx.Response:
        return software.http.post(f"{door}/fhir/{kind}/_search", data=form | more, headers=headers)

    found["deposit"] = software.deposit(entry(person), cda(person))
    folder = provide_bundle(entry(person), cda(person))
    folder["entry"].append({
        "fullUrl": "urn:uuid:00000000-0000-4000-8000-000000000009", "request": {"method": "POST", "url": "List"},
        "resource": {
            "resourceType": "List", "status": "current", "mode": "working", "title": "Hanche", "code": {"coding": [{"code": "folder"}]},
            "identifier": [{"system": "urn:ietf:rfc:3986", "value": f"urn:oid:{fresh_uid()}"}],
            "extension": [{"url": DESIGNATION, "valueCodeableConcept": {"coding": [{"system": "urn:oid:1.2.250.1.999.9", "code": "HOSPIT"}]}}],
            "entry": [{"item": {"reference": "urn:uuid:00000000-0000-4000-8000-000000000002"}}],
        },
    })  # fmt: skip
    found["deposit of a folder"] = software.post("/fhir", folder)
    assert dmp_status(Practice(dmp, pki, "treating").feed(person, _told_in_full(person))) == "Success"
    found["documents"] = software.search(person.ins)
    found["documents, some elements"] = software.search(person.ins, _elements="type,author")
    found["documents, a summary"] = software.search(person.ins, _summary="true")
    found["documents, counted"] = software.search(person.ins, _summary="count")
    found["documents, leniently"] = software.http.post(
        f"{door}/fhir/DocumentReference/_search", data=form | {"status": "current", "couleur": "bleu"},
        headers=headers | {"Prefer": "handling=lenient"},
    )  # fmt: skip
    number = documents_of(found["documents"])[0]["id"]
    found["document"] = software.get(f"/fhir/DocumentReference/{number}")
    found["binary"] = software.get(f"/fhir/Binary/{number}", Accept="application/fhir+json")
    found["patched"] = software.patch(number, [{"op": "replace", "path": "/extension/0/valueBoolean", "value": True}])
    found["lists"] = search("List")
    found["list"] = software.get(f"/fhir/List/{found['lists'].json()['entry'][0]['resource']['id']}")
    found["record"] = software.test_record(person.ins)
    found["record absent"] = software.test_record(ABSENT.ins)
    found["authorised"] = client(door, "nurse").authorize(person.ins)
    found["traces"] = software.traces(person.ins)
    found["candidates"] = regulator.match(family=person.traits.birth_name, given=[person.traits.given_names.split()[0]], gender="male",
                                          birthdate=person.traits.birth_date)  # fmt: skip
    found["appointment"] = software.post("/fhir/Appointment", _appointment(person))
    found["appointments"] = search("Appointment")
    found["immunization"] = software.post("/fhir/Immunization", _immunization(person))
    found["immunizations"] = search("Immunization")
    found["recommendations"] = search("ImmunizationRecommendation")
    named = {"name": "identifier", "valueIdentifier": {"system": f"urn:oid:{person.ins.oid.value}", "value": person.ins.matricule}}
    found["forecast"] = software.post("/fhir/Patient/$immds-forecast", {"resourceType": "Parameters", "parameter": [named]})
    found["published"] = software.post("/fhir/DocumentReference", _simplified(person))
    found["refused"] = software.get("/fhir/DocumentReference/x")
    found["metadata"] = software.get("/fhir/metadata")
    return {name: answer.json() for name, answer in found.items()}


def _simplified(person: Any) -> Json:
    resource = provide_bundle(entry(person), b"")["entry"][1]["resource"]
    content = cda(person)
    resource["content"][0]["attachment"] = {"contentType": "text/xml", "data": base64.b64encode(content).decode()}
    return dict(resource)


def _findings(documents: dict[str, Json], folder: Path) -> dict[str, list[str]]:
    """Errors of each resource, by one start of Java for all."""
    published = [json.loads(p.read_text()) for p in sorted(PUBLISHED.glob("StructureDefinition-*.json"))]
    held = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": p} for p in published]}
    (folder / "profiles.json").write_text(json.dumps(held))
    names = {f"{number}.json": name for number, name in enumerate(documents)}
    for file, name in names.items():
        (folder / file).write_text(json.dumps(documents[name]))
    command = [*JAVA, "-cp", f"{HAPI}/classes:{HAPI}/lib/*", "Validate", str(folder / "profiles.json")]
    done = subprocess.run([*command, *(str(folder / file) for file in names)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["file"] for line in lines if line["severity"] == "done"] == list(names)
    found: dict[str, list[str]] = {name: [] for name in documents}
    for line in lines:
        if line["severity"] in ("error", "fatal"):
            found[names[line["file"]]].append(f"{line['location']}: {line['message']}")
    return found


def test_a_validator_of_others_finds_no_fault_in_any_answer(answers: dict[str, Json], tmp_path: Path) -> None:
    wrong = deepcopy(answers["documents"])
    wrong["entry"][0]["resource"].pop("status")
    wrong["entry"][0]["resource"]["content"][0]["format"] = {"system": "pas une URI absolue", "code": "x"}
    found = _findings(answers | {"a fault": wrong}, tmp_path)
    assert len(found.pop("a fault")) >= 2, "what is wrong is found"
    assert {name: errors for name, errors in found.items() if errors} == {}
