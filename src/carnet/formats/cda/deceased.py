"""What the header of a CDA says of a death: `deceasedInd` and `deceasedTime` of the patient (HL7 SDTC extensions of CDA R2)."""

from dataclasses import dataclass

from carnet.formats.cda.header import NS, parse_document
from carnet.formats.cda.statements.entry import is_true
from carnet.formats.cda.statements.times import partial


@dataclass(frozen=True, slots=True)
class Deceased:
    """A document says that its patient is dead; `on` is the day, in part or empty, as it says it."""

    on: str = ""


def deceased(content: bytes) -> Deceased | None:
    """The death that a document states; None where it states none, or says that there is none. Raises CdaError."""
    patient = parse_document(content).find("h:recordTarget/h:patientRole/h:patient", NS)
    if patient is None:
        return None
    # Writers put the extensions into HL7's namespace of them, or into none of their own.
    said, time = (patient.find(f"{{*}}{name}") for name in ("deceasedInd", "deceasedTime"))
    on = partial(time.get("value") or "") if time is not None else ""
    denied = said is not None and (said.get("value") or "").strip().lower() in ("false", "0")
    return Deceased(on) if (said is not None and is_true(said.get("value"))) or (on and not denied) else None
