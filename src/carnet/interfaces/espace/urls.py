"""Addresses of the patients' portal. None names a person or a record: the session says on which one it acts."""

from django.http import HttpRequest, HttpResponse
from django.urls import path, re_path

from carnet.interfaces.espace import (
    account,
    documents,
    home,
    journal,
    messages,
    opening,
    people,
    plain,
    profile,
    requests,
    rights,
    sheet,
    signin,
    writing,
)
from carnet.interfaces.espace.door import public, render
from carnet.pages.files import file_of_look


@public("GET")
def file(request: HttpRequest, digest: str, name: str) -> HttpResponse:
    """A file of the look."""
    return file_of_look(name)


@public("GET", "POST", "HEAD")
def nothing_here(request: HttpRequest) -> HttpResponse:
    """Any other address."""
    return render("nothing", {}, 404)


urlpatterns = [
    path("", home.home),
    path("fichiers/<str:digest>/<str:name>", file),
    path("connexion", signin.means),
    path("connexion/franceconnect", signin.franceconnect),
    path("connexion/retour", signin.returned),
    path("connexion/mot-de-passe", signin.password),
    path("connexion/code", signin.code),
    path("connexion/cle", signin.passkey_begin),
    path("connexion/cle/reponse", signin.passkey_finish),
    path("deconnexion", signin.leave),
    path("langue", signin.language),
    path("activer", opening.first),
    path("activer/choix", opening.choose),
    path("activer/acces", opening.finish),
    path("documents", documents.listing),
    path("documents/ajouter", documents.add),
    path("documents/<uuid:number>", documents.document),
    path("documents/<uuid:number>/contenu", documents.content),
    path("documents/<uuid:number>/<str:name>", documents.act),
    path("profil", profile.overview),
    path("profil/resultats", profile.results),
    path("profil/entree/<uuid:number>", profile.entry),
    path("profil/entree/<uuid:number>/<str:act>", profile.change),
    path("profil/<str:name>", profile.section),
    path("profil/<str:name>/ajouter", profile.add),
    path("profil/<str:name>/concerne", profile.concerned),
    path("directives", profile.directives),
    path("directives/ecrire", profile.write_directives),
    path("acces", rights.overview),
    path("acces/masquer", rights.masking),
    path("acces/masquer/choisir", rights.choose_masks),
    path("acces/urgence", rights.emergency),
    path("acces/urgence/choisir", rights.choose_emergency),
    path("acces/rubriques/choisir", rights.choose_sections),
    path("acces/reglage", rights.choose_preset),
    path("acces/professionnels", rights.professionals),
    path("acces/professionnels/chercher", rights.find),
    path("acces/professionnels/<str:act>", rights.professional),
    path("acces/journal", journal.listing),
    path("acces/journal/preuve", journal.proof),
    path("acces/journal/<uuid:number>", journal.one),
    path("acces/journal/<uuid:number>/doute", journal.doubt),
    path("acces/journal/<uuid:number>/signaler", journal.report),
    path("acces/avis", journal.notices),
    path("acces/avis/choisir", journal.choose_notices),
    path("demandes", requests.requests),
    path("demandes/corriger/<str:kind>/<uuid:number>", requests.correct),
    path("proches", people.people),
    path("proches/agir", people.act_for),
    path("proches/inviter/<str:kind>", people.invite),
    path("proches/terminer", people.end),
    path("proches/repondre", people.answer),
    path("messages", messages.box),
    path("messages/nouveau/<str:name>", writing.write),
    path("messages/piece/<uuid:number>", messages.piece_page),
    path("messages/piece/<uuid:number>/contenu", messages.piece_content),
    path("messages/correspondant/<uuid:number>/<str:act>", messages.correspondent),
    path("messages/<uuid:number>", messages.thread),
    path("messages/<uuid:number>/lu", messages.read),
    path("messages/<uuid:number>/repondre", messages.reply),
    path("messages/<uuid:number>/retirer", messages.withdraw),
    path("messages/<uuid:number>/ranger/<uuid:piece>", messages.file_piece),
    path("fiche", sheet.sheet),
    path("fiche/lien", sheet.share),
    path("fiche/lien/<uuid:number>/couper", sheet.revoke),
    path("fiche/lien/<str:token>", sheet.linked),
    path("fiche/lire", sheet.reader),
    path("presence", sheet.presence),
    path("compte", account.account),
    path("compte/couper", account.cut),
    path("compte/cle", account.passkey),
    path("compte/cle/debut", account.passkey_begin),
    path("compte/cle/fin", account.passkey_finish),
    path("compte/cle/retirer", account.passkey_remove),
    path("compte/langue", account.language),
    path("compte/copie", account.export_page),
    path("compte/copie/telecharger", account.export),
    path("compte/<str:act>", account.life),
    path("facile", plain.easy),
    path("aide", plain.help_page),
    path("accessibilite", plain.accessibility),
    re_path(r"^.*$", nothing_here),
]
