"""MIME multipart/related for MTOM/XOP (W3C MTOM 1.0, RFC 2387): a strict reader with limits, and a writer that copies nothing.

Each part must be meant by exactly one xop:Include, and each Include must mean a part: what is sent is what is read.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote
from uuid import uuid4

from lxml import etree

from carnet.formats.soap.envelope import SOAP11, SOAP12, SoapError

XOP = "http://www.w3.org/2004/08/xop/include"
INCLUDE = f"{{{XOP}}}Include"
MOST_PARTS = 120
LONGEST_HEADER = 8_192
_PARAMETER = re.compile(r';\s*([\w!#$&^.+*-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))')


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its Content-ID without the brackets, its media type, its bytes."""

    content_id: str
    media: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Related:
    """A multipart/related message: the root part, and the others by Content-ID."""

    root: bytes
    parts: dict[str, bytes] = field(default_factory=dict)


def content_type_of(header: str) -> tuple[str, dict[str, str]]:
    """Media type and parameters of a Content-Type header, names in lower case."""
    media, _, rest = header.partition(";")
    found = _PARAMETER.findall(";" + rest)
    return media.strip().lower(), {name.lower(): quoted.replace("\\", "") or bare for name, quoted, bare in found}


def _split(body: bytes, boundary: str) -> list[bytes]:
    """The parts between the boundaries. Senders exist that end lines with a bare line feed."""
    delimiter = b"--" + boundary.encode("latin-1", "replace")
    pieces, begins = [], 0
    # The delimiter comes first in the pattern, so that the search goes through large documents at the speed of memory.
    for found in re.finditer(re.escape(delimiter) + rb"(?=\r?\n|--)", body):
        at = found.start()
        if at and body[at - 1 : at] != b"\n":
            continue
        pieces.append(body[begins : max(begins, at - (2 if body[at - 2 : at] == b"\r\n" else 1 if at else 0))])
        begins = found.end()
    pieces.append(body[begins:])
    if len(pieces) < 3 or not pieces[-1].startswith(b"--"):
        raise SoapError("a multipart message that is not complete")
    if len(pieces) - 2 > MOST_PARTS:
        raise SoapError("too many parts")
    return pieces[1:-1]


def _headers(lines: bytes) -> dict[str, str]:
    if len(lines) > LONGEST_HEADER:
        raise SoapError("the headers of a part are too long")
    unfolded = re.sub(rb"\r?\n[ \t]+", b" ", lines).decode("latin-1")
    pairs = [line.partition(":") for line in unfolded.splitlines() if line.strip()]
    names = [name.strip().lower() for name, _, _ in pairs]
    if len(set(names)) != len(names):
        raise SoapError("a header stands twice in one part")
    return {name: value.strip() for name, (_, _, value) in zip(names, pairs, strict=True)}


def _part(piece: bytes) -> Part:
    lines, separator, content = (
        re.split(rb"(\r?\n\r?\n)", piece, maxsplit=1) if re.search(rb"\r?\n\r?\n", piece) else (piece, b"", b"")
    )
    if not separator:
        raise SoapError("a part without an end of headers")
    headers = _headers(lines)
    encoding = headers.get("content-transfer-encoding", "binary").lower()
    if encoding not in ("binary", "8bit", "7bit"):
        raise SoapError("a part is binary, 8bit or 7bit")
    media = content_type_of(headers.get("content-type", ""))[0]
    if media.startswith("multipart/"):
        raise SoapError("a part within a part")
    return Part(headers.get("content-id", "").strip("<> "), media, content)


def read_related(body: bytes, content_type: str) -> Related:
    """Read an MTOM message. Raises SoapError."""
    _, parameters = content_type_of(content_type)
    boundary = parameters.get("boundary", "")
    if not 0 < len(boundary) <= 70:
        raise SoapError("a multipart message names its boundary")
    parts = [_part(piece) for piece in _split(body, boundary)]
    ids = [part.content_id for part in parts]
    if len(set(ids)) != len(ids):
        raise SoapError("two parts have the same Content-ID")
    start = parameters.get("start", "").strip("<> ")
    # Without the root's name the first part is the root (RFC 2387 §3.2); a name that no part has is an error.
    if start and start not in ids:
        raise SoapError("no part is the one named as start")
    root = parts[ids.index(start)] if start else parts[0]
    return Related(root.content, {part.content_id: part.content for part in parts if part is not root})


def included(element: etree._Element, parts: dict[str, bytes]) -> bytes | None:
    """The bytes that an element holds by xop:Include, taken out of `parts`; None when it holds none. Raises SoapError."""
    found = element.findall(INCLUDE)
    if not found:
        return None
    name = unquote(found[0].get("href", "").removeprefix("cid:"))
    if len(found) > 1 or name not in parts:
        raise SoapError("an Include that means no part, or a part that is meant twice")
    return parts.pop(name)


def include(element: etree._Element, content_id: str) -> None:
    """Let an element hold a part."""
    etree.SubElement(element, INCLUDE, nsmap={"xop": XOP}).set("href", f"cid:{content_id}")


def write_related(root: bytes, action: str, parts: list[Part], namespace: str = SOAP12) -> tuple[str, Iterator[bytes]]:
    """An MTOM message: its Content-Type, and its bytes piece by piece, so that no document is copied."""
    boundary, name = f"uuid:{uuid4()}", f"root.{uuid4()}@carnet"
    # SOAP 1.1 has no action parameter: the action stands in an HTTP header, or in WS-Addressing alone.
    envelope, said = ("text/xml", "") if namespace == SOAP11 else ("application/soap+xml", f'; action="{action}"')
    header = (f'multipart/related; type="application/xop+xml"; boundary="{boundary}"; start="<{name}>"; '
              f'start-info="{envelope}"{said}')  # fmt: skip
    media = f'application/xop+xml; charset=UTF-8; type="{envelope}"{said}'
    return header, _pieces(boundary, [Part(name, media, root), *parts])


def _pieces(boundary: str, parts: list[Part]) -> Iterator[bytes]:
    for part in parts:
        yield (f"--{boundary}\r\nContent-Type: {part.media}\r\nContent-Transfer-Encoding: binary\r\n"
               f"Content-ID: <{part.content_id}>\r\n\r\n").encode()  # fmt: skip
        yield part.content
        yield b"\r\n"
    yield f"--{boundary}--\r\n".encode()
