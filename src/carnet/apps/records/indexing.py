"""What is derived from a record and can be made again: digests of traits, words of documents, facts of the profile.

A release that derives more than the one before reads what is there once (`carnet reindex`); what has been read is left alone.
"""

import json
from uuid import UUID

from carnet.apps.identity import api as identity
from carnet.apps.records.entering import DOCUMENT_COLUMNS, stored_document
from carnet.apps.records.hooks import HOOKS, Deposited
from carnet.apps.records.words import keep_words, text_of
from carnet.apps.storage.api import BlobMissingError, KeyDestroyedError, RecordKey, Work, get, key_of, unit

_UNREAD = f"""SELECT {DOCUMENT_COLUMNS} FROM records_document d WHERE record_id = %s AND NOT technical AND status <> 'Deleted'
    AND NOT EXISTS (SELECT FROM records_words w WHERE w.record_id = d.record_id AND w.logical_id = d.logical_id)"""


def _read(work: Work, key: RecordKey) -> None:
    """Read the documents that were deposited before their words and facts were kept."""
    for row in work.rows(_UNREAD, key.record_id):
        document = stored_document(row)
        try:
            content = get(key, document.address)
        except BlobMissingError:
            # Missing bytes are a fault that `carnet fsck` names: the other documents are read all the same.
            continue
        resource = json.loads(key.unseal(document.resource, f"resource/{document.logical_id}"))
        title = str(resource["content"][0]["attachment"].get("title", ""))
        keep_words(work, key, document.logical_id, title, text_of(document.mime, content))
        for read in HOOKS.deposited:
            read(work, key, Deposited(document.logical_id, document.mime, content, document.deposited_at))


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
