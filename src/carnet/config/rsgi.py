"""The asynchronous entry of a machine door (RSGI): readings are taken together in its loop, everything else by a thread.

One door, two ways to the same views: what `together` of the interface names is taken as steps, in one transaction with the others
that wait; what is left (a write, a refusal, a first opening) goes through Django's own handler, in a thread.
"""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http import HttpResponse

from carnet.apps.storage.api import Together, keep_from_waiting
from carnet.config.doors import BY_NAME
from carnet.config.wsgi import door

THREADS = 4
"""Threads for what is not taken together."""
_OWN = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}


def environment(scope: Any, body: bytes, length: int) -> dict[str, Any]:
    """A request as WSGI tells it (PEP 3333). Names with an underscore are left out: they would pass for those with a hyphen."""
    found: dict[str, Any] = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        # The server has decoded it; WSGI wants its bytes, each as a character.
        "PATH_INFO": scope.path.encode("utf-8", "surrogateescape").decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "0",
        "REMOTE_ADDR": scope.client.rpartition(":")[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": BytesIO(body),
        "wsgi.errors": None,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope.headers.items():
        if "_" in name:
            continue
        key = _OWN.get(name) or f"HTTP_{name.upper().replace('-', '_')}"
        found[key] = f"{found[key]}{';' if name == 'cookie' else ','}{value}" if key in found else value
    if "HTTP_HOST" not in found and scope.authority:
        # HTTP/2 has no such header.
        found["HTTP_HOST"] = scope.authority
    if "CONTENT_LENGTH" not in found and length:
        found["CONTENT_LENGTH"] = str(length)
    return found


async def _body(protocol: Any, most: int) -> tuple[bytes, int]:
    """The body of a request, and its length; of one that is longer than it may be, only so much."""
    parts, length = [], 0
    async for part in protocol:
        length += len(part)
        if length <= most:
            parts.append(bytes(part))
        else:
            break
    return b"".join(parts), length


class Entry:
    """The RSGI application of a door."""

    def __init__(self, handler: WSGIHandler, together: Callable[[str, str], Any]) -> None:
        self._handler, self._way = handler, together
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="door")
        self._together: Together | None = None

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Called by the server in each of its processes, before the first request."""
        keep_from_waiting()
        self._together = Together(loop)

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Called by the server at the end of a process."""
        if self._together is not None:
            self._together.close()
        self._threads.shutdown(wait=False)

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        """One request."""
        body, length, most = b"", 0, settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if scope.method not in ("GET", "HEAD") or "content-length" in scope.headers or "transfer-encoding" in scope.headers:
            body, length = await _body(protocol, most)
        environ = environment(scope, body, length)
        way = self._way(scope.method, scope.path)
        if way is not None and length <= most:
            answered = await self._taken(way, environ)
            if answered is not None:
                headers = [(name.lower(), value) for name, value in answered.items()]
                protocol.response_bytes(answered.status_code, headers, answered.content)
                return
        environ["wsgi.input"].seek(0)
        status, headers, content = await asyncio.get_running_loop().run_in_executor(self._threads, self._by_thread, environ)
        protocol.response_bytes(status, headers, content)

    async def _taken(self, way: Callable[[Any], Any], environ: dict[str, Any]) -> HttpResponse | None:
        """What a reading is answered with; None for what a thread answers from the beginning."""
        if self._together is None:
            return None
        try:
            # Django writes into what it is given: the other way gets it as it came.
            answer = await self._together.take(way(WSGIRequest(dict(environ))))
        except Exception:
            # A refusal, a malformed request, a count: the other way says what it is, and journals it.
            return None
        response: HttpResponse = answer()
        return response

    def _by_thread(self, environ: dict[str, Any]) -> tuple[int, list[tuple[str, str]], bytes]:
        told: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
            told[:] = [int(status.split(" ")[0]), [(name.lower(), value) for name, value in headers]]
            return lambda data: None

        response = self._handler(environ, start)
        try:
            content = b"".join(response)
        finally:
            close = getattr(response, "close", None)
            if close is not None:
                close()
        return told[0], told[1], content


def entry(name: str) -> Entry:
    """The RSGI application of the process `name`."""
    handler = door(name)
    interface = import_module(f"carnet.interfaces.{BY_NAME[name].interface}.together")
    return Entry(handler, interface.together)


def __getattr__(name: str) -> Entry:
    """`application`: the door of the process that the environment names, as servers ask for it."""
    if name != "application":
        raise AttributeError(name)
    return entry(os.environ["CARNET_PROCESS"])
