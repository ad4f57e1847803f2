"""The bytes of a request: length, chunks, GZIP, MIME parts, encoding. Nothing of them is trusted yet."""

import re
import zlib

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest

from carnet.formats.safe_xml import XmlError, as_utf8, parse
from carnet.formats.soap import SOAP11, SOAP12, Envelope, Related, SoapError, content_type_of, read_envelope, read_related
from carnet.kernel.refusal import No, Refusal

_PLAIN = frozenset({"application/soap+xml", "text/xml", "application/xml", "application/xop+xml"})
_OTHER_ENCODING = re.compile(rb"""^\s*<\?xml[^>]*encoding\s*=\s*["'](?!utf-8)""", re.IGNORECASE)
_CHUNK = 65_536


def _stream(request: HttpRequest) -> bytes:
    """The whole body, chunked or not, and never more than the setting."""
    most = settings.CARNET.max_request_bytes
    chunked = request.headers.get("Transfer-Encoding", "").lower() == "chunked"
    if not chunked or not isinstance(request, WSGIRequest):
        return request.body
    # Django reads as many bytes as Content-Length says; a chunked body has none.
    pieces, size, source = [], 0, request.environ["wsgi.input"]
    while piece := source.read(_CHUNK):
        size += len(piece)
        if size > most:
            raise Refusal(No.REQUEST_TOO_LARGE)
        pieces.append(piece)
    return b"".join(pieces)


def _unpacked(body: bytes) -> bytes:
    """A body compressed with GZIP. What grows beyond the setting is a bomb, and is not grown further."""
    most, opened = settings.CARNET.max_request_bytes, zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        plain = opened.decompress(body, most + 1)
    except zlib.error:
        raise SoapError("the body is not GZIP") from None
    if len(plain) > most:
        raise Refusal(No.REQUEST_TOO_LARGE)
    if not opened.eof:
        raise SoapError("the body is truncated")
    return plain


def body_of(request: HttpRequest) -> bytes:
    """The body of a request. Raises SoapError or Refusal."""
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip", ""):
        raise SoapError("Content-Encoding is gzip, or nothing")
    body = _stream(request)
    return _unpacked(body) if encoding == "gzip" else body


def _related(body: bytes, content_type: str) -> Related:
    media, _ = content_type_of(content_type)
    if media == "multipart/related":
        return read_related(body, content_type)
    if media not in _PLAIN:
        raise Refusal(No.SOAP_MEDIA_REFUSED, {"media": media[:80]})
    return Related(body)


def answer_namespace(content_type: str) -> str:
    """The SOAP version that the HTTP level speaks: 1.1 for text/xml, else 1.2."""
    media, parameters = content_type_of(content_type)
    inner = parameters.get("start-info", "").partition(";")[0] or (media if media != "multipart/related" else "")
    return SOAP11 if inner == "text/xml" else SOAP12


def envelope_of(request: HttpRequest) -> tuple[Envelope, dict[str, bytes]]:
    """The envelope of a request and its other parts. Raises SoapError or Refusal."""
    related = _related(body_of(request), request.headers.get("Content-Type", ""))
    root = related.root if _OTHER_ENCODING.match(related.root) else as_utf8(related.root)
    try:
        return read_envelope(parse(root)), related.parts
    except XmlError as error:
        raise SoapError(str(error)) from None
