"""What a person says of a treatment that the record states: taken so, taken otherwise, not taken any more.

It stands beside the prescriber's word and never in its place. It keeps the document of what it speaks of: who does not see that
document does not learn of the treatment by the person's word.
"""

from datetime import date
from uuid import UUID

from carnet.apps.journal.api import REPRESENTATIVES
from carnet.apps.profile.declaring import DETAIL, category_of
from carnet.apps.profile.entries import NOT_CONCERNED, PERSON, WORD, Content, Entry, entries, insert, kept_from_representatives, new
from carnet.apps.profile.treatments import Treatment, Word, treatments
from carnet.apps.records.api import Visit, visiting, written
from carnet.kernel.ask import Act, Ask
from carnet.kernel.copies import replace
from carnet.kernel.refusal import No, Refusal

_SECTION = "treatments"


def _spoken_of(visit: Visit, number: UUID, today: date) -> tuple[Treatment, Entry]:
    """The treatment that an entry states, as whoever speaks sees it; another one is unknown."""
    kept = [e for e in entries(visit, (_SECTION,)) if e.content.code != NOT_CONCERNED]
    for found in treatments(visit, kept, today):
        for entry in found.entries:
            if entry.id == number:
                return found, entry
    raise Refusal(No.DOCUMENT_UNKNOWN)


def say_taking(ask: Ask, record_id: UUID, number: UUID, word: Word, detail: str, today: date) -> tuple[UUID, bool]:
    """Say how a treatment is taken. The former word on it ends and stays in the history.

    Returns the number of the new one, and whether there was a former one. Raises Refusal.
    """
    if len(detail) > DETAIL:
        raise Refusal(No.REQUEST_MALFORMED, {"problem": f"words of at most {DETAIL} characters"})
    with visiting(ask, record_id, "profile") as visit:
        found, entry = _spoken_of(visit, number, today)
        former = found.word
        told = entry.content
        content = Content(told.label, told.code, told.system, detail=detail, codes=told.codes, phase=WORD, status=word.value,
                          active=word is not Word.STOPPED)  # fmt: skip
        said = new(_SECTION, content, PERSON, ask.at, ask.actor.id, entry.document_id, replaces=former.id if former else None)
        # The word is kept from them too, and the line that tells of it.
        secret = kept_from_representatives(visit, entry)
        with written(visit, Act.WRITE_PROFILE, "profile", category_of(_SECTION), REPRESENTATIVES if secret else ""):
            if former:
                visit.work.run(
                    "UPDATE profile_entry SET ended_at = %s WHERE record_id = %s AND entry_id = %s",
                    ask.at, visit.record_id, former.id,
                )  # fmt: skip
            insert(visit.work, visit.key, replace(said, secret=secret))
        return said.id, former is not None
