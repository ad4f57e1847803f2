"""SOAP 1.2 (1.1 on read) with WS-Addressing, and MTOM/XOP: envelopes and MIME parts, without transport."""

from carnet.formats.soap.envelope import (
    SOAP11,
    SOAP12,
    Envelope,
    SoapError,
    SoapFault,
    read_envelope,
    write_envelope,
    write_fault,
)
from carnet.formats.soap.mime import Part, Related, content_type_of, include, included, read_related, write_related

__all__ = [
    "SOAP11",
    "SOAP12",
    "Envelope",
    "Part",
    "Related",
    "SoapError",
    "SoapFault",
    "content_type_of",
    "include",
    "included",
    "read_envelope",
    "read_related",
    "write_envelope",
    "write_fault",
    "write_related",
]
