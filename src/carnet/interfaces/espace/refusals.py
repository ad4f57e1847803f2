"""Refusals as a person reads them on a page of theirs: what the catalogue says is said to professionals, or about them."""

from dataclasses import replace

from django.utils.translation import gettext_noop as _

from carnet.apps.access.api import Told, sentence, told
from carnet.kernel.refusal import No

_OF_PAGES: dict[str, tuple[str, str]] = {
    No.FUNCTION_NOT_ALLOWED: (
        _("Cette page ne vous est pas ouverte dans ce carnet."),
        _("La personne à qui il est, ou son représentant, peut le faire depuis son espace."),
    ),
    No.OUTSIDE_SCOPE: (
        _("Cette partie du carnet ne vous est pas ouverte."),
        _("La personne à qui il est peut élargir votre accès depuis son espace."),
    ),
    No.RECORD_CLOSED: (_("Ce carnet est fermé."), _("Il se rouvre depuis l’accueil de Mon espace, ou au {support}.")),
    No.DOCUMENT_UNKNOWN: (
        _("Ce que vous cherchez n’est pas ici, ou ne vous est pas ouvert."),
        _("Revenez à l’accueil, puis cherchez de nouveau. Ce que vous avez retiré n’est plus montré."),
    ),
}
"""What was refused, and what to do next."""


def told_to_person(code: str) -> Told:
    """The sentences of a refusal, as whoever reads the page is concerned by it."""
    found = told(code)
    if code not in _OF_PAGES:
        return found
    said, after = _OF_PAGES[code]
    return replace(found, patient=sentence(said), next_step=sentence(after))
