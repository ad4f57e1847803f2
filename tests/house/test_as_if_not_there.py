"""A hidden document leaves no hole: two worlds, one with it and one without, answer alike at every address, to every reader.

The addresses come from the maps of the doors: a new one joins by itself. What differs from one world to the other by its nature (numbers,
tokens, hours) is blotted out; everything else must be the same, character by character.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from house import test_every_espace_page as persons
from house import test_every_page as professionals
from support.espace import Space, newcomer, relate, space
from support.people import allow, ask, client, deposit, fresh_person, now, open_record
from support.portal import Browser
from support.roles import as_role

from carnet.apps.journal import api as journal
from carnet.apps.outbox import api as outbox
from carnet.apps.records import api as records
from carnet.apps.records.api import Query
from carnet.apps.storage.api import unit
from carnet.kernel.ask import Act
from carnet.kernel.refusal import Refusal

PATIENT, REPRESENTATIVES, MASKED = "INVISIBLE_PATIENT", "INVISIBLE_REPRESENTANTS_LEGAUX", "MASQUE_PS"
_BLOTS = (
    (re.compile(r'data-key="[^"]+"'), "KEY"),
    (re.compile(r"data:[^\"']+"), "DATA"),
    (re.compile(r"<svg.*?</svg>", re.S), "SVG"),
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "UUID"),
    (re.compile(r"document-[0-9a-f]{8}"), "FILE"),
    (re.compile(r"[A-Za-z0-9_-]{28,}={0,2}"), "TOKEN"),
    (re.compile(r"\b[12]\s?\d{2}\s?\d{2}\s?\w{2}\s?\d{3}\s?\d{3}\s?\d{2}\b"), "INS"),
    (re.compile(r"T\d{2}:\d{2}(:\d{2})?(\.\d+)?([+-]\d{2}:\d{2}|Z)"), "HOUR"),
    (re.compile(r"\b\d{1,2}\s?[:h]\s?\d{2}(:\d{2})?(\.\d+)?"), "HOUR"),
    (re.compile(r"\s*jusqu’à HOUR"), ""),
    (re.compile(r"data-countdown>\d+\s(min|h)\b"), "data-countdown>LEFT"),
    (re.compile(r"\b\d{4} ?\d{4}\b"), "CODE"),
    (re.compile(r"2\.25\.\d+"), "OID"),
    (re.compile(r'"(hash|size)":"?[^",}]+'), "BYTES"),
    (re.compile(r"^(%PDF|PK\x03).*", re.S), "FILE"),
)


_BEFORE_MIDNIGHT = timedelta(minutes=10)


@pytest.fixture(autouse=True)
def away_from_midnight(settings_clock: Any) -> None:
    """Both worlds are of one day: what is written a minute before midnight would differ from what is written a minute after.

    The clock is moved by less than a session may be idle: those of whoever reads are opened by the clock of the machine.
    """
    here = settings_clock().astimezone(ZoneInfo(settings.LAW.civil_zone))
    if (here + _BEFORE_MIDNIGHT).date() > here.date():
        settings_clock.move(_BEFORE_MIDNIGHT)


def blotted(text: str) -> str:
    """A text without what is another in each world."""
    for pattern, blot in _BLOTS:
        text = pattern.sub(blot, text)
    return text


@dataclass
class World:
    """A record in which much happened, and who reads it."""

    record_id: UUID
    person: Any
    holder: Space
    shown: UUID
    hidden: UUID | None
    announced: UUID


def _question(who: str, person: Any, document: UUID, at: datetime) -> None:
    with suppress(Refusal):
        records.read_content(replace(ask(who, Act.READ, person), at=at), document)


def world(espace: str, label: str, secret: bool, minor: bool = False) -> World:
    """The same acts at the same distance from now in both worlds; in one of them also what concerns the hidden document."""
    person = fresh_person(given_names="Camille", birth_name="PAREIL", birth_date="2013-04-05" if minor else "1980-05-17")
    record_id = open_record(person)
    holder = space(espace, person, record_id)
    allow(record_id, "treating", "nurse", treating="treating")
    begun = now() - timedelta(hours=3)

    def later(minutes: int) -> datetime:
        return begun + timedelta(minutes=minutes)

    def deposited(title: str, days: int, minutes: int, *labels: str) -> UUID:
        written = now() - timedelta(days=days)
        return deposit(person, "treating", title=title, label=labels, effective_time=written, at=later(minutes))

    hidden = deposited("Titre caché", 9, 0, label) if secret else None
    announced = deposited("Titre annoncé", 7, 1, *(() if label == MASKED else (label,)))
    shown = deposited("Titre montré", 5, 2)
    if hidden is not None:
        _question("nurse", person, hidden, later(10))
        _question("dentist", person, hidden, later(11))
    for minutes, document in ((12, shown), (13, announced)):
        _question("nurse", person, document, later(minutes))
    if label != MASKED:
        announcing = replace(ask("treating", Act.ANNOUNCE, person), at=later(20))
        records.change_document(announcing, announced, minor_agreed=label == REPRESENTATIVES)
    records.search(replace(ask("nurse", Act.SEARCH, person), at=later(30)), Query())
    return World(record_id, person, holder, shown, hidden, announced)


def pages(get: Callable[[str], Any], paths: list[str]) -> dict[str, tuple[int, str]]:
    """Every page, blotted, with its status."""
    return {path: (answer.status_code, blotted(answer.text)) for path in paths if (answer := get(path)) is not None}


def _paths(one: World, number: UUID) -> list[str]:
    return [
        path for address in persons.addresses("espace") for path in persons.filled(address, number) if address not in persons.ENDS
    ]


def _differing(first: dict[str, tuple[int, str]], second: dict[str, tuple[int, str]]) -> list[str]:
    assert [blotted(path) for path in first] == [blotted(path) for path in second]
    pairs = zip(first.items(), second.values(), strict=True)
    return [f"{blotted(path)} {_first_difference(answer, other)}" for (path, answer), other in pairs if answer != other]


def _first_difference(one: tuple[int, str], other: tuple[int, str]) -> str:
    """Where two pages part: a few words around it."""
    at = next((n for n, (a, b) in enumerate(zip(one[1], other[1], strict=False)) if a != b), min(len(one[1]), len(other[1])))
    return f"{one[0]}/{other[0]} …{one[1][max(at - 80, 0) : at + 120]}… | …{other[1][max(at - 20, 0) : at + 120]}…"


def _as(one: World, espace: str, reader: str) -> Space:
    if reader == "holder":
        return one.holder
    who, _, _ = newcomer(espace, given="Andrea", birth_name="LECTEUR")
    relate(one.record_id, who, reader)
    return who.act_on(one.record_id)


@pytest.mark.parametrize(("reader", "label", "minor"), [
    ("holder", PATIENT, False), ("representative", REPRESENTATIVES, True), ("representative", PATIENT, True),
    ("carer", PATIENT, False), ("carer", REPRESENTATIVES, True),
])  # fmt: skip
def test_every_address_of_a_person_is_the_same_without_it(espace: str, reader: str, label: str, minor: bool) -> None:
    with_it, without = world(espace, label, True, minor), world(espace, label, False, minor)
    one, other = _as(with_it, espace, reader), _as(without, espace, reader)
    for of, in_other in ((with_it.shown, without.shown), (with_it.announced, without.announced), (with_it.hidden, uuid4())):
        assert of is not None
        asked = _paths(with_it, of), _paths(without, in_other)
        assert len(asked[0]) > 100
        if of is not with_it.shown:
            # What names no document was asked for already.
            asked = [p for p in asked[0] if str(of) in p], [p for p in asked[1] if str(in_other) in p]
            assert len(asked[0]) > 20
        assert _differing(pages(one.get, asked[0]), pages(other.get, asked[1])) == []
    # Asking for the hidden one and for an invented one left the same in the journal too.
    last = [pages(get, ["/", "/acces/journal", "/demandes"]) for get in (one.get, other.get)]
    assert _differing(*last) == []
    assert last[0]["/"][0] == 200, "pages of whoever is signed in were compared, and no refusals alone"


@pytest.mark.parametrize(("reader", "label", "minor"), [("holder", PATIENT, False), ("representative", REPRESENTATIVES, True)])
def test_a_page_about_it_leaves_no_line_of_its_own(espace: str, portal: str, reader: str, label: str, minor: bool) -> None:
    with_it, without = world(espace, label, True, minor), world(espace, label, False, minor)
    for one in (with_it, without):
        doctor = Browser(portal).sign_in("treating")
        base = f"/dossier/{doctor.seek(one.person.ins.matricule)}"
        for number in filter(None, (one.shown, one.hidden)):
            assert doctor.get(f"{base}/documents/{number}").status_code == 200
        if minor:
            for number in filter(None, (one.shown, one.hidden)):
                assert one.holder.get(f"/documents/{number}").status_code == 200
    one, other = _as(with_it, espace, reader), _as(without, espace, reader)
    assert _differing(pages(one.get, ["/acces/journal", "/"]), pages(other.get, ["/acces/journal", "/"])) == []


@pytest.mark.parametrize(("label", "minor"), [(PATIENT, False), (REPRESENTATIVES, True)])
def test_no_replacement_takes_a_visible_document_away_and_its_refusal_is_told_to_nobody_it_hides_from(
    espace: str, label: str, minor: bool
) -> None:
    one = world(espace, label, False, minor)
    reader = one.holder if label == PATIENT else _as(one, espace, "representative")
    before = blotted(reader.get("/acces/journal").text)
    with pytest.raises(Refusal, match="visibility-not-allowed"):
        deposit(one.person, "treating", title="Suite cachée", label=(label,), replaces=one.shown)
    assert "Titre montré" in reader.get("/documents").text
    after = blotted(reader.get("/acces/journal").text)
    assert after.count("refusé") == before.count("refusé")


@pytest.mark.parametrize(("reader", "label", "minor"), [("holder", PATIENT, False), ("representative", REPRESENTATIVES, True)])
def test_the_lines_of_what_was_announced_show_while_another_stays_hidden(espace: str, reader: str, label: str, minor: bool) -> None:
    one = world(espace, label, True, minor)
    page = _as(one, espace, reader).get("/acces/journal").text
    assert "Titre caché" not in page
    assert page.count(str(one.announced)) > 0 or "annonc" in page
    assert str(one.hidden) not in page


def test_a_carer_sees_neither_who_may_read_nor_what_is_masked(espace: str) -> None:
    one = world(espace, MASKED, True)
    carer = _as(one, espace, "carer")
    listed = carer.get("/documents").text
    assert "Titre caché" in listed and "Masqué" not in listed, "a carer reads it, and not that it is masked"
    assert carer.get("/documents?etat=masques").text.count("/documents/") == listed.count("/documents/")
    assert "est masqué" not in carer.get(f"/documents/{one.hidden}").text
    for path in ("/acces", "/acces/professionnels", "/acces/masquer", "/acces/urgence"):
        assert carer.get(path).status_code == 403
    assert "est masqué" in one.holder.get(f"/documents/{one.hidden}").text


@pytest.mark.parametrize("mode", ["normal", "emergency"])
def test_every_address_of_the_portal_is_the_same_without_a_masked_one(espace: str, portal: str, mode: str) -> None:
    with_it, without = world(espace, MASKED, True), world(espace, MASKED, False)
    found = []
    for one, number in ((with_it, with_it.hidden), (without, uuid4())):
        if mode == "normal":
            browser = Browser(portal).sign_in("nurse")
            handle = browser.seek(one.person.ins.matricule)
        else:
            browser = Browser(portal).sign_in("emergency")
            opened = browser.post(
                f"/porte/{browser.seek(one.person.ins.matricule)}/urgence/bris-de-glace", {"motif": "Patient inconscient, danger."}
            )
            handle = opened.headers["location"].removeprefix("/dossier/")
        assert number is not None
        paths = [
            professionals.filled(address, handle, document)
            for document in (one.shown, number)
            for address in professionals.addresses()
            if address not in professionals.PUBLIC | professionals.WITHOUT_RECORD
        ]
        acts = [browser.post(f"/dossier/{handle}/documents/{number}/{act}") for act in ("masquer", "archiver", "supprimer")]
        found.append({**pages(browser.get, paths), "acts": (0, " ".join(f"{a.status_code} {blotted(a.text)}" for a in acts))})
        found[-1]["traces"] = pages(browser.get, [f"/dossier/{handle}/acces"])[f"/dossier/{handle}/acces"]
    assert _differing(*found) == []
    assert found[0]["traces"][0] == 200, "pages of whoever is in the record were compared, and no refusals alone"


def test_software_gets_the_same_answers_and_the_same_traces(espace: str, door: str) -> None:
    with_it, without = world(espace, MASKED, True), world(espace, MASKED, False)
    found = []
    for one, number in ((with_it, with_it.hidden), (without, uuid4())):
        for key, mode in (("nurse", ""), ("emergency", "bris_de_glace")):
            who = client(door, key)
            if mode:
                who.open_emergency(one.person.ins, mode, "Patient inconscient, danger.")
            operations = [{"op": "add", "path": "/securityLabel/-", "value": {"coding": [{"code": "MASQUE_PS"}]}}]
            answers = [
                who.search(one.person.ins, mode), who.get(f"/fhir/Binary/{number}", mode),
                who.get(f"/fhir/DocumentReference/{number}", mode), who.patch(number, operations, mode), who.traces(one.person.ins, mode),
            ]  # fmt: skip
            found += [(answer.status_code, blotted(answer.text)) for answer in answers]
    half = len(found) // 2
    assert [_first_difference(a, b) for a, b in zip(found[:half], found[half:], strict=True) if a != b] == []


def test_notices_are_those_of_a_world_without_it(espace: str) -> None:
    for label, minor in ((PATIENT, False), (REPRESENTATIVES, True)):
        found = []
        for secret in (True, False):
            one = world(espace, label, secret, minor)
            with unit(one.record_id) as work:
                found.append(sorted(outbox.pending(work, one.record_id)))
        assert found[0] == found[1], label


def test_the_timer_that_shows_names_no_secret_beside_what_it_shows(espace: str) -> None:
    from carnet.apps.records.lifecycle.by_time import make_visible

    person = fresh_person(given_names="Camille", birth_name="MINUTERIE", birth_date="2013-04-05")
    record_id = open_record(person)
    holder = space(espace, person, record_id)
    both = deposit(person, "treating", title="Double", label=(PATIENT, REPRESENTATIVES))
    single = deposit(person, "treating", title="Simple", label=(PATIENT,))
    with unit(record_id) as work:
        work.run("UPDATE records_document SET deposited_at = %s WHERE record_id = %s", now() - timedelta(days=40), record_id)
    with as_role("carnet_worker"):
        make_visible(now())
    mother, _, _ = newcomer(espace, given="Andrea", birth_name="MINUTERIE")
    relate(record_id, mother, "representative")
    with unit(record_id) as work:
        own = [e for e in journal.entries_of_record(work, record_id) if e["actor_kind"] == "timer"]
    assert [e["documents"] for e in own] == [[str(single)]], "the line of the record itself names what shows alone"
    assert str(both) not in mother.act_on(record_id).get("/acces/journal").text
    assert holder.get(f"/documents/{both}").status_code == 200


def test_what_concerns_the_asker_alone_is_told_alike_of_a_number_that_is_one(door: str, espace: str) -> None:
    traces = []
    for invented in (False, True):
        one = world(espace, MASKED, True)
        who = client(door, "occupational")
        number = uuid4() if invented else one.hidden
        assert who.get(f"/fhir/Binary/{number}").status_code == 403
        traces.append(blotted(who.traces(one.person.ins).text))
    assert traces[0] == traces[1]
