"""Addresses of the operator's pages."""

from django.http import HttpRequest, HttpResponse
from django.urls import path, re_path

from carnet.interfaces.operator import activities, cases, door, helpdesk, identities, population, rules, services, software, state
from carnet.pages.files import file_of_look
from carnet.pages.safety import secure


def file(request: HttpRequest, digest: str, name: str) -> HttpResponse:
    """A file of the look."""
    return secure(file_of_look(name))


def nothing_here(request: HttpRequest) -> HttpResponse:
    """Any other address."""
    return door.outside(request, "nothing", 404)


urlpatterns = [
    path("", cases.queue),
    path("fichiers/<str:digest>/<str:name>", file),
    path("entrer/<str:token>", door.enter),
    path("dossiers/<uuid:number>", cases.one),
    path("dossiers/<uuid:number>/prendre", cases.take),
    path("dossiers/<uuid:number>/repondre", cases.answer),
    path("activites", activities.queue),
    path("activites/<uuid:number>/lever", activities.lift),
    path("etat", state.state),
    path("regles", rules.rules),
    path("services", services.queue),
    path("services/<uuid:number>", services.one),
    path("services/<uuid:number>/acte", services.act),
    path("reclamations/<uuid:number>", services.answer),
    path("assistance", helpdesk.desk),
    path("assistance/code", helpdesk.code),
    path("assistance/lettres", helpdesk.letters),
    path("assistance/lettres/<uuid:number>", helpdesk.letter),
    path("assistance/representant", helpdesk.representative),
    path("assistance/vie", identities.life),
    path("identites", identities.queue),
    path("identites/comparer", identities.compare),
    path("identites/demander", identities.ask_for),
    path("identites/<uuid:number>", identities.one),
    path("identites/<uuid:number>/acte", identities.act),
    path("logiciels", software.queue),
    path("logiciels/<slug:number>", software.one),
    path("logiciels/<slug:number>/acte", software.act),
    path("population", population.overview),
    path("population/lettres", population.letters),
    path("population/lettres/<uuid:number>", population.batch),
    path("population/oppositions", population.oppositions),
    path("population/oppositions/decider", population.decide),
    re_path(r"^.*$", nothing_here),
]
