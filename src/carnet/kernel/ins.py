"""The national health identity (INS): matricule, key and assigning OID.

A matricule is never a key of anything in Carnet: a person may have several over time (identity.md §1.1), and the
same fifteen characters mean an NIR or an NIA by their OID alone.
"""

import re
from dataclasses import dataclass

from carnet.kernel.identifiers import Oid

INS_ROOT = "1.2.250.1.213.1.4."
BEFORE_INS = frozenset({f"{INS_ROOT}1", f"{INS_ROOT}2"})
"""INS-A and INS-C, which software worked out before the INS: they name nobody for sure, and stand beside it like a local number."""
INS_NIR = "1.2.250.1.213.1.4.8"
INS_NIA = "1.2.250.1.213.1.4.9"
INS_NIR_TEST = "1.2.250.1.213.1.4.10"
INS_NIR_DEMO = "1.2.250.1.213.1.4.11"

_SHAPE = re.compile(r"[1-8]\d{5}[0-9AB]\d{8}")
_BLANKS = re.compile(r"[\s\u00a0\u202f.-]+")


PROBLEMS = {
    "shape": "not fifteen characters of an INS matricule", "key": "wrong key", "letter": "a letter where a digit belongs",
    "several": "several matricules",
}  # fmt: skip


class InsError(ValueError):
    """The matricule cannot be an INS. `reason` is one of `PROBLEMS`; the text never repeats the matricule."""

    def __init__(self, reason: str) -> None:
        super().__init__(PROBLEMS[reason])
        self.reason = reason


def ins_key(body: str) -> str:
    """Compute the two-digit key of a 13-character NIR or NIA: 97 − (N mod 97), 2A counted as 19 and 2B as 18."""
    department = {"2A": "19", "2B": "18"}.get(body[5:7], body[5:7])
    return f"{97 - int(body[:5] + department + body[7:]) % 97:02d}"


def _corsica_stands_right(matricule: str) -> bool:
    return matricule[6].isdigit() or matricule[5] == "2"


@dataclass(frozen=True, slots=True)
class Ins:
    """A well-formed INS: fifteen characters with a right key, and the OID that says what they are.

    Whether the OID is accepted here is a question of the environment, asked by the law (condition I), not by the shape.
    """

    matricule: str
    oid: Oid

    def __post_init__(self) -> None:
        if not _SHAPE.fullmatch(self.matricule) or not _corsica_stands_right(self.matricule):
            raise InsError("shape")
        if ins_key(self.matricule[:13]) != self.matricule[13:]:
            raise InsError("key")

    @classmethod
    def of(cls, text: str, oid: str = INS_NIR) -> "Ins":
        """Read a matricule as people type it: blanks, dots and hyphens are dropped, letters raised."""
        return cls(_BLANKS.sub("", text).upper(), Oid(oid))

    @property
    def cx(self) -> str:
        """The HL7 CX form that XDS and the VIHF use."""
        return f"{self.matricule}^^^&{self.oid}&ISO^NH"

    def __repr__(self) -> str:
        # An INS is health-related personal data: it must not reach a log through a traceback.
        return f"Ins(…, {self.oid})"

    __str__ = __repr__
