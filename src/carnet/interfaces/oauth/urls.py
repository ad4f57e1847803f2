"""Addresses of the authorisation server and of the publishers' space."""

from django.http import HttpRequest, HttpResponse
from django.urls import path, re_path

from carnet.interfaces.oauth import authorize, metadata, publishers, register, token
from carnet.interfaces.oauth.door import page_view, render
from carnet.pages.files import file_of_look


@page_view("GET")
def file(request: HttpRequest, digest: str, name: str) -> HttpResponse:
    """A file of the look."""
    return file_of_look(name)


@page_view("GET", "POST", "HEAD")
def nothing_here(request: HttpRequest) -> HttpResponse:
    """Any other address."""
    return render("nothing", {}, 404)


urlpatterns = [
    path(".well-known/oauth-authorization-server", metadata.metadata),
    path(".well-known/openid-configuration", metadata.metadata),
    path("jwks.json", metadata.keys),
    path("authorize", authorize.authorize),
    path("authorize/retour", authorize.returned),
    path("token", token.token),
    path("introspect", token.introspect),
    path("revoke", token.revoke),
    path("register", register.register),
    path("register/<str:client_id>", register.own),
    path("fichiers/<str:digest>/<str:name>", file),
    path("editeur", publishers.home),
    path("editeur/connexion", publishers.sign_in),
    path("editeur/retour", publishers.returned),
    path("editeur/deconnexion", publishers.leave),
    path("editeur/nouveau", publishers.new),
    path("editeur/<uuid:number>", publishers.file_page),
    path("editeur/<uuid:number>/dossier", publishers.write),
    path("editeur/<uuid:number>/acte", publishers.act),
    path("editeur/<uuid:number>/client", publishers.client_token),
    path("editeur/<uuid:number>/client/fin", publishers.cut_client),
    re_path(r"^.*$", nothing_here),
]
