"""One's own account: sessions and devices with a button that cuts them, shortcuts, how long a session lasts."""

from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from carnet.apps.signin.api import cut_device, cut_session, devices, prefer, sessions
from carnet.interfaces.webps.door import Asked, page, signed_in
from carnet.kernel.actor import Means
from carnet.pages.drafts import draft_of
from carnet.pages.said import saying


@signed_in("GET")
def account(asked: Asked) -> HttpResponse:
    """The page."""
    known = devices(asked.actor)
    labels = {d.id: d.label for d in known}
    found = [(s, _software(s.software), _MEANS.get(s.means, ""), labels.get(s.device, "")) for s in sessions(asked.actor, asked.at)]
    return page(asked, "account/account", {"tab": "", "sessions": found, "devices": known})


PORTAL = "webps"
"""The software of a session that was opened here."""
_MEANS = {
    Means.PRO_SANTE_CONNECT.value: _("Pro Santé Connect"), Means.CPS_CPF.value: _("carte CPS ou CPF"),
    Means.CPE.value: _("carte CPE"),
    Means.AIR.value: _("par votre logiciel"), Means.CERTIFICATE.value: _("certificat"),
}  # fmt: skip


def _software(name: str) -> str:
    return gettext("Portail Carnet des professionnels") if name == PORTAL else name


@signed_in("POST")
def cut(asked: Asked) -> HttpResponse:
    """Cut a session or a device: one of one's own, or nothing happens."""
    session, device = asked.form.text("session", 40), asked.form.text("appareil", 80)
    try:
        if session:
            cut_session(asked.actor, UUID(session), asked.at)
        elif device:
            cut_device(asked.actor, device, asked.at)
    except ValueError:
        return saying(asked, "/compte", "")
    return saying(asked, "/compte", "session-coupee" if session else "appareil-coupe")


@signed_in("POST")
def shortcuts(asked: Asked) -> HttpResponse:
    """Turn the keys of one letter on or off (WCAG 2.1.4)."""
    prefer(asked.actor.id, shortcuts=asked.form.yes("raccourcis"))
    return saying(asked, "/compte", "raccourcis")


@signed_in("GET", legal=False)
def state(asked: Asked) -> HttpResponse:
    """The session, for a page that asks before it sends a form, or to stay: until when, and the token of its forms."""
    token, me = asked.form_token, draft_of("webps", asked.actor.id, "").me
    return JsonResponse({"ends": asked.session.ends_at.isoformat(), "token": token, "me": me, "whose": ""})


@signed_in("GET", legal=False)
def back(asked: Asked) -> HttpResponse:
    """The page after a sign-in that was opened beside another page, which goes on."""
    return page(asked, "signin/back", {})
