"""Security labels of a document: its confidentiality and its visibility codes, as every reader is told them."""

from collections.abc import Iterable

from carnet.formats import codes
from carnet.formats.xds import Coding
from carnet.kernel.codes import CONFIDENTIALITY_SYSTEM, RAISED_CONFIDENTIALITY, VISIBILITY_SYSTEM


def label(code: str, system: str) -> Coding:
    """A security label, with its name."""
    return Coding(code, system, codes.label("confidentiality_codes", code))


def labels_of(levels: Iterable[str], present: frozenset[str]) -> tuple[Coding, ...]:
    """Security labels: the confidentiality (`N`, or the raised one that was declared) first, then the visibility codes."""
    raised = sorted(set(levels) & RAISED_CONFIDENTIALITY)
    return (
        *(label(c, CONFIDENTIALITY_SYSTEM) for c in raised or ["N"]),
        *(label(c, VISIBILITY_SYSTEM) for c in sorted(present)),
    )
