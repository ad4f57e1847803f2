"""What a professional writes in the profile: add, confirm, correct, withdraw. Each keeps the history (access law §1, write)."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from carnet.apps.profile.entries import PROFESSIONAL, Content, Entry, check_born, entries, insert, kept_from_representatives, new
from carnet.apps.records.api import Visit, visiting, writing, written
from carnet.kernel.ask import Act, Ask
from carnet.kernel.copies import replace
from carnet.kernel.refusal import No, Refusal
from carnet.kernel.traits import normalise_name

WRITABLE = frozenset({"allergies", "problems", "history", "vaccinations", "devices", "treatments"})
"""Sections that a professional writes. Wishes and contacts are the person's; results and stays are documents'."""


@contextmanager
def _writing(ask: Ask, record_id: UUID | None) -> Iterator[Visit]:
    """A visit in which the profile may be written: the law is asked for both, and the write is journaled."""
    with visiting(ask, record_id, "profile") as visit, written(visit, Act.WRITE_PROFILE, "profile"):
        yield visit


def _found(visit: Visit, entry_id: UUID) -> Entry:
    """An entry that the writer sees; another one is unknown."""
    for entry in entries(visit, WRITABLE):
        if entry.id == entry_id:
            return entry
    raise Refusal(No.DOCUMENT_UNKNOWN)


def may_change(visit: Visit, entry: Entry) -> bool:
    """Whether this visit may change an entry that it shows.

    In a secret connection nothing changes that the representatives know of: they would see who changed it, or a hole.
    """
    return not visit.ask.secret or kept_from_representatives(visit, entry)


def _check_secret(visit: Visit, entry: Entry) -> None:
    if not may_change(visit, entry):
        raise Refusal(No.SECRET_CONNECTION_KNOWN)


def _end(visit: Visit, entry: Entry) -> None:
    visit.work.run(
        "UPDATE profile_entry SET ended_at = %s WHERE record_id = %s AND entry_id = %s",
        visit.ask.at, visit.record_id, entry.id,
    )  # fmt: skip


def _check(section: str, content: Content) -> None:
    if section not in WRITABLE or not content.label.strip():
        raise Refusal(No.REQUEST_MALFORMED, {"problem": "a section that professionals write, and what it is"})


def add_entry(ask: Ask, record_id: UUID | None, section: str, content: Content) -> UUID:
    """Write a new entry, confirmed by whoever writes it. As feeding, it asks for no authorisation. Returns its id.

    What is added in a secret connection is kept from a minor's representatives.
    """
    _check(section, content)
    with writing(ask, Act.WRITE_PROFILE, record_id, "profile") as visit:
        check_born(visit, section, content)
        entry = new(section, content, PROFESSIONAL, ask.at, ask.actor.id, confirmed=True, secret=ask.secret)
        insert(visit.work, visit.key, entry)
        return entry.id


def _corrected(old: Content, told: Content) -> Content:
    """The former content with the words, the start and the detail of the correction: what no form shows is not lost.

    A code stays as long as it names the same thing: the watch line tells an anticoagulant by its code.
    """
    same = normalise_name(old.label) == normalise_name(told.label)
    coded = (old.code, old.system, old.codes) if same else (told.code, told.system, told.codes)
    # A form asks for a whole day: a year alone that stands there is not taken away by a field that cannot show it.
    partial = not told.start and len(old.start) in (4, 7)
    return replace(
        old, label=told.label, start=old.start if partial else told.start, detail=told.detail, code=coded[0], system=coded[1],
        codes=coded[2], origin=old.origin if partial else "", instant="",
    )  # fmt: skip


def correct_entry(ask: Ask, record_id: UUID | None, entry_id: UUID, content: Content | None = None) -> UUID:
    """Confirm an entry as it is, or with other words. The former one stays in the history.

    The new entry keeps the document of the former one: it is seen by whoever sees that document, and by nobody else.
    """
    with _writing(ask, record_id) as visit:
        old = _found(visit, entry_id)
        _check_secret(visit, old)
        told = _corrected(old.content, content) if content else old.content
        _check(old.section, told)
        entry = new(old.section, told, PROFESSIONAL, ask.at, ask.actor.id, old.document_id, True, old.id, old.secret)
        _end(visit, old)
        insert(visit.work, visit.key, entry)
        return entry.id


def withdraw_entry(ask: Ask, record_id: UUID | None, entry_id: UUID) -> None:
    """Withdraw an entry that does not hold (refuted, written by mistake). It stays in the history."""
    with _writing(ask, record_id) as visit:
        old = _found(visit, entry_id)
        _check_secret(visit, old)
        _end(visit, old)


def restore_entry(ask: Ask, record_id: UUID | None, entry_id: UUID) -> None:
    """Take back a withdrawal. Raises Refusal `document-unknown` for an entry that another one replaced since."""
    with _writing(ask, record_id) as visit:
        listed = entries(visit, WRITABLE, ended=True)
        found = [e for e in listed if e.id == entry_id and e.ended_at is not None]
        if not found or any(e.replaces == entry_id for e in listed):
            raise Refusal(No.DOCUMENT_UNKNOWN)
        _check_secret(visit, found[0])
        again = replace(found[0], ended_at=None)
        visit.work.run("UPDATE profile_entry SET ended_at = NULL WHERE record_id = %s AND entry_id = %s", visit.record_id, again.id)


def history_in(visit: Visit, entry_id: UUID) -> list[Entry]:
    """An entry and those it replaced, the newest first. Empty for one that the reader does not see."""
    known = {e.id: e for e in entries(visit, ended=True)}
    chain, at = [], known.get(entry_id)
    while at is not None:
        chain.append(at)
        at = known.get(at.replaces) if at.replaces else None
    return chain


def entry_history(ask: Ask, record_id: UUID | None, entry_id: UUID) -> list[Entry]:
    """The history of an entry, by a visit of its own. Raises Refusal."""
    with visiting(ask, record_id, "profile") as visit:
        return history_in(visit, entry_id)
