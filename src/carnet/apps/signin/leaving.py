"""The directory is imported, and whoever left it loses every session in the same transaction."""

from collections.abc import Iterable
from datetime import datetime

from carnet.apps.identity import api as identity
from carnet.apps.storage.api import streaming
from carnet.kernel.copies import replace


def import_directory(
    lines: Iterable[str], at: datetime, *, partial: bool = False, most_gone: int | None = None
) -> identity.Difference:
    """Import an extraction of the national directory: all or nothing. Raises `identity.ExtractionError`.

    Options are those of `identity.import_extraction`.
    """
    with streaming() as work:
        difference = identity.import_extraction(work, lines, at, partial=partial, most_gone=most_gone)
        ended = work.rows("SELECT signin_gone(%s, %s)", list(difference.gone), at)[0][0]
    return replace(difference, sessions=int(ended))
