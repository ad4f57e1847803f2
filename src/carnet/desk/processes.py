"""Processes on one machine: started, waited for, stopped with everything below them."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

from carnet.config.doors import BY_NAME, command, environment_of


def free_port() -> int:
    """A port of the loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def wait_for(url: str, process: subprocess.Popen[bytes], seconds: float = 30.0) -> None:
    """Wait until an address answers. Raises RuntimeError when the process ends or the time runs out."""
    end = time.monotonic() + seconds
    with httpx.Client(timeout=1.0) as http:
        while time.monotonic() < end:
            if process.poll() is not None:
                raise RuntimeError(f"the process for {url} ended with code {process.returncode}")
            try:
                http.get(url)
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


def serve(
    name: str, port: int = 0, told: Mapping[str, str] | None = None, workers: int = 0, threads: int = 0
) -> subprocess.Popen[bytes]:
    """Start a process of `config.doors` with these settings beside the present ones; `port` 0: as the settings say."""
    process = BY_NAME[name]
    return start(command(process, port, workers, threads), environment_of(process, port) | dict(told or {}))


def wait_until_served(name: str, port: int, process: subprocess.Popen[bytes], seconds: float = 30.0) -> None:
    """Wait until a process answers as its row says. Raises RuntimeError as `wait_for` does."""
    health = BY_NAME[name].health
    if health:
        wait_for(f"http://127.0.0.1:{port}{health}", process, seconds)
    else:
        wait_for_port(port, process, seconds)


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


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether nobody listens on a port of this machine: servers that share a port would answer each other's clients."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1" if host in ("0.0.0.0", "") else host, port)) != 0  # noqa: S104 (an address that is asked)
