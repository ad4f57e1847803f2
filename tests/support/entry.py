"""The asynchronous entry of a door in this process, so that tests can move its clock: what granian does for it, over WSGI."""

import asyncio
import threading
from collections.abc import AsyncIterator
from io import BytesIO
from types import SimpleNamespace
from typing import Any

from carnet.apps.storage import together
from carnet.config import rsgi


class _Protocol:
    """One exchange, as RSGI names it."""

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.answer: tuple[int, list[tuple[str, str]], bytes] | None = None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for start in range(0, len(self.body), 65536):
            yield self.body[start : start + 65536]

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.answer = status, headers, body


def _scope(environ: dict[str, Any]) -> Any:
    headers = {k[5:].replace("_", "-").lower(): v for k, v in environ.items() if k.startswith("HTTP_")}
    headers |= {name: environ[key] for name, key in (("content-type", "CONTENT_TYPE"), ("content-length", "CONTENT_LENGTH"))
                if environ.get(key)}  # fmt: skip
    return SimpleNamespace(
        method=environ["REQUEST_METHOD"], path=environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace"),
        query_string=environ.get("QUERY_STRING", ""),
        http_version="1.1", client="127.0.0.1:1", scheme="http", headers=headers,
        authority=None,
    )  # fmt: skip


class Hosted:
    """A WSGI application that hands each request to the entry, in a loop of its own."""

    def __init__(self, name: str) -> None:
        self.entry = rsgi.entry(name)
        self.loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._started.wait(20)
        assert self.entry._together is not None
        self.together: together.Together = self.entry._together

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.entry.__rsgi_init__(self.loop)
        assert self.entry._together is not None
        # Connections are opened while nobody plays another role.
        self.loop.run_until_complete(self.entry._together.open_all())
        self._started.set()
        self.loop.run_forever()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        protocol = _Protocol(environ["wsgi.input"].read(length) if length else b"")

        async def one() -> None:
            await self.entry.__rsgi__(_scope(environ), protocol)

        asyncio.run_coroutine_threadsafe(one(), self.loop).result(120)
        assert protocol.answer is not None
        status, headers, body = protocol.answer
        start_response(f"{status} -", [(name.title(), value) for name, value in headers])
        return [body]

    def stop(self) -> None:
        """End the loop and its connections."""
        self.loop.call_soon_threadsafe(self.entry.__rsgi_del__, self.loop)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.close()


FORM = "application/x-www-form-urlencoded"


def environ_of(method: str, path: str, token: str = "", body: bytes = b"", kind: str = FORM, **headers: str) -> dict[str, Any]:
    """A request, as WSGI tells it."""
    path, _, query = path.partition("?")
    environ = {
        "REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query, "SERVER_NAME": "x", "SERVER_PORT": "1",
        "wsgi.input": BytesIO(body), "wsgi.url_scheme": "http", "SCRIPT_NAME": "", "wsgi.errors": None, **headers,
    }  # fmt: skip
    if body:
        environ |= {"CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": kind}
    return environ | ({"HTTP_AUTHORIZATION": f"Bearer {token}"} if token else {})


def answer_of(application: Any, environ: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
    """What a WSGI application answers: status, headers, body."""
    told: list[Any] = []

    def start(status: str, headers: list[tuple[str, str]], _: object = None) -> None:
        told[:] = [int(status.split(" ")[0]), {name.lower(): value for name, value in headers}]

    body = b"".join(application(environ, start))
    return told[0], told[1], body
