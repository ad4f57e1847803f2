"""The gate: the five lights, what is missing, and the one next act; the consent; and the emergency access."""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from carnet.apps.access.api import Consent, may_ever, told
from carnet.apps.records.api import (
    RecordStatus,
    declare_authorisation,
    end_emergency,
    open_emergency,
    test_record,
)
from carnet.dicah.decision import Light
from carnet.dicah.facts import AuthorisationGround
from carnet.dicah.messages import message
from carnet.interfaces.webps.door import Asked, again_to, may_regulate, page, signed_in
from carnet.interfaces.webps.handles import Sought, handle_of, secrecy_of, sought_of
from carnet.kernel.ask import EMERGENCY_MODES, Act, Ask, Mode
from carnet.kernel.refusal import Nature, No, Refusal
from carnet.pages.said import onward_to, saying

_CONSENT = frozenset({No.CONSENT_MISSING, No.CONSENT_EXPIRED})
_NO_EMERGENCY = frozenset({Nature.RECORD, Nature.IDENTITY})
"""What an emergency does not open; nor an opposition that was written in advance."""
_NAMES = {"D": _("Disponibilité"), "I": _("Identité INS"), "C": _("Consentement"), "A": _("Authentification"),
          "H": _("Habilitation")}  # fmt: skip
_HOLDS = {
    "D": _("Le dossier existe et il est ouvert."),
    "I": _("L'identité est qualifiée."),
    "C": _("Un accord en cours vous ouvre ce dossier."),
    "A": _("Votre connexion a le niveau exigé."),
    "H": _("Votre profession et votre lieu d'exercice ouvrent ce dossier."),
}
_FIELDS = {"birth_name": _("Nom de naissance"), "given_names": _("Prénoms"), "sex": _("Sexe"),
           "birth_date": _("Date de naissance"), "birth_place": _("Lieu de naissance")}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Lamp:
    """One of the five conditions as the panel shows it: `ok`, `stop`, or dark where the asker may not learn it yet."""

    letter: str
    name: str
    state: str
    said: str
    words: str


_WORDS = {"ok": _("Remplie"), "stop": _("Non remplie"), "dark": _("Non vérifiée")}


_COMPARED = _("L'identité est qualifiée et les traits fournis concordent.")


def _lamp(letter: str, light: Light, status: RecordStatus, compared: bool) -> Lamp:
    holds = _COMPARED if letter == "I" and compared else _HOLDS[letter]
    held = gettext(holds) if light is Light.GREEN else ""
    missing = told(status.obstacle).professional if light is Light.RED and status.obstacle else ""
    words = gettext(_WORDS[light.value])
    if light is Light.RED and status.obstacle in _CONSENT:
        words = gettext("À prolonger") if status.renewable else gettext("À recueillir")
    return Lamp(letter, gettext(_NAMES[letter]), light.value, held or missing, words)


def _fields(sought: Sought, wrong: str) -> list[tuple[str, bool]]:
    """The traits that were compared, and whether each agrees. Values are never shown."""
    names = [part.strip() for part in wrong.split(",") if part.strip()]
    return [(gettext(label), name not in names) for name, label in _FIELDS.items() if getattr(sought.traits, name)]


def _context(asked: Asked, handle: str, sought: Sought, status: RecordStatus) -> dict[str, object]:
    lights = [_lamp(letter, status.lights[letter], status, any(getattr(sought.traits, n) for n in _FIELDS)) for letter in "DICAH"]
    code = status.obstacle
    closed = code is not None and (code.nature in _NO_EMERGENCY or code is No.EMERGENCY_OPPOSED)
    open_now = not closed and not asked.employee and may_ever(_opening(asked, sought, Mode.BREAK_GLASS))
    # Whom the patient blocked is not offered what will be refused: the law says which emergency stays open to them.
    blocked = code is No.PROFESSIONAL_BLOCKED and not settings.LAW.blocked_in_break_glass
    return {
        "tab": "patients", "handle": handle, "sought": sought, "ins": sought.ins, "traits": sought.traits, "lights": lights,
        **secrecy_of(sought, asked.actor),
        "held": sum(lamp.state == "ok" for lamp in lights), "told": told(code) if code else None, "code": code,
        "rule": message(code).rule if code else "",
        "again": again_to(asked.request) if code is No.STEP_UP_REQUIRED else "",
        # Of what the asker is not, there is nothing to tell the patient: the sentence is for their journal.
        "to_tell": code is not None and code.nature is not Nature.WHO and code is not No.FUNCTION_NOT_ALLOWED,
        "consent": code in _CONSENT, "status": status,
        "fields": _fields(sought, status.details.get("fields", "")) if code == No.INS_MISMATCH else [],
        "break_glass": open_now and not blocked and sought.mode is Mode.NORMAL, "regulate": open_now and may_regulate(asked),
        "days": settings.LAW.authorisation_lasts.days, "until": asked.at + settings.LAW.authorisation_lasts,
        "hours": int(settings.LAW.consultation_lasts.total_seconds() // 3600), "support": settings.LAW.support_line,
        "may_feed": status.state == "open" and status.lights["I"] is Light.GREEN,
    }  # fmt: skip


def _opening(asked: Asked, sought: Sought, mode: Mode, reason: str = "") -> Ask:
    return asked.about(sought.in_mode(mode), Act.OPEN_EMERGENCY, reason)


def _tested(asked: Asked, sought: Sought) -> RecordStatus:
    """TD0.2, in words for the panel: a refusal of the test itself is shown the same way."""
    try:
        return test_record(asked.about(sought, Act.TEST_RECORD))
    except Refusal as refusal:
        letter = "I" if refusal.code.startswith("ins-") else "A" if refusal.code.startswith("authentication") else "H"
        # An unusual activity is none of the five conditions.
        red = {} if refusal.code.nature is Nature.ACTIVITY else {letter: Light.RED}
        lights = dict.fromkeys("DICAH", Light.DARK) | {"A": Light.GREEN} | red
        return RecordStatus(None, "", None, "", "", False, lights, refusal.code, refusal.details)


@signed_in("GET")
def gate(asked: Asked, handle: str) -> HttpResponse:
    """What stands between this professional and this person; nothing, and the record opens."""
    sought = sought_of(handle, asked.actor)
    status = _tested(asked, sought)
    # The lights of an employee are those of a consultation, which is never theirs: their page says what they may do.
    if not status.obstacle and "voyants" not in asked.request.GET:
        more = asked.request.GET.urlencode()
        return onward_to(asked, f"/dossier/{handle}" + (f"?{more}" if more else ""))
    return page(asked, "gate/gate", _context(asked, handle, sought, status))


@signed_in("POST")
def consent(asked: Asked, handle: str) -> HttpResponse:
    """TD0.3: the explicit act of the professional who states that the patient was informed and agrees."""
    sought = sought_of(handle, asked.actor)
    team, agreed, code = asked.form.text("titre") == "equipe", asked.form.yes("accord"), asked.form.text("code", 20)
    prolongs = asked.form.yes("prolonger") and not agreed
    ground = AuthorisationGround.CARE_TEAM if team else AuthorisationGround.CONSULTATION
    try:
        declare_authorisation(
            asked.about(sought, Act.DECLARE_AUTHORISATION), Consent(ground, agreed, team and agreed, code, prolongs)
        )
    except Refusal as refusal:
        context = _context(asked, handle, sought, _tested(asked, sought))
        problem = gettext("Cochez la case : sans l'accord du patient, le dossier reste fermé.") if not agreed else ""
        given = {"title": asked.form.text("titre"), "agreed": agreed, "presence": code}
        return page(asked, "gate/gate", context | {"problem": problem or told(refusal.code).professional, "given": given,
                                                   "problem_field": "accord" if not agreed else "code"}, 400)  # fmt: skip
    if asked.employee:
        # Who records the agreement for the structure reads nothing: what is next is the document that is in their hand.
        return saying(asked, f"/deposer/{handle}", "accord")
    return saying(asked, f"/dossier/{handle}", "prolonge" if prolongs else "presence" if code else "accord")


@signed_in("GET", "POST")
def emergency(asked: Asked, handle: str, mode: str) -> HttpResponse:
    """Open an emergency access, with its reason in words. It is told to the holder and reviewed."""
    sought = sought_of(handle, asked.actor)
    wanted = Mode.REGULATION if mode == "regulation" else Mode.BREAK_GLASS
    if wanted is Mode.REGULATION and not may_regulate(asked):
        raise Refusal(No.REGULATION_NOT_PROVED)
    if not may_ever(_opening(asked, sought, wanted)):
        raise Refusal(No.FUNCTION_NOT_ALLOWED)
    context: dict[str, object] = {"tab": "patients", "handle": handle, "ins": sought.ins, "traits": sought.traits, "mode": mode,
                                  "minutes": int(settings.LAW.emergency_lasts.total_seconds() // 60),
                                  **secrecy_of(sought, asked.actor)}  # fmt: skip
    if asked.request.method == "GET":
        return page(asked, "gate/emergency", context)
    reason = asked.form.text("motif", 1000)
    try:
        open_emergency(_opening(asked, sought, wanted, reason))
    except Refusal as refusal:
        return page(asked, "gate/emergency", context | {"told": told(refusal.code), "reason": reason}, 400)
    return HttpResponseRedirect(f"/dossier/{handle_of(sought.in_mode(wanted), asked.actor)}")


@signed_in("POST")
def leave_emergency(asked: Asked, handle: str) -> HttpResponse:
    """End one's own emergency access before its time."""
    sought = sought_of(handle, asked.actor)
    if sought.mode in EMERGENCY_MODES:
        # The act of opening asks for a reason; ending one needs none of its own.
        end_emergency(asked.about(sought, Act.OPEN_EMERGENCY, "fin de l'accès d'urgence"))
    return saying(asked, "/patients", "urgence-fin")
