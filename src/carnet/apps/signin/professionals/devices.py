"""Sessions and devices of a professional: listed, cut, and a new device told to its owner."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from carnet.apps.outbox import api as outbox
from carnet.apps.storage.api import blind_index, unit
from carnet.kernel.actor import Actor

OWNERS = UUID("f3a3ad0c-1c0f-5d0e-8c8e-0b7c1b9d8a52")
"""Name space of the notices that concern a professional and no record."""
_SYSTEMS = ("Android", "iPhone", "iPad", "Windows", "Mac OS X", "Linux")
_BROWSERS = ("Firefox", "Edg", "OPR", "Chrome", "Safari")


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session that lives. `id` cuts it; it is no token."""

    id: UUID
    software: str
    """The registered name of the software; its identifier where none is registered."""
    means: str
    since: datetime
    until: datetime
    device: str


@dataclass(frozen=True, slots=True)
class KnownDevice:
    """A browser or a certificate from which the professional signed in."""

    id: str
    label: str
    first_seen: datetime
    last_seen: datetime


def label_of(user_agent: str) -> str:
    """What a person recognises a browser by: its name and its system, nothing finer."""
    browser = next((b for b in _BROWSERS if b in user_agent), "")
    system = next((s for s in _SYSTEMS if s in user_agent), "")
    named = {"Edg": "Edge", "OPR": "Opera", "Mac OS X": "macOS"}
    return " · ".join(named.get(part, part) for part in (browser, system) if part) or user_agent.split("/")[0][:40] or "appareil"


def device_of(secret: str) -> bytes:
    """The digest under which a device is known."""
    return blind_index("device", secret)


def seen(professional_id: str, device: bytes, label: str, at: datetime) -> bool:
    """Note a sign-in from a device. A device that is new, or that was cut, is told to its owner; returns whether it is."""
    scope = uuid5(OWNERS, professional_id)
    with unit(scope) as work:
        row = work.row("SELECT signin_seen(%s, %s, %s, %s)", professional_id, device, label[:120], at)
        new = bool(row and row[0])
        if new:
            outbox.notify(work, scope, "new-device", outbox.professional(professional_id), at)
    return new


def sessions(actor: Actor, at: datetime) -> list[OpenSession]:
    """The sessions of this professional that live now, the newest first."""
    with unit() as work:
        rows = work.rows(
            """SELECT s.id, coalesce(w.name, s.client_id), s.means, s.created_at, s.expires_at, s.device
            FROM signin_sessions(%s, %s) s LEFT JOIN signin_software w USING (client_id) ORDER BY s.created_at DESC""",
            actor.id, at,
        )  # fmt: skip
    return [
        OpenSession(number, software, means, since, until, bytes(device).hex() if device else "")
        for number, software, means, since, until, device in rows
    ]


def devices(actor: Actor) -> list[KnownDevice]:
    """The devices of this professional, the latest first."""
    with unit() as work:
        rows = work.rows("SELECT device, label, first_seen, last_seen FROM signin_devices(%s)", actor.id)
    return [KnownDevice(bytes(digest).hex(), label, first, last) for digest, label, first, last in rows]


def cut_session(actor: Actor, session: UUID, at: datetime) -> int:
    """End one session of this professional. Returns how many ended: 0 for a session of somebody else."""
    with unit() as work:
        row = work.row("SELECT signin_cut(%s, %s, %s)", actor.id, session, at)
    return int(row[0]) if row else 0


def cut_device(actor: Actor, device: str, at: datetime) -> int:
    """Forget a device of this professional and end its sessions: the next sign-in from it is one from a new device."""
    with unit() as work:
        row = work.row("SELECT signin_cut_device(%s, %s, %s)", actor.id, bytes.fromhex(device), at)
    return int(row[0]) if row else 0
