"""A message of the catalogue as a person reads it: in their language, with the support line of the settings."""

from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext

from carnet.dicah.messages import message


@dataclass(frozen=True, slots=True)
class Told:
    """The sentences of a refusal."""

    code: str
    rule: str
    professional: str
    patient: str
    next_step: str


def sentence(text: str) -> str:
    """A sentence in the reader's language."""
    return gettext(text).format(support=settings.LAW.support_line)


def told(code: str) -> Told:
    """The message of a refusal."""
    found = message(code)
    return Told(code, found.rule, sentence(found.professional), sentence(found.patient), sentence(found.next_step))
