"""Sign-in of professionals for their software: `/signin/authorize`, `/signin/callback`, `/signin/situation`, `/signin/token`."""

import secrets
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.loader import render_to_string

from carnet.apps.access.api import sentence
from carnet.apps.signin.api import (
    ACCESS_TOKEN,
    GRANT,
    Choice,
    Request,
    backchannel_logout,
    choose,
    cut_device,
    cut_session,
    devices,
    end_session,
    exchange,
    exchange_token,
    label_of,
    returned,
    sessions,
    start,
)
from carnet.dicah.messages import message
from carnet.formats import codes
from carnet.formats.fhir import FhirError
from carnet.interfaces.fhir.answers import raw
from carnet.interfaces.fhir.door import authenticated, certificate, view
from carnet.kernel.clock import moment
from carnet.kernel.refusal import Refusal

COOKIE = "carnet-signin"
_NUMBERS = frozenset(str(n) for n in range(100))
_HTML = "text/html; charset=utf-8"
_NO_STORE = {"Cache-Control": "no-store"}
DEVICE = "carnet-device"
_A_YEAR = 365 * 24 * 3600


def _page(name: str, context: dict[str, object], status: int = 200) -> HttpResponse:
    response = raw(render_to_string(f"fhir/{name}.html", context).encode(), _HTML, status)
    response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"
    response["Referrer-Policy"] = "no-referrer"
    return response


def _refused(refusal: Refusal) -> HttpResponse:
    told = message(refusal.code)
    context: dict[str, object] = {"title": sentence(told.professional), "next": sentence(told.next_step),
               "problem": refusal.details.get("problem", ""), "code": told.code}  # fmt: skip
    return _page("refused", context, 400)


def _browser(request: HttpRequest) -> str:
    return request.COOKIES.get(COOKIE, "")


def _set_cookie(response: HttpResponse, name: str, value: str, seconds: int) -> None:
    secure = settings.CARNET.base_url.startswith("https://")
    response.set_cookie(name, value, max_age=seconds, httponly=True, samesite="Lax", path="/signin", secure=secure)


@view("GET")
def authorize(request: HttpRequest) -> HttpResponse:
    """The software sends the browser here; it leaves for Pro Santé Connect."""
    field = request.GET.get
    asked = Request(field("client_id", ""), field("redirect_uri", ""), field("state", ""),
                    field("code_challenge", ""), field("code_challenge_method", ""))  # fmt: skip
    try:
        address, secret = start(asked, moment(), anew=field("prompt", "") == "login")
    except Refusal as refusal:
        return _refused(refusal)
    response = HttpResponseRedirect(address)
    _set_cookie(response, COOKIE, secret, 600)
    return response


def _shown(choice: Choice) -> dict[str, object]:
    return {
        "number": choice.number,
        "profession": codes.label("professions", choice.profession.code, choice.profession.system),
        "structure": choice.structure_name,
        "sector": codes.label("sectors", choice.sector),
    }


@view("GET")
def callback(request: HttpRequest) -> HttpResponse:
    """Pro Santé Connect sends the browser back here; the professional chooses a situation of exercise."""
    state, code = request.GET.get("state", ""), request.GET.get("code", "")
    try:
        ticket, choices = returned(state, code, _browser(request), moment())
    except Refusal as refusal:
        return _refused(refusal)
    return _page("situation", {"ticket": ticket, "choices": [_shown(c) for c in choices]})


@view("POST")
def situation(request: HttpRequest) -> HttpResponse:
    """The choice; the browser goes back to the software with a code."""
    number = request.POST.get("situation", "")
    device = request.COOKIES.get(DEVICE, "") or secrets.token_urlsafe(24)
    try:
        address = choose(request.POST.get("ticket", ""), int(number) if number in _NUMBERS else -1,
                         _browser(request), moment(), device, label_of(request.headers.get("User-Agent", "")))  # fmt: skip
    except Refusal as refusal:
        return _refused(refusal)
    response = HttpResponseRedirect(address)
    response.delete_cookie(COOKIE, path="/signin")
    _set_cookie(response, DEVICE, device, _A_YEAR)
    return response


def _oauth_error(code: str, problem: str = "") -> HttpResponse:
    """An error of RFC 6749 §5.2; the description names the check that failed, never a value."""
    described = {"error_description": problem} if problem else {}
    return JsonResponse({"error": code, **described}, status=400, headers=_NO_STORE)


@view("POST")
def token(request: HttpRequest) -> HttpResponse:
    """The software exchanges its code (RFC 6749 §5), or a Pro Santé Connect token (RFC 8693), for a bearer token."""
    field = request.POST.get
    grant = field("grant_type")
    if grant not in ("authorization_code", GRANT):
        return _oauth_error("unsupported_grant_type")
    if grant == GRANT and field("subject_token_type") != ACCESS_TOKEN:
        return _oauth_error("invalid_request", "subject_token_type")
    try:
        if grant == GRANT:
            value, life = exchange_token(field("subject_token", ""), field("client_id", ""), certificate(request), moment())
        else:
            value, life = exchange(field("code", ""), field("client_id", ""), field("redirect_uri", ""),
                                   field("code_verifier", ""), moment())  # fmt: skip
    except Refusal as refusal:
        return _oauth_error("invalid_grant", refusal.details.get("problem", ""))
    answer = {"access_token": value, "token_type": "Bearer", "expires_in": life}
    if grant == GRANT:
        answer["issued_token_type"] = ACCESS_TOKEN
    return JsonResponse(answer, headers=_NO_STORE)


@view("POST")
def revoke(request: HttpRequest) -> HttpResponse:
    """The software ends the session of its user (RFC 7009): the answer is the same for any token."""
    end_session(request.POST.get("token", ""), moment())
    return raw(b"", "text/plain")


@view("POST")
def backchannel(request: HttpRequest) -> HttpResponse:
    """Pro Santé Connect says that a session is over (OIDC Back-Channel Logout §2.5)."""
    try:
        backchannel_logout(request.POST.get("logout_token", ""), moment())
    except Refusal as refusal:
        return _oauth_error("invalid_request", refusal.details.get("problem", ""))
    return raw(b"", "text/plain")


@view("GET")
def own_sessions(request: HttpRequest) -> HttpResponse:
    """The sessions and devices of whoever asks, to be recognised or cut."""
    who = authenticated(request)
    listed = [
        {"id": str(s.id), "software": s.software, "means": s.means, "since": s.since.isoformat(),
         "until": s.until.isoformat(), "device": s.device}
        for s in sessions(who, moment())
    ]  # fmt: skip
    known = [
        {"id": d.id, "label": d.label, "firstSeen": d.first_seen.isoformat(), "lastSeen": d.last_seen.isoformat()}
        for d in devices(who)
    ]
    return JsonResponse({"sessions": listed, "devices": known}, headers=_NO_STORE)


@view("POST")
def cut(request: HttpRequest) -> HttpResponse:
    """Cut one session (`session`) or one device with its sessions (`device`) of whoever asks."""
    who, at = authenticated(request), moment()
    try:
        if "session" in request.POST:
            ended = cut_session(who, UUID(request.POST["session"]), at)
        else:
            ended = cut_device(who, request.POST.get("device", ""), at)
    except ValueError:
        raise FhirError("session", "must be the id of a session, or device that of a device") from None
    return JsonResponse({"ended": ended}, headers=_NO_STORE)
