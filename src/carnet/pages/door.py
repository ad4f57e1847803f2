"""What the doors of pages share: methods, where a form comes from and whose it is, what a refusal and a failure become."""

import hmac
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime
from functools import wraps
from typing import Generic, Protocol, TypeVar

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import Resolver404, resolve
from django.utils.translation import override

from carnet.apps.storage.api import trouble_of
from carnet.kernel.refusal import Nature, No, Refusal
from carnet.pages.civil import civil
from carnet.pages.forms import Form
from carnet.pages.safety import check_request, failure_reference, foreign, secure

View = Callable[..., HttpResponse]
SIGN_IN_AGAIN = frozenset({No.AUTHENTICATION_MISSING, No.AUTHENTICATION_EXPIRED, No.CERTIFICATE_REFUSED, No.CERTIFICATE_REVOKED})
_STATUS = {
    Nature.REQUEST: 400,
    Nature.OURS: 503,
    No.RECORD_ABSENT: 404,
    No.DOCUMENT_UNKNOWN: 404,
    No.INTERACTION_UNKNOWN: 404,
    No.REQUEST_TOO_LARGE: 413,
}
"""By nature, then the exceptions; anything else is 403, forbidden."""


def status_of(no: No) -> int:
    """HTTP status of the page that tells a refusal."""
    return _STATUS.get(no) or _STATUS.get(no.nature, 403)


class Session(Protocol):
    """What a door makes of a request of somebody who signed in."""

    form_token: str


class Posting:
    """A request of somebody who signed in, with its form."""

    request: HttpRequest
    at: datetime

    @property
    def today(self) -> date:
        """The day of the request, as people of the civil zone count it."""
        return civil(self.at).date()

    @property
    def form(self) -> Form:
        """The fields that it posted."""
        return Form(self.request)


_METHODS = "page_methods"
"""Where a view keeps the methods that it takes."""


def _takes(view: View, methods: Collection[str]) -> View:
    setattr(view, _METHODS, frozenset(methods))
    return view


def _elsewhere(request: HttpRequest, methods: Collection[str]) -> HttpResponse:
    """What a form is sent to, asked for as a page (an address that was kept, a step back): the nearest page above it."""
    place = request.path
    while request.method == "GET" and place.strip("/"):
        place = place.rstrip("/").rpartition("/")[0] or "/"
        try:
            match = resolve(place, getattr(request, "urlconf", None))
        except Resolver404:
            continue
        # An address of its own: not what answers for all that is nowhere.
        named = not match.route.startswith("^")
        if named and "GET" in getattr(match.func, _METHODS, ()) and "POST" in methods:
            return HttpResponseRedirect(place)
    return HttpResponseNotAllowed(methods)


def by_script(request: HttpRequest) -> bool:
    """Whether a script of ours asks, for a part of a page or for the state of the session."""
    return request.headers.get("HX-Request") == "true"


AskedT = TypeVar("AskedT", bound=Session)


@dataclass(frozen=True, slots=True)
class PageDoor(Generic[AskedT]):
    """A door of pages. Each hook says what is this door's own."""

    url: Callable[[], str]
    """The address of the door, as the settings say it now: forms come from there alone."""
    language: Callable[[HttpRequest], str]
    cookie: str
    """The cookie that holds the session."""
    session: Callable[[HttpRequest, str], AskedT]
    """Whoever signed in, by the value of the cookie. Raises Refusal."""
    sign_in: Callable[[HttpRequest], HttpResponse]
    """What somebody without a session gets."""
    stranger: Callable[[], HttpResponse]
    """What a form of another site, or of another session, gets."""
    refused: Callable[[HttpRequest, Refusal, int], HttpResponse]
    """The page of a refusal, with its status."""
    failed: Callable[[str], HttpResponse]
    """The page of a failure of ours, by its reference."""

    def answer(self, request: HttpRequest, function: Callable[[], HttpResponse]) -> HttpResponse:
        """Run a view: nothing that it raises goes further than this, and every answer carries the headers of the door."""
        with override(self.language(request)):
            try:
                check_request(request)
                return secure(function())
            except Refusal as refusal:
                return secure(self._refused(request, refusal))
            except Exception as error:
                trouble = trouble_of(error)
                return secure(self._refused(request, trouble) if trouble else self.failed(failure_reference(error)))

    def public(self, *methods: str) -> Callable[[View], View]:
        """A view for everybody: sign-in, help, files of the look."""

        def decorate(function: View) -> View:
            @wraps(function)
            def wrapped(request: HttpRequest, **kwargs: str) -> HttpResponse:
                if request.method not in methods:
                    return secure(_elsewhere(request, methods))
                if request.method == "POST" and foreign(request, self.url()):
                    return secure(self.stranger())
                return self.answer(request, lambda: function(request, **kwargs))

            return _takes(wrapped, methods)

        return decorate

    def signed_in(self, *methods: str) -> Callable[[View], View]:
        """A view for somebody who signed in; a form carries the token of the session."""

        def decorate(function: View) -> View:
            @wraps(function)
            def wrapped(request: HttpRequest, **kwargs: object) -> HttpResponse:
                if request.method not in methods:
                    place = _elsewhere(request, methods)
                    return self.answer(request, lambda: self._signed_in(request, lambda _asked: place, {}))
                return self.answer(request, lambda: self._signed_in(request, function, kwargs))

            return _takes(wrapped, methods)

        return decorate

    def _signed_in(self, request: HttpRequest, function: View, kwargs: dict[str, object]) -> HttpResponse:
        try:
            asked = self.session(request, request.COOKIES.get(self.cookie, ""))
        except Refusal:
            return self._again(request)
        if request.method == "POST" and not self._own_form(request, asked):
            return self.stranger()
        return function(asked, **kwargs)

    def _again(self, request: HttpRequest) -> HttpResponse:
        """The sign-in. A script that asked for a part of a page is told that the session is over, and leaves the page as it is."""
        return HttpResponse(status=401) if by_script(request) else self.sign_in(request)

    def _refused(self, request: HttpRequest, refusal: Refusal) -> HttpResponse:
        """The page of a refusal. A session that ended meanwhile leads to the sign-in, and from there back here."""
        if refusal.code in SIGN_IN_AGAIN and request.COOKIES.get(self.cookie):
            return self._again(request)
        response = self.refused(request, refusal, status_of(refusal.code))
        if response.status_code == 503:
            response["Retry-After"] = "30"
        return response

    def _own_form(self, request: HttpRequest, asked: AskedT) -> bool:
        """A form carries the token in a field, a script's request in a header."""
        given = request.POST.get("form_token", "") or request.headers.get("X-Form-Token", "")
        return not foreign(request, self.url()) and hmac.compare_digest(given.encode(), asked.form_token.encode())
