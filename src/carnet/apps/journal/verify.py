"""Verification: follow every chain from its first entry and say where it was changed, cut out or reordered."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

from carnet.apps.journal.entries import GENESIS
from carnet.apps.storage.api import Work


@dataclass(frozen=True, slots=True)
class Line:
    """An entry as it is stored."""

    chain_id: UUID
    counter: int
    body: str
    previous: bytes
    hash: bytes
    actor: str
    writer: str


@dataclass(frozen=True, slots=True)
class Fault:
    """Where a chain does not hold, and how: `gap`, `order`, `change`, `link` or `columns`."""

    chain_id: UUID
    counter: int
    kind: str


def entry_hash(previous: bytes, counter: int, writer: str, body: str) -> bytes:
    """SHA-256 over the previous hash, the counter (8 bytes, big endian), the writer and the body, as the database computes it."""
    return hashlib.sha256(previous + counter.to_bytes(8, "big") + f"{writer}\n{body}".encode()).digest()


def _faults_of(line: Line, expected: int, previous: bytes) -> Iterator[Fault]:
    if line.counter != expected:
        yield Fault(line.chain_id, line.counter, "gap" if line.counter > expected else "order")
    if line.previous != previous:
        yield Fault(line.chain_id, line.counter, "link")
    if entry_hash(line.previous, line.counter, line.writer, line.body) != line.hash:
        yield Fault(line.chain_id, line.counter, "change")
    if json.loads(line.body).get("actor") != line.actor:
        yield Fault(line.chain_id, line.counter, "columns")


def check_chain(lines: Iterable[Line]) -> Iterator[Fault]:
    """Faults of one chain, its lines in the order of their counters. A missing tail shows against the seals only."""
    expected, previous = 1, GENESIS
    for line in lines:
        yield from _faults_of(line, expected, previous)
        expected, previous = line.counter + 1, line.hash


def stored_lines(work: Work) -> Iterator[Line]:
    """Every entry, chain by chain (only roles that may read the whole journal see more than a scope)."""
    with work.connection.cursor(name="journal") as cursor:
        cursor.itersize = 5000
        cursor.execute(
            "SELECT chain_id, counter, body, previous, hash, actor, writer FROM journal_entry ORDER BY chain_id, counter"
        )
        for chain_id, counter, body, previous, digest, actor, writer in cursor:
            yield Line(chain_id, counter, body, bytes(previous), bytes(digest), actor, writer)


def verify_all(lines: Iterable[Line]) -> tuple[int, int, list[Fault]]:
    """Entries read, chains read, and all faults."""
    entries, chains = 0, 0
    faults: list[Fault] = []
    for _, group in groupby(lines, key=lambda line: line.chain_id):
        chain = list(group)
        chains, entries = chains + 1, entries + len(chain)
        faults.extend(check_chain(chain))
    return entries, chains, faults
