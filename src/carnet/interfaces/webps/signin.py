"""Sign-in: Pro Santé Connect in this browser or on the telephone, or a card; the situation; the legal notice."""

import secrets
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from carnet.apps.access.api import note_sign_in
from carnet.apps.signin.api import (
    Identified,
    choose_situation,
    end_portal_session,
    label_of,
    leave_for_card,
    poll_mobile,
    portal_session,
    prefer,
    presented,
    return_psc,
    start_card,
    start_mobile,
    start_psc,
    take_card,
)
from carnet.formats import codes
from carnet.interfaces.webps.door import (
    COOKIE,
    DEVICE,
    Asked,
    local,
    onward,
    page,
    public,
    remember_device,
    render,
    set_cookie,
    signed_in,
)
from carnet.kernel.clock import moment
from carnet.kernel.refusal import No, Refusal
from carnet.pages.forms import Form

BROWSER = "carnet-webps-signin"
_STEP = 600


@public("GET")
def choose_means(request: HttpRequest) -> HttpResponse:
    """The ways in."""
    then = onward(local(request.GET.get("suite", "/patients")))
    again = "encore" in request.GET
    return render("signin/means", {"then": then, "cards": settings.CARNET.webps_card_url, "again": again,
                                   "ended": "suite" in request.GET and not again})  # fmt: skip


@public("GET")
def psc(request: HttpRequest) -> HttpResponse:
    """Leave for Pro Santé Connect."""
    address, browser = start_psc(local(request.GET.get("suite", "")), moment(), anew="encore" in request.GET)
    response = HttpResponseRedirect(address)
    set_cookie(response, BROWSER, browser, _STEP, "/connexion")
    return response


def _situations(found: Identified) -> HttpResponse:
    choices = [
        {"number": c.number, "structure": c.structure_name, "sector": codes.label("sectors", c.sector),
         "profession": codes.label("professions", c.profession.code, c.profession.system) if c.profession.code else ""}
        for c in found.choices
    ]  # fmt: skip
    return render("signin/situation", {"ticket": found.ticket, "name": found.name, "choices": choices, "last": found.last})


@public("GET")
def returned(request: HttpRequest) -> HttpResponse:
    """Come back from Pro Santé Connect."""
    if "code" not in request.GET:
        raise Refusal(No.SIGN_IN_REFUSED, {"problem": request.GET.get("error", "")[:40]})
    browser = request.COOKIES.get(BROWSER, "")
    return _situations(return_psc(request.GET.get("state", ""), request.GET["code"], browser, moment()))


@public("GET", "POST")
def mobile(request: HttpRequest) -> HttpResponse:
    """The telephone confirms (CIBA): the two digits are shown here and there."""
    then = local(Form(request).text("suite") or request.GET.get("suite", ""))
    if request.method == "GET":
        return render("signin/mobile", {"then": onward(then)})
    ticket, digits, browser = start_mobile(Form(request).text("identifiant", 20), then, moment())
    response = render("signin/mobile_wait", {"ticket": ticket, "digits": digits})
    set_cookie(response, BROWSER, browser, _STEP, "/connexion")
    return response


@public("POST")
def mobile_wait(request: HttpRequest) -> HttpResponse:
    """Whether the telephone confirmed; else the same page, which asks again by itself."""
    found = poll_mobile(Form(request).text("ticket"), request.COOKIES.get(BROWSER, ""), moment())
    if isinstance(found, Identified):
        return _situations(found)
    return render("signin/mobile_wait", {"ticket": found[0], "digits": found[1]})


@public("GET")
def to_card(request: HttpRequest) -> HttpResponse:
    """Leave for the port that asks for a certificate, remembered as the browser that left."""
    browser, digest = leave_for_card()
    asked = urlencode({"suite": onward(local(request.GET.get("suite", ""))), "navigateur": digest})
    response = HttpResponseRedirect(f"{settings.CARNET.webps_card_url}/carte?{asked}")
    set_cookie(response, BROWSER, browser, _STEP, "/connexion")
    return response


@public("GET")
def card(request: HttpRequest) -> HttpResponse:
    """On the port that asks for a certificate: the card says who it is, and the portal takes over."""
    portal, browser = settings.CARNET.webps_url, request.GET.get("navigateur", "")
    if not browser:
        return HttpResponseRedirect(f"{portal}/connexion/par-carte")
    der = presented(request)
    if der is None:
        return render("signin/no_card", {"back": portal}, 401)
    ticket = start_card(der, local(request.GET.get("suite", "")), browser[:80], moment())
    return HttpResponseRedirect(f"{portal}/connexion/carte?{urlencode({'ticket': ticket})}")


@public("GET")
def card_taken(request: HttpRequest) -> HttpResponse:
    """The portal takes over what the card proved."""
    return _situations(take_card(request.GET.get("ticket", ""), request.COOKIES.get(BROWSER, ""), moment()))


@public("POST")
def situation(request: HttpRequest) -> HttpResponse:
    """The situation is chosen: the session opens."""
    number = Form(request).number("situation", 99)
    device = request.COOKIES.get(DEVICE, "") or secrets.token_urlsafe(24)
    token, then = choose_situation(
        Form(request).text("ticket"), -1 if number is None else number, request.COOKIES.get(BROWSER, ""),
        moment(), device, label_of(request.headers.get("User-Agent", "")),
    )  # fmt: skip
    note_sign_in(portal_session(token, moment()).actor)
    response = HttpResponseRedirect(then)
    response.delete_cookie(BROWSER, path="/connexion")
    set_cookie(response, COOKIE, token, settings.CARNET.portal_session_seconds)
    remember_device(response, device)
    return response


@signed_in("GET", "POST", legal=False)
def legal_notice(asked: Asked) -> HttpResponse:
    """The legal notice, at the first sign-in and every 180 days."""
    then = local(asked.request.GET.get("suite", "") or asked.form.text("suite"))
    if asked.request.method == "GET":
        return page(asked, "signin/legal", {"then": onward(then)})
    prefer(asked.actor.id, legal_read_at=asked.at)
    return HttpResponseRedirect(then)


@signed_in("POST", legal=False)
def leave(asked: Asked) -> HttpResponse:
    """End the session."""
    end_portal_session(asked.request.COOKIES[COOKIE], asked.at)
    response = render("signin/left", {})
    response.delete_cookie(COOKIE)
    return response
