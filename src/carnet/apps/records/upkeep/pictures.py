"""Pictures whose words a machine reads after the deposit: whoever deposits does not wait for it, and the search finds them then."""

import json
from datetime import datetime, timedelta
from uuid import UUID

from carnet.apps.records.entry.facts import DOCUMENT, opened_resource, stored_document
from carnet.apps.records.reading.words import Words, authors_in, keep_words
from carnet.apps.storage.api import BlobMissingError, KeyDestroyedError, get, key_of, unit
from carnet.formats import scans
from carnet.kernel.clock import Timer

AT_ONCE = 20
"""Documents of one round: a page takes seconds, and other timers wait for their turn."""


def _picture(record_id: UUID, logical_id: UUID) -> tuple[Words, bytes] | None:
    """What is kept of a document that waits, and its bytes; None for one that is gone."""
    with unit(record_id) as work:
        try:
            key = key_of(work, record_id)
            rows = work.rows(DOCUMENT, logical_id)
            document = stored_document(rows[0]) if rows else None
            content = get(key, document.address) if document else b""
        except (KeyDestroyedError, BlobMissingError):
            return None
        if document is None:
            return None
        resource = json.loads(opened_resource(key, document.resource, logical_id))
    title = str(resource["content"][0]["attachment"].get("title", ""))
    return Words(title, "", authors_in(resource), True), content


def _keep(record_id: UUID, logical_id: UUID, held: Words | None, text: str) -> None:
    with unit(record_id) as work:
        if held is None:
            sql = "UPDATE records_words SET machine = NULL WHERE record_id = %s AND logical_id = %s"
            work.run(sql, record_id, logical_id)
        else:
            # A picture without a word was read all the same: it is not read again and again.
            machine = True if text else None
            keep_words(work, key_of(work, record_id), logical_id, Words(held.title, text, held.authors, machine))


def read_pictures(_at: datetime) -> int:
    """Read some of the pictures that wait. Where no reader is installed they wait until there is one. Returns how many."""
    if not scans.installed():
        return 0
    with unit() as work:
        waiting = work.rows("SELECT record_id, logical_id FROM records_unread_pictures(%s)", AT_ONCE)
    for record_id, logical_id in waiting:
        found = _picture(record_id, logical_id)
        # Outside of any transaction: a page takes seconds.
        text = scans.words_of_scan(found[1]) if found else ""
        _keep(record_id, logical_id, found[0] if found else None, text)
    return len(waiting)


TIMERS = (Timer("pictures-read", timedelta(minutes=1), read_pictures),)
