"""Opposing the opening of a record from its notice: the code and the date of birth, no account (R.1111-28 CSP).

The paper's drawing brings the code behind `#`, which no browser sends: the page writes it in its field.
"""

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext

from carnet.apps.records.api import Announced, announced, answer_announcement
from carnet.dicah.facts import RecordState
from carnet.interfaces.espace.civil_dates import day_text
from carnet.interfaces.espace.door import public, render
from carnet.kernel.ask import Act
from carnet.kernel.clock import moment
from carnet.kernel.refusal import No, Refusal
from carnet.pages.forms import Form

_CHOICES = {"opposer": Act.OPPOSE_RECORD, "ouvrir": Act.OPEN_RECORD}


def _shown(request: HttpRequest, found: Announced, *, done: str = "") -> HttpResponse:
    waits = found.state in (RecordState.TO_NOTIFY, RecordState.PENDING_OPPOSITION)
    context: dict[str, object] = {
        "found": found, "waits": waits, "opposed": found.state is RecordState.OPPOSED, "done": done, "given": request.POST,
        "opens": found.since + _lasts() if found.state is RecordState.PENDING_OPPOSITION else None,
        "open": found.state is RecordState.OPEN, "now": moment(),
    }  # fmt: skip
    return render("opening/opposition", context)


def _lasts() -> timedelta:
    lasts: timedelta = settings.LAW.opposition_lasts
    return lasts


def _asked(request: HttpRequest) -> tuple[str, str]:
    return Form(request).text("code", 20), day_text(request.POST, "naissance")


@public("GET", "POST")
def first(request: HttpRequest) -> HttpResponse:
    """The code and the date of birth, then what may be answered."""
    if request.method == "GET":
        return render("opening/oppose", {})
    code, born = _asked(request)
    try:
        return _shown(request, announced(code, born, moment()))
    except Refusal as refusal:
        if refusal.code != No.CODE_UNKNOWN:
            raise
        problems = [("code", gettext("Ce code et cette date ne vont pas ensemble, ou le code est trop ancien."))]
        return render("opening/oppose", {"problems": problems, "given": request.POST}, 403)


@public("POST")
def answer(request: HttpRequest) -> HttpResponse:
    """Oppose, or open after all."""
    choice = Form(request).text("choix", 10)
    if choice not in _CHOICES:
        raise Refusal(No.REQUEST_MALFORMED)
    code, born = _asked(request)
    return _shown(request, answer_announcement(code, born, _CHOICES[choice], moment()), done=choice)
