"""What a person is shown through a professional's eyes is what that professional really gets: WebPS, FHIR, SOAP.

Worlds are drawn at random: who is authorised, blocked or named, which documents, with which visibility, and what the person chose.
"""

import re
from random import Random
from typing import Any
from uuid import UUID

import pytest
from support.dmp import Practice, objects
from support.espace import Space, newcomer
from support.people import allow, ask, client, deposit, host
from support.portal import Browser

from carnet.apps.access import api as access
from carnet.apps.records import api as records
from carnet.apps.storage.api import unit
from carnet.desk.client import resources_of
from carnet.desk.demonstration.people import DemoPerson
from carnet.desk.demonstration.professionals import PROFESSIONALS
from carnet.formats.codes.public import CATEGORIES
from carnet.kernel.ask import Act

WORLDS = 12
READERS = ("treating", "nurse", "pharmacist", "dentist", "cardiologist", "psychiatrist", "midwife")
TYPES = ("11488-4", "11502-2", "57833-6", "68599-0", "34112-3", "18748-4", "11369-6")
LABELS = ((), (), (), ("MASQUE_PS",), ("INVISIBLE_PATIENT",))


def _rights(draw: Random, record_id: UUID) -> None:
    for key in READERS:
        fate = draw.choice(("authorised", "authorised", "authorised", "nothing", "blocked", "administrator", "treating"))
        with unit(record_id) as work:
            number = PROFESSIONALS[key].id
            if fate == "blocked":
                access.block(work, host(record_id), number)
            elif fate == "administrator":
                access.name_relation(work, host(record_id), "administrator", number)
            elif fate == "treating":
                access.name_relation(work, host(record_id), "treating_doctor", number)
        if fate != "nothing":
            allow(record_id, key)


def _documents(draw: Random, person: DemoPerson) -> None:
    for number in range(draw.randint(3, 7)):
        author = draw.choice(("treating", "psychiatrist", "nurse", "dentist"))
        placed = deposit(person, author, draw.choice(TYPES), draw.choice(LABELS), title=f"N{number}")
        if draw.random() < 0.15:
            records.change_document(ask(author, Act.ARCHIVE, person), placed)


def _choices(draw: Random, who: Space) -> None:
    if draw.random() < 0.4:
        who.post("/acces/masquer/choisir", {"categorie": draw.sample(sorted(CATEGORIES), 2)})
    if draw.random() < 0.3:
        shown = re.findall(r"/documents/([0-9a-f-]{36})", who.get("/documents").text)
        who.post(f"/documents/{draw.choice(shown)}/masquer") if shown else None


def _previewed(who: Space, key: str) -> set[str]:
    page = who.get(f"/acces?comme=ps:{PROFESSIONALS[key].id}")
    assert page.status_code == 200, page.text
    return set(re.findall(r'data-seen="([0-9a-f-]{36})"', page.text))


def _by_fhir(door: str, key: str, person: DemoPerson) -> set[str]:
    answer = client(door, key).search(person.ins, _count="200")
    return {r["id"] for r in resources_of(answer, "DocumentReference")} if answer.status_code == 200 else set()


def _by_soap(dmp: str, pki: Any, key: str, person: DemoPerson) -> set[str]:
    found = objects(Practice(dmp, pki, key).find(person, statuses=("Approved", "Archived")))
    return {node.get("lid", "").removeprefix("urn:uuid:") for node in found}


def _by_webps(portal: str, key: str, person: DemoPerson, status: str) -> set[str]:
    browser = Browser(portal).sign_in(key)
    handle = browser.seek(person.ins.matricule)
    if not browser.get(f"/porte/{handle}").headers.get("location", "").startswith("/dossier/"):
        return set()
    return set(re.findall(r"documents/([0-9a-f-]{36})\"", browser.get(f"/dossier/{handle}/documents?statut={status}").text))


@pytest.mark.parametrize("world", range(WORLDS))
def test_the_preview_is_what_that_professional_gets(espace: str, portal: str, door: str, dmp: str, pki: Any, world: int) -> None:
    draw = Random(world)
    who, person, record_id = newcomer(espace)
    for key in READERS:
        allow(record_id, key)
    _documents(draw, person)
    with unit(record_id) as work:
        for key in READERS:
            access.withdraw_from(work, host(record_id), PROFESSIONALS[key].id, "person")
    _rights(draw, record_id)
    _choices(draw, who)
    opened = 0
    for key in READERS:
        shown, everything = _previewed(who, key), _by_webps(portal, key, person, "tous")
        assert _by_fhir(door, key, person) == _by_webps(portal, key, person, "en-vigueur"), key
        assert _by_soap(dmp, pki, key, person) == everything, key
        assert shown == everything - _hidden(record_id), key
        opened += bool(shown)
    assert opened, "a world where nobody sees anything proves nothing"


def _hidden(record_id: UUID) -> set[str]:
    """Documents that wait for an announcement: the person is shown nothing of them, in a preview either."""
    with unit(record_id) as work:
        rows = work.rows("SELECT logical_id FROM records_document WHERE record_id = %s AND hidden_from_patient", record_id)
    return {str(number) for (number,) in rows}
