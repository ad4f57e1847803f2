"""My account: ways to sign in, sessions, the life of the record."""

import json
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse, JsonResponse

from carnet.apps.access.api import told
from carnet.apps.catalogue.api import sign_out
from carnet.apps.records.api import ask_to_destroy, change_life, standing
from carnet.apps.signin.api import (
    begin_passkey,
    cut_person_session,
    finish_passkey,
    name_of,
    passkeys,
    person_sessions,
    remove_passkey,
    set_language,
)
from carnet.dicah.facts import RecordState
from carnet.interfaces.espace.door import LANGUAGE, LANGUAGES, Asked, draft, page, remember, signed_in
from carnet.kernel.actor import ActorKind
from carnet.kernel.ask import Act
from carnet.kernel.refusal import No, Refusal
from carnet.pages.said import saying

LIFE: dict[str, tuple[Act, str]] = {
    "fermer": (Act.CLOSE_RECORD, "ferme"), "rouvrir": (Act.REOPEN_RECORD, "rouvert"), "ouvrir": (Act.OPEN_RECORD, "ouvert"),
    "s-opposer": (Act.OPPOSE_RECORD, "opposition"), "supprimer": (Act.DESTROY_RECORD, "suppression"),
}  # fmt: skip


@signed_in("GET")
def state(asked: Asked) -> HttpResponse:
    """The session, for a page that asks before it sends a form, or to stay: until when, on which record, the token of its forms."""
    found = draft(asked)
    told = {"ends": asked.session.ends_at.isoformat(), "token": asked.form_token, "me": found.me, "whose": found.whose}
    return JsonResponse(told)


@signed_in("GET")
def back(asked: Asked) -> HttpResponse:
    """The page after a sign-in that was opened beside another page, which goes on."""
    return page(asked, "signin/back", {})


@signed_in("GET")
def account(asked: Asked) -> HttpResponse:
    """The page."""
    found = standing(asked.record)
    context: dict[str, object] = {
        "tab": "compte", "sessions": person_sessions(asked.session, asked.at), "passkeys": passkeys(asked.session.account),
        "standing": found, "record_name": name_of(found.traits) if found else "",
        "carer": asked.actor.kind is ActorKind.CARER, "kept": settings.LAW.closed_kept.days // 365,
    }  # fmt: skip
    return page(asked, "account/account", context)


@signed_in("POST")
def cut(asked: Asked) -> HttpResponse:
    """Cut one of my sessions."""
    try:
        number = UUID(asked.form.text("session", 40))
    except ValueError:
        raise Refusal(No.DOCUMENT_UNKNOWN) from None
    if cut_person_session(asked.session, number, asked.at):
        sign_out(number, asked.at)
    return saying(asked, "/compte", "session-coupee")


@signed_in("GET")
def passkey(asked: Asked) -> HttpResponse:
    """The page that makes a passkey."""
    return page(asked, "account/passkey", {"tab": "compte"})


@signed_in("POST")
def passkey_begin(asked: Asked) -> HttpResponse:
    """What the browser's API is given."""
    ticket, options = begin_passkey(asked.session.account, asked.session.name, asked.at)
    return JsonResponse({"ticket": ticket, "options": options})


@signed_in("POST")
def passkey_finish(asked: Asked) -> HttpResponse:
    """Keep the passkey that the browser made."""
    try:
        made = json.loads(asked.form.text("reponse", 40_000))
    except ValueError:
        made = None
    if not isinstance(made, dict):
        raise Refusal(No.CREDENTIALS_WRONG)
    finish_passkey(
        asked.session.account, asked.form.text("ticket", 80), made, asked.form.text("nom", 80) or "Clé d’accès", asked.at
    )
    return saying(asked, "/compte", "cle-ajoutee")


@signed_in("POST")
def passkey_remove(asked: Asked) -> HttpResponse:
    """Remove a passkey."""
    number = asked.form.number("cle", 100)
    if number is None or not remove_passkey(asked.session.account, number):
        raise Refusal(No.DOCUMENT_UNKNOWN)
    return saying(asked, "/compte", "cle-retiree")


@signed_in("POST")
def language(asked: Asked) -> HttpResponse:
    """Keep the language of my account."""
    chosen = asked.form.text("langue", 5)
    response = saying(asked, "/compte", "langue")
    if chosen in LANGUAGES:
        set_language(asked.session.account, chosen)
        remember(response, LANGUAGE, chosen)
    return response


@signed_in("GET", "POST")
def life(asked: Asked, act: str) -> HttpResponse:
    """Close, reopen, open, oppose, ask for the destruction: told on a page first, done when it is confirmed."""
    if act not in LIFE:
        raise Refusal(No.DOCUMENT_UNKNOWN)
    question, said = LIFE[act]
    found = standing(asked.record)
    if asked.request.method == "GET" or (act in ("fermer", "supprimer") and not asked.form.yes("compris")):
        context: dict[str, object] = {
            "tab": "compte", "act": act, "standing": found, "missing": asked.request.method == "POST",
            "kept": settings.LAW.closed_kept.days // 365,
        }  # fmt: skip
        return page(asked, "account/life", context, 400 if asked.request.method == "POST" else 200)
    ask = asked.ask(question)
    if question is Act.DESTROY_RECORD:
        ask_to_destroy(ask, asked.record)
    else:
        change_life(ask, asked.record)
    return saying(asked, "/compte", said)


def life_page(asked: Asked, refusal: Refusal) -> HttpResponse:
    """What stands instead of a record that is not open: its state, and what its person may do."""
    found = standing(asked.record) if refusal.code != No.RELATION_MISSING else None
    states = {RecordState.CLOSED: "ferme", RecordState.OPPOSED: "oppose", RecordState.PENDING_OPPOSITION: "annonce",
              RecordState.TO_NOTIFY: "annonce",
              RecordState.SUSPENDED: "suspendu"}  # fmt: skip
    context: dict[str, object] = {
        "tab": "", "told": told(refusal.code), "standing": found, "state": states.get(found.state, "") if found else "",
        "name": name_of(found.traits) if found else "", "code": refusal.code,
    }  # fmt: skip
    return page(asked, "account/not_open", context, 403)
