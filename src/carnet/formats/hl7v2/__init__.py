"""HL7 v2 as hospitals feed with: ORU^R01 and MDM with CDA inside, and their acknowledgements (CI-SIS, volet of 2026)."""

from carnet.formats.hl7v2.er7 import Field, Hl7Error, Message, Segment, Verbatim, read_message, write_message
from carnet.formats.hl7v2.feeding import CHANGE, DELETE, FINAL, Feeding, read_feeding
from carnet.formats.hl7v2.frames import frame, frames

__all__ = [
    "CHANGE",
    "DELETE",
    "FINAL",
    "Feeding",
    "Field",
    "Hl7Error",
    "Message",
    "Segment",
    "Verbatim",
    "frame",
    "frames",
    "read_feeding",
    "read_message",
    "write_message",
]
