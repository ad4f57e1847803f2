"""A document of the record as a mail carries it: its CDA in an IHE_XDM.ZIP with the metadata, and a PDF for everybody (CLI-06)."""

import re
from uuid import UUID, uuid4

from django.conf import settings

from carnet.apps.messaging.keeping import Piece
from carnet.apps.records.api import Query, Seen, Visit, criteria, documents, read_in
from carnet.formats import cda
from carnet.formats.fhir.document_reference import read_stored
from carnet.formats.paper import as_pdf
from carnet.formats.xdm import Packed, write_xdm
from carnet.formats.xdm.stated import stated_by
from carnet.formats.xds import Author, Coding, SubmissionSet
from carnet.kernel.actor import ActorKind
from carnet.kernel.copies import replace
from carnet.kernel.refusal import No, Refusal
from carnet.kernel.traits import Traits

_ENDINGS = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png", "image/tiff": "tif", "text/plain": "txt",
            "application/rtf": "rtf"}  # fmt: skip
ARCHIVE_NAME = "IHE_XDM.ZIP"


def _seen(visit: Visit, number: UUID) -> Seen:
    found = documents(visit, Query((criteria.by_logical_id([str(number)]),), count=1)).items
    if not found:
        raise Refusal(No.DOCUMENT_UNKNOWN)
    return found[0]


def _name(one: Seen, traits: Traits, ending: str) -> str:
    """`<date of the act>_<type>_<NAME>_<given name>_<number>.pdf` (CLI-06)."""
    day = re.sub(r"\D", "", settings.LAW.day_told(one.dated))
    given = traits.given_names.split(" ")[0]
    parts = [day, one.facts.type_code, traits.birth_name, given, one.logical_id.hex[:8]]
    return "_".join(re.sub(r"[^A-Za-z0-9-]+", "-", part).strip("-") for part in parts) + f".{ending}"


def _companion(content: bytes, title: str) -> bytes:
    """A PDF that a CDA of level 1 carries, as it is; of any other CDA its words."""
    try:
        inside = cda.attached(content)
        if inside is not None and inside.mime == "application/pdf":
            return inside.data
        return as_pdf(title, cda.as_text(inside.data) if inside else cda.plain_text(content))
    except cda.CdaError:
        return as_pdf(title, title)


def _author(visit: Visit) -> Author:
    """Who sends: the holder by their traits; of anybody else the name is known whole, and where it divides is not."""
    if visit.ask.actor.kind is ActorKind.HOLDER:
        return Author("", visit.traits.birth_name, visit.traits.given_names.split(" ")[0])
    return Author("", visit.ask.actor.name)


def pack(visit: Visit, number: UUID) -> list[Piece]:
    """The pieces of a mail that carry a document which the asker reads: archive and PDF, or the file itself. Raises Refusal."""
    one = _seen(visit, number)
    content, secret = read_in(visit, number), one.facts.hidden_from_representatives
    if content.mime != "text/xml":
        name = _name(one, visit.traits, _ENDINGS.get(content.mime, "bin"))
        return [Piece(name, content.mime, content.data, one.title, filed_as=number, secret=secret)]
    stored = replace(read_stored(one.resource), parents=(), entry_uuid="", mime="text/xml")
    entry = stated_by(cda.read_header(content.data), stored, visit.ins)
    lot = SubmissionSet(
        f"2.25.{uuid4().int}", settings.CARNET.dmp_device_oid, Coding("04", "1.2.250.1.213.2.2"), visit.ask.at, one.title,
        patient=entry.patient, author=_author(visit),
    )  # fmt: skip
    return [
        Piece(
            ARCHIVE_NAME,
            "application/zip",
            write_xdm(lot, [Packed(entry, content.data)]),
            one.title,
            filed_as=number,
            secret=secret,
            code=entry.type.code,
        ),
        Piece(
            _name(one, visit.traits, "pdf"),
            "application/pdf",
            _companion(content.data, one.title),
            one.title,
            filed_as=number,
            secret=secret,
        ),
    ]
