"""A thief at every door: how many records they open before they are stopped, under the bounds that Carnet ships.

`python -m bench.thief` makes an installation of its own with real doors, and prints one table. Each thief holds what was stolen and
nothing else: a card's key, a session, a structure's certificate. The last column: what a thief gets who can also sign in again (the
code of the card is known) each time that it is asked for, until an operator is needed.
"""

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import choice
from string import ascii_uppercase
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PEOPLE = int(os.environ.get("BENCH_THIEF_PEOPLE", "640"))


@dataclass(frozen=True, slots=True)
class Stolen:
    """One theft: what it opens of a person, in words, and how the thief signs in again where they can."""

    what: str
    opens: str
    open: Callable[[Any], bool]
    again: Callable[[], None] | None = None


def _until_stopped(theft: Stolen, people: Iterable[Any], signs_in: bool) -> int:
    opened = 0
    for person in people:
        got = theft.open(person)
        if not got and signs_in and theft.again is not None:
            theft.again()
            got = theft.open(person)
        if not got:
            break
        opened += 1
    return opened


def _signed_in(professional: str) -> None:
    """A sign-in at the portal, as far as the budgets know it."""
    from carnet.apps.storage.api import unit

    with unit() as work:
        work.run("INSERT INTO access_signin VALUES (%s, now() + interval '1 second') ON CONFLICT (person) DO UPDATE SET at = excluded.at",
                 f"professional:{professional}")  # fmt: skip
    time.sleep(1.1)


def _by_soap(
    dmp: str, pki: Any, key: str, document: dict[Any, str], as_air: str = ""
) -> tuple[Callable[[Any], bool], Callable[[Any], bool]]:
    from support.dmp import HABILITATIONS, Practice, errors, fault, status

    from carnet.desk.dmp_client import Software

    practice = Practice(dmp, pki, key)
    if as_air:
        practice.software = Software(dmp, pki, as_air)
        issuer = practice.software.signer.certificate.subject.rfc4514_string()
        practice.said = replace(practice.said, issuer=issuer, mode="INDIRECTE_RENFORCEE")

    def declares(person: Any) -> None:
        practice.own(person, HABILITATIONS, "setAuthorization", {"action": "AJOUT"})

    def reads(person: Any) -> bool:
        declares(person)
        return bool(status(practice.retrieve(person, document[person.ins])) == "Success")

    def lists(person: Any) -> bool:
        declares(person)
        found = practice.find(person)
        return not fault(found) and not errors(found)

    return reads, lists


def _by_fhir(
    fhir: str, key: str, document: dict[Any, str], ids: dict[Any, Any]
) -> tuple[Callable[[Any], bool], Callable[[Any], bool]]:
    from support.people import client

    session = client(fhir, key)

    def reads(person: Any) -> bool:
        session.authorize(person.ins)
        return session.get(f"/fhir/Binary/{ids[person.ins]}").status_code == 200

    def lists(person: Any) -> bool:
        session.authorize(person.ins)
        return session.search(person.ins).status_code == 200

    return reads, lists


def _by_pages(webps: str, key: str, own: bool = False) -> tuple[Callable[[Any], bool], Callable[[], None]]:
    from support.portal import Browser

    browsers = [Browser(webps).sign_in(key)]

    def reads(person: Any) -> bool:
        browser = browsers[-1]
        handle = browser.seek(person.ins.matricule)
        browser.get(f"/porte/{handle}")
        if not own:
            browser.post(f"/porte/{handle}/accord", {"accord": "oui", "titre": "equipe"})
        return browser.get(f"/dossier/{handle}").status_code == 200

    def again() -> None:
        time.sleep(1.1)
        browsers.append(Browser(webps).sign_in(key))

    return reads, again


def _by_traits(fhir: str) -> Callable[[Any], bool]:
    from support.people import client

    session = client(fhir, "regulator", regulation=True, software="logiciel-regulation")

    def finds(person: Any) -> bool:
        answer = session.match(
            family=person.traits.birth_name, given=[person.traits.given_names], birthdate=person.traits.birth_date
        )
        return answer.status_code == 200

    return finds


def _thefts(doors: dict[str, str], pki: Any, documents: dict[Any, str], ids: dict[Any, Any]) -> list[Stolen]:
    from carnet.desk.demonstration.professionals import PROFESSIONALS

    card, _ = _by_soap(doors["dmp"], pki, "dentist", documents)
    _, card_lists = _by_soap(doors["dmp"], pki, "midwife", documents)
    session, _ = _by_fhir(doors["fhir"], "cardiologist", documents, ids)
    _, session_lists = _by_fhir(doors["fhir"], "physiotherapist", documents, ids)
    pages, pages_again = _by_pages(doors["webps"], "nurse")
    own, own_again = _by_pages(doors["webps"], "treating", own=True)
    names = [_by_soap(doors["dmp"], pki, key, documents, "structure-hospital")[0] for key in ("emergency", "surgeon")]
    turn = iter(range(10**6))
    return [
        Stolen("a card, by SOAP", "contents (TD3.2)", card, lambda: _signed_in(PROFESSIONALS["dentist"].id)),
        Stolen("a card, by SOAP", "lists of documents (TD3.1)", card_lists, lambda: _signed_in(PROFESSIONALS["midwife"].id)),
        Stolen("a Pro Santé Connect session, by FHIR", "contents (ITI-68)", session),
        Stolen("a Pro Santé Connect session, by FHIR", "lists of documents (ITI-67)", session_lists),
        Stolen("a session of WebPS", "records", pages, pages_again),
        Stolen("a treating doctor's session of WebPS", "records of one's own patients", own, own_again),
        Stolen("a hospital's certificate, two names by SOAP", "contents (TD3.2)", lambda p: names[next(turn) % 2](p)),
        Stolen("a regulator's session, by FHIR", "searches by identity traits", _by_traits(doors["fhir"])),
    ]


def _fill() -> tuple[list[Any], dict[Any, str], dict[Any, Any]]:
    from support.people import deposit, fresh_person, fresh_uid, host, open_record

    from carnet.apps.access import api as access
    from carnet.apps.storage.api import unit
    from carnet.desk.demonstration.professionals import PROFESSIONALS
    from carnet.dicah.facts import AuthorisationGround

    people: list[Any] = []
    documents: dict[Any, str] = {}
    ids: dict[Any, Any] = {}
    for _ in range(PEOPLE):
        person = fresh_person(birth_name="".join(choice(ascii_uppercase) for _ in range(10)))
        record_id = open_record(person)
        with unit(record_id) as work:
            before = datetime.now(UTC) - timedelta(days=40)
            access.authorise_at(work, host(record_id), PROFESSIONALS["treating"].id, AuthorisationGround.CARE_TEAM, before)
        documents[person.ins] = (unique := fresh_uid())
        ids[person.ins] = deposit(person, "treating", unique_id=unique)
        people.append(person)
    return people, documents, ids


def measure() -> list[tuple[str, str, int, int]]:
    """Fill, open the doors, let each thief try, and count."""
    from django.conf import settings

    from carnet.apps.storage.api import close_pool
    from carnet.desk import processes
    from carnet.desk.demonstration.loading import import_directory, register_software, write_people
    from carnet.desk.pki import Folder
    from carnet.desk.upkeep import migrate

    now = datetime.now(UTC)
    migrate(now)
    settings.CARNET.database_role = "carnet_operator"
    import_directory(now)
    register_software()
    close_pool()
    settings.CARNET.database_role = "postgres"
    people, documents, ids = _fill()
    pki = Folder(settings.CARNET.data_dir / "pki")
    pki.make(now)
    write_people(settings.CARNET.data_dir / "people.json")
    ports = {name: int(os.environ[f"CARNET_{name.upper()}_PORT"]) for name in ("fhir", "dmp", "webps")}
    psc = int(os.environ["BENCH_PSC_PORT"])
    doors = {"fhir": f"http://127.0.0.1:{ports['fhir']}", "dmp": f"https://127.0.0.1:{ports['dmp']}",
             "webps": f"http://127.0.0.1:{ports['webps']}"}  # fmt: skip
    told = {"CARNET_CLIENT_CA_FILE": str(pki.authorities), "CARNET_CLIENT_CRL_DIR": str(pki.lists),
            "CARNET_DMP_CERTIFICATE": str(pki.path / "server-rsa.pem")}  # fmt: skip
    returns = (f"{doors['fhir']}/signin/callback", f"{doors['webps']}/connexion/retour")
    provider = processes.start(processes.psc_command(psc, settings.CARNET.data_dir / "people.json", *returns), {})
    served = {name: processes.serve(name, port, told, workers=1, threads=2) for name, port in ports.items()}
    found = []
    with processes.running(provider, *served.values()):
        processes.wait_for(f"http://127.0.0.1:{psc}/", provider)
        for name, port in ports.items():
            processes.wait_until_served(name, port, served[name])
        for theft in _thefts(doors, pki, documents, ids):
            waiting = iter(people)
            first = _until_stopped(theft, waiting, signs_in=False)
            more = first + _until_stopped(theft, waiting, signs_in=True) if theft.again else first
            found.append((theft.what, theft.opens, first, more))
            print(f"| {theft.what} | {theft.opens} | **{first}** | {more if theft.again else '-'} |", flush=True)
    return found


def main() -> int:
    """Measure."""
    sys.path.insert(0, str(ROOT / "tests"))
    from support.ports import free_port

    data = Path(tempfile.mkdtemp(prefix="carnet-bench-"))
    fhir, dmp, webps, psc = (free_port() for _ in range(4))
    os.environ.update({
        "CARNET_DATA_DIR": str(data), "CARNET_ENVIRONMENT": "test", "DJANGO_SETTINGS_MODULE": "carnet.config.settings",
        "CARNET_FHIR_PORT": str(fhir), "CARNET_DMP_PORT": str(dmp), "CARNET_WEBPS_PORT": str(webps), "BENCH_PSC_PORT": str(psc),
        "CARNET_BASE_URL": f"http://127.0.0.1:{fhir}", "CARNET_DMP_URL": f"https://127.0.0.1:{dmp}",
        "CARNET_WEBPS_URL": f"http://127.0.0.1:{webps}", "CARNET_PSC_ISSUER": f"http://127.0.0.1:{psc}/auth/realms/esante-wallet",
        "CARNET_TOKEN_LIFETIME": "14400", "CARNET_SEAL_STOP_SECONDS": "0",
    })  # fmt: skip
    import django

    django.setup(set_prefix=False)
    from carnet.apps.storage.api import close_pool
    from carnet.config import embedded

    print("| stolen | opened | before the first stop | with a new sign-in at each step-up |\n|---|---|---|---|", flush=True)
    try:
        measure()
    finally:
        close_pool()
        embedded.stop(data)
        shutil.rmtree(data, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
