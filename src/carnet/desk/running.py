"""`carnet run`: everything that `make run` opens, with addresses and demonstration sign-ins."""

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from carnet.apps.journal.api import signer
from carnet.config import embedded
from carnet.config.doors import BY_NAME, PROCESSES, Server, variable
from carnet.config.environment import Environment
from carnet.config.starting import read_settings
from carnet.desk import processes
from carnet.desk.demonstration.loading import (
    BLOCKING,
    CLOSED,
    EXPIRED,
    SUSPENDED,
    UNATTACHED,
    UNQUALIFIED,
    write_people,
    write_persons,
)
from carnet.desk.demonstration.people import ABSENT, PEOPLE, STORIES
from carnet.desk.demonstration.professionals import PROFESSIONALS
from carnet.desk.demonstration.publishers import write_publishers
from carnet.desk.pki import Folder
from carnet.desk.witness import make as make_witness

Ports = Mapping[str, int]
"""Port of each name of `desk.ports`."""


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


def regulation_certificates(pki: Folder) -> list[str]:
    """Digests of the certificates of medical regulation: the regulating doctor's card and the emergency service's own."""
    loaded = (x509.load_pem_x509_certificate(pki.certificate(name).read_bytes()) for name in ("regulator", "structure-samu"))
    return [certificate.fingerprint(SHA256()).hex() for certificate in loaded]


def _addresses(ports: Ports) -> dict[str, str]:
    """Port and public address of every process that has some."""
    told = {variable(process.port): str(ports[process.port]) for process in PROCESSES if process.port}
    for process in PROCESSES:
        if process.url:
            scheme = "http" if process.server in (Server.GRANIAN, Server.ASGI, Server.RSGI) else "https"
            # Passkeys belong to a host with a name; sign-ins elsewhere are told apart by an address of their own.
            host = "localhost" if process.name == "espace" else "127.0.0.1"
            told[variable(process.url)] = f"{scheme}://{host}:{ports[process.port]}"
    return told


def _environment(config: Environment, ports: Ports) -> dict[str, str]:
    """Settings of every process of the demonstration: doors, certificates, mail, journal."""
    pki, folder = Folder(config.data_dir / "pki"), config.data_dir / "witness"
    pki.make(datetime.now(UTC))
    log = signer(config.log_key(), config.log_origin, make=not (config.log() / "keys").exists()).verifier
    witness = make_witness(folder, "temoin.demonstration", [log]).key.verifier
    addresses = _addresses(ports)
    return environment(ports["fhir_port"], ports["psc_port"]) | addresses | {
        "CARNET_PORTAL_URL": addresses["CARNET_ESPACE_URL"],
        "CARNET_WEBPS_REGULATION": "true",
        "CARNET_FRANCECONNECT_ISSUER": f"http://127.0.0.1:{ports['franceconnect_port']}",
        "CARNET_PROCONNECT_ISSUER": f"http://127.0.0.1:{ports['proconnect_port']}",
        "CARNET_SERVICE_CALLS_PRIVATE": "true",
        "CARNET_VITALE": "simulator",
        "CARNET_TLS_CERTIFICATE": str(pki.path / "server.pem"),
        "CARNET_DMP_CERTIFICATE": str(pki.path / "server-rsa.pem"),
        "CARNET_REGULATION_CERTIFICATES": json.dumps(regulation_certificates(pki)),
        "CARNET_CLIENT_CA_FILE": str(pki.authorities),
        "CARNET_CLIENT_CRL_DIR": str(pki.lists),
        "CARNET_SMTP_PORT": str(ports["mail_port"]),
        "CARNET_SMTP_SECURITY": "none",
        "CARNET_MSS_CERTIFICATE": str(pki.path / "mss-carnet.pem"),
        "CARNET_MSS_CA_FILE": str(pki.operators),
        "CARNET_MSS_LIST_CERTIFICATE": str(pki.path / "mss-list.pem"),
        "CARNET_MSS_ROUTES": json.dumps({"*": f"127.0.0.1:{ports['operator_mail_port']}"}),
        "CARNET_WITNESSES": json.dumps({f"http://127.0.0.1:{ports['witness_port']}": str(witness)}),
        "CARNET_DEMONSTRATION_LOG": str(log),
    }  # fmt: skip


def _around(config: Environment, ports: Ports) -> list[subprocess.Popen[bytes]]:
    """What stands around Carnet: simulators of the national services, a mail server, a witness of the journal."""
    people, persons, companies = (config.data_dir / f"{name}-people.json" for name in ("psc", "franceconnect", "proconnect"))
    write_people(people)
    write_persons(persons)
    write_publishers(companies)
    portal, espace = (f"{os.environ[variable(BY_NAME[name].url)]}/connexion/retour" for name in ("webps", "espace"))
    callback = f"http://127.0.0.1:{ports['fhir_port']}/signin/callback"
    witness = ("--port", str(ports["witness_port"]), "--folder", str(config.data_dir / "witness"), "--name", "temoin.demonstration",
               "--log", os.environ["CARNET_DEMONSTRATION_LOG"])  # fmt: skip
    publishers = ("--port", str(ports["proconnect_port"]), "--people", str(companies), "--redirect-uri",
                  f"{os.environ['CARNET_OAUTH_URL']}/editeur/retour")  # fmt: skip
    mail = ("--port", str(ports["mail_port"]), "--folder", str(config.data_dir / "mailbox"))
    second = ("--smtp-port", str(ports["operator_mail_port"]), "--page-port", str(ports["operator_page_port"]), "--gateway",
              str(ports["mss_port"]), "--folder", str(config.data_dir / "operator"), "--pki", str(config.data_dir / "pki"),
              "--patient-domain", config.mss_patient_domain)  # fmt: skip
    return [processes.start(command, {}) for command in (
        processes.psc_command(ports["psc_port"], people, callback, portal),
        processes.franceconnect_command(ports["franceconnect_port"], persons, espace),
        processes.module_command("carnet.desk.simulators.proconnect", *publishers),
        processes.module_command("carnet.desk.simulators.mailbox", *mail),
        processes.module_command("carnet.desk.witness", *witness),
        processes.module_command("carnet.desk.simulators.operator", *second),
    )]  # fmt: skip


# The national sample kit must find its way in at the DMP door; no other door of the demonstration is lenient.
_TOLD = {"dmp": {"CARNET_VENDOR_KIT": os.environ.get("CARNET_VENDOR_KIT", "true")}}


def _wait(ports: Ports, around: list[subprocess.Popen[bytes]], doors: dict[str, subprocess.Popen[bytes]]) -> None:
    """Wait until everything that listens answers."""
    processes.wait_for(f"http://127.0.0.1:{ports['psc_port']}/", around[0])
    for process in PROCESSES:
        if process.port:
            processes.wait_until_served(process.name, ports[process.port], doors[process.name])


def _print_guide(config: Environment, ports: Ports) -> None:
    at = {process.name: os.environ[variable(process.url)] for process in PROCESSES if process.url}
    psc = f"http://127.0.0.1:{ports['psc_port']}"
    print("\nCarnet est ouvert (données fictives).")
    print(f"  WebPS, le portail     {at['webps']} (par carte : {at['webps-card']}/carte)")
    print(f"  Mon espace            {at['espace']} (FranceConnect+ : simulateur, on choisit un nom)")
    print(f"  Espace des éditeurs   {at['oauth']}/editeur (ProConnect : simulateur) ; serveur d'autorisation OAuth et SMART")
    print(f"  Assistants (MCP)      {at['mcp']}/mcp (lecture seule, par le serveur d'autorisation)")
    # Another folder is another database: the command is told which.
    elsewhere = f"CARNET_DATA_DIR={os.environ['CARNET_DATA_DIR']} " if os.environ.get("CARNET_DATA_DIR") else ""
    print(f"  Pages de l'exploitant {at['operator']} (un lien : {elsewhere}.venv/bin/carnet operator link)")
    print(f"  Porte FHIR            {at['fhir']}/fhir/metadata")
    tls = f"https://127.0.0.1:{ports['tls_port']}/fhir/metadata"
    print(f"  La même, par carte    {tls} (certificats de test : {config.data_dir}/pki)")
    print(f"  Porte DMP (SOAP)      {at['dmp']}/si-dmp-server/v2/services/ (?wsdl ; certificat client obligatoire)")
    if os.environ.get("CARNET_VENDOR_KIT", "true").lower() in ("true", "1"):
        print("    … avec les tolérances du kit national ; CARNET_VENDOR_KIT=false pour ce qu'un vrai serveur répond (docs/dmp.md)")
    hospital = f"127.0.0.1:{ports['hl7v2_port']}"
    print(f"  Porte hospitalière    {hospital} (HL7 v2 par MLLP et TLS, certificat de structure : carnet hl7v2 send)")
    print(f"  Messagerie            127.0.0.1:{ports['mss_port']} (SMTP entre opérateurs, TLS mutuel)")
    print(f"  Second opérateur      http://127.0.0.1:{ports['operator_page_port']}/ (simulateur : écrire à un patient)")
    print(f"  Pro Santé Connect     {psc} (simulateur : on choisit un nom, sans mot de passe)")
    print(f"  Téléphone e-CPS       {psc}/telephone (le même simulateur, pour confirmer deux chiffres)")
    print(f"  Avis par courriel     {config.data_dir}/mailbox (rien ne sort de cette machine)")
    print(f"  Journal scellé        {config.data_dir}/log, cosigné par un témoin (carnet journal export)")
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
        UNATTACHED: "dossier non rattaché à Mon espace",
    }
    for number, what in shown.items():
        print(f"  {PEOPLE[number].ins.matricule}  {what}")
    print(f"  {ABSENT.ins.matricule}  aucun dossier")
    print("\nPour Mon espace (les mêmes personnes, par FranceConnect+) :")
    for number, what in STORIES.items():
        print(f"  {PEOPLE[number].traits.given_names} {PEOPLE[number].traits.birth_name}  {what}")
    print("\nUn service d'exemple à relier : make diary (http://127.0.0.1:8095) ; un assistant : make assistant")
    print("Dans un autre terminal : .venv/bin/carnet tour      Arrêter : Ctrl C\n", flush=True)


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


def run(ports: Ports) -> int:
    """Start the database, load the demonstration, open the doors, and wait until stopped (Ctrl C or SIGTERM)."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    taken = [p for p in ports.values() if not processes.is_free(p)]
    if taken:
        print(
            f"Port déjà pris : {', '.join(map(str, taken))}. Choisissez-en d'autres : carnet run "
            + " ".join(f"--{name.replace('_', '-')} …" for name in ports),
            file=sys.stderr,
        )
        return 2
    config = read_settings()
    with _alone(config.data_dir) as alone:
        if not alone:
            print(f"Carnet tourne déjà sur le dossier {config.data_dir} (CARNET_DATA_DIR pour un autre).", file=sys.stderr)
            return 2
        return _run(config, ports)


def _run(config: Environment, ports: Ports) -> int:
    os.environ.update(_environment(config, ports))
    if not config.database_url:
        print("Base de données embarquée…", flush=True)
        os.environ["CARNET_EMBEDDED_URL"] = embedded.start(config.data_dir)
    _carnet("migrate")
    print("Démonstration…", flush=True)
    _carnet("demonstration")
    try:
        around = _around(config, ports)
        # The doors are last: what they answer to may count on the others.
        doors = {
            process.name: processes.serve(process.name, told=_TOLD.get(process.name), workers=1) for process in reversed(PROCESSES)
        }
        started = [*around, *doors.values()]
        with processes.running(*started):
            _wait(ports, around, doors)
            _print_guide(config, ports)
            while all(process.poll() is None for process in started):
                time.sleep(0.5)
            ended = next(process for process in started if process.poll() is not None)
            name = " ".join(str(part) for part in ended.args[1:4]) if isinstance(ended.args, list) else ""
            print(f"Un processus s'est arrêté (code {ended.returncode}) : {name}", file=sys.stderr)
            return 1
    except KeyboardInterrupt:
        return 0
    finally:
        if not config.database_url:
            embedded.stop(config.data_dir)
