"""Descriptions of the services at `?wsdl`: names, operations, actions and SOAP 1.2 bindings of the DMP, in words of our own.

The bodies of HL7 v3 and ebXML are described as open elements: their schemas are those of their standards.
"""

from dataclasses import dataclass

from django.conf import settings
from lxml import etree

from carnet.formats.hl7v3.read import V3
from carnet.formats.hl7v3.write import GDP
from carnet.formats.xds import names as n

WSDL, SOAP, XS, ADDRESSING = (
    "http://schemas.xmlsoap.org/wsdl/",
    "http://schemas.xmlsoap.org/wsdl/soap12/",
    "http://www.w3.org/2001/XMLSchema",
    "http://www.w3.org/2006/05/addressing/wsdl",
)
HABILITATIONS, PATIENTS = "urn:si-dmp-habilitations", "urn:si-dmp-patients"
PREFIX = "si-dmp-server/v2/services"


@dataclass(frozen=True, slots=True)
class Described:
    """One operation: its name, the elements of its bodies, its actions."""

    name: str
    asks: str
    answers: str
    action: str
    answer_action: str


@dataclass(frozen=True, slots=True)
class Service:
    """One service: its name, the namespace of its description, its operations."""

    name: str
    namespace: str
    operations: tuple[Described, ...]


def _v3(name: str, asks: str, answers: str, answer_action: str) -> Described:
    return Described(f"{name}_{asks}", n.q(V3, asks), answers, f"urn:hl7-org:v3:{asks}", f"urn:hl7-org:v3:{answer_action}")


def _own(namespace: str, endpoint: str, name: str) -> Described:
    action = f"{namespace}:{endpoint}:{name}"
    return Described(name, f"{{{namespace}}}{name}", f"{{{namespace}}}{name}Response", action, f"{action}Response")


def _ihe(name: str, year: int, asks: str, answers: str, dash: str = "") -> Described:
    action = f"urn:ihe:iti:{year}:{name}"
    return Described(name, asks, answers, action, f"{action}{dash}Response")


_PATIENTS = Service(
    "GDP_Service",
    GDP,
    (
        _v3("PatientGetDemographics", "PRPA_IN201307UV02", n.q(V3, "PRPA_IN201308UV02"), "PRPA_IN201308UV02"),
        _v3("PatientAdd", "PRPA_IN201311UV02", n.q(GDP, "PRPA_IN201311UV02_Response"), "PRPA_IN201311ResponseUV02"),
        _v3("PatientRevise", "PRPA_IN201314UV02", n.q(GDP, "PRPA_IN201314UV02_Response"), "PRPA_IN201314ResponseUV02"),
    ),
)
_CANDIDATES = Service(
    "PDQSupplier_Service",
    "urn:ihe:iti:pdqv3:2007",
    (_v3("FindCandidatesQuery", "PRPA_IN201305UV02", n.q(V3, "PRPA_IN201306UV02"), "PRPA_IN201306UV02"),),
)
_SPECIFIC = Service("PatientSpecificEndPointImplService", PATIENTS, (_own(PATIENTS, "PatientSpecificEndPoint", "patientList"),))
_RIGHTS = Service(
    "HabilitationsEndPointImplService",
    HABILITATIONS,
    (
        _own(HABILITATIONS, "HabilitationsEndPoint", "setAuthorization"),
        _own(HABILITATIONS, "HabilitationsEndPoint", "listAuthorizationByPatient"),
    ),
)
_REGISTRY = Service(
    "DocumentRegistry_Service",
    n.XDSB,
    (
        _ihe("RegistryStoredQuery", 2007, n.q(n.QUERY, "AdhocQueryRequest"), n.q(n.QUERY, "AdhocQueryResponse")),
        _ihe("UpdateDocumentSet", 2010, n.q(n.LCM, "SubmitObjectsRequest"), n.q(n.RS, "RegistryResponse"), "-"),
    ),
)
_REPOSITORY = Service(
    "DocumentRepository_Service",
    n.XDSB,
    (
        _ihe(
            "ProvideAndRegisterDocumentSet-b",
            2007,
            n.q(n.XDSB, "ProvideAndRegisterDocumentSetRequest"),
            n.q(n.RS, "RegistryResponse"),
        ),
        _ihe("RetrieveDocumentSet", 2007, n.q(n.XDSB, "RetrieveDocumentSetRequest"), n.q(n.XDSB, "RetrieveDocumentSetResponse")),
    ),
)
SERVICES = {
    "": _PATIENTS,
    "patients": _PATIENTS,
    "patientspecific": _SPECIFIC,
    "habilitations": _RIGHTS,
    "pdq": _CANDIDATES,
    "registry": _REGISTRY,
    "repository": _REPOSITORY,
}
_FIELDS = {
    "setAuthorization": ("action", "role"),
    "listAuthorizationByPatient": ("mode",),
    "patientList": ("startDate", "dateType", "psOwnerId"),
}
"""Requests of the DMP's own services, whose elements are all texts."""


def _w(parent: etree._Element, tag: str, namespace: str = WSDL, **attributes: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{namespace}}}{tag}", attributes)


def _element(schema: etree._Element, name: str) -> None:
    """An element that any content may stand in, or the fields of a request of our own."""
    sequence = _w(_w(_w(schema, "element", XS, name=name), "complexType", XS), "sequence", XS)
    for field in _FIELDS.get(name, ()):
        _w(sequence, "element", XS, name=field, type="xs:string", minOccurs="0")
    if name not in _FIELDS:
        _w(sequence, "any", XS, minOccurs="0", maxOccurs="unbounded", processContents="skip").set("namespace", "##any")
        complex_type = sequence.getparent()
        if complex_type is not None:
            _w(complex_type, "anyAttribute", XS, processContents="skip")


def _types(root: etree._Element, service: Service) -> None:
    types = _w(root, "types")
    used = {tag for operation in service.operations for tag in (operation.asks, operation.answers)}
    for namespace in sorted({str(etree.QName(tag).namespace) for tag in used}):
        schema = _w(types, "schema", XS, targetNamespace=namespace, elementFormDefault="qualified")
        for tag in sorted(t for t in used if etree.QName(t).namespace == namespace):
            _element(schema, etree.QName(tag).localname)


def _reference(root: etree._Element, tag: str) -> str:
    prefix = next(p for p, uri in root.nsmap.items() if uri == etree.QName(tag).namespace)
    return f"{prefix}:{etree.QName(tag).localname}"


def _message(root: etree._Element, name: str, tag: str) -> None:
    _w(_w(root, "message", name=name), "part", name="body", element=_reference(root, tag))


def _port_type(root: etree._Element, service: Service) -> None:
    port = _w(root, "portType", name=f"{service.name}_PortType")
    for operation in service.operations:
        node = _w(port, "operation", name=operation.name)
        for way, action, suffix in (("input", operation.action, ""), ("output", operation.answer_action, "Response")):
            stated = _w(node, way, message=f"tns:{operation.name}{suffix}_Message")
            stated.set(f"{{{ADDRESSING}}}Action", action)


def _binding(root: etree._Element, service: Service) -> None:
    binding = _w(root, "binding", name=f"{service.name}_Binding", type=f"tns:{service.name}_PortType")
    _w(binding, "binding", SOAP, style="document", transport="http://schemas.xmlsoap.org/soap/http")
    for operation in service.operations:
        node = _w(binding, "operation", name=operation.name)
        _w(node, "operation", SOAP, soapAction=operation.action)
        for way in ("input", "output"):
            _w(_w(node, way), "body", SOAP, use="literal")


def describe(name: str) -> bytes:
    """The WSDL of a service, with the address of this door."""
    service = SERVICES[name]
    used = {str(etree.QName(tag).namespace) for operation in service.operations for tag in (operation.asks, operation.answers)}
    spaces = {"wsdl": WSDL, "soap12": SOAP, "xs": XS, "wsaw": ADDRESSING, "tns": service.namespace}
    spaces |= {f"b{number}": uri for number, uri in enumerate(sorted(used))}
    root = etree.Element(f"{{{WSDL}}}definitions", nsmap=spaces, name=service.name, targetNamespace=service.namespace)
    _types(root, service)
    for operation in service.operations:
        _message(root, f"{operation.name}_Message", operation.asks)
        _message(root, f"{operation.name}Response_Message", operation.answers)
    _port_type(root, service)
    _binding(root, service)
    port = _w(_w(root, "service", name=service.name), "port", name=f"{service.name}_Port", binding=f"tns:{service.name}_Binding")
    _w(port, "address", SOAP, location=f"{settings.CARNET.dmp_url}/{PREFIX}/{name}".rstrip("/"))
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)
