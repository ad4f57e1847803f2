"""Acts on a document: confirmed on a page of its own, done, said, and undone where the law allows it."""

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from carnet.apps.access.api import told
from carnet.apps.records.api import change_document
from carnet.interfaces.webps.door import Asked, page, signed_in
from carnet.interfaces.webps.handles import secrecy_of, sought_of
from carnet.interfaces.webps.record.frame import Context, Opened, Shown, record_page
from carnet.interfaces.webps.record.possible import ACT_OF, possible
from carnet.kernel.refusal import No, Refusal
from carnet.pages.bodies import seen_document
from carnet.pages.rows import row
from carnet.pages.said import saying

_UNDO = {"masquer": "demasquer", "demasquer": "masquer", "archiver": "desarchiver", "desarchiver": "archiver"}
"""What takes an act back. An announcement and a deletion cannot be taken back: their page says so."""


@dataclass(frozen=True, slots=True)
class Words:
    """What the page of an act says before it is done."""

    question: str
    effect: str
    button: str
    final: bool = False


_WORDS = {
    "masquer": Words(_("Masquer ce document ?"), _("À la demande du patient. Les autres professionnels ne le verront plus ; "
                     "lui, son médecin traitant et l'auteur le verront toujours."), _("Masquer le document")),
    "demasquer": Words(_("Démasquer ce document ?"), _("À la demande du patient. Les professionnels qui ont accès au dossier le "
                       "verront de nouveau."), _("Démasquer le document")),
    "annoncer": Words(_("Annoncer ce document ?"), _("Le patient pourra le lire dès maintenant. Ce choix ne se reprend pas : "
                      "parlez-lui d'abord de son contenu."), _("Rendre visible au patient"), True),
    "archiver": Words(_("Archiver ce document ?"), _("Il quitte la liste courante et reste lisible parmi les archives. Le patient "
                      "en est averti."), _("Archiver le document")),
    "desarchiver": Words(_("Remettre ce document en vigueur ?"), _("Il revient dans la liste courante. Le patient en est averti."),
                         _("Remettre en vigueur")),
    "supprimer": Words(_("Supprimer ce document ?"), _("Plus personne ne pourra le lire. Ce choix ne se reprend pas. Pour le "
                       "corriger, remplacez-le plutôt."), _("Supprimer le document"), True),
}  # fmt: skip


def _words(act: str) -> Words:
    found = _WORDS[act]
    return Words(gettext(found.question), gettext(found.effect), gettext(found.button), found.final)


@record_page("documents", "GET", detail="document")
def confirm(opened: Opened, number: UUID, act: str) -> Shown | HttpResponse:
    """The page that asks before an act."""
    if act not in ACT_OF:
        raise Refusal(No.DOCUMENT_UNKNOWN)
    seen = seen_document(opened.visit, number)
    if act not in {p.name for p in possible(opened.visit, seen)}:
        raise Refusal(No.DOCUMENT_NOT_OWN)
    minor = act == "annoncer" and seen.facts.hidden_from_representatives and not seen.facts.hidden_from_patient
    context: Context = {"doc": row(seen), "act": act, "words": _words(act), "minor": minor, "undo": _UNDO.get(act, "")}
    return Shown("act", context)


@signed_in("POST")
def perform(asked: Asked, handle: str, number: UUID, act: str) -> HttpResponse:
    """Do it. A refusal says why; nothing has changed then."""
    if act not in ACT_OF:
        raise Refusal(No.DOCUMENT_UNKNOWN)
    sought = sought_of(handle, asked.actor)
    try:
        change_document(asked.about(sought, ACT_OF[act]), number, asked.form.yes("mineur"))
    except Refusal as refusal:
        context: Context = {"tab": "patients", "ins": sought.ins, "traits": sought.traits, "told": told(refusal.code),
                            "back": f"/dossier/{handle}/documents/{number}", **secrecy_of(sought, asked.actor)}  # fmt: skip
        return page(asked, "record/act_refused", context, 403)
    gone = act == "supprimer"
    place = f"/dossier/{handle}/documents" + ("" if gone else f"/{number}")
    undo = {"annuler": _UNDO[act], "sur": str(number)} if act in _UNDO else {}
    return saying(asked, place, act, **undo)
