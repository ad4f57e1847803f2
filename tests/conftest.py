"""One embedded database, one door and one Pro Santé Connect simulator for the whole run: real parts, on this machine.

Every test makes its own people with fresh numbers, so tests share the database without seeing each other.
"""

import functools
import os
import shutil
import socket
import ssl
import tempfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import hypothesis
import pytest
from support import bounds, roles
from support.ports import free_port

SHARED = Path(__file__).resolve().parents[2] / "shared"
DOOR_PORT, PSC_PORT, TLS_PORT = free_port(), free_port(), free_port()
WEBPS_PORT, WEBPS_TLS_PORT, WEBPS_PROCESS_PORT = free_port(), free_port(), free_port()
DMP_PORT = free_port()
ESPACE_PORT, ESPACE_PROCESS_PORT, OPERATOR_PORT, FRANCECONNECT_PORT = free_port(), free_port(), free_port(), free_port()
OAUTH_PORT, OAUTH_TLS_PORT, PROCONNECT_PORT, MCP_PORT = free_port(), free_port(), free_port(), free_port()
DATA = Path(tempfile.mkdtemp(prefix="carnet-tests-"))
PKI = DATA / "pki"

os.environ.update(
    {
        "CARNET_DATA_DIR": str(DATA),
        "CARNET_ENVIRONMENT": "test",
        "CARNET_INSI": "simulator",
        "CARNET_BASE_URL": f"http://127.0.0.1:{DOOR_PORT}",
        "CARNET_PSC_ISSUER": f"http://127.0.0.1:{PSC_PORT}/auth/realms/esante-wallet",
        "CARNET_WEBPS_URL": f"http://127.0.0.1:{WEBPS_PORT}",
        "CARNET_WEBPS_CARD_URL": f"https://127.0.0.1:{WEBPS_TLS_PORT}",
        "CARNET_WEBPS_REGULATION": "true",
        "CARNET_VITALE": "simulator",
        "CARNET_TEST_PORTAL_PORT": str(WEBPS_PROCESS_PORT),
        "CARNET_ESPACE_URL": f"http://localhost:{ESPACE_PORT}",
        "CARNET_OAUTH_URL": f"http://127.0.0.1:{OAUTH_PORT}",
        "CARNET_OAUTH_CARD_URL": f"https://127.0.0.1:{OAUTH_TLS_PORT}",
        "CARNET_PROCONNECT_ISSUER": f"http://127.0.0.1:{PROCONNECT_PORT}",
        "CARNET_MCP_URL": f"http://127.0.0.1:{MCP_PORT}",
        "CARNET_SERVICE_CALLS_PRIVATE": "true",
        "CARNET_OPERATOR_URL": f"http://127.0.0.1:{OPERATOR_PORT}",
        "CARNET_FRANCECONNECT_ISSUER": f"http://127.0.0.1:{FRANCECONNECT_PORT}",
        "CARNET_TEST_ESPACE_PORT": str(ESPACE_PROCESS_PORT),
        "CARNET_DIRECTORY_CACHE_SECONDS": "0",
        # Budgets are for the tests that lower them (`support.bounds`): a whole run is no professional's hour.
        # No sealer runs beside the tests; those of the seal say when one stands still.
        "CARNET_SEAL_STOP_SECONDS": "0",
        "CARNET_BOUNDS_DIR": str(bounds.unbounded(DATA)),
        "CARNET_MAX_DOCUMENT_BYTES": "200000",
        "CARNET_MAX_REQUEST_BYTES": "1000000",
        "CARNET_DMP_URL": f"https://127.0.0.1:{DMP_PORT}",
        "CARNET_CLIENT_CA_FILE": str(PKI / "ca.pem"),
        "CARNET_CLIENT_CRL_DIR": str(PKI / "crl"),
        "CARNET_SMTP_SECURITY": "none",
        "DJANGO_SETTINGS_MODULE": "carnet.config.settings",
    }
)
os.environ.pop("CARNET_EMBEDDED_URL", None)

COVERED = None
if os.environ.get("CARNET_COVERED"):
    from support.covered import Covered

    COVERED = Covered()

import django
import httpx

# Each client of httpx reads the system's authorities, 40 ms of a core: here they are read once.
httpx._transports.default.create_ssl_context = functools.lru_cache(httpx._transports.default.create_ssl_context)

django.setup(set_prefix=False)
django.conf.settings.PASSWORD_HASHERS = ["support.hashing.Quick"]

from support.entry import Hosted

from carnet.config import doors, wsgi


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 128
    """Connections that wait to be taken: with the five of the standard library, of two dozen at once some are reset."""


class _TlsServer(_Server):
    """Terminates TLS in the thread of the connection, as gunicorn does."""

    context: ssl.SSLContext

    def finish_request(self, request: Any, client_address: Any) -> None:
        try:
            wrapped = self.context.wrap_socket(request, server_side=True)
        except OSError:
            return
        with wrapped:
            self.RequestHandlerClass(wrapped, client_address, self)
            # A body that nobody read must not become a reset on the way out.
            with suppress(OSError):
                wrapped.shutdown(socket.SHUT_WR)
                wrapped.settimeout(2)
                while wrapped.recv(65536):
                    pass


class _Quiet(WSGIRequestHandler):
    def get_environ(self) -> dict[str, Any]:
        """What gunicorn gives too: the socket, from which the client certificate is read."""
        return super().get_environ() | {"gunicorn.socket": self.connection}

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def _runs_tests(config: pytest.Config) -> bool:
    """Whether this process runs tests itself: one that hands them to workers, or only lists them, needs no database."""
    return hasattr(config, "workerinput") or not (getattr(config.option, "numprocesses", None) or config.option.collectonly)


def pytest_configure(config: pytest.Config) -> None:
    """Make the tables before the first test. Speed is for the bench: no test has a deadline."""
    hypothesis.settings.register_profile("carnet", deadline=None)
    hypothesis.settings.load_profile("carnet")
    if COVERED:
        config.pluginmanager.register(COVERED)
    if not _runs_tests(config):
        return
    from datetime import UTC, datetime

    from django.conf import settings

    from carnet.desk.upkeep import migrate

    if not os.environ.get("CARNET_DATABASE_URL"):
        _hurry(settings.DATABASE_URL)
    migrate(datetime.now(UTC))
    roles.install()


def _hurry(url: str) -> None:
    """Let the embedded server leave its bytes to the system, and clean nothing: the tests kill processes, never the machine."""
    import psycopg

    with psycopg.connect(url.replace("{role}", "postgres"), autocommit=True) as connection:
        for setting in ("fsync", "full_page_writes", "synchronous_commit", "autovacuum", "jit"):
            connection.execute(f"ALTER SYSTEM SET {setting} TO off")
        connection.execute("SELECT pg_reload_conf()")


_LONG = ("generative/test_century", "integration/test_mss_operators", "integration/test_mss_storm", "browser/test_accessibility", "browser/test_espace_accessibility", "browser/test_espace_journeys", "browser/test_journeys",
         "desk/test_processes", "integration/test_functional_matrix_at_the_dmp_door", "integration/test_crashes", "desk/test_upkeep",
         "desk/test_keys", "desk/test_upgrade", "generative/test_preview", "integration/test_espace_record",
         "conformance/test_outside_samples", "house/test_walls")  # fmt: skip
"""Files that take longest, to be begun first: a long one at the end would leave the other workers idle. The century is the very first:
it lets decades pass for every record that is there."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first, for every worker alike."""

    def place(item: pytest.Item) -> int:
        name = str(item.path.relative_to(Path(__file__).parent).with_suffix(""))
        return _LONG.index(name) if name in _LONG else len(_LONG)

    items.sort(key=place)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """A file stays with one worker; so do all files of the browsers, whose people and processes take long to make."""
    from xdist.scheduler import LoadFileScheduling

    class ByFile(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = super()._split_scope(nodeid)
            return "browser" if "/browser/" in file else file

    return ByFile(config, log)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the database and remove the folder."""
    from carnet.apps.storage.api import close_pool
    from carnet.config import embedded

    roles.close()
    close_pool()
    if not os.environ.get("CARNET_DATABASE_URL"):
        embedded.stop(DATA)
    shutil.rmtree(DATA, ignore_errors=True)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """One plain summary: what ran, what could not, and how to run it."""
    count = {name: len(terminalreporter.stats.get(name, [])) for name in ("passed", "failed", "skipped", "error")}
    reasons = {str(r.longrepr[2]).removeprefix("Skipped: ") for r in terminalreporter.stats.get("skipped", [])}
    terminalreporter.write_line("")
    for reason in sorted(reasons):
        terminalreporter.write_line(f"not run: {reason}")
    terminalreporter.write_line(f"{count['passed']} passed, {count['failed'] + count['error']} failed, {count['skipped']} skipped")


@pytest.fixture(scope="module")
def earlier_at_rest() -> None:
    """No agenda of a record of an earlier file is looked at again: a worker that lets months pass would look at all of them each time."""
    from carnet.apps.storage.api import unit

    with roles.as_role("postgres"), unit() as work:
        work.run("""INSERT INTO prevention_choice (record_id, muted, changed_at, look_on)
                    SELECT record_id, '{}', now(), '9999-12-31' FROM records_record WHERE state = 'open'
                    ON CONFLICT (record_id) DO UPDATE SET look_on = excluded.look_on""")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of outside samples; the test is skipped, saying so, where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("no ../shared here: outside samples are not run (nothing to install, the folder is not public)")
    return SHARED


@pytest.fixture(scope="session", autouse=True)
def directory() -> None:
    """The synthetic professionals and the demonstration software, imported as an operator does."""
    from datetime import UTC, datetime

    from carnet.desk.demonstration import loading

    with roles.as_role("carnet_operator"):
        loading.import_directory(datetime.now(UTC))
        loading.register_software()


psc_servers: list[Any] = []


@pytest.fixture
def psc_provider(psc: str) -> Any:
    """The state of the simulator: its keys, codes and tokens."""
    return psc_servers[0].RequestHandlerClass.provider


@pytest.fixture(scope="session")
def psc() -> Iterator[str]:
    """The Pro Santé Connect simulator, as a server of its own."""
    from carnet.desk.demonstration.professionals import all_userinfo
    from carnet.desk.simulators.psc import serve

    callback = f"http://127.0.0.1:{DOOR_PORT}/signin/callback"
    portals = [f"http://127.0.0.1:{port}/connexion/retour" for port in (WEBPS_PORT, WEBPS_PROCESS_PORT)]
    logout = f"http://127.0.0.1:{DOOR_PORT}/signin/backchannel-logout"
    server = serve(PSC_PORT, all_userinfo(), [callback, "http://127.0.0.1/retour", *portals], (logout,))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    psc_servers.append(server)
    yield f"http://127.0.0.1:{PSC_PORT}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def fhir_entry() -> Iterator[Hosted]:
    """The asynchronous entry of the FHIR door, in this process so that tests can move its clock."""
    hosted = Hosted("fhir")
    yield hosted
    hosted.stop()


@pytest.fixture(scope="session")
def door(psc: str, fhir_entry: Hosted) -> Iterator[str]:
    """The FHIR door over HTTP, by its asynchronous entry."""
    server = make_server("127.0.0.1", DOOR_PORT, fhir_entry, server_class=_Server, handler_class=_Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{DOOR_PORT}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def pki() -> Any:
    """The test PKI: its folder is the one that the settings trust."""
    from datetime import UTC, datetime

    from carnet.desk.pki import Folder

    folder = Folder(PKI)
    folder.make(datetime.now(UTC))
    return folder


def _over_tls(port: int, application: Any, pki: Any, server: str = "server.pem", need: Any = ssl.CERT_OPTIONAL) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pki.path / server)
    context.load_verify_locations(pki.authorities)
    context.verify_mode = need
    door = make_server("127.0.0.1", port, application, server_class=_TlsServer, handler_class=_Quiet)
    door.context = context
    threading.Thread(target=door.serve_forever, daemon=True).start()
    yield f"https://127.0.0.1:{port}"
    door.shutdown()
    door.server_close()


@pytest.fixture(scope="session")
def tls_door(psc: str, pki: Any) -> Iterator[str]:
    """The same door behind TLS with client certificates."""
    yield from _over_tls(TLS_PORT, wsgi.door("fhir-card"), pki)


class _AsRole:
    """A door with the role of its own process: its threads use a pool of connections of that role.

    Tests prepare people as another role; what a door may not touch, its pages do not touch here either.
    """

    def __init__(self, application: Any, role: str) -> None:
        self.application, self.role = application, role

    def __call__(self, environ: Any, start_response: Any) -> Any:
        roles.enter(self.role)
        return self.application(environ, start_response)


def _in_role(name: str) -> _AsRole:
    return _AsRole(wsgi.door(name), doors.BY_NAME[name].role)


@pytest.fixture(scope="session")
def _webps() -> Any:
    return _in_role("webps")


@pytest.fixture(scope="session")
def dmp(pki: Any) -> Iterator[str]:
    """The DMP door behind mutual TLS, in the role of its own process."""
    yield from _over_tls(DMP_PORT, _in_role("dmp"), pki, "server-rsa.pem", ssl.CERT_REQUIRED)


@pytest.fixture(scope="session")
def dmp_process(pki: Any) -> Iterator[tuple[str, int]]:
    """The DMP door and the hospital's as `make run` starts them: processes of their own, over real TLS."""
    from carnet.desk import processes

    port, hospital = free_port(), free_port()
    told = {"CARNET_DMP_URL": f"https://127.0.0.1:{port}", "CARNET_DMP_CERTIFICATE": str(pki.path / "server-rsa.pem")}
    door, line = processes.serve("dmp", port, told), processes.serve("hl7v2", hospital, told)
    with processes.running(door, line):
        processes.wait_until_served("dmp", port, door)
        processes.wait_until_served("hl7v2", hospital, line)
        yield f"https://127.0.0.1:{port}", hospital


def _served(port: int, application: Any) -> Iterator[None]:
    server = make_server("127.0.0.1", port, application, server_class=_Server, handler_class=_Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def franceconnect() -> Iterator[Any]:
    """The simulator of FranceConnect+, as a server of its own; its people may be added to."""
    from carnet.desk.demonstration.loading import pivots
    from carnet.desk.simulators.franceconnect import serve

    callbacks = [f"http://localhost:{port}/connexion/retour" for port in (ESPACE_PORT, ESPACE_PROCESS_PORT)]
    server = serve(FRANCECONNECT_PORT, pivots(), callbacks)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.RequestHandlerClass.provider
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def espace(franceconnect: Any) -> Iterator[str]:
    """The patients' portal, in this process so that tests can move its clock."""
    for _ in _served(ESPACE_PORT, _in_role("espace")):
        yield f"http://localhost:{ESPACE_PORT}"


@pytest.fixture
def family(espace: str) -> Any:
    """A minor with an account, their person and record, and a representative who acts on the record."""
    from support.espace import newcomer, relate

    teenager, person, record_id = newcomer(espace, birth_date="2010-05-05")
    parent, _, _ = newcomer(espace)
    relate(record_id, parent, "representative")
    return teenager, person, record_id, parent.act_on(record_id)


@pytest.fixture(scope="session")
def operator() -> Iterator[str]:
    """The operator's pages."""
    for _ in _served(OPERATOR_PORT, _in_role("operator")):
        yield f"http://127.0.0.1:{OPERATOR_PORT}"


@pytest.fixture(scope="session")
def proconnect() -> Iterator[Any]:
    """The simulator of ProConnect, as a server of its own; its people may be added to."""
    from carnet.desk.demonstration.publishers import shown_publishers
    from carnet.desk.simulators.proconnect import serve

    server = serve(PROCONNECT_PORT, shown_publishers(), [f"http://127.0.0.1:{OAUTH_PORT}/editeur/retour"])
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.RequestHandlerClass.provider
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def oauth(proconnect: Any) -> Iterator[str]:
    """The authorisation server and the publishers' space."""
    for _ in _served(OAUTH_PORT, _in_role("oauth")):
        yield f"http://127.0.0.1:{OAUTH_PORT}"


@pytest.fixture(scope="session")
def assistants(oauth: str) -> Iterator[str]:
    """The server of assistants, as `make run` starts it: a process of its own."""
    from carnet.desk import processes

    process = processes.serve("mcp", MCP_PORT)
    with processes.running(process):
        processes.wait_until_served("mcp", MCP_PORT, process)
        yield f"http://127.0.0.1:{MCP_PORT}/mcp"


@pytest.fixture(scope="session")
def oauth_tls(proconnect: Any, pki: Any) -> Iterator[str]:
    """The same server on the port that asks for a client certificate."""
    yield from _over_tls(OAUTH_TLS_PORT, _in_role("oauth-card"), pki)


@pytest.fixture(scope="session")
def portal(psc: str, _webps: Any) -> Iterator[str]:
    """The portal of professionals, in this process so that tests can move its clock."""
    server = make_server("127.0.0.1", WEBPS_PORT, _webps, server_class=_Server, handler_class=_Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{WEBPS_PORT}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def card_portal(psc: str, pki: Any, _webps: Any) -> Iterator[str]:
    """The port of the portal that asks for a client certificate."""
    yield from _over_tls(WEBPS_TLS_PORT, _webps, pki)


class MovedClock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        from datetime import timedelta

        self.ahead = timedelta(0)

    def __call__(self) -> Any:
        from datetime import UTC, datetime

        return datetime.now(UTC) + self.ahead

    def move(self, by: Any) -> None:
        """Let time pass."""
        self.ahead += by


@pytest.fixture
def settings_clock() -> Iterator[MovedClock]:
    """The clock of every door and process of this run, in the hands of one test."""
    from carnet.kernel.clock import set_clock

    clock = MovedClock()
    set_clock(clock)
    yield clock
    set_clock()


@pytest.fixture
def scanner() -> Iterator[Any]:
    """A scanner that speaks clamd's protocol and knows one signature."""
    from support.scanner import Scanner

    with Scanner() as found:
        yield found


@pytest.fixture(scope="session")
def sealed_log() -> Any:
    """The log of the whole run, sealed on demand as the sealer's process does it, with the map of the day."""
    from support.sealing import SealedLog

    return SealedLog()
