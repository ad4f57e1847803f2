"""Processes of the demonstration on one machine: database, migrations, FHIR door, simulator of Pro Santé Connect."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx


def free_port() -> int:
    """A port of the loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def wait_for(url: str, process: subprocess.Popen[bytes], seconds: float = 30.0) -> None:
    """Wait until an address answers. Raises RuntimeError when the process ends or the time runs out."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"the process for {url} ended with code {process.returncode}")
        try:
            httpx.get(url, timeout=1.0)
            return
        except httpx.HTTPError:
            time.sleep(0.1)
    raise RuntimeError(f"{url} does not answer after {seconds:.0f} seconds")


def wait_for_port(port: int, process: subprocess.Popen[bytes], seconds: float = 30.0) -> None:
    """Wait until somebody listens on a port of the loopback. Raises RuntimeError as `wait_for` does."""
    end = time.monotonic() + seconds
    while is_free(port):
        if process.poll() is not None or time.monotonic() > end:
            raise RuntimeError(f"nobody listens on port {port}")
        time.sleep(0.05)


def door_command(name: str, port: int, workers: int = 2, threads: int = 2) -> list[str]:
    """The command of a door over HTTP: `fhir`, `webps`, `espace` or `operator`."""
    return [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
        "--workers", str(workers), "--blocking-threads", str(threads), "--log-level", "error", "--no-ws",
        f"carnet.config.wsgi_{name}:application",
    ]  # fmt: skip


def fhir_command(port: int, workers: int = 2, threads: int = 2) -> list[str]:
    """The command of the FHIR door."""
    return door_command("fhir", port, workers, threads)


def tls_command(name: str = "fhir") -> list[str]:
    """The command of a door that asks for client certificates (its settings come from the environment)."""
    settings, application = f"python:carnet.config.gunicorn_{name}", f"carnet.config.wsgi_{name}:application"
    return [sys.executable, "-m", "gunicorn", "--config", settings, application]


def module_command(module: str, *arguments: str) -> list[str]:
    """The command of a process that is a module."""
    return [sys.executable, "-m", module, *arguments]


def psc_command(port: int, people: Path, callback: str, *others: str) -> list[str]:
    """The command of the simulator of Pro Santé Connect; `others` are redirect URIs of other doors."""
    more = [part for uri in others for part in ("--redirect-uri", uri)]
    return [
        sys.executable, "-m", "carnet.desk.simulators.psc", "--port", str(port), "--people", str(people), *more,
        "--redirect-uri", callback, "--backchannel", callback.replace("/signin/callback", "/signin/backchannel-logout"),
    ]  # fmt: skip


def franceconnect_command(port: int, people: Path, *callbacks: str) -> list[str]:
    """The command of the simulator of FranceConnect+."""
    more = [part for uri in callbacks for part in ("--redirect-uri", uri)]
    return module_command("carnet.desk.simulators.franceconnect", "--port", str(port), "--people", str(people), *more)


def start(command: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start a process with these settings beside the present ones."""
    # A session of its own: Ctrl C reaches the parent alone, which then stops each child and everything below it.
    return subprocess.Popen(command, env={**os.environ, **environment}, start_new_session=True)


@contextmanager
def running(*processes: subprocess.Popen[bytes]) -> Iterator[None]:
    """Stop the processes at the end, whatever happens."""
    try:
        yield
    finally:
        for process in processes:
            _signal(process, signal.SIGTERM)
        for process in processes:
            with suppress(subprocess.TimeoutExpired):
                process.wait(3)
            # Workers whose parent is gone are still in its group.
            _signal(process, signal.SIGKILL)
            process.wait()


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def is_free(port: int) -> bool:
    """Whether nobody listens on a port of the loopback."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
