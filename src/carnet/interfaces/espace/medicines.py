"""My medicines: one line a substance, what was prescribed and what the person says that they take, side by side."""

from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext

from carnet.apps.profile import api as profile
from carnet.apps.records.api import names_in
from carnet.interfaces.espace.door import Asked, signed_in
from carnet.interfaces.espace.frame import Context, Opened, Shown
from carnet.kernel.ask import Act
from carnet.kernel.refusal import No, Refusal
from carnet.pages.said import saying

_C = profile.Course
_LASTING = (_C.CURRENT, _C.LATER, _C.SILENT)


def _unclear(found: profile.Treatment) -> bool:
    """Whether somebody should clear it up: two doses, a word against the prescriber's, or nobody's word for long."""
    if found.course not in _LASTING:
        return found.at_odds
    return bool(found.others) or found.at_odds or (found.course is _C.SILENT and not found.spoken)


def medicines_shown(opened: Opened, title: str) -> Shown:
    """Treatments, one for each substance: what is to be cleared up first, then what goes on, then what ended."""
    found, today = opened.treatments(), opened.asked.today
    unclear = [t for t in found if _unclear(t)]
    rest = [t for t in found if t not in unclear]
    over = [t for t in rest if t.course not in _LASTING]
    lately = [t for t in profile.ended_lately(found, today) if t in over]
    writers = {e.recorded_by for t in found for e in t.entries if e.source == profile.PROFESSIONAL}
    said = max((t.word.recorded_at for t in found if t.word), default=None)
    context: Context = {
        "title": title, "unclear": unclear, "going": [t for t in rest if t.course in _LASTING], "ended": lately,
        "earlier": [t for t in over if t not in lately], "last_word": said,
        "marked": opened.marked("treatments"), "absent": profile.absences(opened.entries, "treatments"),
        "narrowed": bool(opened.closed(["treatments"])), "writers": {n: t[0] for n, t in names_in(opened.visit, writers).items()},
        "may_write": opened.visit.may(Act.WRITE_PROFILE), "may_message": opened.visit.may(Act.WRITE_MESSAGE),
        "speaker": gettext("Vous") if opened.asked.own else opened.visit.traits.given_names.split(" ")[0].title(),
    }  # fmt: skip
    return Shown("profile/treatments", context)


@signed_in("POST")
def say(asked: Asked) -> HttpResponse:
    """Keep what the person says of one treatment."""
    try:
        number, word = UUID(asked.form.text("sur", 36)), profile.Word(asked.form.text("mot", 12))
    except ValueError as error:
        raise Refusal(No.REQUEST_MALFORMED, {"problem": "a treatment of the list, and how it is taken"}) from error
    said, changed = profile.say_taking(
        asked.ask(Act.WRITE_PROFILE), asked.record, number, word, asked.form.text("comment", 2000), asked.today
    )
    # A word that took the place of another is said again rather than taken back: taking it back would leave none.
    undo = {} if changed else {"annuler": "retirer", "sur": str(said)}
    return saying(asked, "/profil/treatments", "medicament-dit", **undo)
