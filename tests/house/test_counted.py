"""What each request costs, counted and not timed: instructions of the interpreter and statements to the database.

A slide of a tenth fails here, on any machine and beside any load. `CARNET_COUNTED=write` writes the figures anew: a change that makes
requests dearer says so in its commit. Counted in the thread's way, which every door shares; what C code does is not counted.
"""

import base64
import json
import os
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import urlencode

import pytest
from support.entry import Hosted
from support.people import client, deposit, entry, fresh_uid, patient

from carnet.apps.storage.wire import Wire
from carnet.desk.client import provide_bundle, token_of
from carnet.formats.xds import Coding

FIGURES = Path(__file__).with_name("counted.json")
MOST = 1.10
PYTHON = f"{sys.version_info[0]}.{sys.version_info[1]}" + (", covered" if os.environ.get("CARNET_COVERED") else "")
"""Where it is measured what the tests run, the marks of branches are instructions too: figures of their own."""
FORM, FHIR = "application/x-www-form-urlencoded", "application/fhir+json"


class Counting:
    """Counts the instructions of this thread, and the statements that it sends."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.instructions = self.statements = 0
        inner = Wire.send

        def send(wire: Wire, sql: str, values: Any = ()) -> Any:
            self.statements += sql not in ("BEGIN", "COMMIT")
            return inner(wire, sql, values)

        monkeypatch.setattr(Wire, "send", send)

    def _trace(self, frame: FrameType, event: str, _: object) -> Callable[..., Any]:
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        if event == "opcode":
            self.instructions += 1
        return self._trace

    def of(self, work: Callable[[], object]) -> tuple[int, int]:
        """The least of several times: what is remembered between requests is remembered then."""
        found = []
        for _ in range(8):
            self.instructions = self.statements = 0
            before = sys.gettrace()
            sys.settrace(self._trace)
            try:
                work()
            finally:
                sys.settrace(before)
            found.append((self.instructions, self.statements))
        return min(found)


@pytest.fixture(scope="module")
def requests(door: str) -> dict[str, Callable[[], tuple[str, str, str, bytes]]]:
    """The requests that are counted, of somebody with thirty documents; and the token of who asks."""
    person, _ = patient("treating")
    document = next(iter([deposit(person, title=f"Consultation {n}") for n in range(30)]))
    ins = token_of(person.ins)
    text = base64.b64encode(b"Le patient va bien. " * 700)

    def feed() -> tuple[str, str, str, bytes]:
        bundle = provide_bundle(
            entry(person, mime="text/plain", type=Coding("11488-4"), title="Mesure", unique_id=fresh_uid()), text
        )
        return "POST", "/fhir", FHIR, json.dumps(bundle).encode()

    search = urlencode({"patient.identifier": ins, "status": "current", "_count": "20"}).encode()
    return {
        "test of a record": lambda: ("POST", "/fhir/Patient/_search", FORM, urlencode({"identifier": ins}).encode()),
        "search, a page of 20": lambda: ("POST", "/fhir/DocumentReference/_search", FORM, search),
        "bytes of a document": lambda: ("GET", f"/fhir/Binary/{document}", "", b""),
        "deposit of 14 kB": feed,
    }


def test_no_request_costs_a_tenth_more_than_it_did(
    door: str, fhir_entry: Hosted, requests: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    token, counting, found = client(door, "treating").token, Counting(monkeypatch), {}
    # Remembered for seconds: a directory that is asked each time would be counted by chance.
    for name, made in requests.items():
        bodies = [made() for _ in range(8)]

        def ask(bodies: list[Any] = bodies, name: str = name) -> None:
            method, path, kind, body = bodies.pop()
            environ = {
                "REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": "", "SERVER_NAME": "x", "SERVER_PORT": "1",
                "wsgi.input": BytesIO(body), "wsgi.url_scheme": "http", "SCRIPT_NAME": "", "wsgi.errors": None,
                "CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": kind, "HTTP_AUTHORIZATION": f"Bearer {token}",
            }  # fmt: skip
            status: list[str] = []
            b"".join(fhir_entry.entry._handler(environ, lambda told, _headers: status.append(told)))  # type: ignore[arg-type, func-returns-value]
            assert status[0][0] == "2", (name, status)

        instructions, statements = counting.of(ask)
        found[name] = {"instructions": instructions, "statements": statements}
    if os.environ.get("CARNET_COUNTED") == "write":
        kept = json.loads(FIGURES.read_text(encoding="utf-8")) | {PYTHON: found}
        FIGURES.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")
    figures = json.loads(FIGURES.read_text(encoding="utf-8"))
    if PYTHON not in figures:
        pytest.skip(f"an interpreter has instructions of its own: figures are of Python {', '.join(figures)}")
    committed = figures[PYTHON]
    assert set(found) == set(committed)
    dearer = {name: (one, committed[name]) for name, one in found.items()
              if one["instructions"] > committed[name]["instructions"] * MOST
              or one["statements"] > committed[name]["statements"]}  # fmt: skip
    assert not dearer, "if it must be so, write the figures anew and say why"
