"""The vaccination certificate: on paper (PDF), for software (FHIR), and signed for whoever checks it (SMART Health Cards).

What a professional or a document states is signed; what the person alone says is printed as such and not signed.
"""

import json
import unicodedata
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import segno
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jws
from segno import consts

from carnet.apps.prevention.doses import Shot
from carnet.apps.prevention.resources import given_of
from carnet.apps.storage.api import public_key_set, signing_key
from carnet.formats.fhir.immunization import immunization
from carnet.formats.fhir.reading import Json
from carnet.formats.timestamps import to_fhir
from carnet.kernel.traits import Traits

if TYPE_CHECKING:
    # Loaded with the first certificate (see `carnet.formats.paper`).
    from fpdf import FPDF

LARGEST = 1900
"""Characters of a signed code that a telephone still reads from a screen."""
PURPOSE = "vaccination-certificate"
FITTING = 40
"""Doses that one code can hold at most, in their shortest form: no larger one is tried."""
_PATIENT = {"reference": "resource:0"}
_REGISTRY = jws.JWSRegistry(algorithms=["ES256"], strict_check_header=False)


def public_keys() -> dict[str, Any]:
    """The keys with which a certificate is checked (`/.well-known/jwks.json` of the issuer)."""
    return public_key_set(PURPOSE)


def public_pem() -> bytes:
    """The same key as PEM, for the operator who publishes it."""
    return signing_key(PURPOSE).public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def attested(held: Iterable[Shot]) -> list[Shot]:
    """Doses that somebody else than the person states, of a day that is known."""
    return [s for s in held if s.start and s.attested and not s.comes]


def bundle(traits: Traits, held: Iterable[Shot], at: datetime) -> Json:
    """The vaccination record as a FHIR Bundle: every dose, with who states it."""
    entries = [{"fullUrl": "urn:carnet:patient", "resource": _patient(traits)}]
    patient = {"reference": "urn:carnet:patient"}
    entries += [{"fullUrl": f"urn:uuid:{s.number}", "resource": immunization(given_of(s), patient)} for s in held]
    return {"resourceType": "Bundle", "type": "collection", "timestamp": to_fhir(at), "entry": entries}


def _patient(traits: Traits) -> Json:
    return {"resourceType": "Patient", "name": [{"family": traits.birth_name, "given": traits.given_names.split()}],
            "birthDate": traits.birth_date}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed code: its text, and how many of the attested doses it holds, the newest."""

    text: str
    doses: int
    of: int

    def picture(self) -> str:
        """The code as the address of a picture, of the data itself."""
        return drawn(self.text).svg_data_uri(scale=4, border=2, dark="#000", light="#fff")


def drawn(text: str) -> segno.QRCode:
    """The code of a card: its digits as digits (SMART Health Cards §6), which takes half the modules of a text."""
    head, _, digits = text.partition("/")
    return segno.make([(f"{head}/", consts.MODE_BYTE, None), (digits, consts.MODE_NUMERIC, None)], error="l")  # type: ignore[arg-type]


def signed(traits: Traits, held: Iterable[Shot], issuer: str, at: datetime) -> Signed | None:
    """The attested doses as a SMART Health Card. None without any. As many as fit in one code, the newest first."""
    listed = attested(held)
    for count in range(min(len(listed), FITTING), 0, -1):
        token = _card(traits, listed[:count], issuer, at)
        if len(token) <= LARGEST:
            numbers = "".join(f"{ord(c) - 45:02d}" for c in token)
            return Signed(f"shc:/{numbers}", count, len(listed))
    return None


def _card(traits: Traits, held: list[Shot], issuer: str, at: datetime) -> str:
    doses = [
        {k: v for k, v in immunization(given_of(s), _PATIENT).items() if k in _KEPT} | {"vaccineCode": _short(s)} for s in held
    ]
    resources = [_patient(traits), *doses]
    held_bundle = {"resourceType": "Bundle", "type": "collection",
                   "entry": [{"fullUrl": f"resource:{n}", "resource": r} for n, r in enumerate(resources)]}  # fmt: skip
    claims = {"iss": issuer, "nbf": int(at.timestamp()), "vc": {
        "type": ["https://smarthealth.cards#health-card", "https://smarthealth.cards#immunization"],
        "credentialSubject": {"fhirVersion": "4.0.1", "fhirBundle": held_bundle}}}  # fmt: skip
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = packed.compress(json.dumps(claims, ensure_ascii=False, separators=(",", ":")).encode()) + packed.flush()
    # The payload is deflated before it is signed (SMART Health Cards §1): `zip` is no parameter of JWS, so that it is let through.
    header = {"alg": "ES256", "zip": "DEF", "kid": signing_key(PURPOSE).thumbprint()}
    return jws.serialize_compact(header, body, signing_key(PURPOSE), registry=_REGISTRY)


_KEPT = frozenset({"resourceType", "status", "patient", "occurrenceDateTime", "lotNumber"})


def _short(shot: Shot) -> Json:
    coding = [c for c in immunization(given_of(shot), _PATIENT)["vaccineCode"].get("coding", []) if "atc" in c["system"]]
    return (
        {"coding": [{"system": c["system"], "code": c["code"]} for c in coding]}
        if coding
        else {"text": shot.entry.content.label[:60]}
    )


def read_card(token: str) -> dict[str, Any]:
    """The claims of a card that this installation signed. Raises joserfc.errors.JoseError."""
    held = jws.deserialize_compact(token, signing_key(PURPOSE), registry=_REGISTRY)
    found: dict[str, Any] = json.loads(zlib.decompress(held.payload, -15))
    return found


def on_paper(
    traits: Traits, rows: list[tuple[str, ...]], heads: tuple[str, ...], title: str, notes: list[str], code: Signed | None
) -> bytes:
    """The certificate as a PDF: a table of doses, the notes, and the signed code."""
    from fpdf import FPDF

    paper = FPDF(format="A4")
    paper.set_title(title)
    paper.set_lang("fr")
    paper.add_page()
    paper.set_font("Helvetica", "B", 16)
    paper.multi_cell(0, 9, _latin(title), new_x="LMARGIN", new_y="NEXT")
    paper.set_font("Helvetica", size=11)
    person = f"{traits.birth_name} {traits.given_names}, {born(traits.birth_date)}"
    paper.multi_cell(0, 7, _latin(person), new_x="LMARGIN", new_y="NEXT")
    paper.ln(2)
    paper.set_font("Helvetica", size=9)
    with paper.table(col_widths=(34, 20, 30, 22, 44), first_row_as_headings=True) as table:
        for line in (heads, *rows):
            held = table.row()
            for cell in line:
                held.cell(_latin(cell))
    paper.ln(3)
    for note in notes:
        paper.multi_cell(0, 5, _latin(note), new_x="LMARGIN", new_y="NEXT")
    if code is not None:
        _draw(paper, code)
    return bytes(paper.output())


def born(text: str) -> str:
    """A birth date as people write it, as far as it is known."""
    return "/".join(reversed(text.split("-")))


def _draw(paper: "FPDF", code: Signed) -> None:
    """The modules of the code, as rectangles: no image, so that it prints at any size."""
    matrix = drawn(code.text).matrix
    size, side = len(matrix), 62.0
    if paper.get_y() + side > paper.h - 20:
        paper.add_page()
    left, top, step = paper.l_margin, paper.get_y() + 4, side / size
    paper.set_fill_color(0, 0, 0)
    for y, line in enumerate(matrix):
        for x, dark in enumerate(line):
            if dark:
                paper.rect(left + x * step, top + y * step, step, step, style="F")


def _latin(text: str) -> str:
    """Text for the standard fonts of PDF: a letter that they do not have is written without its mark, as on an identity card."""
    plain = text.translate(_PLAIN)
    held = "".join(c if ord(c) < 256 else _bare(c) for c in plain)
    return held.encode("latin-1", "replace").decode("latin-1")


def _bare(letter: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(c))


_PLAIN = str.maketrans({"’": "'", "œ": "oe", "Œ": "OE", "–": "-", "…": "...", "Ł": "L", "ł": "l", "Đ": "D", "đ": "d", "ı": "i"})
