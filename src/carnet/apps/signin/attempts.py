"""Sign-ins in progress: each step is a single-use ticket, sealed, alive for ten minutes."""

import hmac
import secrets
from datetime import datetime, timedelta
from typing import TypeVar

from pydantic import TypeAdapter

from carnet.apps.storage.api import blind_index, derived, seal, unit, unseal
from carnet.kernel.refusal import No, Refusal

Step = TypeVar("Step")
LIFE = timedelta(minutes=10)


def refused(problem: str) -> Refusal:
    """A sign-in that cannot be verified; the problem names the check, never a value."""
    return Refusal(No.SIGN_IN_REFUSED, {"problem": problem})


def same_browser(kept: str, given: str) -> None:
    """Raises Refusal when a step comes back in another browser than the one it left."""
    if not hmac.compare_digest(kept.encode(), given.encode()):
        raise refused("the sign-in was started in another browser")


def keep(step: object, at: datetime) -> str:
    """Keep what a step needs to know: a dataclass of its own. Returns its ticket."""
    ticket, kind = secrets.token_urlsafe(32), type(step)
    sealed = seal(derived("signin"), TypeAdapter(kind).dump_json(step), kind.__name__.encode())
    with unit() as work:
        work.run("DELETE FROM signin_attempt WHERE expires_at < %s", at)
        work.run(
            "INSERT INTO signin_attempt (id, step, sealed, expires_at) VALUES (%s, %s, %s, %s)",
            blind_index("ticket", ticket), kind.__name__, sealed, at + LIFE,
        )  # fmt: skip
    return ticket


def take(kind: type[Step], ticket: str, at: datetime) -> Step:
    """Take a ticket back, once. Raises Refusal when it is unknown, used or too old."""
    with unit() as work:
        row = work.row(
            "DELETE FROM signin_attempt WHERE id = %s AND step = %s RETURNING sealed, expires_at",
            blind_index("ticket", ticket), kind.__name__,
        )  # fmt: skip
    if row is None or row[1] < at:
        raise refused("this step of the sign-in is over: start again")
    return TypeAdapter(kind).validate_json(unseal(derived("signin"), bytes(row[0]), kind.__name__.encode()))
