"""FHIR as its ecosystem speaks it: versions, methods, slashes, how an answer is to look, preferences, JSON parameters."""

import json
from typing import Any

import httpx
import pytest
from support.people import cda, client, deposit, entry, patient

from carnet.desk.client import Client, documents_of, token_of

SUBSETTED = {"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED"}


@pytest.fixture
def read(door: str) -> tuple[Any, Client, str]:
    """A person, a software that reads their record, and the number of a document."""
    person, _ = patient("treating")
    return person, client(door, "treating"), str(deposit(person))


def code_of(answer: httpx.Response) -> str:
    return str(answer.json()["issue"][0]["details"]["coding"][0]["code"])


def test_a_read_tells_its_version_and_the_version_in_force_can_be_read(read: tuple[Any, Client, str]) -> None:
    _, software, number = read
    answer = software.get(f"/fhir/DocumentReference/{number}")
    assert answer.headers["ETag"] == 'W/"1"'
    assert software.get(f"/fhir/DocumentReference/{number}/_history/1").json() == answer.json()
    hide = [{"op": "replace", "path": "/extension/0/valueBoolean", "value": True}]
    refused = software.patch(number, hide, **{"If-Match": 'W/"7"'})
    assert (refused.status_code, code_of(refused)) == (412, "metadata-version-mismatch")
    assert software.patch(number, hide, **{"If-Match": "n'importe quoi"}).status_code == 412
    assert software.get(f"/fhir/DocumentReference/{number}").json() == answer.json(), "what is refused changes nothing"
    done = software.patch(number, hide, **{"If-Match": 'W/"1"'})
    assert (done.status_code, done.headers["ETag"]) == (200, f'W/"{done.json()["meta"]["versionId"]}"')
    now = done.json()["meta"]["versionId"]
    assert software.get(f"/fhir/DocumentReference/{number}/_history/{now}").status_code == 200
    for other in ("0", "99", "x", *(["1"] if now != "1" else [])):
        former = software.get(f"/fhir/DocumentReference/{number}/_history/{other}")
        assert (former.status_code, code_of(former)) == (404, "document-unknown"), "which codes a document once had is not told"


def test_a_version_tells_nothing_to_whoever_may_not_read(door: str, read: tuple[Any, Client, str]) -> None:
    stranger, number = client(door, "cardiologist"), read[2]
    plain = stranger.get(f"/fhir/DocumentReference/{number}")
    hide = [{"op": "replace", "path": "/extension/0/valueBoolean", "value": True}]
    for answer in (
        stranger.get(f"/fhir/DocumentReference/{number}/_history/1"),
        stranger.patch(number, hide, **{"If-Match": 'W/"9"'}),
    ):
        assert (answer.status_code, code_of(answer)) == (plain.status_code, code_of(plain))
        assert "ETag" not in answer.headers


def test_head_reads_like_get_and_says_nothing_more(door: str, read: tuple[Any, Client, str]) -> None:
    _, software, number = read
    for address in (f"/fhir/DocumentReference/{number}", f"/fhir/Binary/{number}", "/fhir/metadata", "/fhir/DocumentReference/x"):
        told, asked = (software.http.request(m, door + address, headers=software.headers()) for m in ("GET", "HEAD"))
        assert (asked.status_code, asked.content) == (told.status_code, b"")
        assert asked.headers["content-type"] == told.headers["content-type"]
        assert int(asked.headers["content-length"]) == len(told.content)
    assert software.http.head(f"{door}/fhir/DocumentReference/{number}").status_code == 401


def test_a_method_that_an_address_has_not_is_405_with_those_that_it_has(door: str, read: tuple[Any, Client, str]) -> None:
    _, software, number = read
    cases = {
        f"/fhir/DocumentReference/{number}": ("DELETE", "GET, PATCH, HEAD"), "/fhir/metadata": ("POST", "GET, HEAD"),
        "/fhir": ("GET", "POST"), f"/fhir/Binary/{number}": ("PUT", "GET, HEAD"),
    }  # fmt: skip
    for address, (method, allowed) in cases.items():
        answer = software.http.request(method, door + address, headers=software.headers())
        assert (answer.status_code, answer.headers["Allow"], code_of(answer)) == (405, allowed, "method-not-allowed"), address


def test_a_slash_at_the_end_changes_nothing(door: str, read: tuple[Any, Client, str]) -> None:
    person, software, number = read
    assert software.get(f"/fhir/DocumentReference/{number}/").json() == software.get(f"/fhir/DocumentReference/{number}").json()
    form = {"patient.identifier": token_of(person.ins), "status": "current"}
    found = software.http.post(f"{door}/fhir/DocumentReference/_search/", data=form, headers=software.headers())
    assert [d["id"] for d in documents_of(found)] == [number]
    assert software.get("/fhir/Observation/").status_code == software.get("/fhir/metadata//").status_code == 404


def test_what_is_left_out_of_an_answer_is_said(read: tuple[Any, Client, str]) -> None:
    person, software, number = read
    address = f"/fhir/DocumentReference/{number}"
    whole = software.get(address).json()
    some = software.get(f"{address}?_elements=type,DocumentReference.date").json()
    assert set(some) == {"resourceType", "id", "meta", "type", "date", "status", "content"}, "what is mandatory stays"
    assert some["meta"]["tag"] == [SUBSETTED] and "tag" not in whole["meta"]
    assert "contained" in software.get(f"{address}?_elements=author").json(), "what is referred to comes with it"
    summary = software.get(f"{address}?_summary=true").json()
    assert "context" not in summary and summary["author"] == whole["author"] and summary["meta"]["tag"] == [SUBSETTED]
    assert set(software.get(f"{address}?_summary=text").json()) == {"resourceType", "id", "meta", "status", "content"}
    assert software.get(f"{address}?_summary=data").json() == software.get(f"{address}?_summary=false").json() == whole
    for asked in ({"_elements": "type"}, {"_summary": "true"}):
        (found,) = documents_of(software.search(person.ins, **asked))
        assert found["meta"]["tag"] == [SUBSETTED] and "context" not in found
    assert software.get(f"{address}?_elements=type&_summary=true").status_code == 400
    refused = software.get("/fhir/DocumentReference/x?_elements=type")
    assert refused.json()["resourceType"] == "OperationOutcome" and "issue" in refused.json()


def test_an_answer_is_laid_out_for_people_who_ask_for_it(read: tuple[Any, Client, str]) -> None:
    _, software, number = read
    plain, pretty = (software.get(f"/fhir/DocumentReference/{number}?_pretty={value}") for value in ("false", "true"))
    assert plain.json() == pretty.json() and "\n  " in pretty.text and "\n" not in plain.text


def test_parameters_that_do_not_exist_are_passed_over_where_it_is_preferred_and_named(
    door: str, read: tuple[Any, Client, str]
) -> None:
    person, software, number = read
    form = {"patient.identifier": token_of(person.ins), "status": "current", "couleur": "bleu"}
    for kind, total in (("DocumentReference", 1), ("List", 1)):
        asked = form if kind == "DocumentReference" else form | {"code": "submissionset"}
        strict = software.http.post(
            f"{door}/fhir/{kind}/_search", data=asked, headers=software.headers() | {"Prefer": "handling=strict"}
        )
        assert (strict.status_code, code_of(strict)) == (400, "request-malformed")
        prefer = {"Prefer": "return=minimal, handling=lenient"}
        taken = software.http.post(f"{door}/fhir/{kind}/_search", data=asked, headers=software.headers() | prefer).json()
        modes = [e["search"]["mode"] for e in taken["entry"]]
        assert modes == ["match"] * total + ["outcome"]
        said = taken["entry"][-1]["resource"]["issue"][0]
        assert said["severity"] == "warning" and "couleur" in said["details"]["text"]
    assert number


@pytest.mark.parametrize("resource", [False, True])
def test_parameters_of_a_search_come_as_json_too(door: str, read: tuple[Any, Client, str], resource: bool) -> None:
    person, software, number = read
    said: Any = {"patient.identifier": token_of(person.ins), "status": ["current"], "_count": 5, "_elements": "type"}
    if resource:
        values = {name: value[0] if isinstance(value, list) else value for name, value in said.items()}
        said = {"resourceType": "Parameters", "parameter": [
            {"name": name, ("valueInteger" if isinstance(value, int) else "valueString"): value} for name, value in values.items()]}  # fmt: skip

    def send(content: str, media: str = "application/json") -> httpx.Response:
        headers = software.headers() | {"Content-Type": media}
        return software.http.post(f"{door}/fhir/DocumentReference/_search", content=content, headers=headers)

    (found,) = documents_of(send(json.dumps(said)))
    assert found["id"] == number and "context" not in found
    assert send(json.dumps({"status": {"a": 1}})).status_code == 400
    assert send(json.dumps({"resourceType": "Parameters", "parameter": ["x"]})).status_code == 400
    assert send("[", "application/fhir+json").status_code == 400
    assert send("status=current", "text/plain").status_code == 415


def test_an_ins_in_an_address_is_refused_with_what_to_do_instead(read: tuple[Any, Client, str]) -> None:
    person, software, _ = read
    answer = software.get(f"/fhir/DocumentReference?status=current&patient.identifier={token_of(person.ins)}")
    assert answer.status_code == 400 and "_search" in answer.text and person.ins.matricule not in answer.text


def test_every_entry_has_a_full_url(door: str, read: tuple[Any, Client, str]) -> None:
    person, software, number = read
    deposited = software.deposit(entry(person), cda(person))
    assert deposited.status_code == 200
    for answer in (
        software.search(person.ins),
        software.lists(person.ins),
        software.test_record(person.ins),
        software.traces(person.ins),
    ):
        entries = answer.json()["entry"]
        assert entries and all(e["fullUrl"].startswith(("http", "urn:uuid:")) for e in entries)
    assert number
