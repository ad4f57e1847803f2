"""The International Patient Summary by a validator that is not ours: HAPI FHIR, with the rules of hl7.fhir.uv.ips."""

import io
import json
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from support.espace import newcomer
from support.ips_profiles import profiles
from support.java import JAVA
from support.people import deposit
from support.services import app, purposes, referenced
from support.statements import stated

from carnet.formats.cda import Section

HAPI = Path(__file__).resolve().parents[1] / "outside" / "ips" / "target"
Json = dict[str, Any]

pytestmark = pytest.mark.skipif(
    not shutil.which("java") or not (HAPI / "classes" / "Validate.class").exists(),
    reason="ips is not installed: apt-get install default-jdk-headless maven, then make -C tests/outside ips",
)

_SNOMED, _ATC, _ICD = "2.16.840.1.113883.6.96", "2.16.840.1.113883.6.73", "2.16.840.1.113883.6.3"
SECTIONS = (
    Section("48765-2", "Allergies", facts=(
        stated("allergies", "Amoxicilline", "372687004", _SNOMED, date(2019, 5, 2), detail="anaphylaxie", certainty="confirmed"),
        stated("allergies", "Latex", detail="à revoir", certainty="unconfirmed"),
    )),
    Section("10160-0", "Traitements", facts=(
        stated("treatments", "Apixaban 5 mg", "B01AF02", _ATC, date(2026, 1, 5), detail="1 matin, 1 soir"),
        stated("treatments", "Metformine"),
    )),
    Section("11369-6", "Vaccinations", facts=(
        stated("vaccinations", "Grippe", "J07BB02", _ATC, date(2025, 10, 14), detail="lot A1"), stated("vaccinations", "Tétanos"),
    )),
    Section("11450-4", "Problèmes", facts=(
        stated("problems", "Fibrillation atriale", "I48", _ICD, date(2024, 3, 1)), stated("problems", "Asthme", clinical="inactive"),
    )),
)  # fmt: skip
"""What a summary holds: coded and not, dated and not, certain and not."""


def _resource(bundle: Json, kind: str) -> Json:
    return next(e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == kind)


def _sections(bundle: Json) -> dict[str, Json]:
    return {s["code"]["coding"][0]["code"]: s for s in bundle["entry"][0]["resource"]["section"]}


_FAULTS: dict[str, Callable[[Json], object]] = {
    "no identifier": lambda b: b.pop("identifier"),
    "no moment": lambda b: b.pop("timestamp"),
    "two compositions": lambda b: b["entry"].append(b["entry"][0] | {"fullUrl": "urn:uuid:f6e5a5a0-7b7b-4d59-9d2e-3f0d7a0c1d11"}),
    "an address of an entry missing": lambda b: b["entry"][1].pop("fullUrl"),
    "another kind of document": lambda b: b["entry"][0]["resource"]["type"]["coding"][0].update(code="11488-4"),
    "a mandatory section missing": lambda b: b["entry"][0]["resource"]["section"].pop(0),
    "a section without text": lambda b: _sections(b)["11450-4"].pop("text"),
    "a section without title": lambda b: _sections(b)["48765-2"].pop("title"),
    "a section that says nothing": lambda b: _sections(b)["48765-2"].pop("entry"),
    "an entry of another kind": lambda b: _sections(b)["48765-2"].update(entry=_sections(b)["10160-0"]["entry"]),
    "no birth date": lambda b: [_resource(b, "Patient").pop(k, None) for k in ("birthDate", "_birthDate")],
    "no name": lambda b: _resource(b, "Patient").pop("name"),
    "an allergy without code": lambda b: _resource(b, "AllergyIntolerance").pop("code"),
    "a treatment of nobody": lambda b: _resource(b, "MedicationStatement").update(subject={"display": "X"}),
    "a treatment without time": lambda b: [
        _resource(b, "MedicationStatement").pop(k, None) for k in ("effectivePeriod", "effectiveDateTime", "_effectiveDateTime")
    ],
    "a vaccination without time": lambda b: [
        _resource(b, "Immunization").pop(k, None) for k in ("occurrenceDateTime", "_occurrenceDateTime", "occurrenceString")
    ],
}


@pytest.fixture(scope="module")
def summaries(espace: str, oauth: str, door: str) -> dict[str, Json]:
    """Summaries through the door: full, and as its person copies it; with nothing that is known; of absences that are known, and of what is withheld."""

    def of(space: Any, *lines: tuple[str, ...], ticked: list[str] | None = None) -> Json:
        client = app(oauth, door, referenced(purposes=purposes(*lines))).connect(space, ticked=ticked)
        answer = client.call("Patient/$summary")
        assert answer.status_code == 200, answer.text
        told: Json = answer.json()
        return told

    whole = (("allergies",), ("treatments",), ("history",), ("vaccinations",), ("identity", "@given"))
    rich, person, _ = newcomer(espace, "Margaux")
    deposit(person, sections=SECTIONS)
    rich.post("/profil/allergies/ajouter", {"libelle": "Arachide"})
    empty, _, _ = newcomer(espace)
    known, _, _ = newcomer(espace)
    for section in ("allergies", "treatments", "problems"):
        known.post(f"/profil/{section}/concerne", {})
    copy = zipfile.ZipFile(io.BytesIO(rich.post("/compte/copie/telecharger").content))
    return {"full": of(rich, *whole), "copied": json.loads(copy.read("resume-ips.json")), "empty": of(empty, *whole), "known": of(known, *whole[:3]),
            "withheld": of(rich, *whole, ticked=["soin/allergies/read"])}  # fmt: skip


@pytest.fixture(scope="module")
def findings(summaries: dict[str, Json], tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Json]]:
    """The errors of each summary and of each fault, by its name: one start of Java for all."""
    documents = dict(summaries)
    for name, fault in _FAULTS.items():
        documents[name] = deepcopy(summaries["full"])
        fault(documents[name])
        assert documents[name] != summaries["full"]
    folder = tmp_path_factory.mktemp("ips")
    (folder / "profiles.json").write_text(json.dumps(profiles()))
    for name, document in documents.items():
        (folder / name).write_text(json.dumps(document))
    command = [*JAVA, "-cp", f"{HAPI}/classes:{HAPI}/lib/*", "Validate", str(folder / "profiles.json")]
    done = subprocess.run([*command, *(str(folder / n) for n in documents)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["file"] for line in lines if line["severity"] == "done"] == list(documents)
    return {n: [line for line in lines if line["file"] == n and line["severity"] in ("error", "fatal")] for n in documents}


def test_a_validator_of_others_finds_no_fault_in_a_summary(summaries: dict[str, Json], findings: dict[str, list[Json]]) -> None:
    full = summaries["full"]
    kinds = [e["resource"]["resourceType"] for e in full["entry"]]
    assert {k: kinds.count(k) for k in ("AllergyIntolerance", "MedicationStatement", "Condition", "Immunization")} == {
        "AllergyIntolerance": 3, "MedicationStatement": 2, "Condition": 2, "Immunization": 2,
    }  # fmt: skip
    reasons = {name: {s.get("emptyReason", {}).get("coding", [{}])[0].get("code") for s in _sections(bundle).values()}
               for name, bundle in summaries.items()}  # fmt: skip
    assert reasons == {"full": {None}, "copied": {None}, "empty": {"unavailable"}, "known": {None}, "withheld": {None, "withheld"}}
    for bundle in summaries.values():
        # The validator holds a resource to a profile that it names: none goes without.
        profiled = {e["resource"]["resourceType"] for e in bundle["entry"] if e["resource"].get("meta", {}).get("profile")}
        assert {e["resource"]["resourceType"] for e in bundle["entry"]} - profiled <= {"Device"}
    assert {name: findings[name] for name in summaries} == {name: [] for name in summaries}


@pytest.mark.parametrize("fault", _FAULTS)
def test_the_validator_finds_what_the_guide_forbids(fault: str, findings: dict[str, list[Json]]) -> None:
    """The validation above says something only where each of these is found."""
    assert findings[fault]
