"""CDA R2: header, facts and narrative (read), and small documents of level 1 and 3 (write)."""

from carnet.formats.cda.facts import Fact, read_facts
from carnet.formats.cda.header import CdaError, CdaHeader, NotClinicalError, read_header
from carnet.formats.cda.narrative import attached, plain_text, render
from carnet.formats.cda.write import CdaDraft, Person, Section, write_document

__all__ = [
    "CdaDraft",
    "CdaError",
    "CdaHeader",
    "Fact",
    "NotClinicalError",
    "Person",
    "Section",
    "attached",
    "plain_text",
    "read_facts",
    "read_header",
    "render",
    "write_document",
]
