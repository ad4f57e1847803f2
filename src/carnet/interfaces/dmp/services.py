"""The services, their addresses and their operations. An operation is found by its body, at whatever address it is sent to."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from carnet.formats.hl7v3.read import CONSULT, NS, TEST_EXISTENCE, V3
from carnet.formats.xds import names as n
from carnet.interfaces.dmp import td02, td03, td04, td05, td11, td13, td14, td15, td16, td21, td31, td32, td33
from carnet.interfaces.dmp.door import Answer, Call, Operation, faulted, serve
from carnet.interfaces.dmp.errors import fault_of
from carnet.interfaces.dmp.wsdl import HABILITATIONS, PATIENTS, SERVICES, describe
from carnet.kernel.refusal import No, Refusal


def _demographics(call: Call) -> Answer:
    """PRPA_IN201307UV02 asks for two things, told apart by the reason."""
    reason = call.body.find("h:controlActProcess/h:reasonCode", NS)
    code = reason.get("code", "") if reason is not None else ""
    if code not in (TEST_EXISTENCE, CONSULT):
        raise Refusal(No.REQUEST_MALFORMED, {"element": "reasonCode"})
    return td02.handle(call) if code == TEST_EXISTENCE else td13.handle(call)


def _own(namespace: str, service: str, name: str, module: object, transaction: str) -> Operation:
    action = f"{namespace}:{service}:{name}"
    handle, refuse = getattr(module, "handle"), getattr(module, "refuse")  # noqa: B009 (modules are not typed as operations)
    return Operation(f"{{{namespace}}}{name}", action, f"{action}Response", handle, refuse, transaction)


_V3 = f"urn:{V3.removeprefix('urn:')}"
OPERATIONS = (
    Operation(
        f"{{{V3}}}PRPA_IN201307UV02",
        f"{_V3}:PRPA_IN201307UV02",
        f"{_V3}:PRPA_IN201308UV02",
        _demographics,
        td02.refuse,
        "TD0.2, TD1.3a",
    ),
    Operation(
        f"{{{V3}}}PRPA_IN201311UV02",
        f"{_V3}:PRPA_IN201311UV02",
        f"{_V3}:PRPA_IN201311ResponseUV02",
        td11.handle,
        td11.refuse,
        "TD1.1",
    ),
    Operation(
        f"{{{V3}}}PRPA_IN201314UV02",
        f"{_V3}:PRPA_IN201314UV02",
        f"{_V3}:PRPA_IN201314ResponseUV02",
        td14.handle,
        td14.refuse,
        "TD1.3b, TD1.4",
    ),
    Operation(
        f"{{{V3}}}PRPA_IN201305UV02", f"{_V3}:PRPA_IN201305UV02", f"{_V3}:PRPA_IN201306UV02", td05.handle, td05.refuse, "TD0.5"
    ),
    _own(HABILITATIONS, "HabilitationsEndPoint", "setAuthorization", td03, "TD0.3"),
    _own(HABILITATIONS, "HabilitationsEndPoint", "listAuthorizationByPatient", td16, "TD1.6"),
    _own(PATIENTS, "PatientSpecificEndPoint", "patientList", td04, "TD0.4"),
    *(_own(PATIENTS, "PatientSpecificEndPoint", name, td15, "TD1.5") for name in td15.WITHDRAWN),
    Operation(
        n.q(n.XDSB, "ProvideAndRegisterDocumentSetRequest"),
        "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b",
        "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-bResponse",
        td21.handle,
        td21.refuse,
        "TD2.1, TD2.2",
    ),
    Operation(
        n.q(n.QUERY, "AdhocQueryRequest"),
        "urn:ihe:iti:2007:RegistryStoredQuery",
        "urn:ihe:iti:2007:RegistryStoredQueryResponse",
        td31.handle,
        td31.refuse,
        "TD3.1",
    ),
    Operation(
        n.q(n.XDSB, "RetrieveDocumentSetRequest"),
        "urn:ihe:iti:2007:RetrieveDocumentSet",
        "urn:ihe:iti:2007:RetrieveDocumentSetResponse",
        td32.handle,
        td32.refuse,
        "TD3.2",
    ),
    # ITI-42 has the same body: it is a matter between a repository and its registry, and no software sends it here.
    Operation(
        n.q(n.LCM, "SubmitObjectsRequest"),
        "urn:ihe:iti:2010:UpdateDocumentSet",
        "urn:ihe:iti:2010:UpdateDocumentSet-Response",
        td33.handle,
        td33.refuse,
        "TD3.3a-d",
        only_action=True,
    ),
)


def service(request: HttpRequest, name: str = "") -> HttpResponseBase:
    """A service: `?wsdl` describes it, a POST calls it. Any operation is answered at any of the addresses."""
    if name.strip("/").lower() not in SERVICES:
        return faulted(request, fault_of(Refusal(No.OPERATION_UNKNOWN)))
    if request.method == "GET" and "wsdl" in {key.lower() for key in request.GET}:
        return HttpResponse(describe(name.strip("/").lower()), content_type="text/xml; charset=utf-8")
    if request.method != "POST":
        return faulted(request, fault_of(Refusal(No.OPERATION_UNKNOWN)))
    return serve(request, OPERATIONS)
