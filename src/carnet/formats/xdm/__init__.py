"""IHE XDM: documents and their metadata in one ZIP, as they travel by mail (ITI TF-1 §16, TF-2 §3.32).

A ZIP from outside is read with limits on files, sizes and ratios, and with nothing but plain names; each file is named by the
metadata, each entry has its file, sizes and digests hold, or nothing is read at all.
"""

import hashlib
import io
import re
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from lxml import etree

from carnet.formats.safe_xml import XmlError, parse
from carnet.formats.xds import DocumentEntry, SubmissionSet
from carnet.formats.xds import names as n
from carnet.formats.xds.messages import Provided, check_associations, parents_of, write_submit
from carnet.formats.xds.rim_read import Association, Objects, XdsError, read_objects
from carnet.formats.xds.rim_write import write_association, write_entry, write_set
from carnet.kernel.copies import replace

MOST_FILES = 100
MOST_BYTES = 200_000_000
MOST_RATIO = 100
_SUBSET = re.compile(r"IHE_XDM/([^/\\]{1,64})/([^\\]{1,200})", re.IGNORECASE)
"""A submission has a folder of any name; its documents may stand in folders within."""
_METADATA = "METADATA.XML"
_SYMLINK = 0o120000
_README = "Carnet: documents de santé et leurs métadonnées (IHE XDM). Ouvrez INDEX.HTM.\r\n"
_STAMP = (1980, 1, 1, 0, 0, 0)
"""The same content always makes the same ZIP."""


class XdmError(ValueError):
    """The ZIP is not an XDM that may be read; the text says why and repeats no name from inside."""


def _check_info(info: zipfile.ZipInfo) -> None:
    name = info.filename
    if name.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", name) or ":" in name or "\x00" in name or "\\" in name:
        raise XdmError("a name that leaves the archive")
    if (info.external_attr >> 16) & 0o170000 == _SYMLINK:
        raise XdmError("a symbolic link")
    if info.flag_bits & 0x1:
        raise XdmError("an encrypted file")
    if info.file_size > MOST_RATIO * max(info.compress_size, 1):
        raise XdmError("a file that is compressed too well")


def _opened(content: bytes) -> dict[str, bytes]:
    """Every file by its name, read within the limits: sizes that a ZIP declares are not believed."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
            if len(infos) > MOST_FILES or sum(info.file_size for info in infos) > MOST_BYTES:
                raise XdmError("too many files, or too large")
            names = [info.filename.upper() for info in infos]
            if len(set(names)) != len(names):
                raise XdmError("two files of one name")
            return {info.filename: _file(archive, info) for info in infos}
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError, zlib.error) as error:
        if isinstance(error, XdmError):
            raise
        raise XdmError("not a ZIP that can be read") from None


def _file(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    _check_info(info)
    with archive.open(info) as opened:
        data = opened.read(info.file_size + 1)
    if len(data) != info.file_size:
        raise XdmError("a file that is not as long as it says")
    return data


def _subsets(files: dict[str, bytes]) -> dict[str, dict[str, bytes]]:
    found: dict[str, dict[str, bytes]] = {}
    for name, data in files.items():
        match = _SUBSET.fullmatch(name)
        if match:
            found.setdefault(match.group(1).upper(), {})[match.group(2)] = data
        elif name.upper().startswith("IHE_XDM/"):
            raise XdmError("a file that is in no subset")
    if not found:
        raise XdmError("no IHE_XDM folder")
    return found


def _entry(entry: DocumentEntry, data: bytes) -> DocumentEntry:
    sha1 = hashlib.sha1(data, usedforsecurity=False).hexdigest()
    if (entry.size is not None and entry.size != len(data)) or (entry.sha1 and entry.sha1 != sha1):
        raise XdmError("a file is not the one that the metadata describe")
    return replace(entry, size=len(data), sha1=sha1, entry_uuid="", logical_id="")


def _read_subset(files: dict[str, bytes]) -> Provided:
    by_name = {name.upper(): data for name, data in files.items()}
    if _METADATA not in by_name:
        raise XdmError("a subset without metadata")
    try:
        objects = read_objects(parse(by_name.pop(_METADATA)))
        check_associations(objects)
    except (XmlError, XdsError) as error:
        raise XdmError(f"metadata: {error}") from None
    documents = tuple(_document(objects, one, by_name) for one in objects.entries)
    if by_name:
        raise XdmError("a file that the metadata do not name")
    # A mail files documents: its folders are named as not kept.
    return Provided(next(iter(objects.sets.values())), documents, (), (*objects.extra, *["Folder"] * bool(objects.folders)))


def _document(objects: Objects, one: str, files: dict[str, bytes]) -> tuple[DocumentEntry, bytes]:
    data = files.pop(objects.uris.get(one, "").upper(), None)
    if data is None:
        raise XdmError("the metadata name a file that is not there")
    return replace(_entry(objects.entries[one], data), parents=parents_of(objects, one)), data


def read_xdm(content: bytes) -> list[Provided]:
    """Read an IHE_XDM.ZIP: one submission for each of its subsets. Raises XdmError; then nothing of it is to be used."""
    return [_read_subset(files) for _, files in sorted(_subsets(_opened(content)).items())]


@dataclass(frozen=True, slots=True)
class Packed:
    """One document to pack."""

    entry: DocumentEntry
    content: bytes

    def named(self, number: int) -> str:
        """A plain name that every mail program shows."""
        kinds = {"text/xml": "XML", "application/pdf": "PDF", "image/jpeg": "JPG", "text/plain": "TXT"}
        return f"DOC{number:05d}.{kinds.get(self.entry.mime, 'DAT')}"


def _index(documents: Sequence[Packed]) -> bytes:
    """A page for whoever opens the ZIP by hand."""
    html = etree.Element("html")
    head = etree.SubElement(html, "head")
    etree.SubElement(head, "meta", charset="utf-8")
    etree.SubElement(head, "title").text = "Documents de santé"
    items = etree.SubElement(etree.SubElement(html, "body"), "ul")
    for number, one in enumerate(documents, start=1):
        link = etree.SubElement(etree.SubElement(items, "li"), "a", href=f"IHE_XDM/SUBSET01/{one.named(number)}")
        link.text = one.entry.title or one.entry.unique_id
    return b"<!DOCTYPE html>\n" + etree.tostring(html, method="html", encoding="utf-8")


def write_xdm(submission: SubmissionSet, documents: Sequence[Packed]) -> bytes:
    """Pack a submission. The same content makes the same bytes."""
    objects = [write_set(submission, "SubmissionSet01")]
    files = {"INDEX.HTM": _index(documents), "README.TXT": _README.encode()}
    for number, one in enumerate(documents, start=1):
        identifier, uri = f"Document{number:02d}", one.named(number)
        entry = replace(
            one.entry, size=len(one.content), sha1=hashlib.sha1(one.content, usedforsecurity=False).hexdigest(), logical_id=""
        )
        objects.append(write_entry(entry, "", identifier, uri))
        tie = Association(n.HAS_MEMBER, "SubmissionSet01", identifier, {"SubmissionSetStatus": ["Original"]})
        objects.append(write_association(tie, stored=False))
        files[f"IHE_XDM/SUBSET01/{uri}"] = one.content
    files[f"IHE_XDM/SUBSET01/{_METADATA}"] = etree.tostring(write_submit(objects), encoding="UTF-8", xml_declaration=True)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name, _STAMP), files[name], zipfile.ZIP_DEFLATED)
    return packed.getvalue()
