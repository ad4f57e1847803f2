"""A document that states a year, a month or a day states no hour: no date of it is made more precise, at any door."""

import base64
import re
from typing import Any

import pytest
from support.espace import newcomer
from support.people import allow, cda, client, deposit, entry, fresh_uid
from support.portal import Browser, words

from carnet.desk.client import documents_of, provide_bundle
from carnet.desk.demonstration.people import DemoPerson
from carnet.formats.cda import read_header
from carnet.formats.fhir import stated_date
from carnet.formats.xdm.stated import stated_by
from carnet.formats.xds import DocumentEntry


def dated(content: bytes, when: str) -> bytes:
    """A CDA with another date of its own, and without that of an act."""
    content = re.sub(rb"(<serviceEvent[^>]*>.*?)<effectiveTime>.*?</effectiveTime>", rb"\1", content, count=1, flags=re.DOTALL)
    return re.sub(rb'<effectiveTime value="[^"]*"', f'<effectiveTime value="{when}"'.encode(), content, count=1)


@pytest.mark.parametrize(("stated", "kept", "told"), [
    ("2021", "2021", "année 2021"), ("202106", "2021-06", "juin 2021"), ("20210614", "2021-06-14", "14 juin 2021"),
    ("202106142330+0200", "2021-06-14T21:30:00.000Z", "14 juin 2021"),
])  # fmt: skip
def test_the_date_of_a_document_is_as_precise_as_it_states(espace: str, door: str, stated: str, kept: str, told: str) -> None:
    who, person, record_id = newcomer(espace)
    allow(record_id, "treating")
    unique_id = fresh_uid()
    number = deposit(person, content=dated(cda(person, unique_id=unique_id), stated), unique_id=unique_id)
    (document,) = documents_of(client(door, "treating").search(person.ins))
    assert document["content"][0]["attachment"]["creation"] == kept
    assert document["context"]["period"]["start"] == kept, "a beginning that nobody gives is the creation's"
    shown = words(who.get(f"/documents/{number}"))
    assert told in shown
    if len(kept) < len("2021-06-14"):
        assert "1er j" not in shown and "/2021" not in shown
        assert "1er j" not in words(who.get("/documents")) and "01/2021" not in words(
            who.get(f"/demandes/corriger/document/{number}")
        )


def plain_text(person: DemoPerson, date: str, **attachment: str) -> dict[str, Any]:
    """A note that a sender dates in its metadata alone."""
    held = {"contentType": "text/plain", "data": base64.b64encode(b"Bonjour").decode(), "title": "Note"}
    return {
        "resourceType": "DocumentReference", "status": "current", "date": date,
        "subject": {"identifier": {"system": f"urn:oid:{person.ins.oid}", "value": person.ins.matricule}},
        "masterIdentifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:oid:{fresh_uid()}"},
        "type": {"coding": [{"code": "11488-4", "system": "http://loinc.org"}]}, "content": [{"attachment": held | attachment}],
    }  # fmt: skip


@pytest.mark.parametrize(("date", "creation", "kept"), [
    ("2021-06-14", "", "2021-06-14"), ("2021-06-14T08:00:00Z", "", "2021-06-14T08:00:00.000Z"), ("2021-06-14", "2021-06", "2021-06"),
    ("2021-06-14", "2021", "2021"),
])  # fmt: skip
def test_what_a_sender_states_in_part_stays_in_part(espace: str, door: str, date: str, creation: str, kept: str) -> None:
    _, person, record_id = newcomer(espace)
    allow(record_id, "treating")
    software = client(door, "treating")
    made = software.post("/fhir/DocumentReference", plain_text(person, date, **({"creation": creation} if creation else {})))
    assert made.status_code == 201, made.text
    (document,) = documents_of(software.search(person.ins))
    assert document["content"][0]["attachment"]["creation"] == kept


@pytest.mark.parametrize("date", ["2021", "2021-06"])
def test_the_first_moment_of_a_year_is_not_taken_for_an_instant(espace: str, door: str, date: str) -> None:
    _, person, record_id = newcomer(espace)
    allow(record_id, "treating")
    software = client(door, "treating")
    refused = software.post("/fhir/DocumentReference", plain_text(person, date, creation="2021"))
    assert refused.status_code == 400 and "DocumentReference.date" in refused.text
    unique_id = fresh_uid()
    sent = provide_bundle(entry(person, unique_id=unique_id), cda(person, unique_id=unique_id))
    sent["entry"][0]["resource"]["date"] = date
    assert software.post("/fhir", sent).status_code == 400
    assert documents_of(software.search(person.ins)) == []


def test_a_header_that_says_the_hour_is_not_told_by_the_day_beside_it(espace: str, door: str) -> None:
    _, person, record_id = newcomer(espace)
    allow(record_id, "treating")
    software, unique_id = client(door, "treating"), fresh_uid()
    content = dated(cda(person, unique_id=unique_id), "202106142330+0200")
    assert software.post("/fhir", provide_bundle(entry(person, unique_id=unique_id), content, date="2021-06-15")).status_code == 200
    (document,) = documents_of(software.search(person.ins))
    assert document["content"][0]["attachment"]["creation"] == "2021-06-14T21:30:00.000Z"
    assert document["date"].startswith("2021-06-15")


def test_a_header_states_its_times_in_part_and_a_sender_the_others(espace: str) -> None:
    _, person, _ = newcomer(espace)
    plain = cda(person)
    header = read_header(dated(plain, "2021"))
    assert header.times_stated == (("creationTime", "2021"),)
    assert read_header(plain).times_stated == ()
    entry = DocumentEntry(times_stated=(("creationTime", "20200101"), ("serviceStopTime", "2022")))
    assert stated_by(header, entry, person.ins).times_stated == (("creationTime", "2021"), ("serviceStopTime", "2022"))
    ends = plain.replace(b"<serviceEvent", b"<serviceEvent", 1)
    event = re.sub(
        rb"(<serviceEvent[^>]*>)(?:\s*<effectiveTime>.*?</effectiveTime>)?", rb'\1<effectiveTime><low value="202106"/><high value="2022"/></effectiveTime>', ends, count=1, flags=re.DOTALL,
    )  # fmt: skip
    assert dict(read_header(event).times_stated) == {"serviceStartTime": "202106", "serviceStopTime": "2022"}


def test_a_document_without_any_date_is_told_to_have_none() -> None:
    assert stated_date({"content": [{"attachment": {}}]}) == ""
    assert stated_date({"content": [{"attachment": {"creation": "2021"}}]}) == "2021"
    both = {"date": "2021-05-01T00:00:00.000Z", "content": [{"attachment": {"creation": "2021"}}]}
    assert stated_date(both) == both["date"], "another date than that of the creation"


def fields(page: str) -> dict[str, str]:
    """The fields of a form's date, as they stand."""
    return {
        name: value
        for name in ("date", "annee", "mois")
        for value in re.findall(rf'id="{name}" name="{name}"[^>]*value="([^"]*)"', page)
    }


@pytest.mark.parametrize(("form", "start", "shown"), [
    ({"annee": "1985"}, "1985", {"date": "", "annee": "1985", "mois": ""}), ({"annee": "1985", "mois": "6"}, "1985-06", {"date": "", "annee": "1985", "mois": "06"}),
    ({"date": "1985-06-14", "annee": "1985"}, "1985-06-14", {"date": "1985-06-14", "annee": "", "mois": ""}),
    ({"date": "1985-06-14"}, "1985-06-14", {"date": "1985-06-14", "annee": "", "mois": ""}), ({}, "", {"date": "", "annee": "", "mois": ""}),
])  # fmt: skip
def test_what_one_no_longer_knows_of_a_day_is_not_asked_for(
    espace: str, form: dict[str, str], start: str, shown: dict[str, str]
) -> None:
    who, _, _ = newcomer(espace)
    assert who.post("/profil/history/ajouter", {"libelle": "Appendicectomie"} | form).status_code == 302
    number = re.search(r"/profil/entree/([0-9a-f-]{36})", who.get("/profil/history").text)
    assert number
    entry = who.get(f"/profil/entree/{number[1]}")
    assert fields(entry.text) == shown, "correcting loses nothing of what was known"
    assert (
        who.post(
            f"/profil/entree/{number[1]}/changer", {"rubrique": "history", "libelle": "Appendicectomie par scopie"} | form
        ).status_code
        == 302
    )
    told = words(who.get("/profil/history"))
    assert "par scopie" in told and ("1985" in told) is bool(start)
    assert "1er janvier 1985" not in told and "1er juin 1985" not in told


@pytest.mark.parametrize(
    "wrong",
    [
        {"annee": "85x"},
        {"mois": "6"},
        {"annee": "1985", "mois": "13"},
        {"date": "hier"},
        {"annee": "2999"},
        {"date": "1986-01-01", "annee": "1985"},
    ],
)
def test_what_is_no_date_is_said_and_keeps_the_words(espace: str, portal: str, wrong: dict[str, str]) -> None:
    who, person, record_id = newcomer(espace)
    refused = who.post("/profil/history/ajouter", {"libelle": "Appendicectomie"} | wrong)
    assert refused.status_code == 400 and 'value="Appendicectomie"' in refused.text
    allow(record_id, "treating")
    browser = Browser(portal).sign_in("treating")
    base = browser.open(person.ins.matricule)
    refused = browser.post(f"{base}/profil/history/ajouter", {"libelle": "Appendicectomie"} | wrong)
    assert refused.status_code == 400 and 'value="Appendicectomie"' in refused.text


def test_a_professional_writes_and_corrects_a_year(espace: str, portal: str) -> None:
    _, person, record_id = newcomer(espace)
    allow(record_id, "treating")
    browser = Browser(portal).sign_in("treating")
    base = browser.open(person.ins.matricule)
    assert browser.post(f"{base}/profil/problems/ajouter", {"libelle": "Asthme", "annee": "1985"}).status_code == 302
    number = re.search(rf"{base}/profil/([0-9a-f-]{{36}})", browser.get(base).text)
    assert number
    assert fields(browser.get(f"{base}/profil/{number[1]}").text) == {"date": "", "annee": "1985", "mois": ""}
