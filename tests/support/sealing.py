"""The sealer in this process: it seals what is written and makes a map, when a test asks."""

from datetime import timedelta
from typing import Any

from django.conf import settings

from support.people import now
from support.roles import as_role


class SealedLog:
    """The journal's tiles and maps, in the folder of the settings."""

    def __init__(self) -> None:
        from carnet.apps.journal.api import Sealer, Witnesses, log_signer

        self.signer = log_signer()
        self.key = self.signer.verifier
        with as_role("carnet_sealer"):
            self.sealer: Any = Sealer(settings.CARNET.log(), self.signer, Witnesses({}))
        self.days = 0

    def seal(self) -> None:
        """Seal everything, and make the map of another day."""
        from carnet.apps.journal.api import build_map_if_due

        with as_role("carnet_sealer"):
            while self.sealer.seal():
                pass
            self.days += 1
            build_map_if_due(self.sealer, now() + timedelta(days=self.days))
