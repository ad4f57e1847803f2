"""A real Chromium in front of a real process of the portal, on people of the demonstration."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.ports import free_port

_PLACES = (
    # The same engine without windows of its own: a third less work.
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--font-render-hinting=none",
         # A page lives for a second here: what makes a script fast over minutes takes a tenth of the browser's time and gives nothing.
         "--js-flags=--single-threaded,--no-opt,--no-maglev"]  # fmt: skip


def found() -> str:
    """The browser of this machine; empty without one."""
    named = os.environ.get("CARNET_CHROMIUM", "")
    return named or next((p for place in _PLACES if (p := shutil.which(place) or (place if Path(place).exists() else ""))), "")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A headless Chromium. Closed with its module: while Playwright runs, no other test of this thread can have an event loop."""
    path = found()
    if not path:
        pytest.skip(
            "no Chromium here: browser journeys are not run (Debian: apt-get install chromium; macOS: install Google Chrome)"
        )
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def people() -> None:
    """People of the demonstration, and the care home's residents."""
    from support.people import now

    from carnet.desk.demonstration.loading import load_person
    from carnet.desk.demonstration.people import PEOPLE

    for person in PEOPLE[:12]:
        load_person(person, now())


@pytest.fixture(scope="session")
def families(people: None) -> None:
    """The families of the demonstration, with their records."""
    from support.people import now
    from support.roles import as_role

    from carnet.desk.demonstration import families
    from carnet.desk.demonstration.loading import load_person
    from carnet.desk.demonstration.people import PEOPLE, STORIES

    for number in STORIES:
        load_person(PEOPLE[number], now())
    with as_role("carnet_espace"):
        families.load(now())


@pytest.fixture(scope="session")
def space_process(franceconnect: Any, sealed_log: Any, families: None) -> Iterator[str]:
    """The patients' portal as `make run` starts it, in a process of its own with its own role."""
    from carnet.desk import processes

    port = int(os.environ["CARNET_TEST_ESPACE_PORT"])
    started = processes.serve("espace", port, {"CARNET_ESPACE_URL": f"http://localhost:{port}"}, workers=1)
    with processes.running(started):
        processes.wait_until_served("espace", port, started)
        yield f"http://localhost:{port}"


@pytest.fixture(scope="session")
def process(psc: str, pki: Any, people: None) -> Iterator[str]:
    """The portal as `make run` starts it, in a process of its own with its own role, and its port for cards."""
    from carnet.desk import processes

    port, card = int(os.environ["CARNET_TEST_PORTAL_PORT"]), free_port()
    environment = {
        "CARNET_WEBPS_URL": f"http://127.0.0.1:{port}", "CARNET_WEBPS_CARD_URL": f"https://127.0.0.1:{card}",
        "CARNET_TLS_CERTIFICATE": str(pki.path / "server.pem"),
    }  # fmt: skip
    started = [processes.serve("webps-card", card, environment), processes.serve("webps", port, environment, workers=1)]
    with processes.running(*started):
        processes.wait_until_served("webps-card", card, started[0])
        processes.wait_until_served("webps", port, started[1])
        os.environ["CARNET_TEST_CARD_PORTAL"] = f"https://127.0.0.1:{card}"
        yield f"http://127.0.0.1:{port}"
