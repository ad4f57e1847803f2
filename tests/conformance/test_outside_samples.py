"""Messages and documents that nobody of this project wrote, through the real door.

Skipped, saying so, where ../shared is absent.
"""

import base64
import hashlib
import json
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from support.people import author, cda, client, fresh_person, fresh_uid, open_record
from support.roles import as_role

from carnet.apps.records import api as records
from carnet.apps.signin import api as signin
from carnet.desk.client import Client, code_of, documents_of, provide_bundle
from carnet.formats.cda import CdaError, CdaHeader, read_header
from carnet.formats.xds import DocumentEntry
from carnet.kernel.identifiers import Oid
from carnet.kernel.ins import INS_NIR_TEST, Ins, InsError
from carnet.kernel.traits import Traits

WRONG_KEY, WRONG_OID, OTHER_NAME, NO_PARENT = ("ins-malformed", "ins-oid-refused", "ins-mismatch", "document-parent-unknown")
REFUSED = {
    "CANCER-PPS_2022.01_Autopresentable.xml": OTHER_NAME,
    "CSE-CS24_2025.01.xml": WRONG_KEY,
    "CSE-CS8_2025.01.xml": WRONG_KEY,
    "CSE-CS9_2025.01.xml": WRONG_KEY,
    "OBP-SNE_2024.01.xml": WRONG_KEY,
    "OBP-SCM_2024.01.xml": WRONG_OID,
    "01_Modeles_contenus_CDA.xml": NO_PARENT,
    "CNAM-HR_2021.01_sans-info.xml": NO_PARENT,
    "IMG_CR_IMG_2024.01_CDA-R2-Niveau-1.xml": NO_PARENT,
    "IPS-FR_2024.01.xml": NO_PARENT,
    "IPS-FR_2024.01_DLU.xml": NO_PARENT,
    "OPH-BRE_2022.02.xml": NO_PARENT,
}
"""Files that must be refused, and the code that names why (README of the samples: one INS of other samples under
another birth name, four wrong keys, two production OIDs of which one also has a wrong key, six replacements of a parent that is not here)."""
FILES = sorted(
    p.name for p in (Path(__file__).resolve().parents[3] / "shared" / "samples" / "cda").glob("*.xml")
)  # empty where ../shared is absent


def import_professionals(ids: set[str]) -> None:
    """Import authors by the importer of the national extraction."""
    header = ("Identification nationale PP|Nom d'exercice|Prénom d'exercice|Code profession|Code secteur d'activité|"
              "Code catégorie professionnelle")  # fmt: skip
    lines = [header, *(f"{identifier}|AUTEUR|Camille|10|SA01|C" for identifier in sorted(ids))]
    with as_role("carnet_operator"):
        assert not signin.import_directory(lines, datetime.now(UTC), partial=True).left_out


def header_of(content: bytes) -> CdaHeader | None:
    try:
        return read_header(content)
    except CdaError:
        return None


def ins_of(header: CdaHeader) -> Ins | None:
    for root, extension in header.patient_ids:
        try:
            if root.startswith("1.2.250.1.213.1.4."):
                return Ins(extension, Oid(INS_NIR_TEST))
        except InsError:
            return None
    return None


@dataclass
class Loaded:
    door: str
    software: Client


@pytest.fixture(scope="module")
def loaded(shared: Path, door: str) -> Loaded:
    """Patients and authors of the samples, loaded."""
    authors: set[str] = set()
    people: dict[str, tuple[Ins, Traits]] = {}
    for path in sorted((shared / "samples" / "cda").glob("*.xml")):
        header = header_of(path.read_bytes())
        if header is None:
            continue
        authors |= {a.id for a in header.authors if not a.device and a.id[:1] in ("0", "8")}
        ins = ins_of(header)
        if ins:
            # Two samples give one INS to two first names: those traits that all files agree on are loaded.
            known = people.get(ins.matricule, (ins, Traits(header.birth_name, header.given_names, header.sex, header.birth_date)))[
                1
            ]
            same = known if known.given_names == header.given_names else replace(known, given_names="")
            people[ins.matricule] = (ins, same)
    import_professionals(authors)
    for ins, traits in people.values():
        records.create_record(ins, traits, date(2024, 1, 1))
    return Loaded(door, client(door, "treating"))


@pytest.mark.parametrize("name", FILES or ["(no ../shared)"])
def test_a_cda_sample_deposits_and_comes_back_byte_for_byte_or_is_refused_by_name(loaded: Loaded, shared: Path, name: str) -> None:
    settings.CARNET.max_document_bytes, kept = 20_000_000, settings.CARNET.max_document_bytes
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE, kept_request = 60_000_000, settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    try:
        _deposit_sample(loaded, (shared / "samples" / "cda" / name).read_bytes(), name)
    finally:
        settings.CARNET.max_document_bytes, settings.DATA_UPLOAD_MAX_MEMORY_SIZE = kept, kept_request


def _deposit_sample(loaded: Loaded, content: bytes, name: str) -> None:
    header = header_of(content)
    person = fresh_person() if header is None or ins_of(header) is None else None
    if person:
        open_record(person)
    ins = person.ins if person else ins_of(header)
    assert ins is not None
    sha1 = hashlib.sha1(content).hexdigest()
    declared = DocumentEntry(
        unique_id=header.unique_id if header else fresh_uid(),
        type=header.type if header else DocumentEntry().type,
        patient=(ins.oid.value, ins.matricule),
        mime="text/xml",
        size=len(content),
        sha1=sha1,
    )
    answer = loaded.software.deposit(declared, content)
    if name in REFUSED:
        assert code_of(answer) == REFUSED[name], answer.text
        return
    assert answer.status_code == 200, answer.text
    location = answer.json()["entry"][2]["response"]["location"]
    loaded.software.authorize(ins, "consultation", initial=True)
    back = loaded.software.get(f"/fhir/{location}")
    assert back.status_code == 200, back.text
    assert back.content == content


def test_the_two_production_oids_are_both_among_the_refused(shared: Path) -> None:
    found = set()
    for path in (shared / "samples" / "cda").glob("*.xml"):
        header = header_of(path.read_bytes())
        if header and any(root == "1.2.250.1.213.1.4.8" for root, _ in header.patient_ids):
            found.add(path.name)
    assert found == {"OBP-SCM_2024.01.xml", "OBP-SNE_2024.01.xml"}
    assert found <= set(REFUSED)


# --- PDSm and PDSm4DMP --------------------------------------------------------------------------------------------

AUTHOR_OF_EXAMPLES = {"899700218896", "810101201234", "81011848351"}


def mend(resource: Any, ins: Ins) -> Any:
    """Mend an example: the placeholder INS (and `Patient/fr-patient-123`, which stands for it). Nothing else."""
    text = json.dumps(resource)
    for system in ("1.2.250.1.213.1.4.8", "1.2.250.1.213.1.4.10"):
        text = text.replace(f"urn:oid:{system}|123456789012345", f"urn:oid:{ins.oid}|{ins.matricule}")
        # Two search examples forget the value after the system.
        text = text.replace(f'"Patient?identifier=urn:oid:{system}"', f'"Patient?identifier=urn:oid:{ins.oid}|{ins.matricule}"')
    text = text.replace(
        '"reference": "Patient/fr-patient-123"', f'"reference": "Patient?identifier=urn:oid:{ins.oid}|{ins.matricule}"'
    )
    found = json.loads(text)
    for contained in found.get("contained", []):
        for identifier in contained.get("identifier", []):
            if identifier.get("value") == "123456789012345":
                identifier.update(system=f"urn:oid:{ins.oid}", value=ins.matricule)
    return found


def mend_content(attachment: dict[str, Any], content: bytes) -> None:
    """Mend the placeholder content, with its size and hash."""
    attachment["size"] = len(content)
    attachment["hash"] = base64.b64encode(hashlib.sha1(content).digest()).decode()


def written_by(content: bytes, identifier: str) -> bytes:
    """The mended content is written by the author that the example declares: authorship must agree with the CDA."""
    return content.replace(author("treating")[0].id.encode(), identifier.encode())


PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


@pytest.fixture(scope="module")
def patient_of_examples(loaded: Loaded) -> Any:
    import_professionals(AUTHOR_OF_EXAMPLES)
    person = fresh_person()
    open_record(person)
    return person


def example(shared: Path, folder: str, name: str) -> Any:
    return json.loads((shared / "samples" / folder / name).read_text(encoding="utf-8"))


def test_the_pdsm4dmp_bundle(loaded: Loaded, shared: Path, patient_of_examples: Any) -> None:
    person = patient_of_examples
    bundle = example(shared, "pdsm4dmp", "Bundle-example-td2-iti65-lot-soumission.json")
    for entry in bundle["entry"]:
        entry["resource"] = mend(entry["resource"], person.ins)
    content = written_by(cda(person, type_="11488-4", unique_id="1.2.250.1.213.1.4.8.99999.2"), "899700218896")
    mend_content(bundle["entry"][1]["resource"]["content"][0]["attachment"], content)
    bundle["entry"][2]["resource"]["data"] = base64.b64encode(content).decode()
    answer = loaded.software.post("/fhir", bundle)
    assert answer.status_code == 200, answer.text
    warnings = {i["details"]["coding"][0]["code"] for i in answer.json()["entry"][1]["response"]["outcome"]["issue"]}
    assert "document-type-class-mismatch" in warnings, "the example's class is not its type's"
    assert "document-metadata-mismatch" in warnings, "the content is ours, and of another day than the example's"
    binary = answer.json()["entry"][2]["response"]["location"]
    loaded.software.authorize(person.ins, "consultation")
    assert loaded.software.get(f"/fhir/{binary}").content == content


def test_the_pdsm4dmp_simplified_publish(loaded: Loaded, shared: Path, patient_of_examples: Any) -> None:
    person = patient_of_examples
    reference = mend(example(shared, "pdsm4dmp", "DocumentReference-example-td2-iti105-publication-simplifiee.json"), person.ins)
    content = written_by(cda(person, type_="11488-4", unique_id="1.2.250.1.213.1.4.8.99999.1"), "899700218896")
    reference["content"][0]["attachment"]["data"] = base64.b64encode(content).decode()
    answer = loaded.software.post("/fhir/DocumentReference", reference)
    assert answer.status_code == 201, answer.text


def test_the_pdsm_simplified_publish(loaded: Loaded, shared: Path, patient_of_examples: Any) -> None:
    person = patient_of_examples
    reference = mend(example(shared, "pdsm", "examples/DocumentReference-PDSmSimplifiedExample.json"), person.ins)
    attachment = reference["content"][0]["attachment"]
    attachment["data"] = base64.b64encode(PDF).decode()
    mend_content(attachment, PDF)
    answer = loaded.software.post("/fhir/DocumentReference", reference)
    assert answer.status_code == 201, answer.text


def test_the_pdsm_document_reference_and_submission_set_as_a_bundle(loaded: Loaded, shared: Path, patient_of_examples: Any) -> None:
    person = patient_of_examples
    submission = mend(example(shared, "pdsm", "examples/List-ExampleSubmissionSet.json"), person.ins)
    reference = mend(example(shared, "pdsm", "examples/DocumentReference-exemple-pdsm-documentreference.json"), person.ins)
    binary = example(shared, "pdsm", "examples/Binary-6789.json")
    binary["data"] = base64.b64encode(PDF).decode()
    mend_content(reference["content"][0]["attachment"], PDF)
    entries = [{"fullUrl": f"urn:uuid:{uuid4()}", "resource": r, "request": {"method": "POST", "url": r["resourceType"]}}
               for r in (submission, reference, binary)]  # fmt: skip
    answer = loaded.software.post("/fhir", {"resourceType": "Bundle", "type": "transaction", "entry": entries})
    assert answer.status_code == 200, answer.text
    loaded.software.authorize(person.ins, "consultation")
    found = documents_of(
        loaded.software.search(person.ins, identifier="urn:ietf:rfc:3986|urn:uuid:12345678-abcd-1234-abcd-1234567890ab")
    )
    assert len(found) == 1
    written_by = [c for c in found[0]["contained"] if c["resourceType"] == "Practitioner"]
    assert written_by[0]["identifier"][0]["value"] == "810101201234", "the contained author that the example forgets to refer to"


@pytest.mark.parametrize("name", ["DocumentReference-example-td3-1a-cr-consultation.json", "DocumentReference-example-td3-1a-ordonnance.json",
                                  "DocumentReference-doc-x-id.json"])  # fmt: skip
def test_the_pdsm4dmp_search_examples_deposit_as_they_are_found(
    loaded: Loaded, shared: Path, patient_of_examples: Any, name: str
) -> None:
    person = patient_of_examples
    reference = mend(example(shared, "pdsm4dmp", name), person.ins)
    # One of the examples was replaced when it was found; a document is deposited current.
    reference["status"] = "current"
    attachment = reference["content"][0]["attachment"]
    attachment.pop("url", None)
    mime = attachment.get("contentType", "")
    reference["masterIdentifier"]["value"] = f"urn:oid:{fresh_uid()}"
    type_code = reference["type"]["coding"][0]["code"]
    made = cda(person, type_=type_code, unique_id=reference["masterIdentifier"]["value"][8:])
    content = PDF if "pdf" in mime else written_by(made, "899700218896")
    attachment["data"] = base64.b64encode(content).decode()
    mend_content(attachment, content)
    answer = loaded.software.post("/fhir/DocumentReference", reference)
    assert answer.status_code == 201, answer.text


def test_our_own_bundle_has_the_shape_of_the_mhd_example(shared: Path) -> None:
    theirs = example(shared, "mhd", "Bundle-ex-comprehensiveProvideDocumentBundleDocument.json")
    ours = provide_bundle(DocumentEntry(patient=("1.2.250.1.213.1.4.10", "279035121518989"), authors=author("treating")), b"x")
    kinds = [e["resource"]["resourceType"] for e in theirs["entry"]]
    assert {e["resource"]["resourceType"] for e in ours["entry"]} <= {*kinds, "Binary"}
    assert theirs["type"] == ours["type"]
