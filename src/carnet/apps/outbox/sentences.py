"""What a notice says. It names nobody, no document, no disease and no drug: it invites to look, after signing in.

Whoever reads over a shoulder, or operates a mail server, learns that a person has a record, and no more.
"""

from collections.abc import Collection, Iterable

from django.utils.translation import gettext

SUBJECT = "Votre carnet de santé : du nouveau"
SUBJECT_PROFESSIONAL = "Carnet de santé d'un de vos patients : une information"
SUBJECT_OWN = "Carnet : une connexion depuis un nouvel appareil"
SUBJECT_ACTIVITY = "Carnet : des accès sont suspendus"
KINDS: dict[str, str] = {
    "deposit": "Un document a été ajouté à votre carnet.",
    "archive": "Un document de votre carnet a été archivé.",
    "unarchive": "Un document archivé de votre carnet est de nouveau en vigueur.",
    "delete": "Un document de votre carnet a été supprimé par son auteur.",
    "access": "Un professionnel de santé a consulté votre carnet.",
    "first-access": "Un professionnel de santé a consulté votre carnet pour la première fois depuis que ces premiers accès "
    "vous sont signalés.",
    "treating-doctor-declared": "Un médecin s'est déclaré votre médecin traitant. Si ce n'est pas votre choix, "
    "retirez-le depuis votre espace.",
    "authorisation-declared": "Un professionnel de santé a déclaré votre accord pour consulter votre carnet.",
    "authorisation-prolonged": "Un professionnel de votre équipe de soins a prolongé son accès à votre carnet, "
    "sans vous le redemander.",
    "emergency-access": "Votre carnet a été ouvert en urgence, par un accès « bris de glace ».",
    "regulation-access": "Votre carnet a été ouvert par un centre de régulation médicale (SAMU, SAS).",
    "announcement-waiting": "Votre carnet a été mis à jour. Un professionnel de santé souhaite vous en parler : prenez "
    "rendez-vous avec votre médecin.",
    "document-visible": "Un document de votre carnet est maintenant visible pour vous.",
    "record-opened": "Votre carnet est ouvert : vous ne vous y étiez pas opposé.",
    "record-closed": "Votre carnet est fermé : il n'est plus ni lu ni alimenté.",
    "new-device": "Une connexion a eu lieu depuis un appareil que vous n'aviez pas encore utilisé.",
    "new-document": "Un document a été ajouté à votre carnet.",
    "record-announced": "Un carnet de santé va s'ouvrir à votre nom dans six semaines. Vous pouvez l'ouvrir dès maintenant, "
    "ou vous y opposer, avec le code ci-dessous.",
    "access-code": "Voici le code que vous avez demandé pour entrer dans votre espace.",
    "code-asked": "Un code pour entrer dans votre espace a été demandé à l'assistance. Si ce n'est pas vous, appelez-la.",
    "case-answered": "Une réponse à votre demande vous attend dans votre espace.",
    "relation-answered": "Une personne que vous avez invitée a répondu.",
    "relation-changed": "L'accès d'un proche à votre carnet a changé.",
    "credentials-changed": "Les moyens de connexion à votre espace ont changé. Si ce n'est pas vous, appelez l'assistance.",
    "rights-changed": "Vos choix de confidentialité ont changé.",
    "destruction-asked": "La suppression de votre carnet est demandée. Elle sera faite dans les trois mois.",
    "record-reopened": "Votre carnet est de nouveau ouvert.",
    "new-message": "Un message vous attend dans votre espace.",
    "message-failed": "Un message que vous avez envoyé n'a pas pu être remis.",
    "agenda-tomorrow": "Quelque chose est noté dans votre agenda, aujourd'hui ou demain.",
    "prevention-due": "Votre agenda de prévention a changé. Vous pouvez choisir de ne plus recevoir ces messages.",
    "service-connected": "Un service a été connecté à votre carnet. Si ce n'est pas votre choix, retirez-lui l'accès.",
    "service-ending": "L'accord que vous avez donné à un service arrive à son terme. Sans réponse, son accès s'arrête.",
    "sheet-read": "Votre fiche d'urgence a été ouverte par un lien que vous avez donné.",
}
FOR_PROFESSIONAL: dict[str, str] = {
    "new-document": "Un document que vous suivez a été ajouté au carnet d'un de vos patients.",
    "emergency-access": "Le carnet d'un patient dont vous êtes le médecin traitant a été ouvert en urgence (bris de glace).",
    "regulation-access": "Le carnet d'un patient dont vous êtes le médecin traitant a été ouvert par un centre de régulation.",
    "new-device": "Une connexion à Carnet a eu lieu avec votre identité depuis un appareil encore inconnu. Si ce n'est pas "
    "vous, coupez cette session et cet appareil, puis prévenez l'exploitant.",
    "activity-stopped": "Vos accès à Carnet sont suspendus : votre activité a dépassé ce qui est attendu de votre profession. "
    "L'exploitant l'examine. Si ce n'est pas vous, faites opposition à votre carte. En urgence, l'accès reste possible après "
    "une nouvelle connexion.",
    "activity-stopped-here": "Des accès à Carnet faits au nom de votre structure sont suspendus : leur nombre a dépassé ce "
    "qui est attendu. L'exploitant les examine.",
    "activity-to-review": "Une activité attend votre examen : elle a dépassé une limite, ses accès sont suspendus jusque-là.",
}
ABOUT_ACTIVITY = frozenset({"activity-stopped", "activity-stopped-here", "activity-to-review"})
AT_ONCE = ABOUT_ACTIVITY | frozenset(
    {"emergency-access", "regulation-access", "announcement-waiting", "record-opened", "record-closed", "record-announced",
     "access-code", "code-asked", "credentials-changed", "destruction-asked"}
)  # fmt: skip
EVERYWHERE = frozenset({"code-asked", "credentials-changed"})
"""What is told at every address that was known until lately: an address that somebody else put there must not hide it."""
"""Notices that the law asks for (R.1111-48, R.1111-53, R.1111-28, R.1111-36 CSP): nobody can mute them, nor have them wait."""
MANDATORY = (AT_ONCE & set(KINDS)) | {"first-access"}
"""Notices that nobody can mute: the first access of a professional (order of 26 October 2023) may come in the daily mail."""
_INTRODUCTION = "Bonjour,"
_LOOK = "Connectez-vous pour en savoir plus : {address}"
_NO_CONTENT = "Par discrétion, ce message ne dit rien du contenu du carnet. Nous ne vous demanderons jamais vos codes par courriel."
_CODE = "Code à usage unique : {code}"
_NO_ANSWER = "Message automatique : personne ne lit les réponses."


def subject(kinds: Collection[str], professional: bool) -> str:
    """The subject of a mail: a professional is also told of what concerns no patient."""
    if professional and set(kinds) == {"new-device"}:
        return gettext(SUBJECT_OWN)
    if professional and set(kinds) <= ABOUT_ACTIVITY:
        return gettext(SUBJECT_ACTIVITY)
    return gettext(SUBJECT_PROFESSIONAL if professional else SUBJECT)


def body(kinds: Iterable[str], professional: bool, address: str, codes: Iterable[str] = ()) -> str:
    """The text of a mail: one line for each kind, once; and the codes that were asked for."""
    told = FOR_PROFESSIONAL if professional else KINDS
    lines = [f"- {gettext(told[kind] if kind in told else KINDS[kind])}" for kind in dict.fromkeys(kinds)]
    lines += [gettext(_CODE).format(code=code) for code in codes]
    closing = [gettext(_LOOK).format(address=address), gettext(_NO_CONTENT), gettext(_NO_ANSWER)]
    return "\n\n".join([gettext(_INTRODUCTION), "\n".join(lines), *closing]) + "\n"
