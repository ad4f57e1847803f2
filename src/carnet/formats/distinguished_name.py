"""Subjects of certificates as software writes them: RFC 4514, with the spaces, names and hexadecimal values of its writers."""

import re
from contextlib import suppress

from cryptography import x509

_OID = {
    **dict.fromkeys(("GN", "G", "GIVENNAME"), "2.5.4.42"),
    **dict.fromkeys(("SN", "SURNAME"), "2.5.4.4"),
    **dict.fromkeys(("T", "TITLE"), "2.5.4.12"),
    **dict.fromkeys(("S", "ST"), "2.5.4.8"),
    **dict.fromkeys(("E", "EMAILADDRESS"), "1.2.840.113549.1.9.1"),
    "SERIALNUMBER": "2.5.4.5",
    "CN": "2.5.4.3",
    "C": "2.5.4.6",
    "L": "2.5.4.7",
    "O": "2.5.4.10",
    "OU": "2.5.4.11",
}
_KEY = re.compile(r"(^|(?<!\\)[,+;])\s*([A-Za-z][\w.]*|\d+(?:\.\d+)+)\s*=\s*")
_HEXADECIMAL = re.compile(r"=#([0-9A-Fa-f]+)\s*(?=[,+]|$)")
_SPACED = re.compile(r"\s+(?=[,+]|$)")
_TEXTS = {0x0C: "utf-8", 0x13: "ascii", 0x16: "ascii", 0x1E: "utf-16-be"}
"""ASN.1 strings: UTF8String, PrintableString, IA5String, BMPString."""


def _key(found: re.Match[str]) -> str:
    name = found[2].upper().removeprefix("OID.")
    return f"{found[1].replace(';', ',')}{_OID.get(name, name)}="


def _text(found: re.Match[str]) -> str:
    """A value written as its DER, as Java does for names that it does not know."""
    der = bytes.fromhex(found[1]) if len(found[1]) % 2 == 0 else b""
    if len(der) < 2 or der[0] not in _TEXTS or der[1] != len(der) - 2:
        return found[0]
    text = der[2:].decode(_TEXTS[der[0]], "replace")
    return "=" + re.sub(r'([,+"\\<>;=#])', r"\\\1", text)


def same_subject(text: str, subject: x509.Name) -> bool:
    """Whether a text names this subject: the same attributes, in whatever order and notation."""
    with suppress(ValueError):
        plain = _HEXADECIMAL.sub(_text, _SPACED.sub("", _KEY.sub(_key, text.strip())))
        named = x509.Name.from_rfc4514_string(plain)
        return {(a.oid, str(a.value)) for a in named} == {(a.oid, str(a.value)) for a in subject}
    return False
