"""What a structured body states: statements, one gate, and the names of what was not taken."""

from carnet.formats.cda.statements.model import (
    Left,
    Origin,
    Phase,
    Polarity,
    Range,
    Reading,
    Reason,
    Statement,
    Status,
    Value,
    When,
)
from carnet.formats.cda.statements.read import MOST, read_statements
from carnet.formats.cda.statements.values import shown

__all__ = ["MOST", "Left", "Origin", "Phase", "Polarity", "Range", "Reading", "Reason", "Statement", "Status", "Value",
           "When", "read_statements", "shown"]  # fmt: skip
