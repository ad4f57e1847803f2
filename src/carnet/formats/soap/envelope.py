"""Envelopes: SOAP 1.2 (W3C, part 1), 1.1 tolerated on read, with the WS-Addressing headers of the DMP's WSDL."""

from dataclasses import dataclass
from uuid import uuid4

from lxml import etree

SOAP12 = "http://www.w3.org/2003/05/soap-envelope"
SOAP11 = "http://schemas.xmlsoap.org/soap/envelope/"
WSA = "http://www.w3.org/2005/08/addressing"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
ANONYMOUS = f"{WSA}/anonymous"
ASSERTION = "{urn:oasis:names:tc:SAML:2.0:assertion}Assertion"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_UNDERSTOOD = frozenset({WSA, WSSE})


class SoapError(ValueError):
    """The message is not one that this door reads. `code` is the local name of a SOAP fault code."""

    def __init__(self, problem: str, code: str = "Sender") -> None:
        super().__init__(problem)
        self.code = code


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the door needs of an envelope."""

    namespace: str
    action: str
    message_id: str
    assertion: etree._Element | None
    """The SAML assertion of wsse:Security."""
    body: etree._Element
    """The one element of the Body."""


@dataclass(frozen=True, slots=True)
class SoapFault:
    """A fault: who is at fault (`Sender`, `Receiver`, `MustUnderstand`), the stable subcode, the French reason, the detail."""

    code: str
    subcode: str
    reason: str
    detail: tuple[tuple[str, str], ...] = ()


def _text(header: etree._Element | None, name: str) -> str:
    found = header.find(f"{{{WSA}}}{name}") if header is not None else None
    return (found.text or "").strip() if found is not None else ""


def _elements(parent: etree._Element) -> list[etree._Element]:
    return [child for child in parent if isinstance(child.tag, str)]


def _check_understood(header: etree._Element, namespace: str) -> None:
    """A header block that must be understood and is not stops the message (SOAP 1.2 §2.4)."""
    for block in _elements(header):
        must = block.get(f"{{{namespace}}}mustUnderstand", "").strip() in ("1", "true")
        if must and etree.QName(block).namespace not in _UNDERSTOOD:
            raise SoapError("a header block that must be understood is not", "MustUnderstand")


def _assertion(header: etree._Element | None) -> etree._Element | None:
    if header is None:
        return None
    found = [a for block in header.findall(f"{{{WSSE}}}Security") for a in block.findall(ASSERTION)]
    if len(found) > 1:
        raise SoapError("more than one assertion")
    return found[0] if found else None


def read_envelope(root: etree._Element) -> Envelope:
    """Read an envelope. Raises SoapError."""
    namespace = etree.QName(root).namespace or ""
    if namespace not in (SOAP12, SOAP11) or etree.QName(root).localname != "Envelope":
        raise SoapError("not a SOAP envelope", "VersionMismatch")
    headers, bodies = root.findall(f"{{{namespace}}}Header"), root.findall(f"{{{namespace}}}Body")
    if len(headers) > 1 or len(bodies) != 1:
        raise SoapError("an envelope has one Header and one Body")
    header = headers[0] if headers else None
    if header is not None:
        _check_understood(header, namespace)
    content = _elements(bodies[0])
    if len(content) != 1:
        raise SoapError("the Body holds one element")
    return Envelope(namespace, _text(header, "Action"), _text(header, "MessageID"), _assertion(header), content[0])


def _header(envelope: etree._Element, namespace: str, action: str, relates_to: str) -> None:
    header = etree.SubElement(envelope, f"{{{namespace}}}Header")
    fields = [("Action", action), ("MessageID", f"urn:uuid:{uuid4()}"), ("To", ANONYMOUS), ("RelatesTo", relates_to)]
    for name, value in fields:
        if value:
            etree.SubElement(header, f"{{{WSA}}}{name}", nsmap={None: WSA}).text = value


def write_envelope(body: etree._Element, action: str, relates_to: str = "", namespace: str = SOAP12) -> bytes:
    """An envelope around one element, with the addressing headers of an answer."""
    envelope = etree.Element(f"{{{namespace}}}Envelope", nsmap={"soap": namespace})
    _header(envelope, namespace, action, relates_to)
    etree.SubElement(envelope, f"{{{namespace}}}Body").append(body)
    return etree.tostring(envelope, encoding="UTF-8", xml_declaration=True)


def _detail(parent: etree._Element, tag: str, fault: SoapFault, system: str) -> None:
    detail = etree.SubElement(parent, tag)
    for name, value in fault.detail:
        etree.SubElement(detail, f"{{{system}}}{name}", nsmap={"dmp": system}).text = value


def _fault12(fault: SoapFault, system: str) -> etree._Element:
    root = etree.Element(f"{{{SOAP12}}}Fault", nsmap={"soap": SOAP12, "dmp": system})
    code = etree.SubElement(root, f"{{{SOAP12}}}Code")
    etree.SubElement(code, f"{{{SOAP12}}}Value").text = f"soap:{fault.code}"
    if fault.subcode:
        subcode = etree.SubElement(code, f"{{{SOAP12}}}Subcode")
        etree.SubElement(subcode, f"{{{SOAP12}}}Value").text = f"dmp:{fault.subcode}"
    reason = etree.SubElement(root, f"{{{SOAP12}}}Reason")
    text = etree.SubElement(reason, f"{{{SOAP12}}}Text")
    text.set(XML_LANG, "fr")
    text.text = fault.reason
    if fault.detail:
        _detail(root, f"{{{SOAP12}}}Detail", fault, system)
    return root


def _fault11(fault: SoapFault, system: str) -> etree._Element:
    root = etree.Element(f"{{{SOAP11}}}Fault", nsmap={"soap": SOAP11})
    names = {"Sender": "Client", "Receiver": "Server"}
    etree.SubElement(root, "faultcode").text = f"soap:{names.get(fault.code, fault.code)}"
    etree.SubElement(root, "faultstring").text = f"{fault.subcode}: {fault.reason}" if fault.subcode else fault.reason
    if fault.detail:
        _detail(root, "detail", fault, system)
    return root


def write_fault(fault: SoapFault, system: str, relates_to: str = "", namespace: str = SOAP12) -> bytes:
    """A fault as an envelope. `system` is the namespace of the subcode."""
    body = _fault11(fault, system) if namespace == SOAP11 else _fault12(fault, system)
    return write_envelope(body, f"{WSA}/fault", relates_to, namespace)
