"""ITI-67 Find Document References, TD3.1: `POST /fhir/DocumentReference/_search`, and the pages that follow.

An INS never stands in an address: parameters come in a POST body, and the link of the next page is a sealed token.
"""

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidTag
from django.conf import settings
from django.http import HttpRequest

from carnet.apps.records.api import Cursor, Page, ins_of_record, searching
from carnet.apps.storage.api import derived, seal, unseal
from carnet.formats.fhir import FhirError, Json
from carnet.formats.fhir.systems import LAST_VISIT
from carnet.formats.timestamps import to_fhir
from carnet.interfaces.fhir.answers import FHIR_JSON, raw, stored
from carnet.interfaces.fhir.door import Asked, ask, form, ins_of_token, presentation, reading
from carnet.interfaces.fhir.manners import lenient, presentation_pairs
from carnet.interfaces.fhir.parameters import KNOWN, Pairs, known_of, pairs_of, passed_over, read_search
from carnet.kernel.actor import Actor
from carnet.kernel.ask import Act, Ask
from carnet.kernel.copies import replace
from carnet.kernel.ins import Ins

_PAGE = "_page"


def _ins(question: Ask, patient: str) -> Ins:
    if "|" in patient:
        return ins_of_token(patient)
    try:
        record_id = UUID(patient.removeprefix("Patient/"))
    except ValueError:
        raise FhirError("patient", "must be system|value, or Patient/id") from None
    return ins_of_record(question, record_id)


def ins_of_patient(question: Ask, patient: str) -> Ask:
    """The question about this patient, named by `system|value` or as `Patient/id`. Raises Refusal."""
    return replace(question, ins=_ins(question, patient))


def _next(pairs: Pairs, look: Pairs, cursor: Cursor, who: Actor) -> str:
    place = {"pairs": list(pairs), "at": cursor.at.isoformat(), "id": str(cursor.logical_id)}
    sealed = seal(derived("page"), json.dumps(place).encode(), who.key.encode())
    token = base64.urlsafe_b64encode(sealed).decode().rstrip("=")
    return f"{settings.CARNET.base_url}/fhir/DocumentReference?{urlencode([(_PAGE, token), *look])}"


def _place(token: str, who: Actor) -> tuple[list[tuple[str, str]], Cursor]:
    """Open the token of a page. It is bound to whoever got it."""
    try:
        sealed = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        place = json.loads(unseal(derived("page"), sealed, who.key.encode()))
    except (binascii.Error, InvalidTag, ValueError):
        raise FhirError(_PAGE, "is not a page of yours: search again") from None
    pairs = [(str(name), str(value)) for name, value in place["pairs"]]
    return pairs, Cursor(datetime.fromisoformat(place["at"]), UUID(place["id"]))


def _visit(ended: datetime) -> Json:
    return {"extension": [{"url": LAST_VISIT, "valueInstant": to_fhir(ended)}]}


def _bundle(page: Page, pairs: Pairs, look: Pairs, who: Actor, ignored: Sequence[str]) -> bytes:
    """The searchset, put together from stored bytes: nothing is parsed or rebuilt on the way out."""
    base = settings.CARNET.base_url.encode()
    entries = b",".join(
        b'{"fullUrl":"' + base + b"/fhir/DocumentReference/" + logical_id.encode() + b'","resource":' + resource
        + b',"search":{"mode":"match"}}'
        for logical_id, resource in zip(page.logical_ids, page.resources, strict=True)
    )  # fmt: skip
    for outcome in passed_over(ignored):
        entries += (b"," if entries else b"") + orjson.dumps(outcome)
    links = [{"relation": "self", "url": f"{settings.CARNET.base_url}/fhir/DocumentReference/_search"}]
    if page.following:
        links.append({"relation": "next", "url": _next(pairs, look, page.following, who)})
    total = b',"total":%d' % page.total if page.total is not None else b""
    meta = b',"meta":' + orjson.dumps(_visit(page.last_visit)) if page.last_visit else b""
    head = b'{"resourceType":"Bundle","type":"searchset"' + meta + total + b',"link":' + orjson.dumps(links)
    return stored(head + (b',"entry":[' + entries + b"]" if entries else b"") + b"}")


def _asked(request: HttpRequest, question: Ask, pairs: Pairs, cursor: Cursor | None) -> Asked[Page]:
    known, ignored = known_of(pairs, KNOWN, lenient(request))
    asked = read_search(known)
    found = searching(ins_of_patient(question, asked.patient), replace(asked.query, after=cursor))
    look = presentation_pairs(presentation(request))
    return Asked(found, lambda page: raw(_bundle(page, known, look, question.actor, ignored), FHIR_JSON))


def without_ins(pairs: Pairs) -> None:
    """Refuse an INS in an address: addresses end in logs."""
    if any("|" in value for name, value in pairs if name.startswith("patient")):
        raise FhirError("patient.identifier", "an INS does not stand in an address: POST to _search")


@reading("POST")
def post_search(request: HttpRequest, who: Actor) -> Asked[Page]:
    """`POST DocumentReference/_search`: parameters in the body, and in the address but for the INS."""
    in_address = pairs_of(request.GET)
    without_ins(in_address)
    return _asked(request, ask(request, who, Act.SEARCH), [*in_address, *pairs_of(form(request))], None)


@reading("GET")
def get_search(request: HttpRequest, who: Actor) -> Asked[Page]:
    """`GET DocumentReference`: a following page, or a search by `patient=Patient/id`."""
    if _PAGE in request.GET:
        pairs, cursor = _place(request.GET[_PAGE], who)
        return _asked(request, ask(request, who, Act.SEARCH), pairs, cursor)
    pairs = pairs_of(request.GET)
    without_ins(pairs)
    return _asked(request, ask(request, who, Act.SEARCH), pairs, None)
