"""INSi, the national teleservice of identity, behind a small interface. Nobody reaches it without homologation."""

from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from carnet.kernel.ins import Ins
from carnet.kernel.traits import Traits


class InsiClient(Protocol):
    """What Carnet needs of INSi: does a matricule exist, and which traits does it carry?"""

    def traits_of(self, ins: Ins) -> Traits | None:
        """Traits of a matricule (verifierInsAvecTraitsIdentite), or None when INSi answers 01, no identity found."""
        ...


def client() -> InsiClient | None:
    """The configured client; None when INSi is off. A simulator is refused in production by a start check."""
    path = settings.INSI_CLIENT
    return import_string(path)() if path else None


def is_unknown(ins: Ins) -> bool:
    """Whether INSi says that this matricule does not exist. Without INSi nobody can say: then it is not unknown."""
    insi = client()
    return insi is not None and insi.traits_of(ins) is None
