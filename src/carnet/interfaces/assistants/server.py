"""The server of assistants on the official SDK of the Model Context Protocol (streamable HTTP, without sessions).

It holds nothing between two calls: each one brings its token, which is looked up, and each answer is decided by the law and written
in the journal of the person before it leaves. A withdrawal is the next call's refusal.
"""

import logging
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from anyio import to_thread
from django.conf import settings
from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.provider import AccessToken, TokenVerifier
from mcp.server.auth.settings import AuthSettings
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.transport_security import TransportSecuritySettings
from mcp.types import ToolAnnotations
from pydantic import AnyHttpUrl, Field
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from carnet.apps.access.api import sentence, told
from carnet.apps.catalogue import api as catalogue
from carnet.kernel.clock import moment
from carnet.kernel.refusal import Refusal

log = logging.getLogger("carnet.assistants")
PATH = "/mcp"
INSTRUCTIONS = (
    "Carnet de santé d’une personne, ouvert par elle, en lecture seule. Citez la source et la date de ce que vous en dites. "
    "« Non ouvert » veut dire que la personne ne l’a pas partagé ; « rien n’est inscrit » ne veut pas dire qu’il n’y a rien. "
    "Vous n’êtes pas un professionnel de santé : en cas d’urgence, dites d’appeler le 15 ou le 112."
)
_LARGEST = 200_000


def resource() -> str:
    """The address of this server: the resource that tokens are for (RFC 8707)."""
    return f"{settings.CARNET.mcp_url}{PATH}"


class Verifier(TokenVerifier):
    """Looks a token up. Nothing is kept: the next request is looked up again."""

    async def verify_token(self, token: str) -> AccessToken | None:
        """The token, when it lives and is for this server."""
        try:
            call = await to_thread.run_sync(lambda: catalogue.call_of(token, resource(), (), moment()))
        except Refusal:
            return None
        return AccessToken(
            token=token, client_id=call.client_id, scopes=list(call.scopes), resource=resource(), subject=call.subject,
            claims={"iss": settings.CARNET.oauth_url},
        )  # fmt: skip


def _answer(token: str, tool: str, words: str) -> str:
    at = moment()
    call = catalogue.call_of(token, resource(), (), at)
    return catalogue.answer(call, catalogue.lines_of(call, at), tool, words, at)


async def _told(tool: str, words: str) -> str:
    """Answer, or say why not in the words for a person: an assistant shows them."""
    held = get_access_token()
    try:
        return await to_thread.run_sync(lambda: _answer(held.token if held is not None else "", tool, words))
    except Refusal as refusal:
        why = told(refusal.code)
        raise ToolError(f"{sentence(why.patient)} {sentence(why.next_step)} ({refusal.code})") from None
    except Exception as error:
        # The text of the exception may carry values: its type alone is logged, and nothing of it is told.
        log.error("assistant-failure type=%s", type(error).__name__)
        raise ToolError("Carnet n’a pas pu répondre. Réessayez dans un instant.") from None


def _plain(tool: str) -> Callable[[], Awaitable[str]]:
    async def ask() -> str:
        return await _told(tool, "")

    return ask


def _with_word(tool: catalogue.Tool) -> Callable[[str], Awaitable[str]]:
    async def ask(mots: str = Field(default="", max_length=80, description=tool.hint)) -> str:
        return await _told(tool.name, mots)

    return ask


def server() -> MCPServer:
    """The server, with its tools: all of them read, none writes."""
    auth = AuthSettings(
        issuer_url=AnyHttpUrl(settings.CARNET.oauth_url), resource_server_url=AnyHttpUrl(resource()), validate_token_resource=True
    )
    # What the SDK would log names tools and sentences: Carnet logs codes of its own.
    found = MCPServer("Carnet", instructions=INSTRUCTIONS, auth=auth, token_verifier=Verifier(), log_level="CRITICAL")
    for tool in catalogue.TOOLS:
        found.add_tool(
            _with_word(tool) if tool.argument else _plain(tool.name), name=tool.name, title=tool.title,
            description=tool.description,
            annotations=ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False),
            structured_output=False,
        )  # fmt: skip
    return found


def application() -> Starlette:
    """The ASGI application."""
    host = urlsplit(settings.CARNET.mcp_url).netloc
    security = TransportSecuritySettings(allowed_hosts=[host], allowed_origins=[settings.CARNET.mcp_url])
    found = server().streamable_http_app(
        streamable_http_path=PATH,
        json_response=True,
        stateless_http=True,
        max_request_body_size=_LARGEST,
        transport_security=security,
    )
    found.router.routes.insert(0, Route(f"/.well-known/oauth-protected-resource{PATH}", _described, methods=["GET"]))
    return found


async def _described(request: Request) -> JSONResponse:
    """What this resource says of itself (RFC 9728). The SDK would end the address of the server with a slash that the issuer has
    not: they are compared letter by letter (RFC 8414 §3.3)."""
    return JSONResponse({
        "resource": resource(), "authorization_servers": [settings.CARNET.oauth_url], "bearer_methods_supported": ["header"],
        "scopes_supported": [f"patient/{t}.rs" for t in catalogue.OF_TYPE if t != "Binary"], "resource_name": "Carnet",
    })  # fmt: skip
