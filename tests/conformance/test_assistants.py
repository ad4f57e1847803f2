"""Assistants by clients that are not ours: the official SDK in Python here, others under tests/outside."""

import asyncio
import html
import json
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import httpx2
import pytest
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from support.espace import Space, newcomer
from support.people import deposit, now, today
from support.ports import free_port
from support.services import App, app, purposes, referenced, text_of

from carnet.apps.profile import api as profile
from carnet.apps.storage.api import key_of, unit

LINES = (("allergies",), ("treatments",), ("vaccinations",), ("history",), ("measures",), ("documents",), ("journal",))
CARD = {
    "kind": "assistant",
    "themes": ["assistant"],
    "device": "",
    "launch": "",
    "destination": "Chez un essai, en France, le temps de l’essai.",
}


@pytest.fixture(scope="module")
def asked(espace: str, oauth: str, door: str) -> tuple[Space, App, UUID]:
    """Somebody who connected an assistant, with something in their record."""
    space, person, _ = newcomer(espace, "Margaux")
    deposit(person, title="Compte rendu de cardiologie")
    space.post("/profil/allergies/ajouter", {"libelle": "Pénicilline", "date": "2020-03-01"})
    space.post("/profil/measures/ajouter", {"mesure": "29463-7", "valeur": "71,5"})
    service = referenced(purposes=purposes(*LINES), **CARD)
    client = app(oauth, door, service)
    client.tokens = client.redeem(*client.code(space, "openid patient/*.rs offline_access", aud="", resource="")).json()
    return space, client, service


def told(url: str, token: str, *calls: tuple[str, dict[str, Any]]) -> tuple[list[str], list[str]]:
    """The tools that are listed, and the answers to calls, by the official SDK."""

    async def run() -> tuple[list[str], list[str]]:
        async with (
            httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=30) as http,
            streamable_http_client(url, http_client=http) as streams,
            ClientSession(streams[0], streams[1]) as session,
        ):
            await session.initialize()
            tools = [t.name for t in (await session.list_tools()).tools]
            answers = [await session.call_tool(name, arguments) for name, arguments in calls]
            return tools, ["".join(c.text for c in a.content) for a in answers]

    return asyncio.run(run())


def test_the_answers_are_those_of_the_preview_byte_for_byte(assistants: str, asked: tuple[Space, App, UUID]) -> None:
    space, client, service = asked
    calls = [
        ("essentiel", {}),
        ("mesures", {}),
        ("documents", {"mots": ""}),
        ("chercher", {"mots": "cardiologie"}),
        ("journal", {}),
    ]
    tools, answers = told(assistants, client.tokens["access_token"], *calls)
    assert set(tools) == {name for name, _ in calls}
    page = space.get(f"/services/{service}/apercu", params={"mots": "cardiologie"})
    shown = [html.unescape(x) for x in re.findall(r'<pre class="told"[^>]*>(.*?)</pre>', page.text, re.S)]
    assert answers == shown
    assert "Pénicilline" in answers[0]
    assert "71,5 kg" in answers[1]
    assert "Compte rendu de cardiologie" in answers[2]
    assert "Compte rendu de cardiologie" in answers[3]


def test_without_a_token_or_with_one_for_another_resource_nothing_is_said(assistants: str, asked: tuple[Space, App, UUID]) -> None:
    refused = httpx.post(
        assistants,
        json={"jsonrpc": "2.0", "id": 1, "method": "tools/list"},
        headers={"Accept": "application/json, text/event-stream"},
    )
    assert refused.status_code == 401
    assert "resource_metadata" in refused.headers["www-authenticate"]
    _, client, _ = asked
    assert client.call("Patient").status_code == 401, "a token for assistants opens no FHIR"


def test_taking_back_cuts_the_next_call(assistants: str, espace: str, oauth: str, door: str) -> None:
    space, _, _ = newcomer(espace)
    service = referenced(purposes=purposes(*LINES), **CARD)
    client = app(oauth, door, service)
    token = client.redeem(*client.code(space, "openid patient/*.rs", aud="", resource="")).json()["access_token"]
    assert told(assistants, token, ("essentiel", {}))[1]
    space.post(f"/services/{service}/retirer")
    cut = httpx.post(
        assistants,
        json={"jsonrpc": "2.0", "id": 1, "method": "tools/list"},
        headers={"Accept": "application/json, text/event-stream", "Authorization": f"Bearer {token}"},
    )
    assert cut.status_code == 401


def test_names_alone_are_told_where_names_alone_were_agreed_to(assistants: str, espace: str, oauth: str, door: str) -> None:
    space, _, _ = newcomer(espace)
    space.post("/profil/treatments/ajouter", {"libelle": "Metformine 1000 mg", "precision": "le soir au dîner"})
    client = app(oauth, door, referenced(purposes=purposes(("treatments", "@names")), **CARD))
    token = client.redeem(*client.code(space, "openid patient/*.rs", aud="", resource="")).json()["access_token"]
    (answer,) = told(assistants, token, ("essentiel", {}))[1]
    assert "Metformine 1000 mg" in answer
    assert "le soir" not in answer


def test_an_end_to_come_is_no_end_and_a_dose_has_a_day(assistants: str, espace: str, oauth: str, door: str) -> None:
    space, _, record_id = newcomer(espace)
    ahead = (today() + timedelta(days=40)).isoformat()
    for section, content in (
        ("treatments", profile.Content("Amoxicilline", start="2026-11-01", end=ahead)),
        ("treatments", profile.Content("Fluindione", start="2019", active=False)),
        ("vaccinations", profile.Content("Revaxis", start="2020-05-04")),
        ("allergies", profile.Content("Arachide", start="2011", certainty="unconfirmed")),
    ):
        with unit(record_id) as work:
            profile.insert(work, key_of(work, record_id), profile.stated_entry(section, content, now()))
    client = app(oauth, door, referenced(purposes=purposes(*LINES), **CARD))
    token = client.redeem(*client.code(space, "openid patient/*.rs", aud="", resource="")).json()["access_token"]
    (answer,) = told(assistants, token, ("essentiel", {}))[1]
    lines = {line.split(" ")[1]: line for line in answer.splitlines() if line.startswith("- ")}
    assert f"depuis 2026-11-01, jusqu’à {ahead} ;" in lines["Amoxicilline"]
    assert "terminé" not in lines["Amoxicilline"]
    assert "depuis 2019, terminé" in lines["Fluindione"]
    assert "(le 2020-05-04 ;" in lines["Revaxis"]
    assert "depuis 2011, non confirmé ;" in lines["Arachide"]


def test_documents_are_found_by_the_words_of_their_category(assistants: str, espace: str, oauth: str, door: str) -> None:
    space, person, _ = newcomer(espace)
    deposit(person, title="Suivi de cardiologie")
    client = app(oauth, door, referenced(purposes=purposes(*LINES), **CARD))
    token = client.redeem(*client.code(space, "openid patient/*.rs", aud="", resource="")).json()["access_token"]
    words = ("comptes rendus", "Compte rendu", "cardiologies", "radiographies")
    *found, none = told(assistants, token, *(("documents", {"mots": w}) for w in words))[1]
    assert all("Suivi de cardiologie" in answer for answer in found), found
    assert none == "Aucun des documents visibles ne porte ces mots : demandez la liste sans mot."
    journal = text_of(space.get("/acces/journal"))
    assert "la liste des documents" not in journal, "a service lists documents: by the name that the consent page gave them"
    told(assistants, token, ("chercher", {"mots": "cardiologie"}))
    assert "cherché des mots dans vos documents" in text_of(space.get("/acces/journal"))


def test_the_sample_assistant_is_connected_from_a_terminal(
    assistants: str, espace: str, oauth: str, door: str, tmp_path: Path
) -> None:
    space, _, _ = newcomer(espace)
    space.post("/profil/allergies/ajouter", {"libelle": "Pénicilline"})
    back = f"http://127.0.0.1:{free_port()}/retour"
    client = app(oauth, door, referenced(purposes=purposes(*LINES), **CARD), redirect_uris=[back])
    (tmp_path / "assistant.json").write_text(json.dumps({"client_id": client.client_id, "redirect": back, "mcp": assistants}))
    sample = Path(__file__).resolve().parents[2] / "examples" / "assistant" / "assistant.py"
    command = [sys.executable, str(sample), str(tmp_path / "assistant.json")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("Ouvrez cette adresse")
        left = client.browser.get(process.stdout.readline().strip())
        come_back = client.decide(space, left)
        assert client.browser.get(come_back.headers["location"]).status_code == 200
        printed = process.communicate(timeout=60)[0]
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 0
    assert "# L’essentiel" in printed
    assert "Pénicilline" in printed
    described = httpx.get(assistants.replace("/mcp", "/.well-known/oauth-protected-resource/mcp")).json()
    assert described["authorization_servers"] == [oauth], "the issuer, letter by letter"
