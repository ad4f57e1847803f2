"""Every process of an installation, one row each: role of PostgreSQL, server, port, address, health and settings.

From these rows come the commands (`carnet serve`, `carnet run`), the settings of gunicorn, Django's list of interfaces, the tests'
doors, and `docs/reference/processes.md`. A new process is a row here and, where it is a door, an interface of its own.
"""

import ssl
import sys
from dataclasses import dataclass
from enum import Enum

from carnet.config.environment import Environment


class Server(Enum):
    """What runs a process."""

    GRANIAN = "granian"
    """HTTP, behind a proxy that terminates TLS."""
    ASGI = "asgi"
    """The same for an application that is asynchronous (the SDK of assistants is)."""
    RSGI = "rsgi"
    """The same for a machine door: readings are taken together in its loop, everything else by threads (`config.rsgi`)."""
    GUNICORN = "gunicorn"
    """HTTP over TLS that it terminates itself: it hands the client certificate to the application."""
    MODULE = "module"
    """A module of Carnet's own: no HTTP."""


@dataclass(frozen=True, slots=True)
class Process:
    """One process."""

    name: str
    what: str
    server: Server
    role: str
    """Role of PostgreSQL."""
    interface: str = ""
    """Package of `carnet.interfaces` whose addresses it serves."""
    port: str = ""
    """Setting of its port. Empty: it listens on nothing."""
    url: str = ""
    """Setting of the public address of what it serves."""
    health: str = ""
    """Path that answers as soon as it serves. Empty: the port accepts connections."""
    certificate: ssl.VerifyMode = ssl.CERT_NONE
    """What it asks of a client at the handshake, where it terminates TLS."""
    workers: int = 2
    threads: int = 2
    tls: tuple[str, ...] = ()
    """Settings of its own certificate and key, the preferred first; a file may hold both."""
    suites: tuple[str, ...] = ()
    """Suites of TLS 1.2; those of TLS 1.3 are not chosen here."""
    keyed: bool = True
    """Whether it holds the root key."""
    needs: tuple[str, ...] = ()
    """Settings that it needs beside the database's."""
    module: str = ""


_TRUST = ("client_ca_file", "client_crl_dir")
_DMP_SUITES = ("ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-CHACHA20-POLY1305",
               "ECDHE-RSA-AES256-SHA384")  # fmt: skip
"""PDT-INF-579 v4 (10/07/2025)."""
_OPTIONAL, _REQUIRED = ssl.CERT_OPTIONAL, ssl.CERT_REQUIRED
_COMMON_TLS, _DMP_TLS = ("tls_certificate", "tls_key"), ("dmp_certificate", "dmp_key")
_MSS_TLS = ("mss_certificate", "mss_key")

PROCESSES = (
    Process("fhir", "FHIR door", Server.RSGI, "carnet_fhir", "fhir", "fhir_port", "base_url", "/fhir/metadata"),
    Process("fhir-card", "FHIR door for cards and certificates", Server.GUNICORN, "carnet_fhir", "fhir", "tls_port",
            certificate=_OPTIONAL, tls=_COMMON_TLS, needs=_TRUST, workers=1, threads=16),
    Process("webps", "portal of professionals (WebPS)", Server.GRANIAN, "carnet_webps", "webps", "webps_port", "webps_url",
            "/connexion", threads=6),
    Process("webps-card", "WebPS for cards", Server.GUNICORN, "carnet_webps", "webps", "webps_card_port", "webps_card_url",
            certificate=_OPTIONAL, tls=_COMMON_TLS, needs=_TRUST, workers=1, threads=16),
    Process("espace", "patients' portal (Mon espace)", Server.GRANIAN, "carnet_espace", "espace", "espace_port", "espace_url",
            "/connexion", threads=6),
    Process("oauth", "authorisation server, and the publishers' space", Server.GRANIAN, "carnet_oauth", "oauth", "oauth_port",
            "oauth_url", "/.well-known/oauth-authorization-server"),
    Process("oauth-card", "authorisation server for certificates", Server.GUNICORN, "carnet_oauth", "oauth", "oauth_card_port",
            "oauth_card_url", certificate=_OPTIONAL, tls=_COMMON_TLS, needs=_TRUST, workers=1, threads=16),
    Process("mcp", "server of assistants (Model Context Protocol)", Server.ASGI, "carnet_fhir", "assistants", "mcp_port", "mcp_url",
            "/.well-known/oauth-protected-resource/mcp"),
    Process("operator", "operator's pages: administration network only", Server.GRANIAN, "carnet_operator", "operator",
            "operator_port", "operator_url", "/"),
    Process("dmp", "DMP door (SOAP)", Server.GUNICORN, "carnet_dmp", "dmp", "dmp_port", "dmp_url",
            certificate=_REQUIRED, tls=_DMP_TLS + _COMMON_TLS, suites=_DMP_SUITES, needs=_TRUST, threads=16),
    Process("hl7v2", "hospital door (HL7 v2 over MLLP and TLS)", Server.MODULE, "carnet_hl7v2", "hl7v2", "hl7v2_port",
            certificate=_REQUIRED, tls=_DMP_TLS + _COMMON_TLS, needs=_TRUST, module="carnet.config.hl7v2"),
    Process("mssante", "secure messaging: the gateway (SMTP between operators, or LMTP behind a Postfix)", Server.MODULE,
            "carnet_mssante", "mssante", "mss_port", certificate=_REQUIRED, tls=_MSS_TLS + _COMMON_TLS,
            needs=("mss_ca_file", "client_crl_dir"), module="carnet.config.mssante"),
    Process("mssante-relay", "secure messaging: sends what leaves", Server.MODULE, "carnet_mssante", tls=_MSS_TLS + _COMMON_TLS,
            needs=("mss_routes", "mss_ca_file"), module="carnet.config.mssante_relay"),
    Process("worker", "worker: what time does", Server.MODULE, "carnet_worker", module="carnet.config.worker"),
    Process("courier", "courier: sends mail", Server.MODULE, "carnet_courier", needs=("smtp_host", "smtp_port"),
            module="carnet.config.courier"),
    Process("sealer", "sealer: signs the journal, calls the witnesses", Server.MODULE, "carnet_sealer", keyed=False,
            needs=("log_key_file", "witnesses"), module="carnet.config.sealer"),
)  # fmt: skip
BY_NAME = {process.name: process for process in PROCESSES}
INTERFACES = tuple(dict.fromkeys(process.interface for process in PROCESSES if process.interface))


def variable(setting: str) -> str:
    """The environment variable of a setting."""
    return f"CARNET_{setting.upper()}"


def environment_of(process: Process, port: int = 0) -> dict[str, str]:
    """What tells a process which one it is, and on which port (none given: as the settings say)."""
    told = {"CARNET_PROCESS": process.name, "CARNET_DATABASE_ROLE": process.role}
    return told | ({variable(process.port): str(port)} if port else {})


def port_of(process: Process, config: Environment) -> int:
    """The port that the settings give to a process."""
    return int(getattr(config, process.port))


def certificate_and_key(process: Process, config: Environment) -> tuple[str, str]:
    """Files of a process's own certificate and of its key. Ends the process (SystemExit) where it has none."""
    pairs = [process.tls[n : n + 2] for n in range(0, len(process.tls), 2)]
    for of_certificate, of_key in pairs:
        certificate = getattr(config, of_certificate)
        if certificate:
            return str(certificate), str(getattr(config, of_key) or certificate)
    raise SystemExit(f"carnet {process.name} ne démarre pas : il lui faut un certificat, {variable(process.tls[0])}.")


def command(process: Process, port: int = 0, workers: int = 0, threads: int = 0) -> list[str]:
    """The command that runs a process, with `environment_of`. `workers`, `threads`: those of its row when 0."""
    workers, threads = workers or process.workers, threads or process.threads
    if process.server is Server.MODULE:
        return [sys.executable, "-m", process.module]
    if process.server is Server.GUNICORN:
        size = ["--workers", str(workers), "--threads", str(threads)]
        return [
            sys.executable,
            "-m",
            "gunicorn",
            "--config",
            "python:carnet.config.gunicorn",
            *size,
            "carnet.config.wsgi:application",
        ]
    config = Environment()
    kind = process.server.value if process.server in (Server.ASGI, Server.RSGI) else "wsgi"
    # An asynchronous application makes its own threads for what waits.
    blocking = ["--blocking-threads", str(threads)] if kind == "wsgi" else []
    return [
        sys.executable, "-m", "granian", "--interface", kind, "--host", config.listen,
        "--port", str(port or port_of(process, config)), "--workers", str(workers), *blocking,
        # A worker that dies is started again; the others answer meanwhile.
        "--respawn-failed-workers", "--respawn-interval", "0.5",
        "--log-level", "error", "--no-ws", f"carnet.config.{kind}:application",
    ]  # fmt: skip
