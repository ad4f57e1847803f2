"""The tree as files (C2SP tlog-tiles): tiles of 256 hashes, entry bundles, and a checkpoint that names what they hold.

A full tile never changes. A partial one is written beside under its width, and goes when it is full. Files are flushed
before the checkpoint that needs them is published.
"""

import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from carnet.apps.journal.merkle import HashOf, complete_root, leaf_hash, tree_root

WIDTH = 256
_BITS = 8


def _number(n: int) -> str:
    """`x001/x234/067` for 1234067: three digits a folder, all but the last marked (tlog-tiles)."""
    parts = [f"{n % 1000:03d}"]
    while n >= 1000:
        n //= 1000
        parts.append(f"x{n % 1000:03d}")
    return "/".join(reversed(parts))


def path_of(level: int | str, number: int, width: int = WIDTH) -> str:
    """The path of a tile, or of an entry bundle at level `entries`."""
    partial = f".p/{width}" if width < WIDTH else ""
    return f"tile/{level}/{_number(number)}{partial}"


def write_file(path: Path, content: bytes) -> None:
    """Write a whole file and have it on the disk before anything names it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with temporary.open("wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    temporary.replace(path)


class Tiles:
    """The tiles of one log in a folder, open at their right edge."""

    def __init__(self, folder: Path, size: int = 0) -> None:
        self.folder = folder
        self.size = size
        self._edges: list[list[bytes]] = []
        self._bundle: list[bytes] = []
        self._full: list[tuple[int | str, int, bytes]] = []
        if size:
            self._edges = [self._read_edge(level) for level in self._levels()]
            self._bundle = self._read_bundle()

    def _levels(self) -> Iterator[int]:
        level = 0
        while self.size >> (_BITS * level):
            yield level
            level += 1

    def _read_edge(self, level: int) -> list[bytes]:
        count = self.size >> (_BITS * level)
        width = count % WIDTH
        return self._hashes(level, count // WIDTH, width) if width else []

    def _read_bundle(self) -> list[bytes]:
        width = self.size % WIDTH
        if not width:
            return []
        content = self._content("entries", self.size // WIDTH, width)[: 34 * width]
        return [content[i + 2 : i + 34] for i in range(0, len(content), 34)]

    def _content(self, level: int | str, number: int, width: int) -> bytes:
        """The bytes of a tile. A partial one that became full is the beginning of the full one."""
        try:
            return (self.folder / path_of(level, number, width)).read_bytes()
        except FileNotFoundError:
            return (self.folder / path_of(level, number)).read_bytes()

    def _hashes(self, level: int, number: int, width: int = WIDTH) -> list[bytes]:
        content = self._content(level, number, width)[: 32 * width]
        if len(content) != 32 * width:
            raise ValueError("a tile has not the length that its name says")
        return [content[i : i + 32] for i in range(0, len(content), 32)]

    def _push(self, level: int, value: bytes) -> None:
        if level == len(self._edges):
            self._edges.append([])
        edge = self._edges[level]
        edge.append(value)
        if len(edge) == WIDTH:
            number = (self.size >> (_BITS * (level + 1))) - 1
            self._full.append((level, number, b"".join(edge)))
            self._edges[level] = []
            self._push(level + 1, complete_root(edge))

    def append(self, entries: Sequence[bytes]) -> None:
        """Append entries of 32 bytes, in memory; `flush` writes them."""
        for entry in entries:
            self.size += 1
            self._bundle.append(entry)
            if len(self._bundle) == WIDTH:
                self._full.append(("entries", self.size // WIDTH - 1, _bundled(self._bundle)))
                self._bundle = []
            self._push(0, leaf_hash(entry))

    def flush(self) -> None:
        """Write what was appended: full tiles, then the partial ones of the right edge."""
        for level, number, content in self._full:
            target = self.folder / path_of(level, number)
            write_file(target, content)
            shutil.rmtree(target.with_name(f"{target.name}.p"), ignore_errors=True)
        self._full = []
        for level, edge in enumerate(self._edges):
            if edge:
                number = (self.size >> (_BITS * level)) // WIDTH
                write_file(self.folder / path_of(level, number, len(edge)), b"".join(edge))
        if self._bundle:
            name = path_of("entries", self.size // WIDTH, len(self._bundle))
            write_file(self.folder / name, _bundled(self._bundle))

    def hashes(self) -> HashOf:
        """The hashes of this tree, read from its tiles; what was read is kept for the proofs of one export."""
        read: dict[tuple[int, int], list[bytes]] = {}

        def tile(level: int, number: int) -> list[bytes]:
            if (level, number) not in read:
                count = self.size >> (_BITS * level)
                read[(level, number)] = self._hashes(level, number, min(WIDTH, count - number * WIDTH))
            return read[(level, number)]

        def of(level: int, index: int) -> bytes:
            stored, inside = divmod(level, _BITS)
            first = index << inside
            return complete_root(tile(stored, first // WIDTH)[first % WIDTH : first % WIDTH + (1 << inside)])

        return of

    def root(self) -> bytes:
        """The root of the tree, from the right edge alone: nothing is read."""

        def of(level: int, index: int) -> bytes:
            stored, inside = divmod(level, _BITS)
            first = (index << inside) % WIDTH
            return complete_root(self._edges[stored][first : first + (1 << inside)])

        return tree_root(of, self.size)


def _bundled(entries: Sequence[bytes]) -> bytes:
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)
