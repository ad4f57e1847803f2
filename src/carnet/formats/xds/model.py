"""DocumentEntry and SubmissionSet (ITI TF-3 §4.2.3) as dataclasses. An empty value means: not declared."""

from dataclasses import dataclass
from datetime import datetime

from carnet.kernel.identifiers import PS_ID_SYSTEM, STRUCTURE_ID_SYSTEM
from carnet.kernel.traits import Traits


@dataclass(frozen=True, slots=True)
class Coding:
    """A code as declared: system (OID or URI), code and display name."""

    code: str = ""
    system: str = ""
    display: str = ""

    def __bool__(self) -> bool:
        return bool(self.code)


@dataclass(frozen=True, slots=True)
class Author:
    """An author, or a legal authenticator: a person in a structure, or a device."""

    id: str = ""
    family: str = ""
    given: str = ""
    structure_id: str = ""
    structure_name: str = ""
    role: Coding = Coding()
    specialty: Coding = Coding()
    device: bool = False
    prefix: str = ""
    telecom: tuple[str, ...] = ()
    """XTN values as they stand in XDS."""
    authority: str = PS_ID_SYSTEM
    """OID (or URI) of whoever assigned `id`; empty when it was not stated."""
    structure_authority: str = STRUCTURE_ID_SYSTEM
    """Likewise of `structure_id`."""
    person_stated: str = ""
    """The XCN as it came, where it says more than the fields do, or says it otherwise."""
    structure_stated: str = ""
    """The XON as it came, likewise."""
    further_structures: tuple[str, ...] = ()
    """Further values of authorInstitution (XON), as they came. They give no right: the first is the structure of the author."""
    further_roles: tuple[Coding, ...] = ()
    """Further values of authorRole."""
    further_specialties: tuple[Coding, ...] = ()
    """Further values of authorSpecialty."""

    @property
    def named(self) -> bool:
        """Whether a person or a device is named at all."""
        return bool(self.id or self.family or self.person_stated)

    @property
    def placed(self) -> bool:
        """Whether a structure is named at all."""
        return bool(self.structure_id or self.structure_name or self.structure_stated)

    @property
    def professional(self) -> str:
        """The national identifier of a professional; empty for a device, and for whoever another authority numbered.

        The rights of an author follow from it: a hospital's own number may look like anybody's.
        """
        national = not self.device and self.authority in (PS_ID_SYSTEM, "")
        return self.id if national else ""

    @property
    def structure(self) -> str:
        """The national identifier of the structure, likewise."""
        return self.structure_id if self.structure_authority in (STRUCTURE_ID_SYSTEM, "") else ""


@dataclass(frozen=True, slots=True)
class Reference:
    """An identifier of referenceIdList (CXi, ITI TF-3 §4.2.3.1.2): an accession number, an order, a study…"""

    value: str
    kind: str = ""
    """CXi.5: `urn:ihe:iti:xds:2013:accession`…"""
    authority: str = ""
    """CXi.4: OID (or URI) of whoever assigned it; empty when it was not stated."""
    stated: str = ""
    """The CXi as it came, where it says more than the fields do."""


@dataclass(frozen=True, slots=True)
class Parent:
    """A link to another document: `replaces`, `appends`, `transforms` or `signs`, and its identifier."""

    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class DocumentEntry:
    """The metadata of one document.

    `unique_id` is the author's; `entry_uuid` is the sender's own, else the registry's, and changes with each version of the
    metadata; `logical_id` is the first of them and stays; a replacement is another document with three identifiers of its own.
    """

    unique_id: str = ""
    entry_uuid: str = ""
    logical_id: str = ""
    version: int = 1
    status: str = "Approved"
    type: Coding = Coding()
    class_: Coding = Coding()
    format: Coding = Coding()
    facility: Coding = Coding()
    practice: Coding = Coding()
    events: tuple[Coding, ...] = ()
    confidentiality: tuple[Coding, ...] = ()
    language: str = ""
    mime: str = ""
    size: int | None = None
    sha1: str = ""
    """SHA-1 of the content, lower hexadecimal (XDS); FHIR writes the same in base64."""
    title: str = ""
    comments: str = ""
    creation_time: datetime | None = None
    date: datetime | None = None
    service_start: datetime | None = None
    service_stop: datetime | None = None
    authors: tuple[Author, ...] = ()
    authenticator: Author | None = None
    custodian: Author | None = None
    patient: tuple[str, str] = ("", "")
    """System (OID) and value of the patient identifier."""
    patients: tuple[tuple[str, str], ...] = ()
    """Every way in which a sender names the patient, where there are several: all must lead to one record."""
    patient_traits: Traits = Traits()
    """What a sender says of the patient beside the identifier."""
    references: tuple[Reference, ...] = ()
    parents: tuple[Parent, ...] = ()
    archived: bool = False
    source_patient: tuple[str, str] = ("", "")
    """The patient as the source knew them: system and value of its own identifier (sourcePatientId)."""
    source_patient_stated: str = ""
    """The CX of it as it came, where it says more than system and value."""
    times_stated: tuple[tuple[str, str], ...] = ()
    """Moments stated to less than a second, by the name of their slot, in the digits of XDS: `20051224` is no midnight."""
    source_traits: tuple[str, ...] = ()
    """sourcePatientInfo: lines `PID-n|…` as they were declared."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of documents (ITI TF-3 §4.2.3.4). `members` are identifiers of its documents."""

    unique_id: str = ""
    codes: tuple[Coding, ...] = ()
    title: str = ""
    comments: str = ""
    members: tuple[str, ...] = ()
    entry_uuid: str = ""
    """The sender's own, else the registry's; without a unique_id it names a folder that is there already, to add to."""


@dataclass(frozen=True, slots=True)
class SubmissionSet:
    """What is deposited together."""

    unique_id: str = ""
    source_id: str = ""
    content_type: Coding = Coding()
    submitted_at: datetime | None = None
    title: str = ""
    comments: str = ""
    patient: tuple[str, str] = ("", "")
    patients: tuple[tuple[str, str], ...] = ()
    """Every way in which a sender names the patient, where there are several."""
    author: Author | None = None
    """Who submits, which is not always who wrote."""
    further_authors: tuple[Author, ...] = ()
    """Others who submit with them."""
    recipients: tuple[str, ...] = ()
    """intendedRecipient, as XDS writes it (XON|XCN|XTN)."""
    entry_uuid: str = ""
