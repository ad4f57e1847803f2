"""The readings that the asynchronous entry takes together, by method and address: what software asks for all day."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from carnet.apps.storage.api import Steps
from carnet.interfaces.fhir import patient, retrieve, search
from carnet.interfaces.fhir.door import View

_WHOLE: dict[tuple[str, str], View] = {
    ("POST", "/fhir/Patient/_search"): patient.post_search,
    ("POST", "/fhir/DocumentReference/_search"): search.post_search,
    ("GET", "/fhir/DocumentReference"): search.get_search,
}
_OF_ONE: dict[tuple[str, str], View] = {
    ("GET", "/fhir/Binary"): retrieve.binary,
    ("GET", "/fhir/DocumentReference"): retrieve.read_one,
}


def together(method: str, path: str) -> Callable[[HttpRequest], Steps[Callable[[], HttpResponse]]] | None:
    """The steps of the view at an address; None for what a thread answers."""
    view = _WHOLE.get((method, path))
    if view is not None:
        found: Callable[[HttpRequest], Steps[Callable[[], HttpResponse]]] = view.together  # type: ignore[attr-defined]
        return found
    kind, _, number = path.rpartition("/")
    one = _OF_ONE.get((method, kind))
    return (lambda request: one.together(request, number)) if one is not None and number else None  # type: ignore[attr-defined]
