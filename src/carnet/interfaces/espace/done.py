"""What a page says after an act: one sentence, by a key that stands in the address; and where an act is taken back."""

import re
from collections.abc import Mapping

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

SENTENCES: dict[str, str] = {
    "depot": _("C’est enregistré. Le document est dans le carnet."),
    "decrit": _("C’est enregistré. L’ancienne fiche reste parmi les documents remplacés."),
    "prepare": _("C’est gardé dans le carnet. Un professionnel à qui le code de présence est donné le lit."),
    "masquer": _("C’est enregistré. Ce document est masqué."),
    "demasquer": _("C’est enregistré. Ce document n’est plus masqué."),
    "archiver": _("C’est enregistré. Ce document est archivé."),
    "desarchiver": _("C’est enregistré. Ce document est de nouveau en vigueur."),
    "supprimer": _("Le document est supprimé. Personne ne peut plus le lire."),
    "entree-ajoutee": _("C’est enregistré dans le profil de santé."),
    "entree-changee": _("C’est corrigé. L’ancienne version reste dans l’historique."),
    "entree-retiree": _("C’est retiré. Cette ligne n’est plus montrée. Vous pouvez l’annuler ici."),
    "entree-retablie": _("C’est rétabli."),
    "medicament-dit": _("C’est enregistré. Vos professionnels le voient à côté de la prescription."),
    "non-concerne": _("C’est noté : cette rubrique ne vous concerne pas."),
    "concerne": _("C’est noté : cette rubrique vous concerne."),
    "directives": _("Vos directives sont enregistrées. Elles remplacent les précédentes."),
    "directives-retirees": _("Vos directives sont retirées."),
    "choix": _("C’est enregistré. Vos choix valent dès maintenant."),
    "bloque": _("C’est enregistré. Cette personne ne peut plus lire ce carnet."),
    "debloque": _("C’est enregistré. Cette personne peut de nouveau demander un accord."),
    "accord-retire": _("L’accès est retiré. Cette personne peut redemander un accord."),
    "accord-donne": _("C’est enregistré. Cette personne peut lire ce carnet jusqu’à la date choisie."),
    "administrateur": _("C’est enregistré. Cette personne voit aussi les documents masqués."),
    "administrateur-fin": _("C’est enregistré. Cette personne ne voit plus les documents masqués."),
    "medecin-traitant": _("C’est enregistré. Le médecin traitant est noté."),
    "signale": _("Votre signalement est reçu. Une personne l’examine et vous répond."),
    "conteste": _("C’est reçu. Une autre personne relit votre demande et vous répond."),
    "contestation-vide": _("Écrivez pourquoi vous n’êtes pas d’accord : rien n’a été envoyé."),
    "correction": _("Votre demande est reçue. Une personne l’examine et vous répond."),
    "enfant-ajoute": _("C’est enregistré. Vous pouvez ouvrir le carnet de votre enfant ci-dessous."),
    "invitation-prete": _("L’invitation est prête."),
    "lien-pret": _("Le lien est prêt."),
    "invitation-retiree": _("L’invitation est retirée."),
    "acces-fin": _("L’accès de cette personne est terminé."),
    "invitation-acceptee": _("C’est accepté. Vous pouvez ouvrir ce carnet depuis « Mes proches »."),
    "invitation-refusee": _("C’est refusé. La personne qui vous a invité en est avertie."),
    "lien-fin": _("Le lien est coupé. Il n’ouvre plus rien."),
    "avis": _("C’est enregistré. Vous serez averti comme vous l’avez choisi."),
    "session-coupee": _("La session est coupée."),
    "mot-de-passe-change": _("C’est enregistré. Votre nouveau mot de passe vaut. Vos autres sessions sont coupées."),
    "identifiant-change": _("C’est enregistré. Votre nouvel identifiant vaut dès maintenant."),
    "application-changee": _("C’est enregistré. L’ancienne application ne sert plus."),
    "cle-ajoutee": _("La clé d’accès est enregistrée."),
    "cle-retiree": _("La clé d’accès est retirée."),
    "ferme": _("Le carnet est fermé."),
    "rouvert": _("Le carnet est de nouveau ouvert."),
    "suppression": _("La suppression est demandée. Elle sera faite dans les trois mois."),
    "opposition": _("Votre opposition est enregistrée. Aucun carnet ne sera ouvert."),
    "ouvert": _("Votre carnet est ouvert."),
    "acces-change": _("C’est enregistré. Vous avez de nouveaux moyens de connexion."),
    "message-envoye": _("Votre message est envoyé."),
    "brouillon": _("Le brouillon est gardé. Vous seul le voyez."),
    "brouillon-sans-fichiers": _("Le texte du brouillon est gardé, pas les fichiers : joignez-les de nouveau en l’envoyant."),
    "demande-envoyee": _("Votre demande est envoyée."),
    "demande-retiree": _("Votre demande est retirée. Votre correspondant en est averti."),
    "range": _("C’est rangé dans le dossier."),
    "correspondant-bloquer": _("C’est enregistré. Vous ne recevrez plus ses messages."),
    "correspondant-debloquer": _("C’est enregistré. Ses messages vous parviennent de nouveau."),
    "correspondant-signaler": _(
        "C’est signalé. Une personne examine et vous répond dans « Mes demandes ». Vous ne recevrez plus ses messages."
    ),
    "agenda-dit": _("C’est noté. L’agenda en tient compte."),
    "agenda-inconnu": _("C’est noté : vous ne savez pas. La question reste ouverte dans l’agenda."),
    "agenda-repris": _("C’est repris. L’agenda n’en tient plus compte."),
    "agenda-note": _("C’est noté dans l’agenda."),
    "agenda-annule": _("C’est retiré de l’agenda. Le cabinet n’en sait rien : prévenez-le."),
    "service-change": _("C’est enregistré. Ce service ne lit et n’écrit que ce qui est coché."),
    "service-retire": _("L’accès est retiré. Ce service ne lit plus rien."),
    "service-signale": _("Votre signalement est envoyé à l’exploitant."),
    "langue": _("C’est enregistré."),
}


def said(key: str) -> str:
    """The sentence of a key; empty for another one."""
    return gettext(SENTENCES[key]) if key in SENTENCES else ""


_ID = re.compile(r"[0-9a-f-]{36}")
_AGENDA = {"agenda": "/agenda/reponses/%s/retirer", "rendez-vous": "/agenda/rendez-vous/%s/retablir"}
_READERS = frozenset({"debloquer", "donner", "bloquer"})
"""Acts on a professional that take another one back; whom, and until when, goes with the form."""
_DOCUMENT = frozenset({"masquer", "demasquer", "archiver", "desarchiver"})


def undoing(get: Mapping[str, str]) -> str:
    """Where the button that takes the act back posts to; empty when there is nothing to take back."""
    act, on = get.get("annuler", ""), get.get("sur", "")
    if act in _READERS:
        return f"/acces/professionnels/{act}"
    if not _ID.fullmatch(on):
        return ""
    if act in _AGENDA:
        return _AGENDA[act] % on
    if act in _DOCUMENT or act == "supprimer":
        return f"/documents/{on}/{act}"
    return f"/profil/entree/{on}/{act}" if act in ("retablir", "retirer") else ""
