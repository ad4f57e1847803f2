"""VIHF (vecteur d'identification et d'habilitation formelles): the SAML 2.0 assertion of the CI-SIS, read, verified, written."""

from carnet.formats.vihf.signature import Algorithms, VihfError, signed_by, verified
from carnet.formats.vihf.token import AIR, DIRECT, INDIRECT, Software, Vihf, read_vihf
from carnet.formats.vihf.write import Statement, sign_vihf, write_vihf

__all__ = [
    "AIR",
    "DIRECT",
    "INDIRECT",
    "Algorithms",
    "Software",
    "Statement",
    "Vihf",
    "VihfError",
    "read_vihf",
    "sign_vihf",
    "signed_by",
    "verified",
    "write_vihf",
]
