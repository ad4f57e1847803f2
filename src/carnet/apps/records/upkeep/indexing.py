"""What is derived from a record and can be made again: digests of traits, words of documents, facts of the profile.

A release that derives more than the one before reads what is there once (`carnet reindex`); what has been read is left alone.
"""

import json
from uuid import UUID

from carnet.apps.identity import api as identity
from carnet.apps.records.entry.facts import DOCUMENT_COLUMNS, opened_resource, stored_document
from carnet.apps.records.hooks import HOOKS, Deposited
from carnet.apps.records.reading.words import Words, authors_in, keep_words, text_of
from carnet.apps.storage.api import BlobMissingError, KeyDestroyedError, RecordKey, Row, Work, get, key_of, unit
from carnet.formats import words

_UNREAD = f"""SELECT {DOCUMENT_COLUMNS} FROM records_document d WHERE record_id = %s AND NOT technical AND status <> 'Deleted'
    AND NOT EXISTS (SELECT FROM records_words w WHERE w.record_id = d.record_id AND w.logical_id = d.logical_id)"""
_EARLIER = f"""SELECT {DOCUMENT_COLUMNS} FROM records_document d WHERE record_id = %s
    AND EXISTS (SELECT FROM records_words w WHERE w.record_id = d.record_id AND w.logical_id = d.logical_id AND w.edition < %s)"""
"""Documents whose words were kept by an earlier edition of `formats.words`."""


def _read_words(work: Work, key: RecordKey, row: Row, again: bool) -> Deposited | None:
    """Keep the words of a document. None where its bytes are missing: `carnet fsck` names that, the others are read."""
    document = stored_document(row)
    try:
        content = get(key, document.address)
    except BlobMissingError:
        return None
    resource = json.loads(opened_resource(key, document.resource, document.logical_id))
    title = str(resource["content"][0]["attachment"].get("title", ""))
    held = Words.of(title, text_of(document.mime, content), authors_in(resource), document.mime)
    keep_words(work, key, document.logical_id, held)
    return Deposited(document.logical_id, document.mime, content, document.deposited_at, again)


def _read(work: Work, key: RecordKey) -> None:
    """Read the documents that were deposited before their words and statements were kept, or by a Carnet that read otherwise."""
    earlier = [(row, True) for row in work.rows(_EARLIER, key.record_id, words.EDITION)]
    for row, again in [*earlier, *((row, False) for row in work.rows(_UNREAD, key.record_id))]:
        deposited = _read_words(work, key, row, again)
        if deposited is not None:
            for read in HOOKS.deposited:
                read(work, key, deposited)


def reindex_record(record_id: UUID) -> bool:
    """Make again what is derived from a record. Returns False for a record that is destroyed."""
    with unit(record_id) as work:
        try:
            key = key_of(work, record_id)
        except KeyDestroyedError:
            return False
        identity.reindex(work, key)
        _read(work, key)
    return True
