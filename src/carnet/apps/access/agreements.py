"""What a person agreed to for a connected service: purpose × category × verb × perimeter, until a day (R.1111-37 CSP).

One agreement of a service lives on a record at a time. Each call of the service reads it in its own transaction and holds it until
the call is over: once a withdrawal has answered, nothing more is read or written under it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from carnet.apps.storage.api import SCOPE, Row, Statement, Work, lookup, unit
from carnet.kernel.ask import Ask
from carnet.kernel.grant import Grant
from carnet.kernel.refusal import No, Refusal

READ, WRITE = "read", "write"


@dataclass(frozen=True, slots=True)
class AgreedLine:
    """One line of a consent. A category may name one thing of a family: `measures.WEIGHT`."""

    purpose: str
    category: str
    verb: str
    perimeter: str = "all"

    def __str__(self) -> str:
        return "/".join((self.purpose, self.category, self.verb, self.perimeter))

    @classmethod
    def read(cls, text: str) -> "AgreedLine":
        """Read a stored line."""
        return cls(*text.split("/"))

    @property
    def family(self) -> str:
        """The category as the law knows it: of all measures, and of the agenda as a whole."""
        family = self.category.partition(".")[0]
        return "agenda" if family in ("appointments", "prevention") else family


@dataclass(frozen=True, slots=True)
class Agreement:
    """An agreement, alive or over. `person_kind`: what whoever gave it was to the record."""

    id: UUID
    service_id: UUID
    person_id: UUID
    person_kind: str
    lines: tuple[AgreedLine, ...]
    granted_at: datetime
    expires_at: datetime
    withdrawn_at: datetime | None = None

    def lives(self, at: datetime) -> bool:
        """Whether it holds at a moment."""
        return self.withdrawn_at is None and self.expires_at > at


_COLUMNS = "id, service_id, person_id, person_kind, lines, granted_at, expires_at, withdrawn_at"


def consent_of(ask: Ask) -> Statement:
    """The statement that brings what the person agreed to for the service that asks, and holds it until the unit is over."""
    sql = f"""SELECT lines FROM access_agreement WHERE record_id = {SCOPE} AND service_id::text = %s AND withdrawn_at IS NULL
        AND expires_at > %s FOR SHARE"""
    return sql, (ask.actor.id, ask.at)


def read_consent(row: tuple[list[str]] | None) -> frozenset[str]:
    """The fact that a row of `consent_of` states: triples `purpose/category/verb`, of each thing and of its family."""
    return consents(AgreedLine.read(text) for text in row[0]) if row else frozenset()


def consents(lines: Iterable[AgreedLine]) -> frozenset[str]:
    """Lines as the law reads them."""
    return frozenset(f"{x.purpose}/{category}/{x.verb}" for x in lines for category in (x.category, x.family))


def _agreement(row: Row) -> Agreement:
    number, service, person, kind, lines, *rest = row
    return Agreement(number, service, person, kind, tuple(AgreedLine.read(text) for text in lines), *rest)


def give_agreement(work: Work, granted: Grant, service_id: UUID, lines: Iterable[AgreedLine], until: datetime) -> UUID:
    """Agree to a service, in the place of what was agreed before. Returns the number of the agreement."""
    ask, number = granted.ask, uuid4()
    end_agreement(work, granted, service_id)
    work.run(
        """INSERT INTO access_agreement (record_id, id, service_id, person_id, person_kind, lines, granted_at, expires_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s)""",
        granted.record_id, number, service_id, UUID(ask.actor.id), ask.actor.kind.value, sorted({str(x) for x in lines}), ask.at,
        until,
    )  # fmt: skip
    return number


def end_agreement(work: Work, granted: Grant, service_id: UUID) -> bool:
    """Withdraw what was agreed to for a service. Returns whether anything was. It waits for the calls that are under way."""
    return bool(work.rows(
        """UPDATE access_agreement SET withdrawn_at = %s WHERE record_id = %s AND service_id = %s AND withdrawn_at IS NULL
        RETURNING 1""",
        granted.ask.at, granted.record_id, service_id,
    ))  # fmt: skip


def agreements(work: Work, record_id: UUID) -> list[Agreement]:
    """Every agreement of a record, over ones included, the newest first."""
    return [
        _agreement(row)
        for row in work.rows(
            f"SELECT {_COLUMNS} FROM access_agreement WHERE record_id = %s ORDER BY granted_at DESC, id", record_id
        )
    ]


def agreement_of(work: Work, record_id: UUID, service_id: UUID, at: datetime) -> Agreement:
    """The agreement of a service that lives. Raises Refusal `service-consent-missing`."""
    row = work.row(
        f"""SELECT {_COLUMNS} FROM access_agreement WHERE record_id = %s AND service_id = %s AND withdrawn_at IS NULL
        AND expires_at > %s""",
        record_id, service_id, at,
    )  # fmt: skip
    if row is None:
        raise Refusal(No.SERVICE_CONSENT_MISSING)
    return _agreement(row)


def ending_agreements(until: datetime, limit: int) -> list[UUID]:
    """Records with an agreement that ends by a moment and that nobody was reminded of."""
    with unit() as work:
        return [row[0] for row in work.rows("SELECT record_id FROM access_agreements_ending(%s, %s)", until, limit)]


def note_reminded(work: Work, granted: Grant, until: datetime) -> list[Agreement]:
    """Keep that the person was reminded of agreements that end by a moment. Returns them."""
    rows = work.rows(
        f"""UPDATE access_agreement SET reminded_at = %s WHERE record_id = %s AND withdrawn_at IS NULL AND expires_at <= %s
        AND reminded_at IS NULL RETURNING {_COLUMNS}""",
        granted.ask.at, granted.record_id, until,
    )  # fmt: skip
    return [_agreement(row) for row in rows]


def people_connected(service_id: UUID, at: datetime) -> int:
    """How many people a service is connected to: a number, for operators."""
    row = lookup("SELECT access_agreements_of(%s, %s)", service_id, at)
    return int(row[0]) if row else 0
