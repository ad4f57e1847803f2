"""Sign-in of professionals for their software: `/signin/authorize`, `/signin/callback`, `/signin/situation`, `/signin/token`."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.loader import render_to_string

from carnet.apps.signin.api import Choice, Request, choose, end_session, exchange, returned, start
from carnet.dicah.messages import message
from carnet.formats import codes
from carnet.interfaces.fhir.answers import raw, sentence
from carnet.interfaces.fhir.door import clock, view
from carnet.kernel.refusal import Refusal

COOKIE = "carnet-signin"
_NUMBERS = frozenset(str(n) for n in range(100))
_HTML = "text/html; charset=utf-8"


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


@view("GET")
def authorize(request: HttpRequest) -> HttpResponse:
    """The software sends the browser here; it leaves for Pro Santé Connect."""
    field = request.GET.get
    asked = Request(field("client_id", ""), field("redirect_uri", ""), field("state", ""),
                    field("code_challenge", ""), field("code_challenge_method", ""))  # fmt: skip
    try:
        address, secret = start(asked, clock()())
    except Refusal as refusal:
        return _refused(refusal)
    response = HttpResponseRedirect(address)
    response.set_cookie(
        COOKIE,
        secret,
        max_age=600,
        httponly=True,
        samesite="Lax",
        path="/signin",
        secure=settings.CARNET.base_url.startswith("https://"),
    )
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
        ticket, choices = returned(state, code, _browser(request), clock()())
    except Refusal as refusal:
        return _refused(refusal)
    return _page("situation", {"ticket": ticket, "choices": [_shown(c) for c in choices]})


@view("POST")
def situation(request: HttpRequest) -> HttpResponse:
    """The choice; the browser goes back to the software with a code."""
    number = request.POST.get("situation", "")
    try:
        address = choose(request.POST.get("ticket", ""), int(number) if number in _NUMBERS else -1, _browser(request), clock()())
    except Refusal as refusal:
        return _refused(refusal)
    response = HttpResponseRedirect(address)
    response.delete_cookie(COOKIE, path="/signin")
    return response


@view("POST")
def token(request: HttpRequest) -> HttpResponse:
    """The software exchanges its code for a bearer token (RFC 6749 §5)."""
    field = request.POST.get
    if field("grant_type") != "authorization_code":
        return JsonResponse({"error": "unsupported_grant_type"}, status=400)
    try:
        value, life = exchange(field("code", ""), field("client_id", ""), field("redirect_uri", ""),
                               field("code_verifier", ""), clock()())  # fmt: skip
    except Refusal:
        return JsonResponse({"error": "invalid_grant"}, status=400, headers={"Cache-Control": "no-store"})
    answer = {"access_token": value, "token_type": "Bearer", "expires_in": life}
    return JsonResponse(answer, headers={"Cache-Control": "no-store"})


@view("POST")
def revoke(request: HttpRequest) -> HttpResponse:
    """The software ends the session of its user (RFC 7009): the answer is the same for any token."""
    end_session(request.POST.get("token", ""), clock()())
    return raw(b"", "text/plain")
