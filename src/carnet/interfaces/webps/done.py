"""What a page says after an act: one sentence, by a key that stands in the address."""

import re
from collections.abc import Mapping

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

SENTENCES: dict[str, str] = {
    "prolonge": _("Votre accès est prolongé. Cela figure au journal du patient."),
    "accord": _("L'accord est enregistré. Il figure au journal du patient."),
    "accord-retire": _("Votre accès est retiré. Pour revenir, l'accord du patient sera redemandé."),
    "presence": _("L'accord et la présence du patient sont enregistrés."),
    "depot": _("C'est enregistré. Le dossier est à jour."),
    "depot-annule": _("Le dépôt est annulé : rien de ce qu'il contenait n'est plus lisible."),
    "masquer": _("C'est enregistré. Le document est masqué aux autres professionnels."),
    "demasquer": _("C'est enregistré. Le document n'est plus masqué."),
    "annoncer": _("C'est enregistré. Le patient peut lire ce document."),
    "archiver": _("C'est enregistré. Le document est archivé."),
    "desarchiver": _("C'est enregistré. Le document est de nouveau en vigueur."),
    "supprimer": _("Le document est supprimé. Personne ne peut plus le lire."),
    "entree-ajoutee": _("C'est enregistré dans le profil de santé."),
    "entree-corrigee": _("C'est corrigé. L'ancienne version reste dans l'historique."),
    "entree-confirmee": _("C'est confirmé à votre nom."),
    "entree-retiree": _("L'entrée est retirée. Elle reste dans l'historique."),
    "entree-retablie": _("L'entrée est rétablie."),
    "vaccin": _("La vaccination est inscrite à votre nom."),
    "alerte": _("C'est enregistré. Vous serez averti par courriel, sans contenu de santé."),
    "alerte-fin": _("C'est enregistré. Vous ne serez plus averti pour ce dossier."),
    "urgence-fin": _("L'accès d'urgence est terminé."),
    "session-coupee": _("La session est coupée."),
    "appareil-coupe": _("L'appareil est oublié et ses sessions sont coupées."),
    "raccourcis": _("C'est enregistré."),
    "delegation": _("C'est enregistré. Chaque consultation faite pour vous attendra votre relecture."),
    "delegation-fin": _("La délégation est terminée."),
    "relu": _("La relecture est enregistrée."),
    "agir-pour": _("Vos consultations seront relues par votre confrère."),
    "agir-seul": _("Vous agissez de nouveau en votre nom seul."),
    "message-envoye": _("Le message est envoyé. Le patient en est averti."),
    "message-secret": _("Le message est envoyé. Il est secret : aucun avis ne part, la personne le lit à sa prochaine connexion."),
    "message-pris": _("C'est noté : vous vous en chargez."),
    "message-transmis": _("C'est transmis."),
    "boite": _("C'est enregistré."),
}


def said(key: str) -> str:
    """The sentence of a key; empty for another one."""
    return gettext(SENTENCES[key]) if key in SENTENCES else ""


_ON_DOCUMENT = frozenset({"masquer", "demasquer", "archiver", "desarchiver"})
_ID, _SEALED = re.compile(r"[0-9a-f-]{36}"), re.compile(r"[\w-]{20,2000}")


def undoing(get: Mapping[str, str], handle: str) -> str:
    """Where the button that takes the act back posts to; empty when there is nothing to take back."""
    act, on = get.get("annuler", ""), get.get("sur", "")
    if handle and act == "depot" and _SEALED.fullmatch(on):
        return f"/deposer/{handle}/annuler"
    if not handle or not _ID.fullmatch(on):
        return ""
    if act in _ON_DOCUMENT:
        return f"/dossier/{handle}/documents/{on}/{act}"
    if act == "vaccin":
        return f"/dossier/{handle}/profil/{on}/retirer"
    return f"/dossier/{handle}/profil/{on}/retablir" if act == "entree" else ""
