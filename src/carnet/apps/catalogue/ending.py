"""The end of subscriptions: a call that waits is not made any more."""

from uuid import UUID

from carnet.apps.storage.api import Work


def end_numbered(work: Work, numbers: list[UUID]) -> None:
    """End subscriptions by their numbers."""
    work.run("UPDATE catalogue_subscription SET state = 'off' WHERE id = ANY(%s)", numbers)
    work.run(
        """UPDATE catalogue_call SET outcome = 'dead', problem = 'ended' WHERE outcome = 'waiting' AND kind = 'event'
        AND told ->> 'subscription' = ANY(%s)""",
        [str(n) for n in numbers],
    )  # fmt: skip


def end_subscriptions(work: Work, record_id: UUID, service_id: UUID) -> None:
    """End every subscription of a service for a record."""
    found = work.rows(
        "SELECT id FROM catalogue_subscription WHERE record_id = %s AND service_id = %s AND state <> 'off'", record_id, service_id
    )
    if found:
        end_numbered(work, [row[0] for row in found])
