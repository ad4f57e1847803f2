"""Who was asked for, in the address of a page, without an INS that anybody could read: sealed, and bound to who asked.

An address is kept by histories and logs of browsers; a matricule must not be (ADR 8).
"""

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.conf import settings

from carnet.formats.ins_datamatrix import PREFIX, read_datamatrix
from carnet.kernel.actor import Actor
from carnet.kernel.ask import Mode
from carnet.kernel.copies import replace
from carnet.kernel.identifiers import Oid
from carnet.kernel.ins import Ins
from carnet.kernel.refusal import No, Refusal
from carnet.kernel.traits import Traits
from carnet.pages.reading_ins import ins_typed, visible
from carnet.pages.sealed import opened_text, sealed_text

PRESENT_FOR = timedelta(hours=4)
"""How long a Vitale card that was read proves that the patient is there (ours)."""


@dataclass(frozen=True, slots=True)
class Sought:
    """Somebody who was asked for: the INS, the local traits that came with it, and the access mode of what follows."""

    ins: Ins
    traits: Traits = Traits()
    mode: Mode = Mode.NORMAL
    seen_at: datetime | None = None
    """When the patient's Vitale card was read here."""
    secret: bool = False
    """A secret connection: what is done in it stays hidden from the representatives of a minor."""

    def present(self, at: datetime) -> bool:
        """Whether the patient's card was read in this consultation: the same day, some hours ago at most."""
        if self.seen_at is None or at - self.seen_at >= PRESENT_FOR:
            return False
        same_day: bool = settings.LAW.day(self.seen_at) == settings.LAW.day(at)
        return same_day

    def in_mode(self, mode: Mode) -> "Sought":
        """The same person in another access mode."""
        return replace(self, mode=mode)

    def in_secret(self, secret: bool) -> "Sought":
        """The same person in a secret connection, or in an ordinary one."""
        return replace(self, secret=secret)


def handle_of(sought: Sought, actor: Actor) -> str:
    """The part of an address that names somebody, for this professional alone."""
    told = {"m": sought.ins.matricule, "o": sought.ins.oid.value, "a": sought.mode.value,
            "t": {k: v for k, v in asdict(sought.traits).items() if v}}  # fmt: skip
    if sought.seen_at is not None:
        told["p"] = sought.seen_at.isoformat()
    if sought.secret:
        told["s"] = "1"
    return sealed_text(json.dumps(told), actor.key)


def sought_of(handle: str, actor: Actor) -> Sought:
    """Who an address names. Raises Refusal for one that is not this professional's."""
    text = opened_text(handle, actor.key)
    if text is None:
        raise Refusal(No.DOCUMENT_UNKNOWN)
    told = json.loads(text)
    seen_at = datetime.fromisoformat(told["p"]) if "p" in told else None
    return Sought(Ins(told["m"], Oid(told["o"])), Traits(**told["t"]), Mode(told["a"]), seen_at, "s" in told)


def secrecy_of(sought: Sought, actor: Actor) -> dict[str, object]:
    """What the head of a page says of a secret connection, with the address of the same person in an ordinary one."""
    return {"secret": True, "ordinary": handle_of(sought.in_secret(False), actor)} if sought.secret else {}


def typed(text: str) -> Sought:
    """Who was typed, pasted or scanned. Raises InsError for what is no INS."""
    text = visible(text)
    if text.strip().startswith(PREFIX):
        return Sought(*read_datamatrix(text))
    return Sought(ins_typed(text))
