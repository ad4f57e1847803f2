"""The doors for services by JavaScript clients that are not ours: fhirclient (SMART), the official SDK of MCP, the AI SDK."""

import html
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.espace import Space, newcomer
from support.people import deposit
from support.ports import free_port
from support.services import App, app, onward, purposes, referenced

NODE = Path(__file__).resolve().parents[1] / "outside" / "node-services"
ASSISTANT = {"kind": "assistant", "themes": ["assistant"], "device": "", "launch": "", "destination": "Chez un essai, en France."}

pytestmark = pytest.mark.skipif(
    not shutil.which("node") or not (NODE / "node_modules" / "fhirclient").exists(),
    reason="node-services is not installed: apt-get install nodejs npm, then make -C tests/outside node-services",
)


@pytest.fixture
def person(espace: str) -> tuple[Space, Any]:
    """Somebody with a pulse and a document."""
    space, who, _ = newcomer(espace)
    space.post("/profil/measures/ajouter", {"mesure": "8867-4", "valeur": "66"})
    deposit(who, title="Compte rendu de cardiologie")
    return space, who


def _client(oauth: str, door: str, port: int) -> tuple[App, Any]:
    service = referenced(purposes=purposes(("measures",), ("identity", "@given")), launch=f"http://127.0.0.1:{port}/launch")
    return app(oauth, door, service, redirect_uris=[f"http://127.0.0.1:{port}/retour"]), service


@pytest.fixture
def listening() -> Iterator[Any]:
    """Starts the SMART client, and ends it."""
    started: list[subprocess.Popen[str]] = []

    def start(port: int, client: App) -> None:
        command = ["node", str(NODE / "smart.mjs"), str(port), client.client_id, f"{client.fhir}/services/fhir"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"

    yield start
    for process in started:
        process.kill()
        process.communicate()


def _launched(address: str, space: Space, client: App) -> httpx.Response:
    """Follow a launch with the browser of the person, to what the service shows."""
    begun = client.browser.get(address)
    assert begun.status_code == 302, begun.text
    left = client.browser.get(begun.headers["location"])
    assert left.status_code == 302, left.text
    answer = client.browser.get(client.decide(space, left).headers["location"])
    # fhirclient takes the code out of the address by a redirection of its own.
    while answer.status_code in (302, 303):
        answer = client.browser.get(httpx.URL(address).join(answer.headers["location"]))
    return answer


def test_fhirclient_launches_alone_and_from_the_portal(oauth: str, door: str, person: tuple[Space, Any], listening: Any) -> None:
    space, _ = person
    port = free_port()
    client, service = _client(oauth, door, port)
    listening(port, client)
    answer = _launched(f"http://127.0.0.1:{port}/launch", space, client)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["values"] == [66]
    assert told["user"].endswith(f"Patient/{told['patient']}")
    opened = onward(space.post(f"/services/{service}/ouvrir"))
    again = _launched(opened, space, client)
    assert again.status_code == 200, again.text
    assert again.json()["patient"] == told["patient"]


@pytest.mark.parametrize("which", ["sdk", "ai"])
def test_an_mcp_client_lists_reads_and_searches_what_the_preview_shows(
    which: str, assistants: str, oauth: str, door: str, person: tuple[Space, Any]
) -> None:
    space, _ = person
    service = referenced(purposes=purposes(("measures",), ("documents",), ("journal",)), **ASSISTANT)
    client = app(oauth, door, service)
    client.tokens = client.redeem(*client.code(space, "openid patient/*.rs", aud="", resource="")).json()
    calls: list[Any] = [["essentiel", {}], ["mesures", {}], ["documents", {"mots": ""}], ["chercher", {"mots": "cardiologie"}]]

    def run() -> subprocess.CompletedProcess[str]:
        command = ["node", str(NODE / "mcp.mjs"), which, assistants, client.tokens["access_token"], json.dumps(calls)]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    done = run()
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert set(told["tools"]) >= {name for name, _ in calls}
    page = space.get(f"/services/{service}/apercu", params={"mots": "cardiologie"})
    shown = [html.unescape(x) for x in re.findall(r'<pre class="told"[^>]*>(.*?)</pre>', page.text, re.S)]
    assert told["answers"] == shown[: len(calls)]
    assert "Compte rendu de cardiologie" in told["answers"][3]
    space.post(f"/services/{service}/retirer")
    cut = run()
    assert cut.returncode == 1
    assert "cardiologie" not in cut.stdout + cut.stderr
