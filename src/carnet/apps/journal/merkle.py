"""Merkle trees of RFC 6962 §2.1 (RFC 9162 §2.1): roots, inclusion and consistency proofs.

Proofs are built from `Hash`, which gives the root of an aligned, complete subtree; a tree in memory and a tree in tiles
both are one.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence

HashOf = Callable[[int, int], bytes]
"""(level, index): the root of the leaves index × 2^level … (index + 1) × 2^level, all of which exist."""


def leaf_hash(entry: bytes) -> bytes:
    """Hash of an entry (domain separated by 0x00)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of two subtrees (domain separated by 0x01)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


EMPTY = hashlib.sha256(b"").digest()
"""Root of the tree without entries."""


def complete_root(hashes: Sequence[bytes]) -> bytes:
    """Root of a complete subtree: as many hashes as a power of two."""
    level = list(hashes)
    while len(level) > 1:
        level = [node_hash(level[i], level[i + 1]) for i in range(0, len(level), 2)]
    return level[0]


def _parts(start: int, end: int) -> Iterator[tuple[int, int]]:
    """The complete subtrees, as (level, index), that make the leaves start … end, the largest first; start is aligned."""
    while start < end:
        level = (end - start).bit_length() - 1
        yield level, start >> level
        start += 1 << level


def range_root(of: HashOf, start: int, end: int) -> bytes:
    """Root of the leaves start … end, where start is a multiple of the largest power of two below their number."""
    parts = [of(level, index) for level, index in _parts(start, end)]
    root = parts.pop()
    while parts:
        root = node_hash(parts.pop(), root)
    return root


def tree_root(of: HashOf, size: int) -> bytes:
    """Root of the whole tree."""
    return range_root(of, 0, size) if size else EMPTY


def _split(size: int) -> int:
    return 1 << ((size - 1).bit_length() - 1)


def inclusion_proof(of: HashOf, number: int, size: int) -> list[bytes]:
    """The path from an entry to the root, nearest first (RFC 9162 §2.1.3.1). Raises ValueError outside the tree."""
    if not 0 <= number < size:
        raise ValueError("this entry is not in the tree")
    start, end, path = 0, size, []
    while end - start > 1:
        middle = start + _split(end - start)
        if number < middle:
            path.append(range_root(of, middle, end))
            end = middle
        else:
            path.append(range_root(of, start, middle))
            start = middle
    return path[::-1]


def _consistency(of: HashOf, old: int, start: int, end: int, whole: bool) -> list[bytes]:
    size = end - start
    if old == size:
        return [] if whole else [range_root(of, start, end)]
    middle = _split(size)
    if old <= middle:
        return [*_consistency(of, old, start, start + middle, whole), range_root(of, start + middle, end)]
    return [*_consistency(of, old - middle, start + middle, end, False), range_root(of, start, start + middle)]


def consistency_proof(of: HashOf, old: int, size: int) -> list[bytes]:
    """That the tree of `size` continues the tree of `old` (RFC 9162 §2.1.4.1). Raises ValueError for a larger old tree."""
    if not 0 <= old <= size:
        raise ValueError("the earlier tree is larger")
    return _consistency(of, old, 0, size, True) if 0 < old < size else []


def root_of_inclusion(entry_hash: bytes, number: int, size: int, path: Sequence[bytes]) -> bytes:
    """The root that an inclusion proof leads to (RFC 9162 §2.1.3.2). Raises ValueError for a path of another length."""
    index, last, root = number, size - 1, entry_hash
    for step in path:
        if last == 0:
            raise ValueError("the proof is too long")
        if index & 1 or index == last:
            root = node_hash(step, root)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            root = node_hash(root, step)
        index, last = index >> 1, last >> 1
    if last:
        raise ValueError("the proof is too short")
    return root


def consistent(old: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether a consistency proof holds between two roots (RFC 9162 §2.1.4.2)."""
    if old == size:
        return not proof and old_root == root
    if old == 0:
        return not proof
    steps = list(proof) if old & (old - 1) else [old_root, *proof]
    if not steps:
        return False
    index, last = old - 1, size - 1
    while index & 1:
        index, last = index >> 1, last >> 1
    first = second = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if index & 1 or index == last:
            first, second = node_hash(step, first), node_hash(step, second)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            second = node_hash(second, step)
        index, last = index >> 1, last >> 1
    return last == 0 and first == old_root and second == root


class Frontier:
    """A growing tree of which only the right edge is kept: its root, whatever its size, in constant memory."""

    def __init__(self) -> None:
        self.size = 0
        self._edge: list[bytes] = []

    def add(self, entry_hash: bytes) -> None:
        """Append one entry."""
        self._edge.append(entry_hash)
        self.size += 1
        count = self.size
        while not count & 1:
            right = self._edge.pop()
            self._edge[-1] = node_hash(self._edge[-1], right)
            count >>= 1

    def root(self) -> bytes:
        """The root now."""
        if not self._edge:
            return EMPTY
        root = self._edge[-1]
        for left in reversed(self._edge[:-1]):
            root = node_hash(left, root)
        return root


def hashes_in_memory(leaves: Sequence[bytes]) -> HashOf:
    """A tree held in memory, as a source of hashes."""

    def of(level: int, index: int) -> bytes:
        return complete_root(leaves[index << level : (index + 1) << level])

    return of
