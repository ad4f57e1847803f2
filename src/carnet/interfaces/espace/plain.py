"""Pages for everybody: easy to read, help, accessibility, what a category of documents is."""

from django.http import HttpRequest, HttpResponse

from carnet.apps.records.api import public_figures
from carnet.formats.codes.public import CATEGORIES, EXPLANATIONS
from carnet.interfaces.espace.door import public, render
from carnet.kernel.clock import moment
from carnet.pages.charts import drawn


@public("GET")
def easy(request: HttpRequest) -> HttpResponse:
    """The essentials in easy language (FALC)."""
    return render("plain/easy", {})


@public("GET")
def help_page(request: HttpRequest) -> HttpResponse:
    """Questions and answers, and what each category of documents is."""
    return render("plain/help", {"categories": [(label, EXPLANATIONS[code]) for code, label in CATEGORIES.items()]})


@public("GET")
def figures(request: HttpRequest) -> HttpResponse:
    """How many records there are and how many were refused: counts alone, the small ones hidden."""
    return render("plain/figures", drawn(public_figures(moment())))


@public("GET")
def accessibility(request: HttpRequest) -> HttpResponse:
    """The accessibility statement."""
    return render("plain/accessibility", {})
