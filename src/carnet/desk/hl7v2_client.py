"""A hospital's system at the hospital door: CDA documents in an ORU or MDM, over MLLP and mutual TLS."""

import base64
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from carnet.desk.pki import Folder
from carnet.formats.cda import read_header
from carnet.formats.hl7v2 import FINAL, Field, Message, frame, frames, read_message, write_message

_LARGEST_ANSWER = 1_000_000


def message_of(patient: tuple[str, str], documents: Sequence[bytes], action: str = FINAL, event: tuple[str, str] = ("ORU", "R01"),
               flags: Mapping[str, str] | None = None, control: str = "") -> bytes:  # fmt: skip
    """A message of the volet: PID with the INS (OID, matricule), an OBX for each document, an OBX for each flag (Y or N)."""
    oid, matricule = patient
    stamp = datetime.now(UTC).strftime("%Y%m%d%H%M%S+0000")
    segments: list[tuple[str, list[Field]]] = [
        ("MSH", ["SIH", "HOPITAL", "CARNET", "DMP", stamp, "", [*event, "_".join(event)], control or uuid4().hex[:20], "P",
                 ["2.6", "FRA", "2.11"], "", "", "", "", "", "UNICODE UTF-8"]),
    ]  # fmt: skip
    if event[0] == "MDM":
        segments.append(("EVN", ["", stamp]))
    segments.append(("PID", ["1", "", [matricule, "", "", ["", oid, "ISO"], "INS"]]))
    for number, content in enumerate(documents, start=1):
        data = ["", "TEXT", "XML", "Base64", base64.b64encode(content).decode()]
        segments.append(("OBX", [str(number), "ED", ["11488-4", "Document", "LN"], "", data, "", "", "", "", "", action]))
    for number, (name, value) in enumerate((flags or {}).items(), start=len(documents) + 1):
        segments.append(("OBX", [str(number), "ID", [name, name, "MetaDMPMSS"], "", value, "", "", "", "", "", action]))
    return write_message(segments)


class Line:
    """An open line to the door."""

    def __init__(self, sock: ssl.SSLSocket) -> None:
        self._sock = sock
        self._answers: Iterator[bytes] = frames(sock.recv, _LARGEST_ANSWER)

    def send(self, content: bytes) -> Message:
        """Send one message and wait for its acknowledgement. Raises ConnectionError when the line closes without one."""
        self._sock.sendall(frame(content))
        for answer in self._answers:
            return read_message(answer)
        raise ConnectionError("the line closed without an acknowledgement: nothing is sure, send again")


@contextmanager
def line_to(port: int, pki: Folder, structure: str) -> Iterator[Line]:
    """A line with a structure's certificate of the test PKI (`structure-hospital`, …)."""
    context = ssl.create_default_context(cafile=str(pki.path / "server-ca.pem"))
    context.load_cert_chain(pki.certificate(structure))
    with (
        socket.create_connection(("127.0.0.1", port), timeout=60) as raw,
        context.wrap_socket(raw, server_hostname="127.0.0.1") as line,
    ):
        yield Line(line)


def send_file(file: Path, port: int, pki: Folder, structure: str) -> Message:
    """Feed one CDA, to the record of the patient that its header names. Raises CdaError, ConnectionError, OSError."""
    content = file.read_bytes()
    with line_to(port, pki, structure) as line:
        return line.send(message_of(read_header(content).patient_ids[0], [content]))
