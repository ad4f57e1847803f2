"""CDA R2: the header as a dataclass (read), and small documents of level 1 and 3 (write)."""

from carnet.formats.cda.header import CdaError, CdaHeader, NotClinicalError, read_header
from carnet.formats.cda.write import CdaDraft, Person, Section, write_document

__all__ = [
    "CdaDraft",
    "CdaError",
    "CdaHeader",
    "NotClinicalError",
    "Person",
    "Section",
    "read_header",
    "write_document",
]
