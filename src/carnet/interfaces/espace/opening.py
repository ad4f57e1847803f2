"""Opening one's space with a provisional code: who it is, then open or oppose, then how to sign in from now on; and lost access.

The same code serves a first activation and an access that was lost: in both, somebody who was identified gave it.
"""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext

from carnet.apps.records.api import activate_record, change_life, standing
from carnet.apps.signin.api import (
    LOGIN_ASKED,
    Activating,
    CredentialError,
    activate,
    activating,
    name_of,
    secret_uri,
    start_activation,
)
from carnet.dicah.facts import RecordState
from carnet.interfaces.espace.card import qr_of
from carnet.interfaces.espace.civil_dates import day_text
from carnet.interfaces.espace.door import public, render
from carnet.interfaces.espace.signin import open_for
from carnet.kernel.actor import Actor, ActorKind, Authentication, Means
from carnet.kernel.ask import Act, Ask
from carnet.kernel.clock import moment
from carnet.kernel.refusal import No, Refusal
from carnet.kernel.traits import is_minor
from carnet.pages.forms import Form

BEFORE_OPENING = frozenset({RecordState.TO_NOTIFY, RecordState.PENDING_OPPOSITION, RecordState.OPPOSED})


@public("GET", "POST")
def first(request: HttpRequest) -> HttpResponse:
    """The code and the date of birth."""
    if request.method == "GET":
        return render("opening/code", {"lost": "perdu" in request.GET})
    try:
        born = day_text(request.POST, "naissance")
        ticket = start_activation(Form(request).text("code", 20), born, moment())
    except Refusal as refusal:
        if refusal.code != No.CODE_UNKNOWN:
            raise
        problems = [("code", gettext("Ce code et cette date ne vont pas ensemble, ou le code est trop ancien."))]
        return render("opening/code", {"problems": problems, "given": request.POST}, 403)
    return _next(ticket)


def _next(ticket: str) -> HttpResponse:
    step = activating(ticket, moment())
    found = standing(step.record_id)
    if found is not None and found.state in BEFORE_OPENING:
        return render(
            "opening/choice", {"ticket": step.ticket, "name": name_of(step.traits), "opposed": found.state is RecordState.OPPOSED}
        )
    return _credentials(step, [])


def _credentials(step: Activating, problems: list[tuple[str, str]], given: dict[str, str] | None = None) -> HttpResponse:
    context: dict[str, object] = {
        "ticket": step.ticket, "name": name_of(step.traits), "secret": " ".join(step.secret[i : i + 4] for i in range(0, 32, 4)),
        "qr": qr_of(secret_uri(step.secret, name_of(step.traits))), "problems": problems, "given": given or {},
    }  # fmt: skip
    return render("opening/credentials", context, 400 if problems else 200)


def _holder(step: Activating) -> Actor:
    """The person of the record, as their code proved it, before there is a session."""
    account, _ = activate(step, moment())
    return _person(step, account)


def _person(step: Activating, account: UUID) -> Actor:
    now = moment()
    proof = Authentication(Means.PERSON_SESSION, "code", now + timedelta(minutes=10), now)
    return Actor(ActorKind.HOLDER, str(account), name_of(step.traits), proof, software="Mon espace")


@public("POST")
def choose(request: HttpRequest) -> HttpResponse:
    """Open now, or oppose. Opposing uses the code up: nothing else is asked of somebody who wants no record."""
    step, at = activating(Form(request).text("ticket", 80), moment()), moment()
    if Form(request).text("choix", 10) == "ouvrir":
        return _credentials(step, [])
    if Form(request).text("choix", 10) != "opposer":
        raise Refusal(No.REQUEST_MALFORMED)
    _by_themselves(step)
    person = _holder(step)
    activate_record(person, step.record_id, at)
    change_life(Ask(person, Act.OPPOSE_RECORD, at), step.record_id)
    return render("opening/opposed", {"name": name_of(step.traits)})


@public("POST")
def finish(request: HttpRequest) -> HttpResponse:
    """Credentials are chosen: the code is used up and the session opens. Or none yet: a passkey is made once signed in."""
    step, at, post = activating(Form(request).text("ticket", 80), moment()), moment(), request.POST
    login = post.get("identifiant", "").strip()[:80]
    if _is_announced(step):
        _by_themselves(step)
    try:
        if post.get("moyen") == "cle":
            account, recovery = activate(step, at)
        else:
            if not login:
                raise CredentialError("identifiant", [LOGIN_ASKED])
            account, recovery = activate(step, at, login, post.get("mot-de-passe", "")[:200], post.get("code", "")[:20])
    except CredentialError as error:
        return _credentials(step, [(error.field, gettext(sentence)) for sentence in error.problems], {"identifiant": login})
    except Refusal as refusal:
        if refusal.code != No.LOGIN_TAKEN:
            raise
        taken = gettext("Cet identifiant est déjà pris. Choisissez-en un autre.")
        return _credentials(step, [("identifiant", taken)], {"identifiant": login})
    _open_if_announced(step, account)
    if recovery:
        return open_with_codes(request, account, recovery)
    return open_for(request, account, "code", "/compte/cle")


def _is_announced(step: Activating) -> bool:
    found = standing(step.record_id)
    return found is not None and found.state in BEFORE_OPENING


def _by_themselves(step: Activating) -> None:
    """Opening and opposing are a representative's for a minor: said before the code is used up."""
    if is_minor(step.traits.birth_date, settings.LAW.day(moment())):
        raise Refusal(No.MINOR_THROUGH_REPRESENTATIVE)


def _open_if_announced(step: Activating, account: UUID) -> None:
    """Whoever chooses how to sign in to a record that is announced, or was opposed, asks for its opening by that."""
    if not _is_announced(step):
        return
    person, now = _person(step, account), moment()
    activate_record(person, step.record_id, now)
    change_life(Ask(person, Act.OPEN_RECORD, now), step.record_id)


def open_with_codes(request: HttpRequest, account: UUID, recovery: list[str]) -> HttpResponse:
    """Sign in and show the recovery codes, this once."""
    signed = open_for(request, account, "code", "/")
    shown = render("opening/recovery", {"codes": recovery})
    for name, morsel in signed.cookies.items():
        shown.cookies[name] = morsel
    return shown
