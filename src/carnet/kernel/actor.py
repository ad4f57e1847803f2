"""Who acts: the person or machine, the proof of authentication and the situation of exercise."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from carnet.kernel.codes import Code


class ActorKind(StrEnum):
    """What sort of actor asks. The law has one path for each."""

    ANONYMOUS = "anonymous"
    PROFESSIONAL = "professional"
    EMPLOYEE = "employee"
    """Holder of a CPE card: works under the responsibility of a structure."""
    STRUCTURE = "structure"
    """A structure certificate without a named person."""
    HOLDER = "holder"
    REPRESENTATIVE = "representative"
    CARER = "carer"
    SERVICE = "service"
    """A referenced digital service that the person connected."""
    ASSISTANT = "assistant"
    """An assistant of the person's choice: a connected service that reads alone."""
    OPERATOR = "operator"
    CORRESPONDENT = "correspondent"
    """A mailbox of the trusted space of secure messaging: another operator stands for it."""
    TIMER = "timer"


class Means(StrEnum):
    """How the actor authenticated."""

    NONE = "none"
    CPS_CPF = "cps_cpf"
    PRO_SANTE_CONNECT = "psc"
    CPE = "cpe"
    CERTIFICATE = "certificate"
    AIR = "air"
    """Authentification indirecte renforcée: structure certificate plus a named, strongly authenticated person."""
    PERSON_SESSION = "person_session"
    SERVICE_TOKEN = "service_token"  # noqa: S105 (the name of a means)
    """An access token of our authorisation server, given for the consent of a person."""
    TRUSTED_OPERATOR = "trusted_operator"
    """Another operator of secure messaging, by its certificate and the list of trusted domains."""
    INTERNAL = "internal"
    """Carnet's own processes (worker)."""


class Context(StrEnum):
    """The care context of a situation of exercise."""

    TOWN = "town"
    HOSPITAL = "hospital"
    MEDICO_SOCIAL = "medico_social"


@dataclass(frozen=True, slots=True)
class Authentication:
    """The proof: means, level (palier), and until when it lives."""

    means: Means = Means.NONE
    level: str = ""
    expires_at: datetime | None = None
    at: datetime | None = None
    """When the person signed in, as whoever signs in knows it. A card in a connection and a software's word say no moment: None."""
    certificate: str = ""
    """SHA-256 of the client certificate that this stands on, in hexadecimal; empty without one."""
    revoked: bool = False
    regulation: bool = False
    """The proof of medical regulation: Pro Santé Connect's claim, or a registered regulation certificate."""
    software_is_regulation: bool = False


@dataclass(frozen=True, slots=True)
class Situation:
    """One situation of exercise, as the national directory knows it."""

    profession: Code | None = None
    savoir_faire: str = ""
    structure: str = ""
    structure_name: str = ""
    sector: str = ""
    role: str = ""
    open: bool = True
    """Whether they exercise there; of a connected service, whether the catalogue lets it act."""
    structure_linked: bool = True
    """Whether the directory links this person to this structure."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody (or something) that asks. `id` is the PS_IdNat, Struct_IdNat, person id or software id."""

    kind: ActorKind = ActorKind.ANONYMOUS
    id: str = ""
    name: str = ""
    authentication: Authentication = field(default_factory=Authentication)
    situation: Situation = field(default_factory=Situation)
    software: str = ""
    on_behalf_of: str = ""

    @property
    def key(self) -> str:
        """A stable name of the actor for journals and budgets."""
        return f"{self.kind}:{self.id or '-'}"


ANONYMOUS = Actor()
