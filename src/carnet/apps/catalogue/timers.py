"""What time brings: agreements that end are announced and end, listings that are over go offline, old tokens are forgotten."""

from datetime import datetime, timedelta
from uuid import UUID

from carnet.apps.access import api as access
from carnet.apps.catalogue import rows, tokens
from carnet.apps.catalogue.connecting import REMINDED_BEFORE
from carnet.apps.catalogue.referencing import end_listings
from carnet.apps.catalogue.subscribing import TIMERS as EVENTS
from carnet.apps.outbox.api import HOLDER, notify
from carnet.apps.storage.api import unit
from carnet.kernel.clock import Timer, catch_up


def _remind(record_id: UUID, at: datetime) -> bool:
    granted = access.timer_grant(access.timer_question("service-agreement-end", at), record_id)
    with unit(record_id) as work:
        found = access.note_reminded(work, granted, at + REMINDED_BEFORE)
        named = rows.services_named(work, [a.service_id for a in found])
        if any(a.expires_at > at and a.service_id in named and named[a.service_id].lives for a in found):
            notify(work, record_id, "service-ending", HOLDER, at)
    return bool(found)


def remind_of_ends(at: datetime) -> int:
    """Tell people whose agreement with a service ends within two weeks: without an answer, it stops by itself."""
    return catch_up(lambda most: access.ending_agreements(at + REMINDED_BEFORE, most), lambda record_id: _remind(record_id, at))


def _purge(at: datetime) -> int:
    with unit() as work:
        return tokens.purge(work, at)


TIMERS = (
    *EVENTS,
    Timer("service-agreement-end", timedelta(hours=1), remind_of_ends),
    Timer("service-listing-end", timedelta(hours=6), end_listings),
    Timer("service-token-purge", timedelta(days=1), _purge),
)
