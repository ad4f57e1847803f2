"""Ways in: FranceConnect+, a passkey, or a password with a one-time code. Leaving, and the language of the pages."""

import json
import secrets
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse

from carnet.apps.catalogue import api as catalogue
from carnet.apps.records.api import activate_record
from carnet.apps.signin.api import (
    account_of_passkey,
    begin_with_passkey,
    end_person_session,
    finish_password,
    label_of,
    open_person_session,
    person_session,
    return_franceconnect,
    start_franceconnect,
    start_password,
)
from carnet.interfaces.espace.door import (
    COOKIE,
    DEVICE,
    HOME,
    LANGUAGE,
    LANGUAGES,
    Asked,
    public,
    remember,
    render,
    set_cookie,
    signed_in,
)
from carnet.kernel.clock import moment
from carnet.kernel.refusal import No, Refusal
from carnet.pages.forms import Form
from carnet.pages.safety import local_path

BROWSER = "carnet-espace-signin"
_STEP = 600
WEAK = frozenset({No.CREDENTIALS_WRONG, No.CREDENTIALS_LOCKED})


def _then(request: HttpRequest) -> str:
    return local_path(Form(request).text("suite") or request.GET.get("suite", ""), HOME)


@public("GET")
def means(request: HttpRequest) -> HttpResponse:
    """The ways in."""
    return render("signin/means", {"then": _then(request), "ended": "suite" in request.GET})


def open_for(request: HttpRequest, account: UUID, how: str, then: str) -> HttpResponse:
    """Open the session of an account, and tie the person to their own record the first time."""
    at, device = moment(), request.COOKIES.get(DEVICE, "") or secrets.token_urlsafe(24)
    token = open_person_session(account, how, device, label_of(request.headers.get("User-Agent", "")), at)
    session = person_session(token, at)
    activate_record(session.actor, session.own_record, at)
    response = HttpResponseRedirect(then)
    response.delete_cookie(BROWSER, path="/connexion")
    set_cookie(response, COOKIE, token, settings.CARNET.portal_session_seconds)
    remember(response, DEVICE, device)
    if session.language != "fr" and LANGUAGE not in request.COOKIES:
        remember(response, LANGUAGE, session.language)
    return response


@public("GET")
def franceconnect(request: HttpRequest) -> HttpResponse:
    """Leave for FranceConnect+."""
    address, browser = start_franceconnect(_then(request), moment())
    response = HttpResponseRedirect(address)
    set_cookie(response, BROWSER, browser, _STEP, "/connexion")
    return response


@public("GET")
def returned(request: HttpRequest) -> HttpResponse:
    """Come back from FranceConnect+."""
    if "code" not in request.GET:
        raise Refusal(No.SIGN_IN_REFUSED, {"problem": request.GET.get("error", "")[:40]})
    found = return_franceconnect(request.GET.get("state", ""), request.GET["code"], request.COOKIES.get(BROWSER, ""), moment())
    if found.account is None:
        return render("signin/nobody", {}, 404)
    return open_for(request, found.account, "franceconnect", found.then)


@public("POST")
def password(request: HttpRequest) -> HttpResponse:
    """First factor: login and password. The same answer for a login that nobody has."""
    login, then = Form(request).raw("identifiant", 80), _then(request)
    try:
        ticket, browser = start_password(login, Form(request).raw("mot-de-passe", 200), then, moment())
    except Refusal as refusal:
        if refusal.code not in WEAK:
            raise
        return render("signin/means", {"then": then, "problem": refusal.code, "login": login}, 403)
    response = render("signin/code", {"ticket": ticket})
    set_cookie(response, BROWSER, browser, _STEP, "/connexion")
    return response


@public("POST")
def code(request: HttpRequest) -> HttpResponse:
    """Second factor: a one-time code, or a recovery code."""
    answer = finish_password(
        Form(request).text("ticket", 80), Form(request).text("code", 20), request.COOKIES.get(BROWSER, ""), moment()
    )
    if isinstance(answer, str):
        return render("signin/code", {"ticket": answer, "problem": No.CREDENTIALS_WRONG}, 403)
    return open_for(request, answer[0], "password", answer[1])


@public("POST")
def passkey_begin(request: HttpRequest) -> HttpResponse:
    """What the browser's API is given to sign in with a passkey."""
    ticket, options = begin_with_passkey(moment())
    return JsonResponse({"ticket": ticket, "options": options})


@public("POST")
def passkey_finish(request: HttpRequest) -> HttpResponse:
    """The passkey answered."""
    try:
        answer = json.loads(Form(request).text("reponse", 20_000))
    except ValueError:
        raise Refusal(No.CREDENTIALS_WRONG) from None
    if not isinstance(answer, dict):
        raise Refusal(No.CREDENTIALS_WRONG)
    account = account_of_passkey(Form(request).text("ticket", 80), answer, moment())
    return open_for(request, account, "passkey", _then(request))


@signed_in("POST")
def leave(asked: Asked) -> HttpResponse:
    """End the session."""
    end_person_session(asked.request.COOKIES[COOKIE], asked.at)
    catalogue.sign_out(asked.session.id, asked.at)
    response = render("signin/left", {})
    response.delete_cookie(COOKIE)
    return response


@public("POST")
def language(request: HttpRequest) -> HttpResponse:
    """Choose the language of the pages, on this device."""
    chosen = Form(request).text("langue")
    response = HttpResponseRedirect(local_path(Form(request).text("retour"), HOME))
    if chosen in LANGUAGES:
        remember(response, LANGUAGE, chosen)
    return response
