"""Addresses of the portal of professionals."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, re_path

from carnet.interfaces.webps import account, direct, gate, guide, messages, patients, population, signin, team
from carnet.interfaces.webps.acting import acts, depositing, entries
from carnet.interfaces.webps.door import public, render
from carnet.interfaces.webps.record import accesses, documents, essential, prevention, reading, results, rights
from carnet.interfaces.webps.record.path import path as care_path
from carnet.pages.files import file_of_look


@public("GET")
def home(request: HttpRequest) -> HttpResponse:
    """The first page is that of patients."""
    return HttpResponseRedirect("/patients")


@public("GET")
def file(request: HttpRequest, digest: str, name: str) -> HttpResponse:
    """A file of the look."""
    return file_of_look(name)


@public("GET", "POST", "HEAD")
def nothing_here(request: HttpRequest) -> HttpResponse:
    """Any other address."""
    return render("nothing", {}, 404)


RECORD = "dossier/<str:handle>"
DOCUMENT = f"{RECORD}/documents/<uuid:number>"
urlpatterns = [
    path("", home),
    path("fichiers/<str:digest>/<str:name>", file),
    path("connexion", signin.choose_means),
    path("connexion/psc", signin.psc),
    path("connexion/retour", signin.returned),
    path("connexion/telephone", signin.mobile),
    path("connexion/telephone/attente", signin.mobile_wait),
    path("connexion/par-carte", signin.to_card),
    path("connexion/carte", signin.card_taken),
    path("carte", signin.card),
    path("connexion/situation", signin.situation),
    path("mentions", signin.legal_notice),
    path("deconnexion", signin.leave),
    path("patients", patients.patients),
    path("patients/chercher", patients.look_for),
    path("patients/vitale", patients.vitale),
    path("patients/datamatrix", patients.camera),
    path("patients/traits", patients.traits),
    path("prevention", population.population),
    path("porte/<str:handle>", gate.gate),
    path("porte/<str:handle>/accord", gate.consent),
    path("porte/<str:handle>/urgence/<str:mode>", gate.emergency),
    path(f"{RECORD}", essential.essential),
    path(f"{RECORD}/feuille", essential.colleague_sheet),
    path(f"{RECORD}/chercher", documents.search),
    path(f"{RECORD}/documents", documents.listing),
    path(DOCUMENT, reading.document),
    path(f"{DOCUMENT}/contenu", reading.content),
    path(f"{DOCUMENT}/confirmer/<str:act>", acts.confirm),
    path(f"{DOCUMENT}/<str:act>", acts.perform),
    path(f"{RECORD}/comparer", reading.compare),
    path(f"{RECORD}/parcours", care_path),
    path(f"{RECORD}/resultats", results.results),
    path(f"{RECORD}/vaccinations", prevention.vaccinations),
    path(f"{RECORD}/vaccination", prevention.record),
    path(f"{RECORD}/volontes", rights.wishes),
    path(f"{RECORD}/droits", rights.rights),
    path(f"{RECORD}/alerte", rights.alert),
    path(f"{RECORD}/renoncer", rights.withdraw),
    path(f"{RECORD}/carte-presence", rights.card),
    path(f"{RECORD}/acces", accesses.accesses),
    path(f"{RECORD}/urgence/fin", gate.leave_emergency),
    path(f"{RECORD}/profil/<uuid:number>", entries.edit),
    path(f"{RECORD}/profil/<str:section>/ajouter", entries.add),
    path(f"{RECORD}/profil/<uuid:number>/<str:act>", entries.change),
    path("deposer/<str:handle>", depositing.form),
    path("deposer/<str:handle>/lire", depositing.look),
    path("deposer/<str:handle>/annuler", depositing.undo),
    path("ecrire/<str:handle>", messages.write),
    path("messages", messages.board),
    path("messages/annuaire", messages.directory),
    path("messages/boite/<str:kind>", messages.settings_of_box),
    path("messages/<str:ref>", messages.thread),
    path("messages/<str:ref>/lu", messages.read),
    path("messages/<str:ref>/repondre", messages.reply),
    path("messages/<str:ref>/prendre", messages.take),
    path("messages/<str:ref>/piece/<uuid:number>", messages.piece),
    path("messages/<str:ref>/piece/<uuid:number>/contenu", messages.piece_content),
    path("equipe", team.team),
    path("equipe/delegation", team.delegate),
    path("equipe/agir-pour", team.on_behalf),
    path("equipe/relecture", team.review),
    path("compte", account.account),
    path("compte/couper", account.cut),
    path("compte/raccourcis", account.shortcuts),
    path("session/etat", account.state),
    path("session/reprise", account.back),
    path("AccesDirect/TableauDeBord", direct.dashboard),
    path("AccesDirect/TableauDeBord/<str:ins>", direct.dashboard),
    path("AccesDirect/Parametrages", direct.settings_page),
    path("AccesDirect/<str:name>/<str:ins>", direct.place),
    path("guide", guide.guide),
    path("guide/<str:context>", guide.guide),
    path("accessibilite", guide.accessibility),
    re_path(r"^.*$", nothing_here),
]
