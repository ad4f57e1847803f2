"""The product as its processes: the tour against a real server, a door killed in the middle of deposits, the commands."""

import hashlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import psycopg
import pytest
from django.conf import settings
from support import commands
from support.people import cda, client, entry, patient
from support.ports import free_port

from carnet.apps.storage.catalogue import lacking
from carnet.config.doors import PROCESSES
from carnet.desk import processes
from carnet.desk.ports import PORTS
from carnet.desk.running import environment


def carnet(*arguments: str, **env: str) -> commands.Done:
    return commands.carnet(*arguments, environment={**os.environ, **env})


class Run:
    """`carnet run` on a data folder and ports of its own: what `make run` starts, with the whole demonstration."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ports = {name: free_port() for name in PORTS}
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("CARNET_", "DJANGO_"))}
        self.environment = inherited | {"CARNET_DATA_DIR": str(folder)}
        with (folder / "said.txt").open("w") as log:
            self.process = subprocess.Popen(self.command(self.ports), env=self.environment, stdout=log, stderr=log)

    def command(self, ports: dict[str, int]) -> list[str]:
        options = [part for name, port in ports.items() for part in (f"--{name.replace('_', '-')}", str(port))]
        return [sys.executable, "-m", "carnet.desk.cli", "run", *options]

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.ports['fhir_port']}"

    def wait(self) -> None:
        """Until its last words: the guide with addresses and sign-ins."""
        end = time.monotonic() + 300
        while "carnet tour" not in (self.folder / "said.txt").read_text():
            assert self.process.poll() is None, (self.folder / "said.txt").read_text()
            assert time.monotonic() < end
            time.sleep(0.2)


@pytest.fixture(scope="module")
def run(home: Path) -> Iterator[Run]:
    started = Run(home)
    try:
        started.wait()
        yield started
    finally:
        if started.process.poll() is None:
            started.process.terminate()
            started.process.wait(30)


def test_the_demonstration_is_as_large_as_it_must_be(run: Run) -> None:
    import psycopg

    from carnet.desk.demonstration.professionals import PROFESSIONALS

    with psycopg.connect(f"postgresql://postgres:@/carnet?host={run.folder / 'postgres'}") as connection:
        people, documents = (
            connection.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in ("records_record", "records_document")
        )
    assert people >= 200
    assert documents >= 2000
    assert len(PROFESSIONALS) >= 25
    assert len({p.profession for p in PROFESSIONALS.values()}) >= 15


def test_every_door_of_a_run_answers(run: Run) -> None:
    for row in PROCESSES:
        if row.health:
            assert httpx.get(f"http://127.0.0.1:{run.ports[row.port]}{row.health}").status_code < 500, row.name
        elif row.port:
            assert not processes.is_free(run.ports[row.port]), row.name
    said = (run.folder / "said.txt").read_text()
    for name in ("fhir_port", "tls_port", "webps_port", "espace_port", "operator_port", "dmp_port", "hl7v2_port", "psc_port"):
        assert f":{run.ports[name]}" in said, name


def test_the_tour_plays_through_the_real_door_in_under_a_minute(run: Run) -> None:
    began = time.monotonic()
    played = carnet("tour", "--base", run.base, "--fast")
    assert played.returncode == 0, played.stdout + played.stderr
    assert time.monotonic() - began < 60
    for code in ("record-absent", "record-closed", "professional-blocked", "ins-mismatch", "consent-missing", "emergency-opposed"):
        assert f"[{code}]" in played.stdout
    assert "identique à l'octet près" in played.stdout


def test_the_first_calls_of_the_readme(run: Run) -> None:
    signed = carnet("sign-in", "899700001102", "--base", run.base)
    assert signed.returncode == 0, signed.stderr
    headers = {"Authorization": f"Bearer {signed.stdout.strip()}"}
    named = "urn:oid:1.2.250.1.213.1.4.10|231011399900185"
    tested = httpx.post(f"{run.base}/fhir/Patient/_search", data={"identifier": named}, headers=headers)
    assert tested.json()["total"] == 1
    found = httpx.post(
        f"{run.base}/fhir/DocumentReference/_search", data={"patient.identifier": named, "status": "current"}, headers=headers
    )
    assert found.json()["entry"]
    assert carnet("sign-in", "nobody", "--base", run.base).returncode == 1


def test_two_runs_do_not_disturb_each_other_and_one_stops_cleanly(run: Run) -> None:
    same_ports = subprocess.run(run.command(run.ports), env=run.environment, capture_output=True, text=True, check=False)
    assert (same_ports.returncode, str(run.ports["fhir_port"]) in same_ports.stderr) == (2, True)
    other = run.command({name: free_port() for name in PORTS})
    same_folder = subprocess.run(other, env=run.environment, capture_output=True, text=True, check=False)
    assert same_folder.returncode == 2
    assert "tourne déjà" in same_folder.stderr
    assert httpx.get(f"{run.base}/fhir/metadata").status_code == 200, "the first one goes on"
    run.process.terminate()
    assert run.process.wait(30) == 0
    assert all(processes.is_free(port) for port in run.ports.values())
    assert not (run.folder / "postgres" / "postmaster.pid").exists(), "the database stopped with the run"


def test_a_process_of_an_installation_is_served_by_its_name() -> None:
    port = free_port()
    told = {"CARNET_OPERATOR_PORT": str(port), "CARNET_OPERATOR_URL": f"http://127.0.0.1:{port}"}
    served = processes.start([sys.executable, "-m", "carnet.desk.cli", "serve", "operator", "--workers", "1"], told)
    with processes.running(served):
        processes.wait_until_served("operator", port, served)
        assert httpx.get(f"http://127.0.0.1:{port}/").status_code == 401
    assert carnet("serve", "nothing").returncode == 2


def test_a_port_in_use_is_said_before_a_door_shares_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = carnet("serve", "fhir", CARNET_FHIR_PORT=str(port), CARNET_FHIR_PROT="1")
    assert done.returncode == 1 and f"Port déjà pris : {port} (CARNET_FHIR_PORT)" in done.stderr
    assert "CARNET_FHIR_PROT : aucun réglage n'a ce nom" in done.stderr


def test_no_process_starts_on_tables_of_another_release() -> None:
    url = settings.DATABASE_URL
    with psycopg.connect(url.replace("{role}", "postgres"), autocommit=True) as owner:
        owner.execute("CREATE DATABASE carnet_before")
        try:
            before = url.replace("/carnet?", "/carnet_before?")
            assert before != url
            done = carnet("serve", "worker", CARNET_DATABASE_URL=before)
        finally:
            owner.execute("DROP DATABASE carnet_before")
    assert done.returncode == 1 and "Les tables ne sont pas celles de ce code" in done.stderr and "carnet migrate" in done.stderr
    assert lacking(url, "carnet_worker") == []
    assert lacking("postgresql://{role}@127.0.0.1:9/none", "carnet_worker") == [], "whoever asks it next says so"


@pytest.mark.parametrize("process", ["mssante-relay", "mssante", "hl7v2", "dmp"])
def test_a_process_without_its_certificate_ends_with_a_sentence(process: str) -> None:
    done = carnet(
        "serve", process, CARNET_MSS_PORT=str(free_port()), CARNET_HL7V2_PORT=str(free_port()), CARNET_DMP_PORT=str(free_port())
    )
    assert done.returncode == 1 and "il lui faut un certificat, CARNET_" in done.stderr and "Traceback" not in done.stderr


def test_the_tour_says_when_no_door_answers() -> None:
    played = carnet("tour", "--base", "http://127.0.0.1:9", "--fast")
    assert played.returncode == 2
    assert "make run" in played.stderr


def _deposits(base: str, stop: threading.Event, done: list[tuple[object, bytes, str]]) -> None:
    """Deposit until told to stop or until the door dies; keep what was acknowledged."""
    who = client(base, "treating")
    while not stop.is_set():
        person, _ = patient("treating")
        content = cda(person)
        try:
            answer = who.deposit(entry(person), content)
        except httpx.HTTPError:
            return
        if answer.status_code == 200:
            done.append((person, content, answer.json()["entry"][2]["response"]["location"]))


def test_an_acknowledged_deposit_survives_kill_9() -> None:
    acknowledged: list[tuple[object, bytes, str]] = []
    for attempt in range(3):
        port = free_port()
        server = processes.serve("fhir", port, environment(port, free_port()) | {"CARNET_ENVIRONMENT": "test"})
        base = f"http://127.0.0.1:{port}"
        with processes.running(server):
            processes.wait_until_served("fhir", port, server)
            stop = threading.Event()
            threads = [threading.Thread(target=_deposits, args=(base, stop, acknowledged)) for _ in range(3)]
            before, deadline = len(acknowledged), time.monotonic() + 60
            for thread in threads:
                thread.start()
            # The door dies in the middle of deposits, however slow the machine is: some were acknowledged, others are under way.
            while len(acknowledged) < before + 2 and time.monotonic() < deadline:
                time.sleep(0.01)
            time.sleep(0.07 * attempt)
            for child in _family(server.pid):
                # One that ended with another one of the family needs no signal.
                with suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
            stop.set()
            for thread in threads:
                thread.join()
    assert len(acknowledged) > 3
    _everything_is_there(acknowledged)
    _no_metadata_without_bytes()


def _family(pid: int) -> list[int]:
    import psutil

    return [child.pid for child in psutil.Process(pid).children(recursive=True)] + [pid]


def _everything_is_there(acknowledged: list[tuple[object, bytes, str]]) -> None:
    from uuid import UUID

    from support.people import ask

    from carnet.apps.records import api as records
    from carnet.kernel.ask import Act

    for person, content, location in acknowledged:
        back = records.read_content(ask("treating", Act.READ, person), UUID(location.removeprefix("Binary/")))
        assert hashlib.sha256(back.data).digest() == hashlib.sha256(content).digest()


def _no_metadata_without_bytes() -> None:
    import psycopg

    with psycopg.connect(settings.DATABASE_URL.replace("{role}", "postgres")) as connection:
        rows = connection.execute("SELECT record_id, address FROM records_document WHERE address <> ''").fetchall()
    missing = [r for r in rows if not (settings.CARNET.documents() / str(r[0])[:2] / str(r[0]) / r[1]).exists()]
    # One test of the door removes a file on purpose.
    assert len(missing) <= 1


def test_commands_of_the_operator(tmp_path: Path) -> None:
    verified = carnet("journal", "verify")
    assert verified.returncode == 0, verified.stderr
    assert "0 faute(s)" in verified.stdout
    shown = carnet("habilitation", "show")
    assert "reconstruction, not official" in shown.stdout
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("a,b\n", encoding="utf-8")
    refused = carnet("habilitation", "import", str(wrong), "--effective", "2026-12-01")
    assert refused.returncode == 1
    assert "missing columns" in refused.stderr
    assert carnet("directory", "import", str(wrong)).returncode == 1
    assert "orphelin" in carnet("sweep").stdout


def test_an_edition_imported_by_the_command_is_in_force_at_the_door(tmp_path: Path) -> None:
    good = tmp_path / "matrix.csv"
    good.write_text(
        "profession_system,profession_code,type_code,consult,basis\n1.2.250.1.71.1.2.7,10,11488-4,yes,official\n", encoding="utf-8"
    )
    folder = {"CARNET_HABILITATION_DIR": str(tmp_path / "editions")}
    assert carnet("habilitation", "import", str(good), "--effective", "2026-11-01", **folder).returncode == 0
    assert "2026-11-01 (official), 1 cellules" in carnet("habilitation", "show", **folder).stdout


def test_a_wrong_setting_stops_the_start_and_is_named() -> None:
    stopped = carnet("journal", "verify", CARNET_PSC_ALGORITHMS='["HS256"]')
    assert stopped.returncode != 0
    assert "CARNET_PSC_ALGORITHMS : il faut des algorithmes asymétriques" in stopped.stderr
    simulator = carnet("journal", "verify", CARNET_ENVIRONMENT="production", CARNET_INSI="simulator", CARNET_VITALE="off")
    assert simulator.returncode != 0
    assert "CARNET_INSI : simulator est refusé en production" in simulator.stderr
    card = carnet("journal", "verify", CARNET_ENVIRONMENT="production", CARNET_INSI="off", CARNET_VITALE="simulator")
    assert "un simulateur ne lit aucune carte" in card.stderr
    secret = carnet("journal", "verify", CARNET_ENVIRONMENT="production", CARNET_INSI="off", CARNET_VITALE="off")
    for name in ("PSC_CLIENT_SECRET", "PSC_ISSUER", "FRANCECONNECT_ISSUER", "PROCONNECT_ISSUER", "ESPACE_URL", "WEBPS_URL"):
        assert f"CARNET_{name} : " in secret.stderr, "all of it at once"
    for done in (stopped, simulator, card, secret):
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [("ENVIRONMENT", "prod", "'production', 'test' or 'demonstration'"), ("FHIR_PORT", "abc", "un nombre entier"), ("FHIR_PORT", "0", "1 au moins"),
     ("WITNESSES", "zzz", "il faut du JSON"), ("BASE_URL", "foo", "commence par http"), ("LAW_CIVIL_ZONE", "Mars/Olympus", "not a time zone"),
     ("LAW_SUPORT_LINE", "x", "aucun réglage de la loi"), ("ACCEPTED_LEVELS", "x", "CARNET_LAW_ACCEPTED_LEVELS"),
     ("LAW_EMERGENCY_LASTS", "x", "une durée")],
)  # fmt: skip
def test_a_wrong_setting_is_one_line_that_names_it_and_tells_no_value(name: str, value: str, told: str) -> None:
    done = carnet("journal", "verify", **{f"CARNET_{name}": value, "CARNET_SMTP_PASSWORD": "S3cret"})
    assert done.returncode == 1 and f"CARNET_{name}" in done.stderr and told in done.stderr
    assert "Traceback" not in done.stderr and "S3cret" not in done.stderr and len(done.stderr.splitlines()) <= 3


def test_a_refusal_of_production_prints_no_secret() -> None:
    done = carnet(
        "journal", "verify", CARNET_ENVIRONMENT="production", CARNET_PSC_CLIENT_SECRET="S3cretOne", CARNET_SMTP_PASSWORD="S3cretTwo"
    )
    assert done.returncode == 1 and "S3cret" not in done.stderr + done.stdout


def test_a_database_that_does_not_answer_ends_a_command_with_a_sentence() -> None:
    for url in (f"postgresql://nobody@127.0.0.1:{free_port()}/none", "mysql://foo"):
        done = carnet("journal", "verify", CARNET_DATABASE_URL=url)
        assert done.returncode == 1 and "CARNET_DATABASE_URL" in done.stderr and "Traceback" not in done.stderr


def test_tampering_with_the_journal_is_found_by_the_command() -> None:
    import psycopg

    url = settings.DATABASE_URL.replace("{role}", "postgres")
    with psycopg.connect(url, autocommit=True) as connection:
        chain, counter, body = connection.execute("SELECT chain_id, counter, body FROM journal_entry LIMIT 1").fetchone()
        # Only who owns the database can do this, after removing the guard: verification is what remains.
        connection.execute("ALTER TABLE journal_entry DISABLE TRIGGER journal_entry_append_only")
        connection.execute("UPDATE journal_entry SET body = body || ' ' WHERE chain_id = %s AND counter = %s", [chain, counter])
        found = carnet("journal", "verify")
        connection.execute("UPDATE journal_entry SET body = %s WHERE chain_id = %s AND counter = %s", [body, chain, counter])
        connection.execute("ALTER TABLE journal_entry ENABLE TRIGGER journal_entry_append_only")
    assert found.returncode == 1
    assert f"FAUTE change : chaîne {chain}, entrée {counter}" in found.stdout
    assert carnet("journal", "verify").returncode == 0
