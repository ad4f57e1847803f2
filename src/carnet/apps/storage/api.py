"""Public face of storage: units of work in the scope of a record, record keys, document bytes."""

from carnet.apps.storage.blobs import BlobMissingError, get, is_large, put, remove_all, stored_addresses, stored_records, sweep
from carnet.apps.storage.executor import Work, after_commit, close_pool, keep_from_waiting, lookup, pool, streaming, unit
from carnet.apps.storage.key_files import KeyFileError, make_key_file, read_key_file
from carnet.apps.storage.keys import (
    KEY_FACTS,
    KEY_OF_RECORD,
    KeyDestroyedError,
    RecordKey,
    blind_index,
    create_key,
    create_keys,
    derived,
    destroy_key,
    key_of,
    key_remains,
    open_key,
    seal,
    unseal,
)
from carnet.apps.storage.packing import kept
from carnet.apps.storage.root_key import check_before_migrating, establish_root_key, root_key
from carnet.apps.storage.schema import SCOPE
from carnet.apps.storage.signing import public_key_set, signing_key
from carnet.apps.storage.steps import Elsewhere, Into, Last, Statement, Steps, while_asking
from carnet.apps.storage.together import Together
from carnet.apps.storage.transfer import Table, Values, dump, load, sealed_values
from carnet.apps.storage.trouble import trouble_of
from carnet.apps.storage.waiting import forget, leave, sweep_waiting, waiting
from carnet.apps.storage.wire import Answer, Row

__all__ = [
    "KEY_FACTS",
    "KEY_OF_RECORD",
    "SCOPE",
    "Answer",
    "BlobMissingError",
    "Elsewhere",
    "Into",
    "KeyDestroyedError",
    "KeyFileError",
    "Last",
    "RecordKey",
    "Row",
    "Statement",
    "Steps",
    "Table",
    "Together",
    "Values",
    "Work",
    "after_commit",
    "blind_index",
    "check_before_migrating",
    "close_pool",
    "create_key",
    "create_keys",
    "derived",
    "destroy_key",
    "dump",
    "establish_root_key",
    "forget",
    "get",
    "is_large",
    "keep_from_waiting",
    "kept",
    "key_of",
    "key_remains",
    "leave",
    "load",
    "lookup",
    "make_key_file",
    "open_key",
    "pool",
    "public_key_set",
    "put",
    "read_key_file",
    "remove_all",
    "root_key",
    "seal",
    "sealed_values",
    "signing_key",
    "stored_addresses",
    "stored_records",
    "streaming",
    "sweep",
    "sweep_waiting",
    "trouble_of",
    "unit",
    "unseal",
    "waiting",
    "while_asking",
]
