"""A small client of the FHIR door: signs in as a browser and a software would, and speaks FHIR. For the tour and tests."""

import atexit
import base64
import re
import secrets
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from carnet.apps.signin.pkce import challenge_of
from carnet.formats.fhir import Json
from carnet.formats.fhir.authors import coding_json
from carnet.formats.xds import DocumentEntry
from carnet.kernel.ins import Ins

FHIR = "application/fhir+json"
LOOPBACK = "http://127.0.0.1/retour"


@cache
def _shared() -> httpx.Client:
    """One connection pool for every client of the process."""
    http = httpx.Client(timeout=30.0)
    atexit.register(http.close)
    return http


class SignInError(Exception):
    """The sign-in stopped at a page that is not the expected one."""


@dataclass
class Client:
    """A software of a professional, talking to one door."""

    base: str
    token: str = ""
    http: httpx.Client = field(default_factory=_shared)

    def sign_in(self, professional_id: str, situation: int = 0, client_id: str = "logiciel-demo") -> str:
        """Sign in through Pro Santé Connect and choose a situation. Keeps and returns the bearer token."""
        verifier = secrets.token_urlsafe(48)
        back = f"http://127.0.0.1:{49152 + secrets.randbelow(1000)}{urlsplit(LOOPBACK).path}"
        asked = {"client_id": client_id, "redirect_uri": back, "state": secrets.token_urlsafe(8),
                 "code_challenge": challenge_of(verifier), "code_challenge_method": "S256"}  # fmt: skip
        with httpx.Client(timeout=30.0) as browser:
            to_psc = browser.get(f"{self.base}/signin/authorize", params=asked)
            if "location" not in to_psc.headers:
                raise SignInError(f"authorize answered {to_psc.status_code}")
            chosen = browser.post(to_psc.headers["location"], data={"person": professional_id})
            if "location" not in chosen.headers:
                raise SignInError(f"the provider knows nobody of this number, and answered {chosen.status_code}")
            page = browser.get(chosen.headers["location"])
            ticket = re.search(r'name="ticket" value="([^"]+)"', page.text)
            if ticket is None:
                raise SignInError(f"callback answered {page.status_code}")
            done = browser.post(f"{self.base}/signin/situation", data={"ticket": ticket[1], "situation": str(situation)})
            code = parse_qs(urlsplit(done.headers.get("location", "")).query).get("code", [""])[0]
            form = {"grant_type": "authorization_code", "code": code, "client_id": client_id, "redirect_uri": back,
                    "code_verifier": verifier}  # fmt: skip
            answer = browser.post(f"{self.base}/signin/token", data=form)
        if answer.status_code != 200:
            raise SignInError(f"token answered {answer.status_code}")
        self.token = answer.json()["access_token"]
        return self.token

    def headers(self, mode: str = "") -> dict[str, str]:
        """Headers of a call."""
        found = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if mode:
            found["Carnet-Access-Mode"] = mode
        return found

    def post(self, path: str, resource: Json, mode: str = "") -> httpx.Response:
        """Send a resource."""
        headers = self.headers(mode) | {"Content-Type": FHIR}
        return self.http.post(f"{self.base}{path}", json=resource, headers=headers)

    def get(self, path: str, mode: str = "", **headers: str) -> httpx.Response:
        """Read a path of the door, or a whole address that it gave."""
        url = path if path.startswith("http") else self.base + path
        return self.http.get(url, headers=self.headers(mode) | headers)

    def test_record(self, ins: Ins, mode: str = "", **traits: str) -> httpx.Response:
        """TD0.2."""
        form = {"identifier": token_of(ins), **traits}
        return self.http.post(f"{self.base}/fhir/Patient/_search", data=form, headers=self.headers(mode))

    def search(self, ins: Ins, mode: str = "", **criteria: str) -> httpx.Response:
        """ITI-67."""
        form = {"patient.identifier": token_of(ins), "status": "current", **criteria}
        return self.http.post(f"{self.base}/fhir/DocumentReference/_search", data=form, headers=self.headers(mode))

    def authorize(
        self,
        ins: Ins,
        ground: str = "consultation",
        agrees: bool = True,
        initial: bool = False,
        mode: str = "",
        prolong: bool = False,
    ) -> httpx.Response:
        """TD0.3 AJOUT. `prolong`: nobody asks the patient again."""
        consent: list[Json] = [{"name": "ground", "valueCode": ground}]
        consent += [{"name": "prolong", "valueBoolean": True}] if prolong else [
            {"name": "patientAgrees", "valueBoolean": agrees}, {"name": "initialConsent", "valueBoolean": initial},
        ]  # fmt: skip
        return self.post("/fhir/Patient/$authorize", parameters(ins, *consent), mode)

    def withdraw(self, ins: Ins, mode: str = "") -> httpx.Response:
        """TD0.3 SUPPRESSION."""
        return self.post("/fhir/Patient/$withdraw", parameters(ins), mode)

    def open_emergency(self, ins: Ins, mode: str, reason: str) -> httpx.Response:
        """Open an emergency access."""
        return self.post("/fhir/Patient/$emergency-access", parameters(ins, {"name": "reason", "valueString": reason}), mode)

    def patch(self, logical_id: object, operations: list[Json], mode: str = "", **headers: str) -> httpx.Response:
        """TD3.3 by a JSON Patch."""
        sent = self.headers(mode) | {"Content-Type": "application/json-patch+json"} | headers
        return self.http.patch(f"{self.base}/fhir/DocumentReference/{logical_id}", json=operations, headers=sent)

    def lists(self, ins: Ins, mode: str = "", **criteria: str) -> httpx.Response:
        """ITI-66."""
        form = {"patient.identifier": token_of(ins), "status": "current", **criteria}
        return self.http.post(f"{self.base}/fhir/List/_search", data=form, headers=self.headers(mode))

    def traces(self, ins: Ins, mode: str = "", **criteria: str) -> httpx.Response:
        """Own traces, or all of the record's for its treating doctor."""
        form = {"patient.identifier": token_of(ins), **criteria}
        return self.http.post(f"{self.base}/fhir/AuditEvent/_search", data=form, headers=self.headers(mode))

    def match(self, mode: str = "centre_15", **traits: Any) -> httpx.Response:
        """TD0.5: candidates by traits. `family`, `given`, `gender`, `birthdate`."""
        patient: Json = {
            "resourceType": "Patient",
            "name": [{"family": traits.get("family", ""), "given": traits.get("given", [])}],
        }
        patient |= {"gender": traits["gender"]} if "gender" in traits else {}
        patient |= {"birthDate": traits["birthdate"]} if "birthdate" in traits else {}
        resource = {"resourceType": "Parameters", "parameter": [{"name": "resource", "resource": patient}]}
        return self.post("/fhir/Patient/$match", resource, mode)

    def deposit(self, entry: DocumentEntry, content: bytes, mode: str = "", **changes: Any) -> httpx.Response:
        """ITI-65 with one document."""
        return self.post("/fhir", provide_bundle(entry, content, **changes), mode)


def token_of(ins: Ins) -> str:
    """The FHIR token of an INS."""
    return f"urn:oid:{ins.oid}|{ins.matricule}"


def parameters(ins: Ins, *more: Json) -> Json:
    """Parameters of an operation on a patient."""
    identifier = {"name": "identifier", "valueIdentifier": {"system": f"urn:oid:{ins.oid}", "value": ins.matricule}}
    return {"resourceType": "Parameters", "parameter": [identifier, *more]}


def _contained(entry: DocumentEntry) -> list[Json]:
    people: list[Json] = []
    for number, author in enumerate(entry.authors, start=1):
        person = {"resourceType": "Practitioner", "id": f"a{number}"}
        system = {"system": f"urn:oid:{author.authority}"} if author.authority else {}
        people.append(person | {"identifier": [system | {"value": author.id}],
                                "name": [{"family": author.family, "given": [author.given]}]})  # fmt: skip
    return people


def _reference(entry: DocumentEntry, binary: str) -> Json:
    system, value = entry.patient
    attachment: Json = {"contentType": entry.mime, "url": binary, "title": entry.title, "language": "fr-FR"}
    if entry.size is not None:
        attachment["size"] = entry.size
    if entry.sha1:
        attachment["hash"] = base64.b64encode(bytes.fromhex(entry.sha1)).decode()
    resource: Json = {
        "resourceType": "DocumentReference",
        "status": "current",
        "contained": _contained(entry),
        "subject": {"identifier": {"system": f"urn:oid:{system}", "value": value}},
        "author": [{"reference": f"#a{n}"} for n in range(1, len(entry.authors) + 1)],
        "content": [{"attachment": attachment}],
    }
    if entry.unique_id:
        uri = entry.unique_id if entry.unique_id.startswith("urn:") else f"urn:oid:{entry.unique_id}"
        resource["masterIdentifier"] = {"system": "urn:ietf:rfc:3986", "value": uri}
    if entry.type:
        resource["type"] = {"coding": [coding_json(entry.type)]}
    if entry.confidentiality:
        resource["securityLabel"] = [{"coding": [coding_json(c)]} for c in entry.confidentiality]
    if entry.parents:
        resource["relatesTo"] = [{"code": p.kind, "target": {"reference": p.id}} for p in entry.parents]
    return resource


def provide_bundle(entry: DocumentEntry, content: bytes, **changes: Any) -> Json:
    """An ITI-65 bundle of one document; `changes` replace fields of its DocumentReference."""
    system, value = entry.patient
    names = {"document": "urn:uuid:00000000-0000-4000-8000-000000000002", "binary": "urn:uuid:00000000-0000-4000-8000-000000000003"}
    submission = {
        "resourceType": "List",
        "status": "current",
        "mode": "working",
        "code": {"coding": [{"code": "submissionset"}]},
        "subject": {"identifier": {"system": f"urn:oid:{system}", "value": value}},
        "entry": [{"item": {"reference": names["document"]}}],
    }
    binary = {"resourceType": "Binary", "contentType": entry.mime, "data": base64.b64encode(content).decode()}
    reference = {name: v for name, v in (_reference(entry, names["binary"]) | changes).items() if v is not None}

    def _entry(resource: Json, full: str) -> Json:
        return {"fullUrl": full, "resource": resource, "request": {"method": "POST", "url": resource["resourceType"]}}

    entries = [_entry(submission, "urn:uuid:00000000-0000-4000-8000-000000000001"), _entry(reference, names["document"]),
               _entry(binary, names["binary"])]  # fmt: skip
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def outcome_of(answer: httpx.Response) -> Json:
    """The first OperationOutcome of an answer, alone or in a searchset; empty when there is none."""
    body: Json = answer.json()
    if body.get("resourceType") == "OperationOutcome":
        return body
    found = (e["resource"] for e in body.get("entry", []) if e.get("resource", {}).get("resourceType") == "OperationOutcome")
    return next(found, {})


def code_of(answer: httpx.Response) -> str:
    """Carnet's refusal code in an answer; empty when there is none."""
    issues = outcome_of(answer).get("issue", [])
    return str(issues[0]["details"]["coding"][0]["code"]) if issues else ""


def documents_of(answer: httpx.Response) -> list[Json]:
    """DocumentReferences of a searchset."""
    return [e["resource"] for e in answer.json().get("entry", []) if e["resource"]["resourceType"] == "DocumentReference"]


def resources_of(answer: httpx.Response, kind: str) -> list[Json]:
    """Resources of one type in a searchset."""
    return [e["resource"] for e in answer.json().get("entry", []) if e["resource"]["resourceType"] == kind]


def lights_of(answer: httpx.Response) -> dict[str, str]:
    """The five lights of a TD0.2 answer."""
    for extension in outcome_of(answer).get("extension", []):
        if extension["url"].endswith("dicah-lights"):
            return {light["url"]: light["valueCode"] for light in extension["extension"]}
    return {}
