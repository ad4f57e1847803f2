#!/usr/bin/env python3
"""carnet-verify: check an export of Carnet's journal, alone, from its files.

    python carnet_verify.py EXPORT --key VKEY [--witness VKEY …] [--since EARLIER …]

One file, standard library and `cryptography`; nothing of Carnet is imported, nothing is asked of its server. EXPORT is made by
`carnet journal export`, of the whole journal or of one record. EARLIER is an earlier export, or a checkpoint that was kept: the
journal must continue it. Exit code 0: everything holds; 1: faults, named one by one; 2: the files cannot be read.

Checked: the hash that chains every entry; every chain without gap; every entry's place in the tree whose root is signed;
the signatures of log and witnesses; the daily maps; what the processes remember of their own lines; the earlier states.
"""

import argparse
import base64
import hashlib
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

Key = tuple[str, int, bytes, Ed25519PublicKey]
Entry = dict[str, Any]
Fact = tuple[str, int, bytes]
"""A chain, how many entries it had, and its head."""


class Unreadable(Exception):
    """The export, or a key, cannot be read at all."""


def sha(data: bytes) -> bytes:
    """SHA-256."""
    return hashlib.sha256(data).digest()


def leaf(entry: bytes) -> bytes:
    """Hash of an entry of a tree."""
    return sha(b"\x00" + entry)


def node(left: bytes, right: bytes) -> bytes:
    """Hash of two subtrees."""
    return sha(b"\x01" + left + right)


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Root of a tree (RFC 6962 §2.1), level by level: an odd last node moves up unchanged."""
    level = list(leaves)
    if not level:
        return sha(b"")
    while len(level) > 1:
        paired = [node(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = paired + ([level[-1]] if len(level) % 2 else [])
    return level[0]


def root_by_proof(entry_hash: bytes, number: int, size: int, path: list[bytes]) -> bytes | None:
    """The root that an inclusion proof leads to (RFC 9162 §2.1.3.2), None when the proof has another length."""
    index, last, root = number, size - 1, entry_hash
    for step in path:
        if last == 0:
            return None
        if index & 1 or index == last:
            root = node(step, root)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            root = node(root, step)
        index, last = index >> 1, last >> 1
    return root if last == 0 else None


def read_key(text: str) -> Key:
    """A verifier key `name+hash+key`: its name, its type, its four bytes and its Ed25519 key."""
    name, key_hash, encoded = [*text.strip().split("+", 2), "", ""][:3]
    raw = base64.b64decode(encoded)
    if len(raw) != 33 or raw[0] not in (1, 4) or sha(name.encode() + b"\n" + raw)[:4].hex() != key_hash:
        raise Unreadable(f"not a verifier key: {text.strip()[:60]!r}")
    return name, raw[0], bytes.fromhex(key_hash), Ed25519PublicKey.from_public_bytes(raw[1:])


def read_note(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """Text and signatures of a signed note (C2SP signed-note)."""
    text, gap, lines = note.partition("\n\n")
    if not gap:
        raise Unreadable("not a signed note")
    signatures = [line.split(" ") for line in lines.splitlines() if line.startswith("— ")]
    return text + "\n", [(parts[1], base64.b64decode(parts[2])) for parts in signatures if len(parts) == 3]


def signed_by(note: str, key: Key) -> bool:
    """Whether this key signed the note, as the log (type 1) or as a witness (type 4, with its time)."""
    name, kind, key_hash, public = key
    text, signatures = read_note(note)
    for signer, blob in signatures:
        if signer != name or blob[:4] != key_hash:
            continue
        message = text if kind == 1 else f"cosignature/v1\ntime {int.from_bytes(blob[4:12], 'big')}\n{text}"
        try:
            public.verify(blob[-64:], message.encode())
            return True
        except InvalidSignature:
            continue
    return False


def read_checkpoint(note: str) -> tuple[str, int, bytes, list[str]]:
    """Origin, size, root and further lines of a checkpoint (C2SP tlog-checkpoint)."""
    lines = read_note(note)[0].splitlines()
    try:
        return lines[0], int(lines[1]), base64.b64decode(lines[2]), lines[3:]
    except (IndexError, ValueError):
        raise Unreadable("not a checkpoint") from None


def read_entries(path: Path) -> Iterator[Entry]:
    """The entries of an export, one line each."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            entry = json.loads(line)
            entry["previous"], entry["hash"] = bytes.fromhex(entry["previous"]), bytes.fromhex(entry["hash"])
            yield entry


class Check:
    """The faults of one export."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.faults: list[tuple[str, str]] = []
        self.note = (folder / "checkpoint").read_text(encoding="utf-8")
        self.origin, self.size, self.root, _ = read_checkpoint(self.note)
        self.entries = list(read_entries(folder / "entries.jsonl"))
        self.whole = not any("proof" in entry for entry in self.entries) and not (folder / "maps.json").exists()
        self.leaves: list[bytes] | None = None
        self.heads: dict[str, int] = {}
        self.hashes: dict[tuple[str, int], bytes] = {}

    def fault(self, kind: str, text: str) -> None:
        """Note a fault."""
        self.faults.append((kind, text))

    def signatures(self, keys: list[Key], witnesses: list[Key]) -> None:
        """The log's signature of the checkpoint, and the witnesses' that are asked for."""
        if not any(signed_by(self.note, key) for key in keys):
            self.fault("signature", "the checkpoint is not signed by the key of the journal")
        for key in witnesses:
            if not signed_by(self.note, key):
                self.fault("witness", f"{key[0]} did not cosign this checkpoint")

    def chains(self) -> None:
        """Every chain from its first entry: contents, links, gaps, order."""
        expected: dict[str, tuple[int, bytes]] = {}
        ordered = sorted(enumerate(self.entries), key=lambda pair: (pair[1]["chain"], pair[1]["counter"]))
        for _, entry in ordered:
            where = f"chain {entry['chain']}, entry {entry['counter']}"
            counter, previous = expected.get(entry["chain"], (1, bytes(32)))
            if entry["counter"] != counter:
                self.fault("removed" if entry["counter"] > counter else "repeated", f"{where}: {counter} was expected")
            if entry["previous"] != previous and entry["counter"] == counter:
                self.fault("link", f"{where} does not follow the entry before it")
            content = entry["writer"] + "\n" + entry["body"]
            if sha(entry["previous"] + entry["counter"].to_bytes(8, "big") + content.encode()) != entry["hash"]:
                self.fault("changed", where)
            expected[entry["chain"]] = entry["counter"] + 1, entry["hash"]
        self.heads = {chain: counter - 1 for chain, (counter, _) in expected.items()}
        self.hashes = {(e["chain"], e["counter"]): e["hash"] for e in self.entries}

    def tree(self) -> None:
        """Whole export: every place from 0 to the size, once, and the root. One record: a proof for each entry."""
        if not self.whole:
            for entry in self.entries:
                steps = [base64.b64decode(step) for step in entry.get("proof", [])]
                inside = 0 <= entry["number"] < self.size
                if not inside or root_by_proof(leaf(entry["hash"]), entry["number"], self.size, steps) != self.root:
                    self.fault("place", f"entry {entry['counter']} is not in the tree that is signed")
            return
        places: dict[int, bytes] = {}
        for entry in self.entries:
            if entry["number"] in places:
                self.fault("repeated", f"two entries stand at place {entry['number']}")
            places[entry["number"]] = entry["hash"]
        missing = [n for n in range(self.size) if n not in places]
        if missing:
            kind = "truncated" if missing[-1] == self.size - 1 else "removed"
            self.fault(kind, f"{len(missing)} entries of the signed tree are missing, the first at place {missing[0]}")
        if len(places) > self.size - len(missing):
            self.fault("place", "entries stand beyond the signed tree")
        self.leaves = [leaf(places.get(n, b"")) for n in range(self.size)]
        if not missing and root_of(self.leaves) != self.root:
            self.fault("root", "the entries do not make the tree that is signed: one was changed, moved or replaced")

    def one_map(self, note: str, keys: list[Key], chain_facts: Callable[[bytes], Iterator[Fact]]) -> None:
        """One daily map: signed, and for each chain the counter and head that the entries have."""
        origin, _, root, lines = read_checkpoint(note)
        day = lines[0] if lines else "day ?"
        if origin != f"{self.origin}/map" or not any(signed_by(note, key) for key in keys):
            self.fault("signature", f"the map of {day} is not signed by the key of the journal")
        for chain, counter, head in chain_facts(root):
            if self.hashes.get((chain, counter)) != head:
                kind = "truncated" if self.heads.get(chain, 0) < counter else "forked"
                self.fault(kind, f"{day}: chain {chain} had {counter} entries and another head")

    def maps(self, keys: list[Key]) -> None:
        """The daily maps that came with the export."""
        if not self.whole:
            told = json.loads((self.folder / "maps.json").read_text(encoding="utf-8"))
            for m in told["maps"]:
                self.one_map(m["note"], keys, partial(self.proved, m.get("chain", told["chain"]), m))
            return
        names = {sha(b"carnet-map" + bytes.fromhex(c.replace("-", ""))): c for c in self.heads}
        for path in sorted(p for p in self.folder.glob("map/*") if p.suffix != ".leaves"):
            content = path.with_name(path.name + ".leaves").read_bytes()
            leaves = [content[i : i + 72] for i in range(0, len(content), 72)]

            def facts(root: bytes, leaves: list[bytes] = leaves, day: str = path.name) -> Iterator[Fact]:
                if root_of(leaf(one) for one in leaves) != root:
                    self.fault("map", f"the map of {day} is not the one that is signed")
                for one in leaves:
                    yield names.get(one[:32], f"named {one[:8].hex()}"), int.from_bytes(one[32:40], "big"), one[40:]

            self.one_map(path.read_text(encoding="utf-8"), keys, facts)

    def memories(self, keys: list[Key]) -> None:
        """What processes remember of the lines that they wrote, as far as the log says that it was compared."""
        path = self.folder / "receipts.covered"
        if not path.exists():
            return
        note = path.read_text(encoding="utf-8")
        lines = read_note(note)[0].splitlines()
        if lines[0] != f"{self.origin}/receipts" or not any(signed_by(note, key) for key in keys):
            self.fault("signature", "what was compared with processes' memories is not signed by the key of the journal")
        bodies = {(e["chain"], e["counter"]): sha(e["body"].encode()).hex() for e in self.entries}
        for told in lines[2:]:
            name, count, digest = told.split(" ")
            self.memory(self.folder / "receipts" / name, int(count), digest, bodies)

    def memory(self, path: Path, count: int, digest: str, bodies: dict[tuple[str, int], str]) -> None:
        """The memory of one process: its first lines, their running digest, and each line among the entries."""
        kept = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        running = bytes(32)
        written = [line for line in kept if line[:1].isdigit()][:count]
        for number, line in enumerate(written, 1):
            running = sha(running + line.encode())
            given, chain, counter, body = line.split(" ")
            if int(given) != number:
                self.fault("memory", f"{path.name}: line {number} is missing")
            if bodies.get((chain, int(counter))) != body:
                self.fault("removed", f"chain {chain}, entry {counter}: {path.name} wrote it, and it is not here")
        if len(written) < count or running.hex() != digest:
            self.fault("memory", f"{path.name} is not the memory that the log compared")

    def proved(self, chain: str, m: Entry, root: bytes) -> Iterator[Fact]:
        """What the map of a day says of one chain, by its proof."""
        data = (
            sha(b"carnet-map" + bytes.fromhex(chain.replace("-", ""))) + m["counter"].to_bytes(8, "big") + bytes.fromhex(m["head"])
        )
        size = read_checkpoint(m["note"])[1]
        if root_by_proof(leaf(data), m["number"], size, [base64.b64decode(s) for s in m["proof"]]) != root:
            self.fault("map", f"the map of {m['day']} does not hold this chain")
        yield chain, m["counter"], bytes.fromhex(m["head"])

    def since(self, earlier: Path, keys: list[Key]) -> None:
        """An earlier export or checkpoint: signed by the same key, and continued by this one."""
        note = ((earlier / "checkpoint") if earlier.is_dir() else earlier).read_text(encoding="utf-8")
        origin, size, root, _ = read_checkpoint(note)
        if origin != self.origin or not any(signed_by(note, key) for key in keys):
            self.fault("signature", f"{earlier.name} is not a checkpoint of this journal")
        if size > self.size or (size == self.size and root != self.root):
            self.fault(
                "truncated" if size > self.size else "forked", f"{earlier.name} shows a tree of {size} entries that is not here"
            )
        elif self.leaves is not None and root_of(self.leaves[:size]) != root:
            self.fault("forked", f"the first {size} entries are not those that {earlier.name} signs")
        if earlier.is_dir() and (earlier / "entries.jsonl").exists():
            for entry in read_entries(earlier / "entries.jsonl"):
                if self.hashes.get((entry["chain"], entry["counter"])) != entry["hash"]:
                    kind = "forked" if (entry["chain"], entry["counter"]) in self.hashes else "removed"
                    self.fault(kind, f"entry {entry['counter']} of {earlier.name} is not here any more")


def verify(folder: Path, keys: list[Key], witnesses: list[Key], since: list[Path]) -> Check:
    """Every fault of an export, as (kind, text); none when it holds."""
    check = Check(folder)
    check.signatures(keys, witnesses)
    check.chains()
    check.tree()
    check.maps(keys)
    check.memories(keys)
    for earlier in since:
        check.since(earlier, keys)
    return check


def main(arguments: list[str] | None = None) -> int:
    """Verify, say what is wrong, and return the exit code."""
    parser = argparse.ArgumentParser(description="Check an export of Carnet's journal from its files alone.")
    parser.add_argument("export", type=Path)
    parser.add_argument("--key", action="append", default=[], help="verifier key of the journal, got by another way")
    parser.add_argument("--witness", action="append", default=[], help="verifier key of a witness that must have cosigned")
    parser.add_argument("--since", action="append", default=[], type=Path, help="earlier export, or checkpoint that was kept")
    options = parser.parse_args(arguments)
    try:
        given = options.key or [line for line in (options.export / "keys").read_text().splitlines() if line]
        keys = [key for key in map(read_key, given) if key[1] == 1]
        witnesses = [read_key(w) for w in options.witness]
        if not keys or any(key[1] != 4 for key in witnesses):
            raise Unreadable("--key takes the key of a journal, --witness that of a witness")
        check = verify(options.export, keys, witnesses, options.since)
    except (OSError, ValueError, KeyError, TypeError, Unreadable) as error:
        print(f"This export cannot be read: {type(error).__name__}: {error}", file=sys.stderr)
        return 2
    if not options.key:
        print("Note: the key comes from the export itself. Get it by another way, and give it with --key.")
    for kind, text in check.faults[:50]:
        print(f"FAULT {kind}: {text}")
    scope = "the whole journal" if check.whole else "one record"
    print(f"{len(check.entries)} entries of {scope}, tree of {check.size}: {len(check.faults)} fault(s).")
    return 1 if check.faults else 0


if __name__ == "__main__":
    sys.exit(main())
