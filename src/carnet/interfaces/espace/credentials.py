"""My account, my ways in: another password, another login, another application of codes, new recovery codes."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from carnet.apps.access.api import told
from carnet.apps.signin.api import (
    CredentialError,
    Proof,
    begin_application,
    change_login,
    change_password,
    finish_application,
    has_password,
    renew_recovery,
    secret_uri,
)
from carnet.interfaces.espace.card import qr_of
from carnet.interfaces.espace.door import Asked, page, render, signed_in
from carnet.kernel.refusal import No, Refusal
from carnet.pages.said import saying

_NOT_PROVED = _("Le mot de passe ou le code ne convient pas. Rien n’a changé.")
_TAKEN = _("Cet identifiant est déjà pris. Choisissez-en un autre.")
_TWO_DIFFER = _("Les deux saisies du nouveau mot de passe ne sont pas les mêmes.")
_PLACE = {"mot-de-passe": "m-nouveau", "encore": "m-encore", "identifiant": "i-id", "nouveau-code": "nouveau-code"}
"""Where in the page stands what was chosen."""
_PROOF = frozenset({No.CREDENTIALS_WRONG, No.CREDENTIALS_LOCKED})


def _proof(asked: Asked) -> Proof:
    return Proof(asked.form.raw("mot-de-passe", 200), asked.form.text("code", 20))


def _tried(prefix: str, change: Callable[[], HttpResponse], form: Callable[[list[tuple[str, str]]], HttpResponse]) -> HttpResponse:
    """Change something, or show the form again with the sentence of what does not hold. `prefix`: of the fields of the proof."""
    try:
        return change()
    except CredentialError as error:
        return form([(_PLACE[error.field], gettext(sentence)) for sentence in error.problems])
    except Refusal as refusal:
        if refusal.code == No.LOGIN_TAKEN:
            return form([(_PLACE["identifiant"], gettext(_TAKEN))])
        if refusal.code not in _PROOF:
            raise
        locked = refusal.code == No.CREDENTIALS_LOCKED
        return form([(f"{prefix}-mdp", told(refusal.code).patient if locked else gettext(_NOT_PROVED))])


def _page(asked: Asked, problems: list[tuple[str, str]], open_form: str = "") -> HttpResponse:
    context: dict[str, object] = {
        "tab": "compte", "problems": problems, "open": open_form, "has": has_password(asked.session.account),
        "address": settings.CARNET.espace_url,
    }  # fmt: skip
    return page(asked, "account/credentials", context, 400 if problems else 200)


def _password(asked: Asked) -> HttpResponse:
    chosen = asked.form.raw("nouveau", 200)
    if chosen != asked.form.raw("encore", 200):
        raise CredentialError("encore", [_TWO_DIFFER])
    change_password(asked.session, _proof(asked), chosen, asked.at)
    return saying(asked, "/compte", "mot-de-passe-change")


def _login(asked: Asked) -> HttpResponse:
    change_login(asked.session, _proof(asked), asked.form.text("identifiant", 80), asked.at)
    return saying(asked, "/compte", "identifiant-change")


def _recovery(asked: Asked) -> HttpResponse:
    return render("opening/recovery", {"codes": renew_recovery(asked.session, _proof(asked), asked.at)})


_CHANGES: dict[str, Callable[[Asked], HttpResponse]] = {"nouveau": _password, "identifiant": _login, "secours": _recovery}


@signed_in("GET", "POST")
def credentials(asked: Asked) -> HttpResponse:
    """The page, and its three forms."""
    if asked.request.method == "GET":
        return _page(asked, [])
    what = asked.form.text("quoi", 12)
    if what not in _CHANGES:
        raise Refusal(No.REQUEST_MALFORMED)
    return _tried(what[0], lambda: _CHANGES[what](asked), lambda problems: _page(asked, problems, what))


@signed_in("GET", "POST")
def application(asked: Asked) -> HttpResponse:
    """Another application of codes: its drawing, then the code that it shows."""
    if asked.request.method == "GET":
        return _application(asked, [])

    def change() -> HttpResponse:
        finish_application(
            asked.session, asked.form.text("ticket", 80), _proof(asked), asked.form.text("nouveau-code", 10), asked.at
        )
        return saying(asked, "/compte", "application-changee")

    return _tried("a", change, lambda problems: _application(asked, problems))


def _application(asked: Asked, problems: list[tuple[str, str]]) -> HttpResponse:
    ticket, secret = begin_application(asked.session, asked.at)
    context: dict[str, object] = {
        "tab": "compte", "problems": problems, "ticket": ticket, "has": has_password(asked.session.account),
        "secret": " ".join(secret[i : i + 4] for i in range(0, 32, 4)),
        "qr": qr_of(secret_uri(secret, asked.session.name)),
    }  # fmt: skip
    return page(asked, "account/application", context, 400 if problems else 200)
