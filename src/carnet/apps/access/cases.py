"""Cases: an access that the person does not recognise, a correction, messages that are not in order; with status and answer.

What the person writes is sealed under a key of the cases, which holds no record's key: the operator who examines reads it, and
reads nothing of the record (house plan §4, operator).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from carnet.apps.access.acts import record_of_grant
from carnet.apps.access.decision import decide_or_refuse, edition, law, write_entry
from carnet.apps.outbox.api import HOLDER, notify
from carnet.apps.signin.api import same_operator
from carnet.apps.storage.api import Row, Work, derived, seal, unit, unseal
from carnet.dicah.facts import Facts
from carnet.kernel.actor import Actor, ActorKind
from carnet.kernel.ask import Ask
from carnet.kernel.grant import Grant

ACCESS, CORRECTION, MESSAGE = "access", "correction", "message"
DUE = timedelta(days=30)
"""One month for an answer (GDPR article 12 §3)."""
VERDICTS = {
    ACCESS: ("access-explained", "access-unjustified", "access-followed-up"),
    CORRECTION: ("correction-done", "correction-refused", "correction-passed-on"),
    MESSAGE: ("message-explained", "message-followed-up"),
}
OBJECTION = timedelta(days=60)
"""How long after an answer the person may ask for a second reader (ours; two months, as for an administrative decision)."""
CLOSED_SHOWN = 200
STEPS = ("received", "examining", "answered")


class CaseError(ValueError):
    """The case cannot be changed so; the message says why."""


@dataclass(frozen=True, slots=True)
class Case:
    """A case as its person, or whoever examines it, reads it."""

    record_id: UUID
    id: UUID
    kind: str
    subject: str
    """What it is about: the place of a journal entry, a document, an entry of the profile, a correspondent."""
    about: str
    """A sentence that names it, written when the case was opened."""
    text: str
    state: str
    opened_at: datetime
    due_at: datetime
    taken_by: str = ""
    answer: str = ""
    verdict: str = ""
    answered_at: datetime | None = None
    objection: str = ""
    """Why the person does not agree with the first answer; they say so once, and somebody else reads."""
    objected_at: datetime | None = None
    first_answer: str = ""
    first_verdict: str = ""
    first_reader: str = ""

    def may_object(self, at: datetime) -> bool:
        """Whether the person may still ask for a second reader."""
        return self.answered_at is not None and self.objected_at is None and at - self.answered_at <= OBJECTION

    def overdue(self, at: datetime) -> bool:
        """Whether the answer is late."""
        return self.state != "answered" and self.due_at < at


_COLUMNS = """record_id, id, kind, subject, about, told, state, opened_at, due_at, taken_by, answer, verdict, answered_at,
    objection, objected_at, first_answer, first_verdict, first_reader"""


def _sealed(text: str, number: UUID, name: str) -> bytes:
    return seal(derived("cases"), text.encode(), f"{number}/{name}".encode())


def _opened(row: Row) -> Case:
    number = row[1]

    def text(value: bytes | None, name: str) -> str:
        return unseal(derived("cases"), bytes(value), f"{number}/{name}".encode()).decode() if value else ""

    record_id, _, kind, subject, about, told, state, opened_at, due_at, taken_by, answer, verdict, answered_at = row[:13]
    objection, objected_at, first_answer, first_verdict, first_reader = row[13:]
    return Case(record_id, number, kind, subject, text(about, "about"), text(told, "told"), state, opened_at, due_at, taken_by,
                text(answer, "answer"), verdict, answered_at, text(objection, "objection"), objected_at,
                text(first_answer, "answer"), first_verdict, first_reader)  # fmt: skip


def open_case(work: Work, granted: Grant, kind: str, subject: str, about: str, text: str) -> UUID:
    """Open a case, once for a subject: one that is open already goes on. Returns its number."""
    at, record_id = granted.ask.at, granted.record_id
    row = work.row(
        "SELECT id FROM access_case WHERE record_id = %s AND kind = %s AND subject = %s AND state <> 'answered'",
        record_id, kind, subject,
    )  # fmt: skip
    if row is not None:
        known: UUID = row[0]
        return known
    number = uuid4()
    work.run(
        """INSERT INTO access_case (record_id, id, kind, subject, about, told, state, opened_at, opened_by, due_at, taken_by,
        verdict)
        VALUES (%s, %s, %s, %s, %s, %s, 'received', %s, %s, %s, '', '')""",
        record_id, number, kind, subject, _sealed(about[:3000], number, "about"), _sealed(text[:4000], number, "told"), at,
        granted.ask.actor.key, at + DUE,
    )  # fmt: skip
    write_entry(work, granted, (), f"case:{kind}")
    return number


def cases(work: Work, record_id: UUID, reader: Actor) -> list[Case]:
    """The cases of a record that concern the reader, the newest first: all for the holder, for anybody else those they opened.

    What a case is about may be a secret of a minor.
    """
    opened_by = None if reader.kind is ActorKind.HOLDER else reader.key
    rows = work.rows(
        f"SELECT {_COLUMNS} FROM access_case WHERE record_id = %s AND (%s::text IS NULL OR opened_by = %s) ORDER BY opened_at DESC",
        record_id, opened_by, opened_by,
    )  # fmt: skip
    return [_opened(row) for row in rows]


def _granted(ask: Ask, record_id: UUID | None) -> Grant:
    return decide_or_refuse(ask, Facts(settings=law(), edition=edition(ask.at)), record_id).grant


def open_cases(ask: Ask) -> list[Case]:
    """The operator's queue: what is not answered, the nearest due first. Raises Refusal for anybody but an operator."""
    _granted(ask, None)
    with unit() as work:
        rows = work.rows(f"SELECT {_COLUMNS} FROM access_case WHERE state <> 'answered' ORDER BY due_at, id LIMIT 500")
    return [_opened(row) for row in rows]


def closed_cases(ask: Ask) -> list[Case]:
    """Cases that have their answer, the newest first. Raises Refusal for anybody but an operator."""
    _granted(ask, None)
    with unit() as work:
        rows = work.rows(
            f"SELECT {_COLUMNS} FROM access_case WHERE state = 'answered' ORDER BY answered_at DESC, id LIMIT {CLOSED_SHOWN}"
        )
    return [_opened(row) for row in rows]


def object_to(work: Work, granted: Grant, number: UUID, text: str) -> None:
    """Say that one does not agree with an answer: the case waits again, for somebody else. Raises CaseError; then nothing changes.

    The first answer, its verdict and its reader are kept beside.
    """
    ask, record_id = granted.ask, record_of_grant(granted)
    held = next((c for c in cases(work, record_id, ask.actor) if c.id == number), None)
    if held is None or held.state != "answered" or not held.may_object(ask.at):
        raise CaseError("no answer of this case may be disagreed with")
    work.run(
        """UPDATE access_case SET state = 'received', first_answer = answer, first_verdict = verdict, first_reader = taken_by,
        answer = NULL, verdict = '', answered_at = NULL, taken_by = '', objection = %s, objected_at = %s, due_at = %s
        WHERE record_id = %s AND id = %s""",
        _sealed(text[:4000], number, "objection"), ask.at, ask.at + DUE, record_id, number,
    )  # fmt: skip
    write_entry(work, granted, (), f"case:{held.kind}:objected")


def case_of(ask: Ask, number: UUID) -> Case | None:
    """One case, for an operator."""
    _granted(ask, None)
    with unit() as work:
        row = work.row(f"SELECT {_COLUMNS} FROM access_case WHERE id = %s", number)
    return _opened(row) if row else None


def _of(work: Work, number: UUID, state: str) -> tuple[UUID, str]:
    row = work.row("SELECT record_id, kind FROM access_case WHERE id = %s AND state = %s FOR UPDATE", number, state)
    if row is None:
        raise CaseError(f"no case with this number is {state}")
    return row[0], row[1]


def take_case(ask: Ask, number: UUID) -> None:
    """Begin to examine a case, once. Raises Refusal, or CaseError; then nothing changes."""
    _granted(ask, None)
    with unit() as work:
        record_id, kind = _of(work, number, "received")
        work.enter(record_id)
        row = work.row("SELECT first_reader FROM access_case WHERE record_id = %s AND id = %s", record_id, number)
        if row is not None and row[0] and same_operator(row[0], ask.actor.id):
            raise CaseError("somebody else than the first reader examines it")
        work.run("UPDATE access_case SET state = 'examining', taken_by = %s WHERE id = %s", ask.actor.id, number)
        write_entry(work, _granted(ask, record_id), (), f"case:{kind}:examining")


def answer_case(ask: Ask, number: UUID, verdict: str, answer: str) -> None:
    """Answer a case, in words that the person reads. Raises Refusal, or CaseError; then nothing changes."""
    _granted(ask, None)
    if not answer.strip():
        raise CaseError("write an answer: the person reads it")
    with unit() as work:
        record_id, kind = _of(work, number, "examining")
        if verdict not in VERDICTS[kind]:
            raise CaseError(f"choose one of {', '.join(VERDICTS[kind])}")
        work.enter(record_id)
        work.run(
            "UPDATE access_case SET state = 'answered', verdict = %s, answer = %s, answered_at = %s WHERE id = %s",
            verdict, _sealed(answer[:4000], number, "answer"), ask.at, number,
        )  # fmt: skip
        write_entry(work, _granted(ask, record_id), (), f"case:{kind}:answered")
        notify(work, record_id, "case-answered", HOLDER, ask.at)
