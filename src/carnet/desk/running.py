"""`carnet run`: everything that `make run` opens, with addresses and demonstration sign-ins."""

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from carnet.config import embedded
from carnet.config.environment import Environment
from carnet.desk import processes
from carnet.desk.demonstration.loading import BLOCKING, CLOSED, EXPIRED, SUSPENDED, UNQUALIFIED, write_people
from carnet.desk.demonstration.people import ABSENT, PEOPLE
from carnet.desk.demonstration.professionals import PROFESSIONALS

_SIGN_INS = ("treating", "pharmacist", "nurse", "emergency", "regulator", "occupational", "blocked", "student")


def environment(port: int, psc_port: int) -> dict[str, str]:
    """Settings that the processes of one run share."""
    return {
        "CARNET_BASE_URL": f"http://127.0.0.1:{port}",
        "CARNET_FHIR_PORT": str(port),
        "CARNET_PSC_ISSUER": f"http://127.0.0.1:{psc_port}/auth/realms/esante-wallet",
        "CARNET_INSI": os.environ.get("CARNET_INSI", "simulator"),
        "CARNET_ENVIRONMENT": os.environ.get("CARNET_ENVIRONMENT", "demonstration"),
        "DJANGO_SETTINGS_MODULE": "carnet.config.settings",
    }


def _print_guide(port: int, psc_port: int) -> None:
    print("\nCarnet est ouvert (données fictives).")
    print(f"  Porte FHIR        http://127.0.0.1:{port}/fhir/metadata")
    print(f"  Pro Santé Connect http://127.0.0.1:{psc_port} (simulateur : on choisit un nom, sans mot de passe)")
    print("\nConnexions de démonstration (identifiant national, profession) :")
    for key in _SIGN_INS:
        person = PROFESSIONALS[key]
        print(f"  {person.id}  {person.given} {person.family}, {person.label}, {person.places[0].name}")
    print("\nQuelques patients (INS de test, OID 1.2.250.1.213.1.4.10) :")
    blocked = PROFESSIONALS["blocked"]
    shown = {
        0: "dossier ouvert",
        BLOCKING: f"a bloqué {blocked.given} {blocked.family}",
        CLOSED: "dossier fermé",
        SUSPENDED: "dossier suspendu",
        UNQUALIFIED: "identité douteuse",
        EXPIRED: "accord échu",
    }
    for number, what in shown.items():
        print(f"  {PEOPLE[number].ins.matricule}  {what}")
    print(f"  {ABSENT.ins.matricule}  aucun dossier")
    print("\nDans un autre terminal : .venv/bin/carnet tour      Arrêter : Ctrl C\n", flush=True)


def _carnet(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "carnet.desk.cli", *arguments], check=True)


@contextmanager
def _alone(data_dir: Path) -> Iterator[bool]:
    """Hold the data folder for this run; False when another run holds it."""
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / "run.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def run(port: int, psc_port: int) -> int:
    """Start the database, load the demonstration, open the doors, and wait until stopped (Ctrl C or SIGTERM)."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    taken = [p for p in (port, psc_port) if not processes.is_free(p)]
    if taken:
        print(
            f"Port déjà pris : {', '.join(map(str, taken))}. Choisissez-en d'autres : carnet run --port … --psc-port …",
            file=sys.stderr,
        )
        return 2
    config = Environment()
    with _alone(config.data_dir) as alone:
        if not alone:
            print(f"Carnet tourne déjà sur le dossier {config.data_dir} (CARNET_DATA_DIR pour un autre).", file=sys.stderr)
            return 2
        return _run(config, port, psc_port)


def _run(config: Environment, port: int, psc_port: int) -> int:
    os.environ.update(environment(port, psc_port))
    if not config.database_url:
        print("Base de données embarquée…", flush=True)
        os.environ["CARNET_EMBEDDED_URL"] = embedded.start(config.data_dir)
    _carnet("migrate")
    print("Démonstration…", flush=True)
    _carnet("demonstration")
    people = config.data_dir / "psc-people.json"
    write_people(people)
    psc = processes.start(processes.psc_command(psc_port, people, f"http://127.0.0.1:{port}/signin/callback"), {})
    door = processes.start(processes.fhir_command(port), {})
    try:
        with processes.running(psc, door):
            processes.wait_for(f"http://127.0.0.1:{psc_port}/", psc)
            processes.wait_for(f"http://127.0.0.1:{port}/fhir/metadata", door)
            _print_guide(port, psc_port)
            while psc.poll() is None and door.poll() is None:
                time.sleep(0.5)
            return 1
    except KeyboardInterrupt:
        return 0
    finally:
        if not config.database_url:
            embedded.stop(config.data_dir)
