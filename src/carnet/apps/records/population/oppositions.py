"""Opposing a record before it opens: on line by the code of the notice, by letter or by telephone through the help desk.

On line nobody needs an account. What an operator writes down waits for a second one, and the record does not open meanwhile.
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from carnet.apps.access import api as access
from carnet.apps.identity import api as identity
from carnet.apps.outbox import api as outbox
from carnet.apps.records.lifecycle.by_help_desk import operator_grant
from carnet.apps.records.lifecycle.states import change_state
from carnet.apps.signin import api as signin
from carnet.apps.storage.api import Work, unit
from carnet.dicah.facts import RecordState
from carnet.dicah.lifecycle import TransitionError
from carnet.kernel.actor import Actor, ActorKind, Authentication, Means
from carnet.kernel.ask import Act, Ask
from carnet.kernel.refusal import No, Refusal
from carnet.kernel.traits import Traits, is_minor

LETTER, PHONE = "letter", "phone"
WAYS = (LETTER, PHONE)
MOST = 500
"""Forms of one list, and oppositions confirmed at once."""


@dataclass(frozen=True, slots=True)
class Announced:
    """What a notice announced: whose record, in which state, since when, and whether its person is a minor."""

    record_id: UUID
    traits: Traits
    state: RecordState
    since: date
    minor: bool
    channel: str

    @property
    def name(self) -> str:
        """Name of the person."""
        return signin.name_of(self.traits)


def announced(code: str, birth_date: str, at: datetime) -> Announced:
    """What the notice of this code announced, to whoever knows the date of birth too. Raises Refusal `code-unknown`."""
    record_id, traits, channel = signin.announced_to(code, birth_date, at)
    with unit(record_id) as work:
        row = work.row("SELECT state, since FROM records_record WHERE record_id = %s", record_id)
    if row is None:
        raise Refusal(No.CODE_UNKNOWN)
    minor = is_minor(traits.birth_date, access.law().day(at))
    return Announced(record_id, traits, RecordState(row[0]), row[1], minor, channel)


def _bearer(found: Announced, at: datetime) -> Actor:
    """Whoever holds the notice of a record: its person, or a minor's legal representative, to whom it was sent."""
    kind = ActorKind.REPRESENTATIVE if found.minor else ActorKind.HOLDER
    name = "" if found.minor else found.name
    return Actor(
        kind, f"notice:{found.record_id}", name, Authentication(Means.PERSON_SESSION, "code", at, at), software="Mon espace"
    )


def answer_announcement(code: str, birth_date: str, act: Act, at: datetime) -> Announced:
    """Oppose the opening, or ask for it after all, by the code of the notice: it serves for both as long as the six weeks run.

    A minor's is answered by the letter alone, which went to who has parental authority. Raises Refusal: `code-unknown`;
    `request-malformed` where the state does not allow it.
    """
    found = announced(code, birth_date, at)
    if found.minor and found.channel != LETTER:
        raise Refusal(No.MINOR_THROUGH_REPRESENTATIVE)
    event = {Act.OPPOSE_RECORD: "oppose", Act.OPEN_RECORD: "ask for opening"}[act]
    person = _bearer(found, at)
    with access.asking(Ask(person, act, at)) as place, unit(found.record_id) as work:
        place.record_id = found.record_id
        _apply(work, found.record_id, event, at)
        access.own_entry(work, found.record_id, person, act.value, at)
        if act is Act.OPEN_RECORD:
            outbox.notify(work, found.record_id, "record-opened", outbox.HOLDER, at)
    return announced(code, birth_date, at)


def _apply(work: Work, record_id: UUID, event: str, at: datetime) -> None:
    try:
        change_state(work, record_id, event, access.law().day(at))
    except TransitionError:
        raise Refusal(No.REQUEST_MALFORMED, {"problem": "the record is not in that state"}) from None
    # What waited for a second operator is answered by this.
    work.run(
        "UPDATE records_opposition SET done_at = %s, outcome = 'answered' WHERE record_id = %s AND done_at IS NULL", at, record_id
    )


@dataclass(frozen=True, slots=True)
class WaitingOpposition:
    """An opposition that waits for a second operator: whose, how it came, who wrote it down, whether this one may confirm it."""

    id: UUID
    record_id: UUID
    name: str
    way: str
    asked_at: datetime
    asked_by: str
    may_confirm: bool


def write_down(ask: Ask, record_id: UUID, way: str) -> bool:
    """Write an opposition down that came by letter or telephone. False where the record is opposed, open or closed already.

    Raises Refusal for anybody but an operator.
    """
    if way not in WAYS:
        raise Refusal(No.REQUEST_MALFORMED)
    with unit(record_id) as work:
        granted = operator_grant(ask, record_id)
        row = work.row("SELECT state FROM records_record WHERE record_id = %s FOR UPDATE", record_id)
        if row is None or row[0] not in (RecordState.TO_NOTIFY, RecordState.PENDING_OPPOSITION):
            return False
        made = work.rows(
            """INSERT INTO records_opposition (id, record_id, way, asked_at, asked_by, done_by, outcome)
            VALUES (%s, %s, %s, %s, %s, '', '') ON CONFLICT (record_id) WHERE done_at IS NULL DO NOTHING RETURNING 1""",
            uuid4(), record_id, way, ask.at, ask.actor.key,
        )  # fmt: skip
        if made:
            access.write_entry(work, granted, (), f"opposition-written:{way}")
    return True


def write_down_forms(ask: Ask, codes: list[str]) -> list[tuple[str, str]]:
    """Write down the oppositions of forms that came back, by their codes. Returns what became of each: `written`, `unknown`, or
    `late` for a record that is opposed, open or closed already. Raises Refusal for anybody but an operator."""
    operator_grant(ask, None)
    if len(codes) > MOST:
        raise Refusal(No.REQUEST_MALFORMED, {"problem": f"more than {MOST} codes"})
    told = []
    for code in dict.fromkeys(codes):
        with unit() as work:
            record_id = signin.record_of_notice(work, code)
        told.append((code, "unknown" if record_id is None else "written" if write_down(ask, record_id, LETTER) else "late"))
    return told


def waiting_oppositions(ask: Ask) -> list[WaitingOpposition]:
    """Oppositions that wait for a second operator, the oldest first. Raises Refusal."""
    operator_grant(ask, None)
    found = []
    with unit() as work:
        rows = work.rows(
            """SELECT id, record_id, way, asked_at, asked_by FROM records_opposition WHERE done_at IS NULL
            ORDER BY asked_at, id LIMIT %s""", MOST,
        )  # fmt: skip
        for number, record_id, way, asked_at, asked_by in rows:
            told = identity.known(work, record_id)
            mine = signin.same_operator(asked_by, ask.actor.key)
            found.append(
                WaitingOpposition(number, record_id, signin.name_of(told[1]) if told else "", way, asked_at, asked_by, not mine)
            )
    return found


def confirm_oppositions(ask: Ask, numbers: list[UUID], *, confirmed: bool) -> int:
    """Confirm oppositions that somebody else wrote down, or set them aside. Returns how many; one's own stay. Raises Refusal."""
    operator_grant(ask, None)
    done = 0
    for one in (o for o in waiting_oppositions(ask) if o.id in set(numbers) and (o.may_confirm or not confirmed)):
        with unit(one.record_id) as work:
            outcome = "confirmed" if confirmed else "dropped"
            held = work.row(
                """UPDATE records_opposition SET done_at = %s, done_by = %s, outcome = %s WHERE id = %s AND done_at IS NULL
                RETURNING 1""",
                ask.at, ask.actor.key, outcome, one.id,
            )  # fmt: skip
            if held is None:
                continue
            granted = operator_grant(ask, one.record_id)
            if confirmed:
                _apply(work, one.record_id, "oppose", ask.at)
            access.write_entry(work, granted, (), f"opposition-{outcome}:{one.way}")
            done += 1
    return done
