"""A software at the DMP door: calls of each transaction, for tests."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from lxml import etree

from carnet.desk.demonstration.people import DemoPerson
from carnet.desk.demonstration.professionals import PROFESSIONALS
from carnet.desk.dmp_client import Pair, Reply, Software, statement_of, submission_of
from carnet.formats.hl7v3 import Device, write_query
from carnet.formats.soap import Part
from carnet.formats.vihf import Statement
from carnet.formats.xds import Coding, DocumentEntry, SubmissionSet
from carnet.formats.xds import names as n
from carnet.formats.xds.messages import write_retrieve, write_submit
from carnet.formats.xds.queries import E, StoredQuery
from carnet.formats.xds.queries import write_query as write_stored_query
from carnet.formats.xds.rim_read import Association
from carnet.formats.xds.rim_write import write_association, write_entry, write_set
from carnet.interfaces.dmp.wsdl import HABILITATIONS, PATIENTS
from support.people import author, cda, fresh_uid, now

REPOSITORY = "1.2.250.1.213.4.1.1.1.2"
APPROVED = n.STATUS["Approved"]
LOINC = "2.16.840.1.113883.6.1"
_kept: dict[str, Software] = {}


def software(dmp: str, pki: Any, name: str) -> Software:
    """The software of a professional or a structure, its connection kept."""
    return _kept.setdefault(f"{dmp}|{name}", Software(dmp, pki, name)) if f"{dmp}|{name}" not in _kept else _kept[f"{dmp}|{name}"]


class Practice:
    """A professional of the demonstration with a software and a card."""

    def __init__(self, dmp: str, pki: Any, key: str, place: int = 0, **said: object) -> None:
        self.person, self.software = PROFESSIONALS[key], software(dmp, pki, key)
        self.said = statement_of(self.person, self.software.signer, self.person.places[place], **said)

    def about(self, patient: DemoPerson | None, /, **more: object) -> Statement:
        """What the VIHF of a call says."""
        at = {"at": now()}
        return replace(self.said, **(at | ({"patient": patient.ins.cx} if patient else {}) | more))

    def call(
        self, patient: DemoPerson | None, /, body: etree._Element, action: str, parts: list[Part] | None = None, **more: object
    ) -> Reply:
        """One call."""
        return self.software.call(body, action, self.about(patient, **more), parts)

    def test(self, patient: DemoPerson, /, **more: object) -> Reply:
        """TD0.2."""
        return self.demographics(patient, "TEST_EXST", **more)

    def demographics(self, patient: DemoPerson, what: str, /, **more: object) -> Reply:
        """TD0.2 or TD1.3a."""
        body = write_query(what, (patient.ins.oid.value, patient.ins.matricule), Device("1.2.250.1.213.4.1.1.1"),
                           ("1.3.6.1.4.1.48364", "LPS"), now())  # fmt: skip
        return self.call(patient, body, "urn:hl7-org:v3:PRPA_IN201307UV02", **more)

    def own(self, patient: DemoPerson | None, /, namespace: str, name: str, values: dict[str, str], **more: object) -> Reply:
        """One of the DMP's own services."""
        body = etree.Element(f"{{{namespace}}}{name}", nsmap={None: namespace})
        for key, value in values.items():
            etree.SubElement(body, f"{{{namespace}}}{key}").text = value
        return self.call(patient, body, f"{namespace}:{name}", **more)

    def query(
        self, patient: DemoPerson, /, name: str, leaf: bool = True, more: dict[str, object] | None = None, **parameters: object
    ) -> Reply:
        """TD3.1. A parameter is one value, or a list of them."""
        body = write_stored_query(stored_query(patient, name, leaf, parameters))
        return self.call(patient, body, "urn:ihe:iti:2007:RegistryStoredQuery", **(more or {}))

    def find(self, patient: DemoPerson, /, statuses: tuple[str, ...] = ("Approved",), more: dict[str, object] | None = None,
             **parameters: object) -> Reply:  # fmt: skip
        """FindDocuments."""
        wanted = {f"{E}PatientId": patient.ins.cx, f"{E}Status": [n.STATUS[s] for s in statuses]}
        return self.query(patient, "FindDocuments", more=more, **wanted, **parameters)

    def retrieve(self, patient: DemoPerson, /, *unique_ids: str, repository: str = REPOSITORY, **more: object) -> Reply:
        """TD3.2."""
        body = write_retrieve([(repository, one) for one in unique_ids])
        return self.call(patient, body, "urn:ihe:iti:2007:RetrieveDocumentSet", **more)

    def feed(self, patient: DemoPerson, /, *documents: tuple[DocumentEntry, bytes], inline: bool = False, signed: bool = True,
             ties: tuple[Association, ...] = (), more: dict[str, object] | None = None) -> Reply:  # fmt: skip
        """TD2.1."""
        body, parts = lot(self.software.signer, patient, documents, signed, inline, ties)
        action = "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b"
        return self.call(patient, body, action, None if inline else parts, **(more or {}))

    def update(self, patient: DemoPerson, /, *objects: etree._Element, **more: object) -> Reply:
        """TD3.3."""
        return self.call(patient, update_of(patient, self.person.id, *objects), "urn:ihe:iti:2010:UpdateDocumentSet", **more)

    def change_status(self, patient: DemoPerson, /, target: str, before: str, after: str, **more: object) -> Reply:
        """TD3.3c, TD3.3d."""
        body = status_change(patient, self.person.id, target, before, after)
        return self.call(patient, body, "urn:ihe:iti:2010:UpdateDocumentSet", **more)

    def change_labels(
        self, patient: DemoPerson, /, entry: DocumentEntry, labels: tuple[str, ...], version: str = "", **more: object
    ) -> Reply:
        """TD3.3a, TD3.3b: the entry as it was found, with these visibility codes."""
        codes = (Coding("N", "2.16.840.1.113883.5.25", "Normal"), *(Coding(c, "1.2.250.1.213.1.1.4.13", c) for c in labels))
        node = write_entry(replace(entry, confidentiality=codes), REPOSITORY, "Document01")
        slots = {"SubmissionSetStatus": ["Original"], "PreviousVersion": [version or str(entry.version)]}
        tie = Association(n.HAS_MEMBER, "SubmissionSet01", "Document01", slots)
        return self.update(patient, node, write_association(tie, stored=False), **more)


def update_of(patient: DemoPerson, by: str, *objects: etree._Element) -> etree._Element:
    """A SubmitObjectsRequest of TD3.3."""
    return write_submit([write_set(submission_set(patient, by), "SubmissionSet01"), *objects])


def status_change(patient: DemoPerson, by: str, target: str, before: str, after: str) -> etree._Element:
    """A new status, as a SubmitObjectsRequest."""
    slots = {"OriginalStatus": [n.STATUS[before]], "NewStatus": [n.STATUS[after]]}
    tie = Association(n.UPDATE_STATUS, "SubmissionSet01", target, slots)
    return update_of(patient, by, write_association(tie, stored=False))


def stored_query(patient: DemoPerson, name: str, leaf: bool, parameters: dict[str, Any]) -> StoredQuery:
    """A query, its values as lists of one group."""
    groups = {key: ((value,) if isinstance(value, str) else tuple(value),) for key, value in parameters.items()}
    return StoredQuery(name, leaf, groups)


def entry_of(
    patient: DemoPerson, by: str = "treating", unique_id: str = "", type_: str = "11488-4", **more: object
) -> DocumentEntry:
    """Complete metadata of a document."""
    fields: dict[str, Any] = {
        "unique_id": unique_id or fresh_uid(), "type": Coding(type_, LOINC, "CR ou fiche de consultation ou de visite"),
        "class_": Coding("10", "1.2.250.1.213.1.1.4.1", "Compte rendu"),
        "format": Coding("urn:ihe:iti:xds-sd:text:2008", "1.3.6.1.4.1.19376.1.2.3", "texte"),
        "facility": Coding("SA07", "1.2.250.1.71.4.2.4", "Cabinet individuel"),
        "practice": Coding("AMBULATOIRE", "1.2.250.1.213.1.1.4.9", "Ambulatoire"),
        "confidentiality": (Coding("N", "2.16.840.1.113883.5.25", "Normal"),), "language": "fr-FR", "mime": "text/xml",
        "title": "Compte rendu", "comments": "Commentaire", "creation_time": now() - timedelta(days=3), "service_start": now(), "authors": author(by),
        "authenticator": author(by)[0], "patient": (patient.ins.oid.value, patient.ins.matricule),
        "source_patient": ("1.2.250.1.999.1.1.7898.2", "0456789999"),
        "source_traits": (f"PID-5|{patient.traits.birth_name}^{patient.traits.given_names}^^^^^L", "PID-8|M"),
    }  # fmt: skip
    return DocumentEntry(**(fields | more))


def document_of(patient: DemoPerson, by: str = "treating", **more: object) -> tuple[DocumentEntry, bytes]:
    """Metadata and a CDA that agree."""
    entry = entry_of(patient, by, **more)
    return entry, cda(patient, by, entry.type.code, entry.unique_id)


def submission_set(patient: DemoPerson, by: str) -> SubmissionSet:
    """A submission set of this patient."""
    return SubmissionSet(
        unique_id=fresh_uid(), source_id="1.2.250.1.999.1.1.7898", content_type=Coding("04", "1.2.250.1.213.2.2", "Hospitalisation de jour"),
        submitted_at=now(), title="Lot", comments="Commentaire du lot", patient=(patient.ins.oid.value, patient.ins.matricule),
        author=author(next(key for key, who in PROFESSIONALS.items() if who.id == by))[0],
    )  # fmt: skip


def lot(signer: Pair, patient: DemoPerson, documents: tuple[tuple[DocumentEntry, bytes], ...], signed: bool = True, inline: bool = False,
        ties: tuple[Association, ...] = ()) -> tuple[etree._Element, list[Part]]:  # fmt: skip
    """A submission: its set, its documents, its signature, its associations."""
    who = documents[0][0].authors[0].id
    return submission_of(submission_set(patient, who), documents, signer if signed else None, now(), inline, ties)


def status(reply: Reply) -> str:
    """The last word of an answer's status."""
    node = reply.body if reply.body.get("status") else reply.body.find(f".//{n.q(n.RS, 'RegistryResponse')}")
    assert node is not None, etree.tostring(reply.body)
    return node.get("status", "").rpartition(":")[2]


def errors(reply: Reply) -> list[tuple[str, str]]:
    """Code and place of each RegistryError."""
    return [(e.get("errorCode", ""), e.get("location", "")) for e in reply.body.iter(n.q(n.RS, "RegistryError"))]


def fault(reply: Reply) -> str:
    """The subcode of a fault; empty for an answer that is none."""
    values = reply.body.findall(".//{http://www.w3.org/2003/05/soap-envelope}Value")
    return (values[-1].text or "").partition(":")[2] if etree.QName(reply.body).localname == "Fault" else ""


def refused(reply: Reply) -> str:
    """The refusal of any transaction, by its code; empty when it was done."""
    if fault(reply):
        return fault(reply)
    for code, place in errors(reply):
        return place or code
    detail = reply.body.find(".//{urn:hl7-org:v3}acknowledgementDetail/{urn:hl7-org:v3}code")
    if detail is not None:
        return detail.get("code", "")
    told = next((node for node in reply.body.iter("{*}status") if etree.QName(node).namespace in (HABILITATIONS, PATIENTS)), None)
    return "" if told is None or told.text == "DMPOk" else told.text or "?"


def objects(reply: Reply, name: str = "ExtrinsicObject") -> list[etree._Element]:
    """The registry objects of an answer."""
    return list(reply.body.iter(n.q(n.RIM, name)))


def unique_ids(reply: Reply) -> list[str]:
    """The uniqueIds of the documents of an answer."""
    return [
        i.get("value", "")
        for i in reply.body.iter(n.q(n.RIM, "ExternalIdentifier"))
        if i.get("identificationScheme") == n.ENTRY_UNIQUE_ID
    ]


def urn(value: UUID | str) -> str:
    """A UUID as XDS writes it."""
    return f"urn:uuid:{value}"
