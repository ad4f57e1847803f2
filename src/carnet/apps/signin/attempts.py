"""Sign-ins in progress: each step is a single-use ticket, sealed, alive for ten minutes."""

import hmac
import json
import secrets
from datetime import datetime, timedelta
from typing import Any

from carnet.apps.storage.api import blind_index, derived, seal, unit, unseal
from carnet.kernel.refusal import No, Refusal

LIFE = timedelta(minutes=10)


def refused(problem: str) -> Refusal:
    """A sign-in that cannot be verified; the problem names the check, never a value."""
    return Refusal(No.SIGN_IN_REFUSED, {"problem": problem})


def same_browser(kept: str, given: str) -> None:
    """Raises Refusal when a step comes back in another browser than the one it left."""
    if not hmac.compare_digest(kept.encode(), given.encode()):
        raise refused("the sign-in was started in another browser")


def keep(step: str, fields: dict[str, Any], at: datetime) -> str:
    """Keep what a step needs to know. Returns its ticket."""
    ticket = secrets.token_urlsafe(32)
    sealed = seal(derived("signin"), json.dumps(fields).encode(), step.encode())
    with unit() as work:
        work.run("DELETE FROM signin_attempt WHERE expires_at < %s", at)
        work.run(
            "INSERT INTO signin_attempt (id, step, sealed, expires_at) VALUES (%s, %s, %s, %s)",
            blind_index("ticket", ticket), step, sealed, at + LIFE,
        )  # fmt: skip
    return ticket


def take(step: str, ticket: str, at: datetime) -> dict[str, Any]:
    """Take a ticket back, once. Raises Refusal when it is unknown, used or too old."""
    with unit() as work:
        row = work.row(
            "DELETE FROM signin_attempt WHERE id = %s AND step = %s RETURNING sealed, expires_at",
            blind_index("ticket", ticket), step,
        )  # fmt: skip
    if row is None or row[1] < at:
        raise refused("this step of the sign-in is over: start again")
    fields: dict[str, Any] = json.loads(unseal(derived("signin"), bytes(row[0]), step.encode()))
    return fields
