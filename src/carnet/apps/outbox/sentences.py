"""What a notice says. It names nobody, no document, no disease and no drug: it invites to look, after signing in. An announcement
alone names whom it is for: nobody believes a letter that does not, and nothing is in that record yet.

Whoever reads over a shoulder, or operates a mail server, learns that a person has a record, and no more.
"""

from collections.abc import Collection, Iterable
from datetime import date

from django.utils.translation import gettext

from carnet.apps.outbox.notices import Sealed
from carnet.formats.days import in_english, in_french

SUBJECT = "Votre carnet de santé : du nouveau"
SUBJECT_PROFESSIONAL = "Carnet de santé d'un de vos patients : une information"
SUBJECT_OWN = "Carnet : une connexion depuis un nouvel appareil"
SUBJECT_CERTIFICATE = "Carnet : un certificat arrive à son terme"
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
    "identity-changed": "Votre identité a changé dans votre carnet : un nouveau matricule. Vos documents n'ont pas bougé. "
    "Si ce n'est pas juste, appelez l'assistance.",
    "death-noted": "Votre carnet est fermé : un décès nous a été signalé. Si c'est une erreur, appelez l'assistance : elle le "
    "rouvrira.",
    "records-united": "Deux carnets à votre nom n'en font plus qu'un : tous vos documents y sont. Si ce n'est pas juste, appelez "
    "l'assistance.",
    "records-parted": "Des documents de votre carnet ont été remis dans celui de la personne à qui ils sont. "
    "Connectez-vous pour voir ce qui y reste.",
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
    "certificate-ending": "Un certificat d'un logiciel enregistré dans Carnet arrive à son terme, dans soixante jours au plus. "
    "Demandez à l'exploitant d'enregistrer le suivant avant qu'il s'arrête.",
}
ABOUT_ACTIVITY = frozenset({"activity-stopped", "activity-stopped-here", "activity-to-review"})
AT_ONCE = ABOUT_ACTIVITY | frozenset(
    {"emergency-access", "regulation-access", "announcement-waiting", "record-opened", "record-closed", "record-announced",
     "access-code", "code-asked", "credentials-changed", "destruction-asked", "identity-changed", "death-noted",
     "records-united", "records-parted"}
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
    if professional and set(kinds) == {"certificate-ending"}:
        return gettext(SUBJECT_CERTIFICATE)
    return gettext(SUBJECT_PROFESSIONAL if professional else SUBJECT)


def body(kinds: Iterable[str], professional: bool, address: str, codes: Iterable[str] = ()) -> str:
    """The text of a mail: one line for each kind, once; and the codes that were asked for."""
    told = FOR_PROFESSIONAL if professional else KINDS
    lines = [f"- {gettext(told[kind] if kind in told else KINDS[kind])}" for kind in dict.fromkeys(kinds)]
    lines += [gettext(_CODE).format(code=code) for code in codes]
    closing = [gettext(_LOOK).format(address=address), gettext(_NO_CONTENT), gettext(_NO_ANSWER)]
    return "\n\n".join([gettext(_INTRODUCTION), "\n".join(lines), *closing]) + "\n"


_ANNOUNCED = """Bonjour,

Un carnet de santé numérique va s'ouvrir le {day} pour {name}.

Il réunit les documents de santé. On y choisit qui les lit, et on y voit qui les a lus. Les soins et les remboursements n'en
dépendent pas. Si {name} est votre enfant, c'est vous qui décidez.

- Vous êtes d'accord : vous n'avez rien à faire. Vous pouvez aussi l'ouvrir dès maintenant.
- Vous n'en voulez pas : dites-le avant le {day}, en deux minutes, sans donner de raison.
- Vous pourrez changer d'avis plus tard, dans un sens comme dans l'autre.

Pour l'un ou pour l'autre, allez à cette adresse :
{address}

Code à usage unique : {code}
Sa date de naissance vous sera demandée. Pour ouvrir le carnet, ce code vaut deux jours ; pour s'y opposer, il vaut jusqu'au {day}.
Il vous en sera donné un autre au {support}.

Vous doutez de ce message ? N'ouvrez pas le lien : appelez le {support}, ou écrivez vous-même l'adresse dans votre navigateur.
Nous ne vous demanderons jamais votre mot de passe, votre carte bancaire ni de l'argent.

Message automatique : personne ne lit les réponses.
"""
_ANNOUNCED_EN = """
--- English ---

Hello,

A digital health record will open on {day} for {name}. It gathers health documents; one chooses there who reads them,
and sees who did. Care and reimbursements do not depend on it. If {name} is your child, you decide.

- You agree: there is nothing to do. You may also open it now.
- You do not want it: say so before {day}. No reason is asked.
- You can change your mind later, either way.

For both, go to {address} with the one-time code {code} and the date of birth. The code opens the record for two days, and
opposes until {day}; another one is given by telephone at {support}. In doubt, do not open the link: call {support}.
We never ask for a password, a card or money.
"""


def announced_subject(told: Sealed) -> str:
    """The subject of an announcement: what happens, and on which day."""
    return f"Un carnet de santé va s'ouvrir pour {told.name} le {in_french(date.fromisoformat(told.day))}"


def announced_body(told: Sealed, portal: str, support: str) -> str:
    """The text of an announcement, in French and in English."""
    day, address = date.fromisoformat(told.day), f"{portal.rstrip('/')}/activer"
    french = _ANNOUNCED.format(name=told.name, day=in_french(day), address=address, code=told.code, support=support)
    return french + _ANNOUNCED_EN.format(name=told.name, day=in_english(day), address=address, code=told.code, support=support)
