"""What a person writes in their own profile, or somebody on their behalf: declare, change, withdraw, say that a section does
not concern them. An entry of a professional or of a document is never changed here: one asks for a correction.
"""

from collections.abc import Sequence
from uuid import UUID

from django.conf import settings

from carnet.apps.journal.api import REPRESENTATIVES
from carnet.apps.profile.entries import (
    NOT_CONCERNED,
    PERSON,
    SECTIONS,
    SERVICE,
    WORD,
    Content,
    Entry,
    check_born,
    insert,
    new,
    opened,
)
from carnet.apps.records.api import Visit, visiting, writing, written
from carnet.kernel.actor import ActorKind
from carnet.kernel.ask import Act, Ask
from carnet.kernel.copies import replace
from carnet.kernel.refusal import No, Refusal

DECLARABLE = frozenset(SECTIONS) - {"results", "directives"}
"""Sections in which a person declares. Results are laboratories'; directives have an act of their own."""
LABEL, DETAIL = 300, 2000
DIRECTIVES = 20_000
_OF = """SELECT entry_id, section, source, document_id, recorded_at, recorded_by, confirmed, replaces, ended_at, sealed, secret,
    '', NULL FROM profile_entry WHERE record_id = %s AND entry_id = %s AND source = ANY(%s) AND (NOT secret OR %s)"""


def category_of(section: str) -> str:
    """The category of the law that a section belongs to; its own name for one that documents decide."""
    return SECTIONS.get(section) or section


def _check(section: str, content: Content) -> None:
    fits = section in DECLARABLE and 0 < len(content.label.strip()) <= LABEL and len(content.detail) <= DETAIL
    if not fits:
        raise Refusal(No.REQUEST_MALFORMED, {"problem": "a section that one declares, and what it is"})


def _is_secret(visit: Visit, secret: bool) -> bool:
    """Only a minor keeps something from the representatives, and by their own hand."""
    return secret and visit.facts.minor and visit.ask.actor.kind is ActorKind.HOLDER


def _unmark(visit: Visit, section: str) -> None:
    """A section that holds something concerns its person."""
    for entry in _markers(visit, section):
        _end(visit, entry.id)


def _markers(visit: Visit, section: str) -> list[Entry]:
    rows = visit.work.rows(
        """SELECT entry_id, section, source, document_id, recorded_at, recorded_by, confirmed, replaces, ended_at, sealed, secret,
        '', NULL FROM profile_entry WHERE record_id = %s AND section = %s AND source = 'person' AND ended_at IS NULL""",
        visit.record_id, section,
    )  # fmt: skip
    return [e for e in (opened(visit.key, row) for row in rows) if e.content.code == NOT_CONCERNED]


def _end(visit: Visit, number: UUID) -> None:
    visit.work.run(
        "UPDATE profile_entry SET ended_at = %s WHERE record_id = %s AND entry_id = %s", visit.ask.at, visit.record_id, number
    )


def declare_entry(ask: Ask, record_id: UUID, section: str, content: Content, secret: bool = False) -> UUID:
    """Declare something. Returns its number. Raises Refusal."""
    return declare_entries(ask, record_id, section, (content,), secret)[0]


def declare_entries(ask: Ask, record_id: UUID, section: str, contents: Sequence[Content], secret: bool = False) -> list[UUID]:
    """Declare things that belong together: all of them, or none. Returns their numbers. Raises Refusal."""
    for content in contents:
        _check(section, content)
    # Whether the person is a minor is known inside; a secret that no minor wrote leaves an ordinary line.
    veil = REPRESENTATIVES if secret and ask.actor.kind is ActorKind.HOLDER else ""
    with writing(ask, Act.WRITE_PROFILE, record_id, "profile", category_of(section), veil) as visit:
        numbers, kept_secret = [], _is_secret(visit, secret)
        for content in contents:
            check_born(visit, section, content)
            entry = new(section, content, PERSON, ask.at, ask.actor.id, secret=kept_secret)
            insert(visit.work, visit.key, entry)
            numbers.append(entry.id)
        if not kept_secret:
            # That a section suddenly concerns the person would tell of the secret.
            _unmark(visit, section)
        return numbers


def _own(visit: Visit, number: UUID, *sources: str) -> Entry:
    """An entry of the person's side, from these sources; another one is unknown here."""
    rows = visit.work.rows(_OF, visit.record_id, number, list(sources), visit.sees_secrets())
    if not rows:
        raise Refusal(No.DOCUMENT_UNKNOWN)
    return opened(visit.key, rows[0])


def change_declared(ask: Ask, record_id: UUID, number: UUID, content: Content) -> UUID:
    """Change what was declared. The former entry stays in the history. Returns the number of the new one."""
    with visiting(ask, record_id, "profile") as visit:
        old = _own(visit, number, PERSON)
        _check(old.section, content)
        check_born(visit, old.section, content)
        # A word on a treatment is said anew (`say_taking`): as a line of its own it would outlive the document it speaks of.
        if old.ended_at is not None or old.content.phase == WORD:
            raise Refusal(No.DOCUMENT_UNKNOWN)
        veil = REPRESENTATIVES if old.secret else ""
        with written(visit, Act.WRITE_PROFILE, "profile", category_of(old.section), veil):
            entry = replace(new(old.section, content, PERSON, ask.at, ask.actor.id, replaces=old.id), secret=old.secret)
            _end(visit, old.id)
            insert(visit.work, visit.key, entry)
        return entry.id


def withdraw_declared(ask: Ask, record_id: UUID, number: UUID, back: bool = False) -> str:
    """Withdraw what was declared, or what a connected service wrote, or take that back. It stays in the history. Returns its
    section."""
    with visiting(ask, record_id, "profile") as visit:
        entry = _own(visit, number, PERSON, SERVICE)
        replaced = visit.work.rows("SELECT 1 FROM profile_entry WHERE record_id = %s AND replaces = %s", visit.record_id, number)
        if replaced or (entry.ended_at is None) is back:
            raise Refusal(No.DOCUMENT_UNKNOWN)
        veil = REPRESENTATIVES if entry.secret else ""
        with written(visit, Act.WRITE_PROFILE, "profile", category_of(entry.section), veil):
            visit.work.run(
                "UPDATE profile_entry SET ended_at = %s WHERE record_id = %s AND entry_id = %s",
                None if back else ask.at, visit.record_id, number,
            )  # fmt: skip
        return entry.section


def not_concerned(ask: Ask, record_id: UUID, section: str, said: bool) -> None:
    """Say that a section does not concern the person, or take it back."""
    content = Content("Non concerné", code=NOT_CONCERNED)
    _check(section, content)
    with writing(ask, Act.WRITE_PROFILE, record_id, "profile", category_of(section)) as visit:
        marked = _markers(visit, section)
        if said and not marked:
            insert(visit.work, visit.key, new(section, content, PERSON, ask.at, ask.actor.id))
        for entry in [] if said else marked:
            _end(visit, entry.id)


def write_directives(ask: Ask, record_id: UUID, text: str) -> None:
    """Write advance directives. They take the place of those before, which are kept nowhere: only the latest hold (L.1111-11 CSP).

    An empty text withdraws them. Raises Refusal: `directives-for-adults` for a minor.
    """
    if len(text) > DIRECTIVES:
        raise Refusal(No.REQUEST_MALFORMED, {"problem": f"directives of at most {DIRECTIVES} characters"})
    with writing(ask, Act.WRITE_PROFILE, record_id, "directives", "directives") as visit:
        visit.work.run("DELETE FROM profile_entry WHERE record_id = %s AND section = 'directives'", visit.record_id)
        if text.strip():
            content = Content("Directives anticipées", detail=text.strip(), start=settings.LAW.day(ask.at).isoformat())
            insert(visit.work, visit.key, new("directives", content, PERSON, ask.at, ask.actor.id))
