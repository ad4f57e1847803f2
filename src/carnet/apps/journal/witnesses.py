"""Asking witnesses to cosign (C2SP tlog-witness): each keeps the last tree that it saw, and signs only one that continues it."""

import base64
from collections.abc import Callable, Mapping

import httpx

from carnet.apps.journal.notes import Checkpoint, Note, NoteError, Verifier

TIMEOUT = 5.0


class Witnesses:
    """The witnesses of a log. One that does not answer is asked again at the next checkpoint: it stops nothing."""

    def __init__(self, addresses: Mapping[str, str]) -> None:
        self._keys = {address: Verifier.read(key) for address, key in addresses.items()}
        self._seen: dict[str, int] = {}
        # Read once: a call of httpx would read the system's authorities again each time.
        self._trusted = httpx.create_ssl_context()

    def __call__(self, note: Note, checkpoint: Checkpoint, proof_from: Callable[[int], list[bytes]]) -> list[str]:
        """The cosignature lines of the witnesses that answered and whose signature holds."""
        lines = []
        for address, key in self._keys.items():
            line = self._ask(address, note, checkpoint, proof_from)
            if line and _holds(note, line, key):
                self._seen[address] = checkpoint.size
                lines.append(line)
        return lines

    def _ask(self, address: str, note: Note, checkpoint: Checkpoint, proof_from: Callable[[int], list[bytes]]) -> str:
        """Ask once; again when the witness says that it knows another size (409)."""
        for _ in range(2):
            old = self._seen.get(address, 0)
            proof = "".join(f"{base64.b64encode(step).decode()}\n" for step in proof_from(old))
            try:
                told = f"old {old}\n{proof}\n{note}"
                answer = httpx.post(f"{address}/add-checkpoint", content=told, timeout=TIMEOUT, verify=self._trusted)
            except httpx.HTTPError:
                return ""
            known = answer.text.strip()
            if answer.status_code == 200:
                return answer.text
            if answer.status_code != 409 or not known.isdigit() or int(known) > checkpoint.size:
                return ""
            self._seen[address] = int(known)
        return ""


def _holds(note: Note, line: str, key: Verifier) -> bool:
    try:
        Note(note.text, (line,)).check(key)
    except NoteError:
        return False
    return True
