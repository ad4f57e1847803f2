"""The guide, written from the law and the messages in force: what is said here is what is done."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from carnet.apps.access.api import Told, edition, told
from carnet.dicah import functional_rights
from carnet.dicah.habilitation import Edition
from carnet.formats import codes
from carnet.interfaces.webps.door import public, render
from carnet.kernel.actor import Context
from carnet.kernel.clock import moment
from carnet.kernel.codes import PROFESSION_SYSTEM, Code
from carnet.kernel.refusal import No, Refusal
from carnet.pages.templatetags.pages import long_day

CONTEXTS = {"ville": Context.TOWN, "hopital": Context.HOSPITAL, "medico-social": Context.MEDICO_SOCIAL}
_TITLES = {"ville": _("Exercer en ville"), "hopital": _("Exercer à l'hôpital"), "medico-social": _("Exercer en médico-social")}
_PROFESSIONS = {
    "ville": ("10", "21", "40", "50", "60", "70"),
    "hopital": ("10", "21", "50", "60", "95", "98"),
    "medico-social": ("10", "60", "93", "94", "96", "41"),
}
_FIRST = (No.RECORD_CLOSED, No.PROFESSIONAL_BLOCKED, No.RECORD_ABSENT, No.INS_MISMATCH)
_OTHERS = (No.CONSENT_MISSING, No.CONSENT_EXPIRED, No.INS_NOT_QUALIFIED, No.RECORD_SUSPENDED, No.EMERGENCY_OPPOSED,
           No.AUTHENTICATION_TOO_WEAK, No.EXERCISE_CLOSED, No.STRUCTURE_MISMATCH, No.HABILITATION_PROFESSION,
           No.HABILITATION_CONTEXT, No.FUNCTION_NOT_ALLOWED, No.REGULATION_NOT_PROVED, No.STEP_UP_REQUIRED,
           No.DEPOSIT_OBJECTION)  # fmt: skip
_ACTS = (
    ("TD3.1:metadata", _("Consulter le dossier")), ("TD2.1", _("Déposer un document")), ("TD0.3:AJOUT", _("Déclarer l'accord")),
    ("TD3.3a:masquer", _("Masquer à la demande du patient")), ("TD3.3b", _("Annoncer au patient")),
    ("TD3.3d:archiver", _("Archiver")), ("TD3.3c", _("Supprimer ses documents")), ("TD0.4", _("Lister ses dossiers")),
)  # fmt: skip
_COLUMNS = (
    ("treating_doctor", "cps_cpf", _("Médecin traitant")), ("doctor", "cps_cpf", _("Autre médecin")),
    ("ps", "cps_cpf", _("Autre professionnel")), ("non_ps", "cpe", _("Secrétariat (CPE)")),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """An act, and for each profile whether the functional matrix allows it in normal mode."""

    said: str
    cells: list[bool]


def _rights() -> list[Line]:
    return [
        Line(gettext(said), [functional_rights.right(act, auth, actor, "normal").allowed for actor, auth, _label in _COLUMNS])
        for act, said in _ACTS
    ]


def _professions(context: str) -> list[tuple[str, int, int]]:
    """Professions of a context, and how many of the types of documents the edition in force opens to each."""
    law = edition(moment())
    types = len({type_code for _, type_code in law.cells})
    found = []
    for code in _PROFESSIONS[context]:
        opened = law.consultable(Code(PROFESSION_SYSTEM, code))
        found.append((codes.label("professions", code, PROFESSION_SYSTEM), len(opened), types))
    return found


def _named(matrix: Edition) -> str:
    """The matrix in force, as people read it."""
    nature = gettext("officielle") if matrix.official else gettext("reconstituée, non officielle")
    return f"{long_day(matrix.effective)} ({nature})"


def _days(value: timedelta) -> int:
    return value.days


def _messages(names: tuple[str, ...]) -> list[Told]:
    return [told(name) for name in names]


@public("GET")
def guide(request: HttpRequest, context: str = "ville") -> HttpResponse:
    """One context on two sheets."""
    if context not in CONTEXTS:
        raise Refusal(No.INTERACTION_UNKNOWN)
    law = settings.LAW
    sectors = sorted({codes.label("sectors", s) for s in law.sectors_of(CONTEXTS[context])})
    told_context: dict[str, object] = {
        "context": context, "title": gettext(_TITLES[context]), "contexts": [(n, gettext(t)) for n, t in _TITLES.items()],
        "first": _messages(_FIRST), "others": _messages(_OTHERS), "rights": _rights(), "professions": _professions(context),
        "columns": [gettext(label) for _, _, label in _COLUMNS], "sectors": sectors, "edition": _named(edition(moment())),
        "functional": functional_rights.EDITION, "law": law, "authorisation_days": _days(law.authorisation_lasts),
        "hours": int(law.consultation_lasts.total_seconds() // 3600), "minutes": int(law.emergency_lasts.total_seconds() // 60),
        "notice_days": _days(law.announcement_notice_after), "visible_days": _days(law.visible_by_itself_after),
        "at": moment(), "support": law.support_line, "blocked_break_glass": law.blocked_in_break_glass,
    }  # fmt: skip
    return render("guide/guide", told_context)


@public("GET")
def accessibility(request: HttpRequest) -> HttpResponse:
    """What the portal does for everybody's access, and what it does not yet."""
    return render("guide/accessibility", {"support": settings.LAW.support_line})
