"""Troubles of ours that pass: a database that does not answer, a disk that is full, a key that is not there.

A door answers them with 503 and when to come back, never with 500: the same request may pass later, and nothing was changed.
"""

import errno
import logging

import psycopg
from psycopg_pool import PoolClosed, PoolTimeout, TooManyRequests

from carnet.apps.storage.key_files import KeyFileError
from carnet.kernel.refusal import No, Refusal

log = logging.getLogger("carnet.storage")
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO})


def _code(error: BaseException) -> No | None:
    if isinstance(error, psycopg.errors.DiskFull) or (isinstance(error, OSError) and error.errno in _FULL):
        return No.STORAGE_FULL
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError | PoolTimeout | PoolClosed | TooManyRequests):
        return No.DATABASE_SILENT
    return No.KEY_MISSING if isinstance(error, KeyFileError) else None


def trouble_of(error: BaseException) -> Refusal | None:
    """The refusal that such a trouble is, told in the log by its code; None for any other error."""
    code = _code(error)
    if code is None:
        return None
    log.error("trouble code=%s type=%s", code, type(error).__name__)
    return Refusal(code)
