"""An assistant that a person connects to Carnet: the official SDK of the Model Context Protocol, as it comes (`make assistant`).

It opens the way to the person's agreement, then asks what its tools tell and prints it. No model is behind it: what one would be
given is what you read. One file; tokens stay in memory, for as long as it runs.
"""

import asyncio
import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx2
from mcp import ClientSession
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientInformationFull, OAuthClientMetadata, OAuthToken

SCOPE = "patient/*.rs"


class Memory:
    """The client as its publisher registered it, and the tokens of this run."""

    def __init__(self, told: dict[str, str]) -> None:
        self._client = OAuthClientInformationFull(
            client_id=told["client_id"], redirect_uris=[told["redirect"]], token_endpoint_auth_method="none", scope=SCOPE,  # noqa: S106
        )  # fmt: skip
        self._tokens: OAuthToken | None = None

    async def get_tokens(self) -> OAuthToken | None:
        """Tokens of this run."""
        return self._tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        """Keep them."""
        self._tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        """The registered client."""
        return self._client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        """Nothing: the client is registered by its publisher, not by itself."""


class Back(HTTPServer):
    """Where the browser comes back. It listens before anybody is sent away."""

    def __init__(self, redirect: str) -> None:
        self.parts, self.brought = urlsplit(redirect), {}  # type: ignore[var-annotated]
        super().__init__((str(self.parts.hostname), int(self.parts.port or 80)), _Answer)

    def wait(self) -> dict[str, str]:
        """What it brings, once."""
        while not self.brought:
            self.handle_request()
        return dict(self.brought)


class _Answer(BaseHTTPRequestHandler):
    server: Back

    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        if asked.path == self.server.parts.path:
            self.server.brought.update({k: v[0] for k, v in parse_qs(asked.query).items()})
        self.send_response(200 if self.server.brought else 404)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.end_headers()
        self.wfile.write("Revenez au terminal : l’assistant a votre réponse.\n".encode())

    def log_message(self, *_: object) -> None:
        """Log nothing: an address holds a code."""


async def ask(told: dict[str, str], words: str, listening: Back) -> None:
    """Be authorised, then ask every tool and print what it tells."""

    async def leave(address: str) -> None:
        print(f"Ouvrez cette adresse, et choisissez ce que l’assistant peut lire :\n{address}", flush=True)

    async def back() -> AuthorizationCodeResult:
        brought = await asyncio.to_thread(listening.wait)
        if "code" not in brought:
            raise PermissionError(brought.get("error", "refused"))
        return AuthorizationCodeResult(code=brought["code"], state=brought.get("state"), iss=brought.get("iss"))

    metadata = OAuthClientMetadata(
        redirect_uris=[told["redirect"]],
        token_endpoint_auth_method="none",  # noqa: S106
        scope=SCOPE,
        client_name="examples/assistant",
    )
    auth = OAuthClientProvider(told["mcp"], metadata, Memory(told), leave, back)
    async with (
        httpx2.AsyncClient(auth=auth, timeout=600) as http,
        streamable_http_client(told["mcp"], http_client=http) as streams,
        ClientSession(streams[0], streams[1]) as session,
    ):
        await session.initialize()
        for tool in (await session.list_tools()).tools:
            if tool.name == "chercher" and not words:
                continue
            answer = await session.call_tool(tool.name, {"mots": words} if tool.name == "chercher" else {})
            print(f"\n# {tool.title}\n" + "".join(c.text for c in answer.content if c.type == "text"), flush=True)


def main() -> int:
    """Start, with what `make run` registered. A second argument is searched in the documents."""
    path = Path(sys.argv[1])
    if not path.exists():
        print("Lancez d'abord make run : la démonstration inscrit cet assistant.", file=sys.stderr)
        return 2
    told = json.loads(path.read_text(encoding="utf-8"))
    try:
        with Back(told["redirect"]) as listening:
            asyncio.run(ask(told, sys.argv[2] if len(sys.argv) > 2 else "", listening))
    except* PermissionError:
        print("Vous avez refusé : l’assistant ne lit rien.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
