"""CDA R2: header, statements, narrative and files (read), and small documents of level 1 and 3 (write)."""

from carnet.formats.cda.carried import Attached, all_files, as_text, attached, inside
from carnet.formats.cda.deceased import Deceased, deceased
from carnet.formats.cda.header import (
    CdaError,
    CdaHeader,
    NotClinicalError,
    SeveralPatientsError,
    patients_named,
    read_header,
)
from carnet.formats.cda.narrative import plain_text, render
from carnet.formats.cda.statements import Left, Reading, Statement, read_statements
from carnet.formats.cda.write import CdaDraft, Person, Section, write_document

__all__ = [
    "Attached",
    "CdaDraft",
    "CdaError",
    "CdaHeader",
    "Deceased",
    "Left",
    "NotClinicalError",
    "Person",
    "Reading",
    "Section",
    "SeveralPatientsError",
    "Statement",
    "all_files",
    "as_text",
    "attached",
    "deceased",
    "inside",
    "patients_named",
    "plain_text",
    "read_header",
    "read_statements",
    "render",
    "write_document",
]
