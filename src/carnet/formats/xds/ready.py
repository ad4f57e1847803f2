"""ebRIM of a document that is ready to be sent: written once, with each version of its metadata, and joined for every answer.

The patient is left open: an INS may have changed since (EX_3.1-1055). So is the repository: it is a setting. Whoever changes what
`write_entry` writes empties the column `records_document.ebrim` by a migration: texts of before would else be told.
"""

from collections.abc import Iterable
from uuid import uuid4
from xml.sax.saxutils import escape

from lxml import etree

from carnet.formats.packing import packed, unpacked
from carnet.formats.xds import names as n
from carnet.formats.xds.hl7_values import write_cx
from carnet.formats.xds.model import DocumentEntry
from carnet.formats.xds.rim_write import write_entry
from carnet.kernel.copies import replace

_PATIENT, _REPOSITORY = b"\x00", b"\x01"
"""Characters that no XML holds stand for what is left open."""


def _inside(node: etree._Element) -> bytes:
    """A node as it stands inside an answer, whose root declares the namespaces."""
    around = etree.Element("around", nsmap=n.NSMAP)
    around.append(node)
    text = etree.tostring(around, encoding="UTF-8")
    return text[text.index(b">") + 1 : text.rindex(b"<")]


def ready_text(entry: DocumentEntry) -> bytes:
    """The ExtrinsicObject of an entry, packed. Raises what `write_entry` raises."""
    patient, repository = uuid4().hex, uuid4().hex
    own = not (entry.source_patient[1] or entry.source_patient_stated)
    opened = replace(
        entry, patient=("", patient), source_patient=("", patient) if own else entry.source_patient, parents=()
    )  # fmt: skip
    text = _inside(write_entry(opened, repository))
    text = text.replace(write_cx("", patient).encode(), _PATIENT).replace(repository.encode(), _REPOSITORY)
    return packed(text)


def told_texts(texts: Iterable[bytes], patient: tuple[str, str], repository: str) -> bytes:
    """Ready texts as they are told about this patient, one behind the other."""
    joined = b"".join(map(unpacked, texts))
    return joined.replace(_PATIENT, _escaped(write_cx(*patient))).replace(_REPOSITORY, _escaped(repository))


def _escaped(value: str) -> bytes:
    """A value as an attribute has it: what is right there is right in the text of an element."""
    return escape(value, {'"': "&quot;"}).encode()
