"""Small CDA documents in one line: around sections, around one entry, and by our own writer."""

from datetime import datetime

from carnet.formats.cda import CdaDraft, Person, Section, write_document
from carnet.formats.xds import Coding
from carnet.kernel.identifiers import Oid
from carnet.kernel.ins import INS_NIR_TEST, Ins, ins_key
from carnet.kernel.traits import Traits

BODY = "1800175999001"
INS = Ins(BODY + ins_key(BODY), Oid(INS_NIR_TEST))
SNOMED, IPS = "2.16.840.1.113883.6.96", "2.16.840.1.113883.5.1150.1"
WHO = Person("899700001999", "F", "G", "1330099944", "H")
HEAD = (
    '<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
    '<effectiveTime value="20261101"/>{}<component><structuredBody>{}</structuredBody></component></ClinicalDocument>'
)


def document(sections: str, more: str = "") -> bytes:
    return HEAD.format(more, sections).encode()


def section(code: str, entries: str, text: str = "") -> bytes:
    return document(
        f'<component><section><code code="{code}"/><title>T</title><text>{text}</text><entry>{entries}</entry></section></component>'
    )


def draft(*sections: Section, **more: object) -> bytes:
    return write_document(CdaDraft("2.25.1", Coding("11488-4", "2.16.840.1.113883.6.1", "x"), "Titre", datetime.fromisoformat("2026-11-01T10:00:00+00:00"),
                                   INS, Traits("N", "P", "M", "1980-01-01"), WHO, sections, **more))  # fmt: skip


def product(inner: str = "<name>X</name>", attributes: str = "", more: str = "") -> str:
    return (f"<substanceAdministration {attributes}>{more}<consumable><manufacturedProduct><manufacturedMaterial>{inner}"
            "</manufacturedMaterial></manufacturedProduct></consumable></substanceAdministration>")  # fmt: skip


def result(value: str, more: str = "", attributes: str = "") -> str:
    return f'<observation {attributes}><code code="K" codeSystem="l" displayName="Potassium"/>{value}{more}</observation>'


def concern(value: str = '<value displayName="Z"/>', more: str = "", act: str = "", attributes: str = "") -> str:
    return f"<act>{act}<entryRelationship><observation {attributes}>{value}{more}</observation></entryRelationship></act>"
