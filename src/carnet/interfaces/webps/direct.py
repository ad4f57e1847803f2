"""Contextual calls of software (PDT-INF-527; TD0.9): an address opens the portal at a place, with its refusals and redirections."""

from django.http import HttpResponse, HttpResponseRedirect

from carnet.apps.records.api import test_record
from carnet.interfaces.webps.door import Asked, page, signed_in
from carnet.interfaces.webps.handles import handle_of, typed
from carnet.kernel.ask import Act
from carnet.kernel.ins import InsError
from carnet.kernel.refusal import No, Refusal

PLACES = {
    "DossierPatient": "",
    "GestionDMPPatient": "/droits",
    "Documents": "/documents",
    "ParcoursDeSoins": "/parcours",
    "HistoriqueAcces": "/acces",
    "VolontesEtDroits": "/volontes",
    "CarnetVaccination": "/vaccinations",
}
"""Page of the published note → page of an open record."""


@signed_in("GET")
def dashboard(asked: Asked, ins: str = "") -> HttpResponse:
    """TableauDeBord: with an INS the state of the record and what may be done, without one the first page."""
    if not ins:
        return HttpResponseRedirect("/patients")
    try:
        return HttpResponseRedirect(f"/porte/{handle_of(typed(ins), asked.actor)}?voyants=1")
    except InsError:
        raise Refusal(No.INS_MALFORMED) from None


@signed_in("GET")
def settings_page(asked: Asked) -> HttpResponse:
    """Parametrages."""
    return HttpResponseRedirect("/compte")


@signed_in("GET")
def place(asked: Asked, name: str, ins: str) -> HttpResponse:
    """Any other place: an open record opens there; else the note asks for an error with a link to TableauDeBord."""
    if name not in PLACES:
        # Creation by this way is gone (PDT-INF-527 §2.9): such an address is refused like any other that does not exist.
        raise Refusal(No.FUNCTION_NOT_ALLOWED)
    try:
        sought = typed(ins)
    except InsError:
        raise Refusal(No.INS_MALFORMED) from None
    handle = handle_of(sought, asked.actor)
    obstacle: No | None
    try:
        obstacle = test_record(asked.about(sought, Act.TEST_RECORD)).obstacle
    except Refusal as refusal:
        obstacle = refusal.code
    if obstacle:
        return page(asked, "direct/refused", {"tab": "patients", "handle": handle, "obstacle": obstacle}, 403)
    return HttpResponseRedirect(f"/dossier/{handle}{PLACES[name]}")
