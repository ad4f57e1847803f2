"""Reading the requests: PRPA_IN201307UV02 (one person), PRPA_IN201305UV02 (by traits), PRPA_IN201314UV02 (a revision)."""

from dataclasses import dataclass, field

from lxml import etree

V3 = "urn:hl7-org:v3"
NS = {"h": V3}
INS_ROOT = "1.2.250.1.213.1.4."
TEST_EXISTENCE, CONSULT, CHANGE, CLOSE, REOPEN = "TEST_EXST", "CNSLT_DATA", "MODIF_DATA", "FERM", "REAC"
REACTIVATION_CONSENT = "CONSENTEMENT_REACTIVATION_DMP"
OPPOSES_BREAK_GLASS, OPPOSES_REGULATION = "OPPOSITION_BRIS_DE_GLACE", "OPPOSITION_ACCES_URGENCE"


class Hl7v3Error(ValueError):
    """The message cannot be read; the text names what is missing."""


@dataclass(frozen=True, slots=True)
class Query:
    """What every request says, and whose record it is about: OID and matricule."""

    message: tuple[str, str]
    """Root and extension of the message's id."""
    sender: tuple[str, str]
    """OID and name of the sending software."""
    query: tuple[str, str]
    """Root and extension of the queryId."""
    reason: str
    patient: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class Demographics:
    """Traits that a search by traits sends."""

    family: str = ""
    given: str = ""
    sex: str = ""
    birth_date: str = ""


@dataclass(frozen=True, slots=True)
class Revision:
    """A revision: the query part, the motive, and the observations about the patient that are true or false."""

    query: Query
    motive: str = ""
    observations: dict[str, bool] = field(default_factory=dict)
    names: Demographics = Demographics()


def _attribute(node: etree._Element, path: str, name: str) -> str:
    found = node.find(path, NS)
    return (found.get(name) or "").strip() if found is not None else ""


def _text(node: etree._Element, path: str) -> str:
    found = node.find(path, NS)
    return (found.text or "").strip() if found is not None else ""


def _identifier(node: etree._Element, path: str) -> tuple[str, str]:
    return _attribute(node, path, "root"), _attribute(node, path, "extension")


def _ins(node: etree._Element, path: str) -> tuple[str, str]:
    """The INS among the identifiers. Those of an older sort may stand beside it."""
    named = ((n.get("root", ""), n.get("extension", "")) for n in node.findall(path, NS))
    found = [one for one in named if one[0].startswith(INS_ROOT) and one[0] not in (f"{INS_ROOT}1", f"{INS_ROOT}2")]
    if len(found) > 1:
        raise Hl7v3Error("more than one INS")
    return found[0] if found else ("", "")


def _query(root: etree._Element) -> Query:
    act = root.find("h:controlActProcess", NS)
    if act is None or not _attribute(root, "h:id", "root"):
        raise Hl7v3Error("a message has an id and a controlActProcess")
    return Query(
        message=_identifier(root, "h:id"),
        sender=(_attribute(root, "h:sender/h:device/h:id", "root"), _text(root, "h:sender/h:device/h:softwareName")),
        query=_identifier(act, "h:queryByParameter/h:queryId"),
        reason=_attribute(act, "h:reasonCode", "code"),
    )


def read_query(root: etree._Element) -> Query:
    """TD0.2 and TD1.3a. Raises Hl7v3Error."""
    query = _query(root)
    patient = _ins(root, "h:controlActProcess/h:queryByParameter/h:parameterList/h:patientIdentifier/h:value")
    if not query.query[0]:
        raise Hl7v3Error("a query has a queryId")
    return Query(query.message, query.sender, query.query, query.reason, patient)


def _iso(value: str) -> str:
    """A date `19570628`, `195706` or `1957` with its hyphens."""
    return "-".join(part for part in (value[:4], value[4:6], value[6:8]) if part)


def read_candidates_query(root: etree._Element) -> tuple[Query, Demographics]:
    """TD0.5. Raises Hl7v3Error."""
    query = _query(root)
    parameters = root.find("h:controlActProcess/h:queryByParameter/h:parameterList", NS)
    if parameters is None or not query.query[0]:
        raise Hl7v3Error("a search has a queryId and a parameterList")
    traits = Demographics(
        family=_text(parameters, "h:livingSubjectName/h:value/h:family"),
        given=_text(parameters, "h:livingSubjectName/h:value/h:given"),
        sex=_attribute(parameters, "h:livingSubjectAdministrativeGender/h:value", "code"),
        birth_date=_iso(_attribute(parameters, "h:livingSubjectBirthTime/h:value", "value")),
    )
    return query, traits


def _observations(patient: etree._Element) -> dict[str, bool]:
    nodes = patient.findall("h:subjectOf/h:administrativeObservation", NS)
    return {_attribute(n, "h:code", "code"): _attribute(n, "h:value", "value").lower() in ("true", "1") for n in nodes}


def read_revision(root: etree._Element) -> Revision:
    """TD1.3b, TD1.4 and reactivation. Raises Hl7v3Error."""
    query = _query(root)
    patient = root.find("h:controlActProcess/h:subject/h:registrationRequest/h:subject1/h:patient", NS)
    if patient is None:
        raise Hl7v3Error("a revision names a patient")
    name = "h:patientPerson/h:name/"
    return Revision(
        Query(query.message, query.sender, query.query, query.reason, _ins(patient, "h:id")),
        _attribute(root, "h:controlActProcess/h:reasonOf/h:detectedIssueEvent/h:code", "code"),
        _observations(patient),
        Demographics(_text(patient, f"{name}h:family"), _text(patient, f"{name}h:given")),
    )
