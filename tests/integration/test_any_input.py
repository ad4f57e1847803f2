"""A deposit with something odd in one place, each place in turn: an answer that says so, or a document that every reader tells.

Whatever is put in, no door fails, and what was accepted is read by FHIR and by SOAP.
"""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from lxml import etree
from support.dmp import Practice, document_of, entry_of, errors, fault, lot, objects, status, submission_set
from support.entry import Hosted, answer_of, environ_of
from support.people import cda, client, fresh_uid, now, patient

from carnet.desk.client import Client, Json, documents_of, provide_bundle
from carnet.desk.demonstration.people import DemoPerson
from carnet.formats.fhir import write_document_reference
from carnet.formats.fhir.submission_set import write_submission_set
from carnet.formats.xds import Reference
from carnet.formats.xds import names as n
from carnet.formats.xds.queries import E, F, S

PROVIDE = "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b"
ODD: tuple[Any, ...] = (
    7,
    True,
    None,
    "x" * 300,
    "\x00",
    "\x01",
    "\uffff",
    "²",
    ["x"],
    [7],
    {"x": 1},
    [{"x": [1]}],
    [],
    {},
    -1,
    1e400,
    "\ud800",
)


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place of a tree."""
    yield path
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in children:
        yield from places(child, (*path, key))


def changed(tree: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The tree, with another value in one place of it."""
    node = tree
    for step in path[:-1]:
        node = node[step]
    node[path[-1]] = value
    return tree


def whole_bundle(person: DemoPerson) -> Json:
    """A deposit in which every element stands that Carnet knows."""
    uid, nobody = fresh_uid(), "0d2a6a6c-35f0-4d35-9be5-aaaaaaaaaaaa"
    entry = entry_of(person, unique_id=uid, references=(Reference("A-1", "urn:ihe:iti:xds:2013:accession", "1.2.3"),),
                     service_stop=now(), entry_uuid=nobody, logical_id=nobody, authenticator=None)  # fmt: skip
    bundle = provide_bundle(entry, cda(person, "treating", entry.type.code, uid))
    listed, reference = (one["resource"] for one in bundle["entry"][:2])
    whole = write_document_reference(entry, "record", "2026-11-23T00:00:00Z")
    [content] = whole["content"]
    content["attachment"] = {k: v for k, v in content["attachment"].items() if k != "hash"} | reference["content"][0]["attachment"]
    reference |= {k: v for k, v in whole.items() if k not in ("id", "meta", "identifier", "extension", "subject")}
    whole = write_submission_set(submission_set(person, entry.authors[0].id), nobody, "record")
    listed |= {k: v for k, v in whole.items() if k not in ("id", "subject", "code")}
    return bundle


def _read_by_everybody(software: Client, practice: Practice, person: DemoPerson, count: int) -> None:
    """Both doors tell every document, and its submission set, and nothing costs itself."""
    page, found = software.search(person.ins, status="current", _count="100"), 0
    while page.status_code == 200:
        found += len(documents_of(page))
        after = [link["url"] for link in page.json()["link"] if link["relation"] == "next"]
        if not after:
            break
        page = software.http.get(after[0], headers=software.headers(""))
    assert (page.status_code, found) == (200, count)
    assert software.lists(person.ins).status_code == 200
    approved = [n.STATUS["Approved"]]
    whole = {"$patientId": person.ins.cx} | {f"{prefix}Status": approved for prefix in (E, S, F)}
    for answer in (practice.find(person), practice.query(person, "GetAll", **whole)):
        assert (status(answer), errors(answer), len(objects(answer))) == ("Success", [], count)


def test_a_fhir_deposit_with_something_odd_in_any_place_is_refused_or_is_read_by_everybody(
    door: str, fhir_entry: Hosted, dmp: str, pki: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings.CARNET, "dmp_max_results", 10_000)
    person, _ = patient("treating")
    software, answers = client(door, "treating"), []
    fresh = whole_bundle(person)
    every = [(path, odd) for path in places(fresh) if path and path[-1] != "data" for odd in ODD]
    for path, odd in every:
        body = json.dumps(changed(copy.deepcopy(fresh), path, odd)).encode()
        # Without a socket: thousands of connections would say nothing of the door.
        answered, _, _ = answer_of(fhir_entry, environ_of("POST", "/fhir", software.token, body, "application/fhir+json"))
        answers.append((path, odd, answered))
        # What was refused left nothing behind: the same document is deposited again with the next oddity.
        if answered == 200:
            fresh = whole_bundle(person)
    assert [one for one in answers if one[2] >= 500] == []
    accepted = sum(code == 200 for _, _, code in answers)
    assert accepted > 100, "what is deposited here is accepted but for the odd places"
    _read_by_everybody(software, Practice(dmp, pki, "treating"), person, accepted)


def _with_an_oddity(body: etree._Element, number: int, name: str, odd: str | None) -> etree._Element:
    """A copy with one attribute or text changed, or without one element."""
    body = copy.deepcopy(body)
    node = list(body.iter(f"{{{n.RIM}}}*"))[number]
    above = node.getparent()
    if odd is None:
        assert above is not None
        above.remove(node)
    elif name == "text":
        node.text = odd
    else:
        node.set(name, odd)
    return body


def _oddities(body: etree._Element) -> Iterator[tuple[int, str, str | None]]:
    """One odd attribute or text each, or one element less: its number, the name of the attribute, what is put there."""
    for number, node in enumerate(body.iter(f"{{{n.RIM}}}*")):
        for name in (*node.attrib, *(["text"] if (node.text or "").strip() else [])):
            for odd in ("", "x" * 300, "²^é&<'\u202e"):
                yield number, str(name), odd
        yield number, "", None


def test_a_lot_with_something_odd_in_any_place_is_refused_or_is_read_by_everybody(
    door: str, dmp: str, pki: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(settings.CARNET, "dmp_max_results", 10_000)
    person, _ = patient("treating")
    practice, accepted, failed = Practice(dmp, pki, "treating"), 0, []

    def fresh() -> tuple[etree._Element, Any]:
        document = document_of(person, references=(Reference("A-1", "urn:ihe:iti:xds:2013:accession", "1.2.3"),))
        return lot(practice.software.signer, person, (document,))

    whole, parts = fresh()
    for oddity in list(_oddities(whole)):
        reply = practice.call(person, _with_an_oddity(whole, *oddity), PROVIDE, parts)
        if "door-failure" in caplog.text:
            failed.append((etree.QName(list(whole.iter(f"{{{n.RIM}}}*"))[oddity[0]]).localname, *oddity))
            caplog.clear()
        # What was refused left nothing behind: the same document is deposited again with the next oddity.
        if not fault(reply) and status(reply) == "Success":
            accepted += 1
            whole, parts = fresh()
    assert failed == []
    assert accepted > 100, "what is deposited here is accepted but for the odd places"
    _read_by_everybody(client(door, "treating"), practice, person, accepted)
