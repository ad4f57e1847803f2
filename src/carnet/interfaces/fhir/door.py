"""What every request of the door goes through: who asks, in which mode, how large, and what an error becomes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any, Generic, TypeVar
from uuid import UUID, uuid4

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.request import UnreadablePostError
from django.utils.translation import gettext, override

from carnet.apps.access.api import Place
from carnet.apps.records.api import Reading
from carnet.apps.signin.api import Assumed, Certificate, acting, actor_of, actor_of_certificate, assumed, certificate_of
from carnet.apps.storage.api import Elsewhere, Steps, trouble_of, while_asking
from carnet.formats.fhir import FhirError, Issue, Json, operation_outcome, parse_json, parse_tree
from carnet.formats.fhir.reading import items, text
from carnet.interfaces.fhir.answers import fhir, malformed, refusal_answer
from carnet.interfaces.fhir.manners import headed, presentation_of, presented
from carnet.kernel.actor import ANONYMOUS, Actor
from carnet.kernel.ask import Act, Ask, Mode
from carnet.kernel.clock import moment
from carnet.kernel.identifiers import IdentifierError
from carnet.kernel.ins import Ins, InsError
from carnet.kernel.refusal import No, Refusal

log = logging.getLogger("carnet.fhir")
View = Callable[..., HttpResponse]
Found = TypeVar("Found")
MODE_HEADER = "Carnet-Access-Mode"
SITUATION_HEADER = "Carnet-Situation"
"""The structure of the situation of exercise, for a card whose holder has several."""


def header(request: HttpRequest, name: str, default: str = "") -> str:
    """A header by the name that WSGI gives it (`HTTP_ACCEPT`): Django's `headers` would read all of them first."""
    value: str = request.META.get(name, default)
    return value


def _language(request: HttpRequest) -> str:
    return "en" if header(request, "HTTP_ACCEPT_LANGUAGE").lower().startswith("en") else "fr"


def _failed(error: Exception) -> HttpResponse:
    # The exception's text may carry values: only its type and a reference reach the log and the caller.
    reference = uuid4().hex[:12]
    log.error("door-failure reference=%s type=%s", reference, type(error).__name__)
    if settings.DEBUG:
        log.exception("door-failure-trace reference=%s", reference)
    told = gettext("Carnet n'a pas pu répondre. Référence à donner à l'exploitant : {reference}.").format(reference=reference)
    issue = Issue("internal", told, kind="exception")
    return fhir(operation_outcome(issue), 500)


JSON_TYPES = ("application/fhir+json", "application/json")
_FORMATS = frozenset({"", "json", "text/json", *JSON_TYPES, "application/fhir json"})
"""Values of `_format` (FHIR R4 §3.1.0.1.11) that mean JSON; a plus sign of an address that nobody escaped is a blank."""


def _check_format(request: HttpRequest, any_type: bool) -> None:
    """This door writes JSON: whoever asks for XML alone is told, not given something else (§3.1.0.1.10). Raises Refusal."""
    asked = header(request, "HTTP_ACCEPT")
    only_xml = "xml" in asked and not any_type and request.get_preferred_type(JSON_TYPES) is None
    if only_xml or presentation(request).get("_format", "") not in _FORMATS:
        raise Refusal(No.FORMAT_NOT_SPOKEN)


def _allowed(methods: Sequence[str]) -> list[str]:
    return [*methods, "HEAD"] if "GET" in methods and "HEAD" not in methods else [*methods]


def presentation(request: HttpRequest) -> QueryDict:
    """The parameters of the address, and those of a posted search beside them."""
    searched = request.method == "POST" and request.path.rstrip("/").endswith("/_search")
    if not searched or not any(name in request.body for name in (b"_elements", b"_summary", b"_pretty", b"_format")):
        return request.GET
    both = request.GET.copy()
    for name, values in form(request).lists():
        both.setlist(name, values)
    return both


def view(*methods: str, any_type: bool = False) -> Callable[[View], View]:
    """A view of the door for these methods: refusals and errors become OperationOutcomes, in the reader's language.

    `any_type`: the view weighs the types that are accepted by itself.
    """

    def decorate(function: View) -> View:
        def told(request: HttpRequest, *args: str, **kwargs: str) -> HttpResponse:
            if request.method not in methods:
                raise Refusal(No.METHOD_NOT_ALLOWED, {"allow": ", ".join(_allowed(methods))})
            _check_format(request, any_type)
            asked = presentation_of(presentation(request))
            return presented(function(request, *args, **kwargs), asked)

        @wraps(function)
        def wrapped(request: HttpRequest, *args: str, **kwargs: str) -> HttpResponse:
            head = request.method == "HEAD" and "GET" in methods
            if head:
                # A HEAD reads, and is journaled, like the GET that it stands for.
                request.method = "GET"
            with override(_language(request)):
                response = _or_refusal(told, request, *args, **kwargs)
            return headed(response) if head else response

        wrapped.methods = methods  # type: ignore[attr-defined]
        return wrapped

    return decorate


def _or_refusal(told: View, request: HttpRequest, *args: str, **kwargs: str) -> HttpResponse:
    """What a view answers, or the OperationOutcome of what it raises."""
    try:
        return told(request, *args, **kwargs)
    except Refusal as refusal:
        return refusal_answer(refusal)
    except FhirError as error:
        return refusal_answer(malformed(error))
    except RequestDataTooBig:
        return refusal_answer(Refusal(No.REQUEST_TOO_LARGE))
    except UnreadablePostError:
        return refusal_answer(Refusal(No.REQUEST_MALFORMED, {"problem": "truncated body"}))
    except Exception as error:
        trouble = trouble_of(error)
        return refusal_answer(trouble) if trouble else _failed(error)


@dataclass(frozen=True, slots=True)
class Asked(Generic[Found]):
    """A reading of records, and what its outcome is answered with."""

    reading: Reading[Found]
    answer: Callable[[Found], HttpResponse]


def reading(*methods: str, any_type: bool = False) -> Callable[[Callable[..., Asked[Any]]], View]:
    """A view that reads: a function of the request and of who asks says what is asked and how it is answered.

    The view takes the reading in a unit of its own. `view.together(request, …)` are the same steps for the asynchronous entry: they
    end in the answer, to be made once the line in the journal is committed, or raise whatever the view would refuse. `view.alone`
    is the view without what surrounds it.
    """

    def decorate(function: Callable[..., Asked[Any]]) -> View:
        @wraps(function)
        def alone(request: HttpRequest, *args: str, **kwargs: str) -> HttpResponse:
            asked = function(request, authenticated(request), *args, **kwargs)
            return asked.answer(asked.reading.take())

        def together(request: HttpRequest, *args: str) -> Steps[Callable[[], HttpResponse]]:
            _check_format(request, any_type)
            look = presentation_of(presentation(request))
            known = _assumed(request)
            asked = function(request, known.actor if known else (yield from _acting(request)), *args)
            steps = asked.reading.steps(Place(), None)
            ready = yield from while_asking(steps, known.statement, known.holds) if known else steps

            def answer() -> HttpResponse:
                with override(_language(request)):
                    return _or_refusal(lambda _: presented(asked.answer(ready()), look), request)

            return answer

        seen = view(*methods, any_type=any_type)(alone)
        seen.together = together  # type: ignore[attr-defined]
        # Inside a view that answers to several methods.
        seen.alone = alone  # type: ignore[attr-defined]
        return seen

    return decorate


def certificate(request: HttpRequest) -> Certificate | None:
    """The client certificate, read and checked. None without one; raises Refusal for one that is not trusted."""
    return certificate_of(request, moment())


def _token(request: HttpRequest) -> str:
    scheme, _, token = header(request, "HTTP_AUTHORIZATION").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _bound(presented: Certificate | None) -> tuple[bytes, bool] | tuple[()]:
    return (presented.thumbprint, presented.revoked) if presented else ()


def _acting(request: HttpRequest) -> Steps[Actor]:
    """Who asks, by bearer token. Raises Elsewhere for whoever has none."""
    token = _token(request)
    if not token:
        raise Elsewhere("no bearer token")
    found = yield from acting(token, *_bound(certificate(request)))
    return found


def _assumed(request: HttpRequest) -> Assumed | None:
    """Who the bearer token was when it came last; None for one that did not."""
    token = _token(request)
    return assumed(token, *_bound(certificate(request))) if token else None


def actor(request: HttpRequest) -> Actor:
    """Who asks: by bearer token, else by the client certificate of the connection. Without either, nobody."""
    presented, token = certificate(request), _token(request)
    if token:
        return actor_of(token, *_bound(presented))
    if presented is None:
        return ANONYMOUS
    return actor_of_certificate(presented, moment(), request.headers.get(SITUATION_HEADER, "").strip()[:64])


def authenticated(request: HttpRequest) -> Actor:
    """Who asks; refused before anything else is read, so that nobody learns from what follows."""
    found = actor(request)
    if not found.id:
        raise Refusal(No.AUTHENTICATION_MISSING)
    return found


def mode(request: HttpRequest) -> Mode:
    """The access mode of the header (TRE_R248), normal without one."""
    value = header(request, "HTTP_CARNET_ACCESS_MODE", Mode.NORMAL.value).strip()
    try:
        return Mode(value)
    except ValueError:
        raise FhirError(MODE_HEADER, "is not normal, bris_de_glace or centre_15") from None


def document_id(text: str) -> UUID:
    """A FHIR id in an address. One that cannot be an id is unknown like any other."""
    try:
        return UUID(text)
    except ValueError:
        raise Refusal(No.DOCUMENT_UNKNOWN) from None


def ask(request: HttpRequest, who: Actor, act: Act, ins: Ins | None = None, words: str = "") -> Ask:
    """The question of this request."""
    return Ask(who, act, moment(), ins, mode(request), words)


def whole(request: HttpRequest, *media: str) -> bytes:
    """The body of a request in one of these media types, in UTF-8 and as long as it says."""
    declared = (request.content_type or "").lower()
    if declared not in media:
        raise Refusal(No.REQUEST_MEDIA_REFUSED, {"media": declared[:80]})
    version, packed = (request.content_params or {}).get("fhirversion", "4.0"), request.headers.get("Content-Encoding", "identity")
    if version != "4.0" or packed.lower() != "identity":
        # Another version of FHIR, and what is packed, would be read as something else (R4 §3.1.0.1.8; RFC 9110 §8.4).
        raise Refusal(No.REQUEST_MEDIA_REFUSED, {"media": f"{declared}; fhirVersion={version}; {packed}"[:80]})
    if request.content_params and request.content_params.get("charset", "utf-8").lower() != "utf-8":
        raise FhirError("(root)", "must be UTF-8")
    expected, received = request.headers.get("Content-Length"), request.body
    if expected is not None and int(expected) != len(received):
        raise FhirError("(root)", "is truncated")
    return received


def body(request: HttpRequest) -> Json:
    """The FHIR JSON body; an absolute reference to this server is a relative one (R4 §2.3.0.1). Another media type is refused."""
    told = parse_json(whole(request, "application/fhir+json", "application/json"))
    _make_relative(told)
    return told


def relative(reference: str) -> str:
    """A reference to a resource of this server, as it stands below its base; any other one as it is."""
    return reference.removeprefix(f"{settings.CARNET.base_url}/fhir/")


def _make_relative(node: object) -> None:
    # The tree was checked: it is not too deep.
    if isinstance(node, dict):
        if isinstance(node.get("reference"), str):
            node["reference"] = relative(node["reference"])
        for value in node.values():
            _make_relative(value)
    elif isinstance(node, list):
        for value in node:
            _make_relative(value)


def form(request: HttpRequest) -> QueryDict:
    """The parameters of a posted search: a form, or JSON as some clients send it. Another media type is refused."""
    declared = (request.content_type or "").lower()
    if declared in JSON_TYPES:
        return _of_json(parse_tree(whole(request, *JSON_TYPES)))
    if declared != "application/x-www-form-urlencoded":
        raise Refusal(No.REQUEST_MEDIA_REFUSED, {"media": declared[:80]})
    return request.POST


def _of_json(posted: object) -> QueryDict:
    """Parameters of a search as a Parameters resource, or as an object of names and values."""
    if not isinstance(posted, dict):
        raise FhirError("(root)", "is an object of names and values, or a Parameters resource")
    found = QueryDict(mutable=True)
    if posted.get("resourceType") == "Parameters":
        for number, one in enumerate(items(posted, "parameter", "Parameters")):
            path = f"Parameters.parameter[{number}]"
            value = next((str(v) for k, v in one.items() if k.startswith("value") and isinstance(v, str | int)), "")
            found.appendlist(text(one, "name", path), value)
        return found
    for name, said in posted.items():
        for value in said if isinstance(said, list) else [said]:
            if isinstance(value, bool) or not isinstance(value, str | int):
                raise FhirError(name, "is a text, or a list of texts")
            found.appendlist(name, str(value))
    return found


def ins_of_token(token: str) -> Ins:
    """The INS of a FHIR token `system|value`. Raises Refusal `ins-malformed` without repeating it."""
    system, _, value = token.partition("|")
    try:
        return Ins.of(value, system.removeprefix("urn:oid:"))
    except InsError as error:
        raise Refusal(No.INS_MALFORMED, {"problem": str(error)}) from None
    except IdentifierError:
        raise Refusal(No.INS_MALFORMED, {"problem": "OID"}) from None
