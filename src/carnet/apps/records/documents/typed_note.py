"""Beside a deposit: a note that was typed becomes a CDA of level 1, and a content that is there already is told before."""

from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID, uuid4

from carnet.apps.access import api as access
from carnet.apps.identity import api as identity
from carnet.apps.records.documents.checking import depositor_of
from carnet.apps.records.documents.deposit import question_of
from carnet.apps.records.entry.facts import DOCUMENT_COLUMNS, enter, stored_document
from carnet.apps.storage.api import unit
from carnet.dicah import Permit, decide
from carnet.formats import codes
from carnet.formats.cda import CdaDraft, Person, write_document
from carnet.formats.xds import Coding
from carnet.kernel.ask import Act, Ask
from carnet.kernel.copies import replace
from carnet.kernel.ins import Ins
from carnet.kernel.refusal import No, Refusal

NOTE_LENGTH = 20_000
_SAME = f"""SELECT {DOCUMENT_COLUMNS} FROM records_document WHERE record_id = %s AND address = ANY(%s) AND NOT technical
    AND status <> 'Deleted'"""


@dataclass(frozen=True, slots=True)
class Note:
    """What was typed, of which type, and when it was written."""

    title: str
    text: str
    type_code: str
    written_at: datetime
    unique_id: str = ""
    """Its uniqueId where the form has one; a new one otherwise."""


def note_as_cda(ask: Ask, note: Note) -> tuple[str, bytes]:
    """Write a note as a CDA of level 1 in the name of whoever deposits it. Returns its uniqueId and its bytes.

    The header carries the identity of the record, as the law asks of a document; the depositor is not shown it by this.
    Raises Refusal: that of the deposit, or `request-malformed` for a note without a word or too long.
    """
    ask = question_of(ask)
    if not note.text.strip() or len(note.text) > NOTE_LENGTH:
        raise Refusal(No.REQUEST_MALFORMED, {"problem": f"a note of 1 to {NOTE_LENGTH} characters"})
    member = codes.member("type_codes", note.type_code)
    if member is None:
        raise Refusal(No.DOCUMENT_CODE_UNKNOWN, {"fields": "type"})
    with access.asking(ask) as place, unit() as work:
        entered = enter(work, ask)
        place.record_id = entered.record_id
        access.decide_or_refuse(ask, entered.facts, entered.record_id)
        # The law lets nobody feed a record without naming its person.
        ins = identity.active_ins(work, entered.key) or cast(Ins, ask.ins)
        author = depositor_of(work, ask.actor)
    unique_id = note.unique_id or f"2.25.{uuid4().int}"
    person = Person(author.id, author.family, author.given, author.structure_id, author.structure_name)
    coding = Coding(member.code, member.system, member.label)
    draft = CdaDraft(unique_id, coding, note.title, note.written_at, ins, entered.traits, person, (), text=note.text)
    return unique_id, write_document(draft)


def already_there(ask: Ask, contents: list[bytes]) -> list[UUID | None]:
    """For each content, the document of the record that has the same bytes, if the asker deposited it or may read it.

    A document that is hidden from the asker is not told, so that nobody learns by guessing its bytes that it is there.
    """
    ask = question_of(ask)
    with access.asking(ask) as place, unit() as work:
        entered = enter(work, ask)
        place.record_id = entered.record_id
        access.decide_or_refuse(ask, entered.facts, entered.record_id)
        addresses = [entered.key.address(content) for content in contents]
        found = [stored_document(row) for row in work.rows(_SAME, entered.record_id, addresses)]
    reading = replace(ask, act=Act.READ)
    told = {
        d.address: d.logical_id for d in found
        if isinstance(decide(reading, entered.with_document(d.facts)), Permit) or d.facts.depositor == ask.actor.id
    }  # fmt: skip
    return [told.get(address) for address in addresses]
