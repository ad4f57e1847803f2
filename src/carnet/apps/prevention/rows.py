"""Rows of prevention: what was said, appointments and reminders, private calendars, choices. Their SQL is here alone."""

import json
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from uuid import UUID, uuid4

from carnet.apps.storage.api import RecordKey, Row, Table, Work, lookup

TABLES = (
    Table("prevention_said", {"sealed": lambda row: f"said/{row['id']}"}),
    Table("prevention_event", {"sealed": lambda row: f"event/{row['id']}"}),
    Table("prevention_feed"),
    Table("prevention_choice"),
)
FACT, ITEM = "fact", "item"
YES, NO, UNKNOWN = "yes", "no", "unknown"
APPOINTMENT, REMINDER = "appointment", "reminder"
BOOKED, CANCELLED, FULFILLED = "booked", "cancelled", "fulfilled"


@dataclass(frozen=True, slots=True)
class Told:
    """An answer: of a fact (`yes`, `no`, `unknown`, with the date that a yes carries), or of an item (done or not, and when)."""

    id: UUID
    kind: str
    code: str
    answer: str
    on: str
    said_at: datetime
    said_by: str
    secret: bool = False

    @property
    def day(self) -> date | None:
        """The date that it carries, when it is whole."""
        return date.fromisoformat(self.on) if len(self.on) == len("2026-11-27") else None


@dataclass(frozen=True, slots=True)
class Event:
    """An appointment or a reminder. `made_by` is a person's key, or a professional's."""

    id: UUID
    kind: str
    on_day: date
    at_time: time | None
    status: str
    made_at: datetime
    made_by: str
    changed_at: datetime
    title: str
    place: str = ""
    whom: str = ""
    comment: str = ""
    rule: str = ""
    secret: bool = False
    software: str = ""
    """Name of the software that wrote it; empty for the person's own."""
    minutes: int = 0
    """How long it lasts; 0 when nobody said."""
    withdrawn: bool = False
    """Whether its person took it out of their agenda: of that, whoever wrote it learns nothing."""


def _sealed(key: RecordKey, context: str, told: dict[str, Any]) -> bytes:
    return key.seal(json.dumps(told, ensure_ascii=False).encode(), context)


def _opened(key: RecordKey, context: str, sealed: bytes) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(key.unseal(bytes(sealed), context))
    return told


def insert_told(work: Work, key: RecordKey, told: Told) -> None:
    """Write an answer."""
    sealed = _sealed(key, f"said/{told.id}", {"kind": told.kind, "code": told.code, "answer": told.answer, "on": told.on})
    work.run(
        "INSERT INTO prevention_said (record_id, id, said_at, said_by, secret, sealed) VALUES (%s, %s, %s, %s, %s, %s)",
        key.record_id, told.id, told.said_at, told.said_by, told.secret, sealed,
    )  # fmt: skip


def told_of(work: Work, key: RecordKey, secrets: bool) -> list[Told]:
    """Answers that hold, the oldest first. What a minor said in secret is in no list of the representatives."""
    rows = work.rows(
        """SELECT id, said_at, said_by, secret, sealed FROM prevention_said WHERE record_id = %s AND ended_at IS NULL
        AND (NOT secret OR %s) ORDER BY said_at, id""",
        key.record_id, secrets,
    )  # fmt: skip
    found = []
    for number, at, by, secret, sealed in rows:
        held = _opened(key, f"said/{number}", sealed)
        found.append(Told(number, held["kind"], held["code"], held["answer"], held["on"], at, by, secret))
    return found


def end_told(work: Work, record_id: UUID, numbers: list[UUID], at: datetime | None) -> None:
    """End answers, or take their end back."""
    work.run("UPDATE prevention_said SET ended_at = %s WHERE record_id = %s AND id = ANY(%s)", at, record_id, numbers)


def put_event(work: Work, key: RecordKey, event: Event) -> None:
    """Write an appointment or a reminder, or what it has become: another day is reminded of again."""
    told = {name: getattr(event, name) for name in ("title", "place", "whom", "comment", "rule", "software", "minutes")}
    work.run(
        """INSERT INTO prevention_event (record_id, id, kind, on_day, at_time, status, made_at, made_by, changed_at, secret, sealed)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (record_id, id) DO UPDATE SET
        reminded_at = CASE WHEN prevention_event.on_day = excluded.on_day THEN prevention_event.reminded_at END,
        on_day = excluded.on_day, at_time = excluded.at_time, status = excluded.status, changed_at = excluded.changed_at,
        sealed = excluded.sealed""",
        key.record_id, event.id, event.kind, event.on_day, event.at_time, event.status, event.made_at, event.made_by,
        event.changed_at, event.secret, _sealed(key, f"event/{event.id}", told),
    )  # fmt: skip


_EVENT = "id, kind, on_day, at_time, status, made_at, made_by, changed_at, secret, withdrawn_at IS NOT NULL, sealed"


def _event(key: RecordKey, row: Row) -> Event:
    number, kind, on_day, at_time, status, made_at, made_by, changed_at, secret, withdrawn, sealed = row
    told = _opened(key, f"event/{number}", sealed)
    return Event(number, kind, on_day, at_time, status, made_at, made_by, changed_at, secret=secret, withdrawn=withdrawn, **told)


MOST = 500
MOST_OF_ONE = 200
"""Events of one hand that are still to come: another writer's are never pushed out of an agenda."""


def coming_of(work: Work, record_id: UUID, made_by: str, day: date) -> int:
    """How many events of one hand are still to come."""
    sql = "SELECT count(*) FROM prevention_event WHERE record_id = %s AND made_by = %s AND on_day >= %s"
    row = work.row(sql, record_id, made_by, day)
    return int(row[0]) if row is not None else 0


def withdraw(work: Work, record_id: UUID, number: UUID, at: datetime | None) -> None:
    """Take an event out of its person's agenda, or put it back."""
    work.run("UPDATE prevention_event SET withdrawn_at = %s WHERE record_id = %s AND id = %s", at, record_id, number)


def events_of(work: Work, key: RecordKey, secrets: bool, first: date, last: date) -> list[Event]:
    """Appointments and reminders between two days, in their order; one that its software cancelled stays, and says so."""
    rows = work.rows(
        f"""SELECT {_EVENT} FROM prevention_event WHERE record_id = %s AND (NOT secret OR %s) AND on_day BETWEEN %s AND %s
        AND withdrawn_at IS NULL ORDER BY on_day, at_time NULLS FIRST, id LIMIT {MOST}""",
        key.record_id, secrets, first, last,
    )  # fmt: skip
    return [_event(key, row) for row in rows]


def event_of(work: Work, key: RecordKey, number: UUID, secrets: bool) -> Event | None:
    """One of them, also when it was cancelled or taken out."""
    sql = f"SELECT {_EVENT} FROM prevention_event WHERE record_id = %s AND id = %s AND (NOT secret OR %s)"
    row = work.row(sql, key.record_id, number, secrets)
    return _event(key, row) if row is not None else None


def events_by(work: Work, key: RecordKey, made_by: str, first: date) -> list[Event]:
    """Those that one actor wrote, from a day on, the cancelled ones too."""
    rows = work.rows(
        f"""SELECT {_EVENT} FROM prevention_event WHERE record_id = %s AND made_by = %s AND on_day >= %s
        ORDER BY on_day, at_time NULLS FIRST, id LIMIT {MOST}""",
        key.record_id, made_by, first,
    )  # fmt: skip
    return [_event(key, row) for row in rows]


@dataclass(frozen=True, slots=True)
class Feed:
    """A private calendar, as its person sees it: its address is shown once, and known nowhere."""

    id: UUID
    whole: bool
    made_at: datetime
    read_on: date | None


def insert_feed(work: Work, record_id: UUID, token: bytes, person: UUID, kind: str, whole: bool, at: datetime) -> UUID:
    """Make a private calendar."""
    number = uuid4()
    work.run(
        """INSERT INTO prevention_feed (record_id, id, token, person, person_kind, whole, made_at)
        VALUES (%s, %s, %s, %s, %s, %s, %s)""",
        record_id, number, token, person, kind, whole, at,
    )  # fmt: skip
    return number


def feeds_of(work: Work, record_id: UUID, person: UUID | None) -> list[Feed]:
    """The private calendars that somebody made and that live; of everybody for None."""
    rows = work.rows(
        """SELECT id, whole, made_at, read_on FROM prevention_feed WHERE record_id = %s AND (person = %s OR %s)
        AND revoked_at IS NULL ORDER BY made_at DESC""",
        record_id, person, person is None,
    )  # fmt: skip
    return [Feed(*row) for row in rows]


def end_feed(work: Work, record_id: UUID, number: UUID, person: UUID | None, at: datetime) -> bool:
    """Cut a private calendar that somebody made; of anybody for None."""
    return bool(
        work.rows(
            """UPDATE prevention_feed SET revoked_at = %s WHERE record_id = %s AND id = %s AND (person = %s OR %s)
            AND revoked_at IS NULL RETURNING 1""",
            at, record_id, number, person, person is None,
        )
    )  # fmt: skip


def feed_by_token(token: bytes) -> Row | None:
    """Record, number, person, what they are to the record, whole or discreet."""
    return lookup("SELECT record_id, id, person, person_kind, whole FROM prevention_feed_of(%s)", token)


def read_today(work: Work, record_id: UUID, number: UUID, day: date) -> bool:
    """Keep that a calendar was read. Returns whether it is the first time of that day."""
    sql = """UPDATE prevention_feed SET read_on = %s WHERE record_id = %s AND id = %s AND read_on IS DISTINCT FROM %s RETURNING 1"""
    return bool(work.rows(sql, day, record_id, number, day))


def muted_of(work: Work, record_id: UUID) -> frozenset[str]:
    """Families of messages that somebody does not want."""
    row = work.row("SELECT muted FROM prevention_choice WHERE record_id = %s", record_id)
    return frozenset(row[0]) if row is not None else frozenset()


def mute(work: Work, record_id: UUID, muted: frozenset[str], at: datetime) -> None:
    """Keep what somebody does not want to be told of."""
    work.run(
        """INSERT INTO prevention_choice (record_id, muted, changed_at) VALUES (%s, %s, %s)
        ON CONFLICT (record_id) DO UPDATE SET muted = excluded.muted, changed_at = excluded.changed_at""",
        record_id, sorted(muted), at,
    )  # fmt: skip


def look_again(work: Work, record_id: UUID, on: date, told_on: date | None, at: datetime) -> None:
    """Keep on which day the agenda changes by itself, and on which day its person was told."""
    work.run(
        """INSERT INTO prevention_choice (record_id, muted, changed_at, look_on, told_on) VALUES (%s, '{}', %s, %s, %s)
        ON CONFLICT (record_id) DO UPDATE SET look_on = excluded.look_on,
        told_on = coalesce(excluded.told_on, prevention_choice.told_on)""",
        record_id, at, on, told_on,
    )  # fmt: skip


def told_state(work: Work, record_id: UUID) -> tuple[frozenset[str], date | None]:
    """What somebody does not want to hear of, and on which day they were told last."""
    row = work.row("SELECT muted, told_on FROM prevention_choice WHERE record_id = %s FOR UPDATE", record_id)
    return (frozenset(row[0]), row[1]) if row is not None else (frozenset(), None)


def touched(work: Work, record_id: UUID, at: datetime) -> None:
    """What is due may have changed: the worker looks again tonight. Until the transaction ends, nobody else changes this agenda."""
    work.run(
        """INSERT INTO prevention_choice (record_id, muted, changed_at) VALUES (%s, '{}', %s)
        ON CONFLICT (record_id) DO UPDATE SET look_on = NULL""",
        record_id, at,
    )  # fmt: skip


def reminders_of(work: Work, key: RecordKey, first: date, last: date) -> list[Event]:
    """What is booked for a day and was not reminded of, under a lock."""
    rows = work.rows(
        f"""SELECT {_EVENT} FROM prevention_event WHERE record_id = %s AND status = 'booked' AND reminded_at IS NULL
        AND withdrawn_at IS NULL AND on_day BETWEEN %s AND %s FOR UPDATE""",
        key.record_id, first, last,
    )  # fmt: skip
    return [_event(key, row) for row in rows]


def reminded(work: Work, record_id: UUID, numbers: list[UUID], at: datetime) -> None:
    """Keep that a reminder left, or that none is wanted."""
    work.run("UPDATE prevention_event SET reminded_at = %s WHERE record_id = %s AND id = ANY(%s)", at, record_id, numbers)


def due_reminders(work: Work, first: date, last: date, most: int) -> list[UUID]:
    """Records with something booked for a day that nobody was reminded of."""
    return [row[0] for row in work.rows("SELECT record_id FROM prevention_due_reminders(%s, %s, %s)", first, last, most)]


def to_look(work: Work, day: date, most: int) -> list[UUID]:
    """Open records whose agenda is to be looked at."""
    return [row[0] for row in work.rows("SELECT record_id FROM prevention_to_look(%s, %s)", day, most)]


def editions(work: Work) -> list[tuple[str, str]]:
    """Imported editions: id and digest."""
    return [(str(a), str(b)) for a, b in work.rows("SELECT id, digest FROM prevention_edition ORDER BY in_force_from, id")]


def edition_content(work: Work, number: str) -> bytes:
    """The file of an edition."""
    row = work.row("SELECT content FROM prevention_edition WHERE id = %s", number)
    return str(row[0]).encode() if row is not None else b""


def insert_edition(work: Work, number: str, digest: str, force: date, content: bytes, by: str, at: datetime) -> bool:
    """Keep an edition. Returns False when one of that id is there."""
    return bool(
        work.rows(
            """INSERT INTO prevention_edition (id, digest, in_force_from, imported_at, imported_by, content)
            VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING RETURNING 1""",
            number, digest, force, at, by, content.decode(),
        )
    )  # fmt: skip


def forget(work: Work, record_id: UUID) -> None:
    """Erase the agenda of a record that is destroyed."""
    for table in TABLES:
        work.run(f"DELETE FROM {table.name} WHERE record_id = %s", record_id)
