"""A client that zeep generates from the official WSDL runs the DMP's transactions against the door's own process.

zeep writes no MTOM: it deposits by inline base64, and reads documents back out of MTOM parts. The stacks that write MTOM are in
test_dmp_stacks.py. It knows no substitution groups either, of which ebRIM is made: registry objects are put into its envelope by a
plugin, and read as raw elements.
"""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from lxml import etree
from support.dmp import APPROVED, REPOSITORY, Practice, document_of, lot, status_change
from support.people import patient

from carnet.desk.demonstration.people import DemoPerson
from carnet.desk.demonstration.professionals import PROFESSIONALS
from carnet.desk.dmp_client import ADDRESS, assertion_of
from carnet.formats.soap.envelope import WSSE
from carnet.formats.xds import names as n

requests = pytest.importorskip("requests")
zeep = pytest.importorskip("zeep", reason="zeep is not installed: make test installs it")
wsa = pytest.importorskip("zeep.wsa")

RAISED = {"root": "2.16.840.1.113883.1.6"}
DEVICE = {"classCode": "DEV", "determinerCode": "INSTANCE"}


class RegistryObjects(zeep.Plugin):  # type: ignore[misc]
    """Puts registry objects into the empty RegistryObjectList of an envelope that zeep wrote."""

    waiting: list[etree._Element]

    def __init__(self) -> None:
        self.waiting = []

    def egress(self, envelope: etree._Element, http_headers: Any, operation: Any, binding_options: Any) -> Any:
        """Fill the list."""
        for listed in envelope.iter(n.q(n.RIM, "RegistryObjectList")):
            listed.extend(self.waiting)
        return envelope, http_headers


class Workstation:
    """A vendor's software: clients of the official WSDL, a card, and a VIHF for each call."""

    def __init__(self, address: str, pki: Any, wsdl: Path, key: str, person: DemoPerson) -> None:
        self.practice, self.person, self.address, self.wsdl = Practice(address, pki, key), person, address + ADDRESS, wsdl
        session = requests.Session()
        session.cert, session.verify = str(pki.certificate(key)), str(pki.path / "server-ca.pem")
        # What the machine says of authorities is not for this server.
        session.trust_env = False
        self.transport = zeep.Transport(session=session)
        self.clients: dict[str, Any] = {}
        self.objects = RegistryObjects()

    def client(self, name: str) -> Any:
        """The client of one WSDL."""
        if name not in self.clients:
            plugins, settings = [wsa.WsAddressingPlugin(), self.objects], zeep.Settings(strict=False)
            wsdl = str(self.wsdl / f"{name}.wsdl")
            self.clients[name] = zeep.Client(wsdl, transport=self.transport, plugins=plugins, settings=settings)
        return self.clients[name]

    def call(self, wsdl: str, operation: str, about: DemoPerson | None, **message: Any) -> Any:
        """Call an operation with a VIHF of its own."""
        client = self.client(wsdl)
        service = next(iter(client.wsdl.services.values()))
        binding = next(iter(service.ports.values())).binding.name
        security = etree.Element(f"{{{WSSE}}}Security")
        security.append(assertion_of(self.practice.about(about), self.practice.software.signer))
        proxy = client.create_service(str(binding), self.address)
        return getattr(proxy, operation)(**message, _soapheaders=[security])


@pytest.fixture
def person() -> DemoPerson:
    return patient(treating="treating")[0]


@pytest.fixture
def work(dmp_process: tuple[str, int], pki: Any, shared: Path, person: DemoPerson) -> Workstation:
    return Workstation(dmp_process[0], pki, shared / "samples" / "dmp" / "wsdl-schema" / "wsdl", "treating", person)


def v3(interaction: str, act: dict[str, Any]) -> dict[str, Any]:
    """A message of HL7 v3."""
    return {
        "ITSVersion": "XML_1.0", "id": {"root": "1.3.6.1.4.1.48364", "extension": str(uuid4())}, "creationTime": {"value": "20260301120000"},
        "interactionId": RAISED | {"extension": interaction}, "processingCode": {"code": "D"}, "processingModeCode": {"code": "T"},
        "acceptAckCode": {"code": "AL"}, "receiver": [{"typeCode": "RCV", "device": DEVICE | {"id": [{"root": "1.2.250.1.213.4.1.1.1"}]}}],
        "sender": {"typeCode": "SND", "device": DEVICE | {"id": [{"root": "1.3.6.1.4.1.48364"}]}},
        "controlActProcess": {"classCode": "CACT", "moodCode": "EVN"} | act,
    }  # fmt: skip


def demographics(person: DemoPerson, reason: str) -> dict[str, Any]:
    named = {
        "value": [{"root": person.ins.oid.value, "extension": person.ins.matricule}],
        "semanticsText": {},
    }
    query = {"queryId": {"root": "1.3.6.1.4.1.48364.2", "extension": str(uuid4())}, "statusCode": {"code": "new"},
             "parameterList": {"patientIdentifier": [named]}}  # fmt: skip
    return v3("PRPA_IN201307UV02", {"reasonCode": [{"code": reason}], "queryByParameter": query})


def slots(**values: list[str]) -> list[dict[str, Any]]:
    return [{"name": f"${name}", "ValueList": {"_value_1": [{"Value": one} for one in value]}} for name, value in values.items()]


def found(work: Workstation, kind: str = "LeafClass") -> list[etree._Element]:
    """TD3.1."""
    wanted = slots(XDSDocumentEntryPatientId=[f"'{work.person.ins.cx}'"], XDSDocumentEntryStatus=[f"('{APPROVED}')"])
    answer = work.call(
        "XDS.b_DocumentRegistry", "DocumentRegistry_RegistryStoredQuery", work.person,
        ResponseOption={"returnType": kind, "returnComposedObjects": True},
        AdhocQuery={"id": "urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d", "Slot": wanted},
    )  # fmt: skip
    assert answer.status == n.SUCCESS, answer
    return list(answer.RegistryObjectList._raw_elements or []) if answer.RegistryObjectList else []


def test_a_generated_client_runs_the_transactions(work: Workstation, person: DemoPerson) -> None:
    # TD0.2
    exists = work.call(
        "GestionDossierPatientPartage", "PatientGetDemographics_PRPA_IN201307UV02", person, **demographics(person, "TEST_EXST")
    )
    assert exists.acknowledgement[0].typeCode == "AA"
    # TD0.3
    assert work.call("Habilitations", "setAuthorization", person, action="AJOUT").status == "DMPOk"
    # TD0.4
    listed = work.call("PatientsSpecific", "patientList", None)
    assert person.ins.matricule in {one.nationalId for line in listed.patientlistData for one in line.patientIdentifier}
    # TD1.3a
    data = work.call(
        "GestionDossierPatientPartage", "PatientGetDemographics_PRPA_IN201307UV02", person, **demographics(person, "CNSLT_DATA")
    )
    assert data.acknowledgement[0].typeCode == "AA"
    # TD1.6
    readers = work.call("Habilitations", "listAuthorizationByPatient", person, mode="ACTIVE")
    assert PROFESSIONALS["treating"].id in str(readers)
    # TD2.1
    entry, content = document_of(person)
    body, parts = lot(work.practice.software.signer, person, ((entry, content),))
    work.objects.waiting = list(body[0][0])
    documents = [{"id": node.get("id"), "_value_1": part.content} for node, part in zip(body[1:], parts, strict=True)]
    fed = work.call("XDS.b_DocumentRepository", "DocumentRepository_ProvideAndRegisterDocumentSet-b", person,
                    SubmitObjectsRequest={"RegistryObjectList": {}}, Document=documents)  # fmt: skip
    assert fed.status == n.SUCCESS, fed
    # TD3.1
    [reference] = found(work, "ObjectRef")
    [leaf] = found(work)
    # TD3.2
    asked = [{"RepositoryUniqueId": REPOSITORY, "DocumentUniqueId": entry.unique_id}]
    read = work.call("XDS.b_DocumentRepository", "DocumentRepository_RetrieveDocumentSet", person, DocumentRequest=asked)
    assert read.RegistryResponse.status == n.SUCCESS
    # zeep takes the white space off the ends of the parts that it reads.
    assert [(one.DocumentUniqueId, one.Document) for one in read.DocumentResponse] == [(entry.unique_id, content.strip())]
    # TD3.3d, TD3.3c
    for before, after in (("Approved", "Archived"), ("Archived", "Approved"), ("Approved", "Deleted")):
        _change_status(work, leaf.get("id", ""), before, after)
    assert reference.get("id") == leaf.get("id")
    assert found(work) == []


def _change_status(work: Workstation, target: str, before: str, after: str) -> None:
    work.objects.waiting = list(status_change(work.person, work.practice.person.id, target, before, after)[0])
    done = work.call("XDS.b_DocumentRegistry", "DocumentRegistry_UpdateDocumentSet", work.person, RegistryObjectList={})
    assert done.status == n.SUCCESS, done.RegistryErrorList
