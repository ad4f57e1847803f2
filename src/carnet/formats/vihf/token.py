"""Reading the fields of a VIHF (CI-SIS, volet transport; version 3.0, and 4.0 as the hospital volet of 2026 names it)."""

from dataclasses import dataclass, field
from datetime import datetime

from lxml import etree

from carnet.formats.timestamps import from_fhir
from carnet.formats.vihf.signature import VihfError
from carnet.formats.xds.hl7_values import read_cx
from carnet.kernel.codes import HIDDEN_FROM_REPRESENTATIVES, SAVOIR_FAIRE_SYSTEM, Code
from carnet.kernel.refusal import No

SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
HL7 = "urn:hl7-org:v3"
DIRECT, INDIRECT, AIR = "DIRECTE", "INDIRECTE", "INDIRECTE_RENFORCEE"
ROLE = "urn:oasis:names:tc:xacml:2.0:subject:role"
RESOURCE = "urn:oasis:names:tc:xacml:2.0:resource:resource-id"
PURPOSE = "urn:oasis:names:tc:xspa:1.0:subject:purposeofuse"
SUBJECT = "urn:oasis:names:tc:xspa:1.0:subject:subject-id"
CONFIDENTIALITY = "urn:oasis:names:tc:xspa:1.0:resource:patient:hl7:confidentiality-code"
CARE_ROLE_SYSTEM, ACTIVITY_SYSTEM = "1.2.250.1.213.1.6.1.107", "1.2.250.1.213.1.6.1.19"
"""TRE_R85, roles of care; TRE_R22, kinds of activity."""
MOST_ROLES = 4
"""Profession, speciality, role of care (R85), kind of activity."""
VERSIONS = frozenset({"3.0", "4.0"})
MODES_SYSTEM = "1.2.250.1.213.1.1.4.248"
PURPOSE_SYSTEMS = frozenset({MODES_SYSTEM, "1.2.250.1.213.1.1.4.3"})


@dataclass(frozen=True, slots=True)
class Software:
    """The software that calls."""

    id: str = ""
    name: str = ""
    version: str = ""
    homologation: str = ""


@dataclass(frozen=True, slots=True)
class Vihf:
    """Every field of a VIHF, as it is declared."""

    id: str
    issued_at: datetime
    issuer: str
    subject: str
    """National identifier of the professional, or of the person responsible for an automaton."""
    authenticated_at: datetime | None
    context_class: str
    context_declared: str
    not_before: datetime | None
    not_on_or_after: datetime | None
    audiences: tuple[str, ...]
    version: str
    mode: str
    structure: str
    sector: Code
    name: str
    roles: tuple[Code, ...]
    """Profession first; then the speciality, or the role of a profession « à rôle »."""
    patient: tuple[str, str]
    """OID and matricule of the INS."""
    resource: str
    purpose: str
    reason: str
    confidentiality: str
    software: Software = field(default_factory=Software)

    @property
    def profession(self) -> Code | None:
        """The profession: the first role."""
        return self.roles[0] if self.roles else None

    @property
    def speciality(self) -> str:
        """The savoir-faire, where one of the roles is one."""
        return next((role.code for role in self.roles[1:] if role.system == SAVOIR_FAIRE_SYSTEM), "")

    @property
    def states_speciality(self) -> bool:
        """Whether a role beside the profession is a speciality or a section: neither a role of care nor a kind of activity."""
        return any(role.system not in (CARE_ROLE_SYSTEM, ACTIVITY_SYSTEM) for role in self.roles[1:])

    @property
    def care_role(self) -> str:
        """The role of care (TRE_R85), for professions that have one."""
        return next((role.code for role in self.roles[1:] if role.system == CARE_ROLE_SYSTEM), "")

    @property
    def secret(self) -> bool:
        """Whether this is a secret connection, for a minor's record."""
        return self.confidentiality == HIDDEN_FROM_REPRESENTATIVES


def _q(name: str) -> str:
    return f"{{{SAML}}}{name}"


def _malformed(problem: str) -> VihfError:
    return VihfError(No.VIHF_MALFORMED, problem)


def _moment(value: str | None, what: str) -> datetime | None:
    try:
        return from_fhir(value) if value else None
    except (ValueError, OverflowError):
        raise _malformed(f"{what} cannot be read") from None


def _attributes(assertion: etree._Element) -> dict[str, list[etree._Element]]:
    found: dict[str, list[etree._Element]] = {}
    for attribute in assertion.iterfind(f"{_q('AttributeStatement')}/{_q('Attribute')}"):
        name = attribute.get("Name", "").replace("Authentification_Mode", "Authentification_mode")
        if name in found:
            raise _malformed("an attribute stands twice")
        found[name] = attribute.findall(_q("AttributeValue"))
    return found


def _text(attributes: dict[str, list[etree._Element]], name: str) -> str:
    values = attributes.get(name, [])
    if len(values) > 1:
        raise _malformed("an attribute of one value has several")
    return "".join(values[0].itertext()).strip() if values else ""


def _coded(attributes: dict[str, list[etree._Element]], name: str, tag: str) -> tuple[Code, ...]:
    nodes = [node for value in attributes.get(name, []) for node in value.findall(f"{{{HL7}}}{tag}")]
    return tuple(Code(node.get("codeSystem", ""), node.get("code", "")) for node in nodes)


def _caret(text: str) -> Code:
    code, _, system = text.partition("^")
    return Code(system, code)


def _one(assertion: etree._Element, path: str) -> str:
    found = assertion.findall("/".join(_q(part) for part in path.split("/")))
    if len(found) > 1:
        raise _malformed("an element of the assertion stands twice")
    return (found[0].text or "").strip() if found else ""


def _purpose(attributes: dict[str, list[etree._Element]]) -> str:
    found = _coded(attributes, PURPOSE, "PurposeOfUse")
    if len(found) != 1 or found[0].system not in PURPOSE_SYSTEMS:
        raise _malformed("one access mode of TRE_R248 is stated")
    return found[0].code


def read_vihf(assertion: etree._Element) -> Vihf:
    """Read an assertion whose signature holds. Raises VihfError for what the CI-SIS makes mandatory and is not there."""
    attributes, conditions = _attributes(assertion), assertion.find(_q("Conditions"))
    statement = assertion.find(_q("AuthnStatement"))
    issued, cx = _moment(assertion.get("IssueInstant"), "IssueInstant"), _text(attributes, RESOURCE)
    if issued is None or not assertion.get("ID") or assertion.get("Version") != "2.0":
        raise _malformed("ID, Version and IssueInstant are mandatory")
    read = Vihf(
        id=assertion.get("ID", ""),
        issued_at=issued,
        issuer=_one(assertion, "Issuer"),
        subject=_one(assertion, "Subject/NameID"),
        authenticated_at=_moment(statement.get("AuthnInstant") if statement is not None else None, "AuthnInstant"),
        context_class=_one(assertion, "AuthnStatement/AuthnContext/AuthnContextClassRef"),
        context_declared=_one(assertion, "AuthnStatement/AuthnContext/AuthnContextDecl"),
        not_before=_moment(conditions.get("NotBefore") if conditions is not None else None, "NotBefore"),
        not_on_or_after=_moment(conditions.get("NotOnOrAfter") if conditions is not None else None, "NotOnOrAfter"),
        audiences=tuple((a.text or "").strip() for a in assertion.iter(_q("Audience"))),
        version=_text(attributes, "VIHF_Version"),
        mode=_text(attributes, "Authentification_mode"),
        structure=_text(attributes, "Identifiant_Structure"),
        sector=_caret(_text(attributes, "Secteur_Activite")),
        name=_text(attributes, SUBJECT),
        roles=_coded(attributes, ROLE, "Role"),
        patient=read_cx(cx) if cx else ("", ""),
        resource=_text(attributes, "Ressource_URN"),
        purpose=_purpose(attributes),
        reason=_text(attributes, "Mode_Acces_Raison"),
        confidentiality=_text(attributes, CONFIDENTIALITY).partition("^")[0],
        software=Software(*(_text(attributes, name) for name in ("LPS_ID", "LPS_Nom", "LPS_Version", "LPS_ID_HOMOLOGATION_DMP"))),
    )
    _check(read)
    return read


def _check(vihf: Vihf) -> None:
    mandatory = {
        "Issuer": vihf.issuer,
        "NameID": vihf.subject,
        "Identifiant_Structure": vihf.structure,
        "Secteur_Activite": vihf.sector.code,
        "AuthnContextClassRef": vihf.context_class,
        "LPS_Nom": vihf.software.name,
    }
    long = {
        "ID": (vihf.id, 200),
        "NameID": (vihf.subject, 64),
        "Identifiant_Structure": (vihf.structure, 64),
        "subject-id": (vihf.name, 200),
        "Mode_Acces_Raison": (vihf.reason, 2_000),
        "LPS": (vihf.software.name + vihf.software.version, 200),
    }
    too_long = [name for name, (value, most) in long.items() if len(value) > most]
    if too_long:
        # What an assertion says of itself ends in a journal that nobody can shorten.
        raise _malformed(f"too long: {', '.join(too_long)}")
    missing = [name for name, value in mandatory.items() if not value]
    if missing:
        raise _malformed(f"mandatory: {', '.join(missing)}")
    if vihf.version not in VERSIONS:
        raise _malformed("VIHF_Version is 3.0 or 4.0")
    if vihf.mode not in (DIRECT, INDIRECT, AIR):
        raise _malformed("Authentification_mode is DIRECTE, INDIRECTE or INDIRECTE_RENFORCEE")
    if vihf.confidentiality not in ("", "N", HIDDEN_FROM_REPRESENTATIVES):
        raise _malformed("confidentiality-code is INVISIBLE_REPRESENTANTS_LEGAUX, for a secret connection, or nothing")
    if vihf.resource != "urn:dmp":
        raise _malformed("Ressource_URN is urn:dmp")
    if len(vihf.roles) > MOST_ROLES:
        raise _malformed(f"at most {MOST_ROLES} roles: profession, speciality, role of care, kind of activity")
    if not vihf.roles or vihf.roles[0].system in (SAVOIR_FAIRE_SYSTEM, CARE_ROLE_SYSTEM, ACTIVITY_SYSTEM):
        raise _malformed("the first role is the profession")
