"""URIs of code systems and profiles, and the OIDs that they stand for."""

from urllib.parse import quote, unquote

_NOS = "https://mos.esante.gouv.fr/NOS"


def _nos(table: str) -> str:
    return f"{_NOS}/{table}/FHIR/{table.replace('_', '-')}"


URI_OF_OID = {
    "2.16.840.1.113883.6.1": "http://loinc.org",
    "1.2.250.1.213.1.1.4.12": _nos("TRE_A05-TypeDocComplementaire"),
    "1.2.250.1.213.1.1.4.1": _nos("TRE_A03-ClasseDocument"),
    "1.2.250.1.213.1.1.4.13": _nos("TRE_A07-StatutVisibiliteDocument"),
    "2.16.840.1.113883.5.25": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality",
    "1.2.250.1.213.1.1.4.9": _nos("TRE_A01-CadreExercice"),
    "1.2.250.1.71.4.2.4": _nos("TRE_R02-SecteurActivite"),
    "1.2.250.1.213.1.1.4.6": _nos("TRE_A00-ProducteurDocNonPS"),
    "1.2.250.1.71.1.2.7": _nos("TRE_G15-ProfessionSante"),
    "1.2.250.1.213.1.1.4.2.282": _nos("TRE_A06-FormatCodeComplementaire"),
    "1.3.6.1.4.1.19376.1.2.3": "http://ihe.net/fhir/ihe.formatcode.fhir/CodeSystem/formatcode",
}
OID_OF_URI = {
    **{uri: oid for oid, uri in URI_OF_OID.items()},
    # A published example writes "Status" for "Statut".
    _nos("TRE_A07-StatusVisibiliteDocument"): "1.2.250.1.213.1.1.4.13",
    _nos("TRE_A11-IheFormatCode"): "1.3.6.1.4.1.19376.1.2.3",
    # Names of tables that Carnet 0.6 wrote in the place of their OIDs.
    "TRE_A06": "1.2.250.1.213.1.1.4.2.282",
    "TRE_A11 (IHE)": "1.3.6.1.4.1.19376.1.2.3",
    "DICOM UID": "1.2.840.10008.2.6.1",
}
NAMED_SCHEME = "https://carnet.example/CodeSystem/xds/"
"""Stands before a codingScheme of XDS that is neither an OID nor a URI (`ASTM`): Coding.system is an absolute URI in FHIR."""

RFC3986 = "urn:ietf:rfc:3986"
MHD = "https://profiles.ihe.net/ITI/MHD/StructureDefinition"
PDSM = "https://interop.esante.gouv.fr/ig/fhir/pdsm/StructureDefinition"
LIST_TYPES = "https://profiles.ihe.net/ITI/MHD/CodeSystem/MHDlistTypes"
REFUSALS = "https://carnet.example/CodeSystem/refusal"
MODES = "https://mos.esante.gouv.fr/NOS/TRE_R248-ModeAcces/FHIR/TRE-R248-ModeAcces"
LAST_VISIT = "https://carnet.example/StructureDefinition/last-visit"
EMERGENCY_OPPOSED = "https://carnet.example/StructureDefinition/emergency-opposed"
NOT_KEPT = "https://carnet.example/StructureDefinition/not-kept"
XDS_VALUE = "https://carnet.example/StructureDefinition/xds-value"
"""A value of HL7 v2 (XCN, XON, CX, CXi) as it came by XDS, where the FHIR elements do not say all of it."""
XDS_SLOT = "https://carnet.example/StructureDefinition/xds-slot"
"""One value of a slot of an author (`name`, `value`) for which the FHIR resource has no element."""
XDS_SUBMITTER = "https://carnet.example/StructureDefinition/xds-submitter"
"""A further author of a submission set: List.source is one."""
LIGHTS = "https://carnet.example/StructureDefinition/dicah-lights"

COMPREHENSIVE = f"{PDSM}/pdsm-comprehensive-document-reference"
IS_ARCHIVED = f"{PDSM}/pdsm-ext-is-archived"
DESIGNATION = f"{MHD}/ihe-designationType"
SOURCE_ID = f"{MHD}/ihe-sourceId"
RECIPIENT = f"{MHD}/ihe-intendedRecipient"


def oid_of(system: str) -> str:
    """The OID, or the XDS name, of a system given as a URI, `urn:oid:` included; other systems stay as they are."""
    if system.startswith(NAMED_SCHEME):
        return unquote(system.removeprefix(NAMED_SCHEME))
    return OID_OF_URI.get(system, system.removeprefix("urn:oid:"))


def uri_of(system: str) -> str:
    """The URI of a system given as an OID, or as XDS names it."""
    if system in URI_OF_OID:
        return URI_OF_OID[system]
    if system[:2] in ("0.", "1.", "2."):
        return f"urn:oid:{system}"
    return system if ":" in system or not system else NAMED_SCHEME + quote(system, safe="")
