"""HL7 v3 patient messages of the DMP: TD0.2, TD0.5, TD1.3, TD1.4, read and answered in the shape of the published samples."""

from carnet.formats.hl7v3.read import Demographics, Hl7v3Error, Query, Revision, read_candidates_query, read_query, read_revision
from carnet.formats.hl7v3.write import (
    Device,
    Observation,
    Patient,
    Problem,
    Shown,
    write_candidates,
    write_demographics,
    write_query,
    write_refused_creation,
    write_refused_revision,
    write_revised,
)

__all__ = [
    "Demographics",
    "Device",
    "Hl7v3Error",
    "Observation",
    "Patient",
    "Problem",
    "Query",
    "Revision",
    "Shown",
    "read_candidates_query",
    "read_query",
    "read_revision",
    "write_candidates",
    "write_demographics",
    "write_query",
    "write_refused_creation",
    "write_refused_revision",
    "write_revised",
]
