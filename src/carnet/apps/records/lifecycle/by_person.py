"""Acts of the person on the record itself: activation, opposition, opening, closing, reopening, destruction (access law §5)."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from carnet.apps.access import api as access
from carnet.apps.identity import api as identity
from carnet.apps.outbox import api as outbox
from carnet.apps.records.lifecycle.states import ask_destruction, change_state, creating, note_passage
from carnet.apps.records.reading.visit import writing
from carnet.apps.signin import api as signin
from carnet.apps.storage.api import Work, key_of, unit
from carnet.dicah.facts import RecordState
from carnet.dicah.lifecycle import TransitionError
from carnet.kernel.actor import Actor, ActorKind
from carnet.kernel.ask import Act, Ask
from carnet.kernel.clock import begins
from carnet.kernel.copies import replace
from carnet.kernel.grant import Grant
from carnet.kernel.ins import Ins
from carnet.kernel.refusal import No, Refusal
from carnet.kernel.traits import Traits, is_birth_date, is_minor, majority

CLOSED_BY_HOLDER = "FERMETURE_DEMANDE_PATIENT"
_EVENTS: dict[Act, tuple[str, str, str]] = {
    Act.OPPOSE_RECORD: ("oppose", "", ""),
    Act.OPEN_RECORD: ("ask for opening", "", "record-opened"),
    Act.CLOSE_RECORD: ("close", CLOSED_BY_HOLDER, "record-closed"),
    Act.REOPEN_RECORD: ("reopen", "", "record-reopened"),
}
"""Act → event of the life cycle, motive, notice."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a person sees of a record before anything is opened: whose, in which state, since when."""

    record_id: UUID
    traits: Traits
    state: RecordState
    since: date
    destruction_asked: date | None

    @property
    def of_age(self) -> date | None:
        """When the person of the record comes of age, or came."""
        return majority(self.traits.birth_date)


def standing(record_id: UUID) -> Standing | None:
    """The state of a record for a person who has a relation to it; whoever calls has checked that they have."""
    with unit() as work:
        told = identity.known(work, record_id)
        row = work.row("SELECT state, since, destruction_asked FROM records_record WHERE record_id = %s", record_id)
    return Standing(record_id, told[1], RecordState(row[0]), row[1], row[2]) if told and row else None


def announce_record(ins: Ins, traits: Traits, address: str, at: datetime) -> UUID:
    """Announce a record to its person (R.1111-28): it opens in six weeks unless they oppose. A code goes to the address given.

    Raises ValueError for somebody who has a record, for a birth date that is none, and ContactError for what is no address; then
    nothing is kept: six weeks that nobody was told of would run.
    """
    if identity.find(ins) is not None:
        raise ValueError("cette personne a déjà un carnet")
    if not is_birth_date(traits.birth_date) or traits.birth_date > access.law().day(at).isoformat():
        raise ValueError("cette date de naissance n'en est pas une")
    with creating(ins, traits, access.law().day(at), state=RecordState.PENDING_OPPOSITION) as (work, record_id):
        outbox.set_contact(work, outbox.owner_of(outbox.HOLDER, record_id), outbox.Contact(address), at)
        work.run(
            """INSERT INTO records_arrival (record_id, arrived_on, territory, birth_year, channel, notified_at, sealed)
            VALUES (%s, %s, '', %s, 'mail', %s, %s)""",
            record_id, access.law().day(at), int(traits.birth_date[:4] or 0), at, key_of(work, record_id).seal(b"{}", "arrival"),
        )  # fmt: skip
        opens = access.law().day(at) + access.law().opposition_lasts
        code = signin.announcement_code(work, record_id, "mail", "announcement", at, begins(opens, access.law().civil_zone))
        outbox.send_code(work, record_id, "record-announced", code, at, signin.name_of(traits), opens)
        access.host_entry(work, record_id, "record:announce", "announcement", at)
    return record_id


def change_life(ask: Ask, record_id: UUID) -> RecordState:
    """Do what the person asks of the life of the record. Raises Refusal, `request-malformed` where the state does not allow it."""
    event, motive, notice = _EVENTS[ask.act]
    with writing(ask, ask.act, record_id) as visit:
        try:
            state = change_state(visit.work, record_id, event, access.law().day(ask.at), motive)
        except TransitionError:
            raise Refusal(No.REQUEST_MALFORMED, {"problem": "the record is not in that state"}) from None
        if notice:
            outbox.notify(visit.work, record_id, notice, outbox.HOLDER, ask.at)
    return state


def ask_to_destroy(ask: Ask, record_id: UUID) -> None:
    """Ask for the destruction of a closed record: within three months (R.1111-36). Reopening before takes it back."""
    with writing(ask, Act.DESTROY_RECORD, record_id) as visit:
        try:
            ask_destruction(visit.work, record_id, access.law().day(ask.at))
        except TransitionError:
            raise Refusal(No.REQUEST_MALFORMED, {"problem": "the record is not closed"}) from None
        outbox.notify(visit.work, record_id, "destruction-asked", outbox.HOLDER, ask.at)


def activate_record(person: Actor, record_id: UUID, at: datetime) -> bool:
    """Make somebody who proved their identity the holder of their own record. Returns False when they are already.

    Only the portal calls this, after a provisional code or FranceConnect+ said whose account it is.
    """
    with unit(record_id) as work:
        if access.holds(work, record_id, person.id):
            return False
        granted = access.own_grant(person, record_id, Act.OPEN_RECORD, at)
        access.name_person(work, key_of(work, record_id), granted, UUID(person.id), access.HOLDS, person.name, access.Given())
        work.run("UPDATE records_record SET activated = true WHERE record_id = %s", record_id)
        note_passage(work, record_id, "activated", access.law().day(at))
        access.own_entry(work, record_id, person, "record:activate", at)
    return True


def represent(work: Work, granted: Grant, person: UUID, name: str) -> bool:
    """Tie a legal representative to a minor's record, until the minor comes of age. False for a record of an adult.

    The help desk calls this after it saw the proof; the representative then invites the second one.
    """
    record_id, at = access.record_of_grant(granted), granted.ask.at
    told = identity.known(work, record_id)
    of_age = majority(told[1].birth_date) if told else None
    ends = begins(of_age, access.law().civil_zone) if of_age else at
    if ends <= at:
        return False
    access.name_person(work, key_of(work, record_id), granted, person, access.REPRESENTS, name, access.Given(ends))
    return True


ADDED = "representative:added"


def add_child(ask: Ask, code: str, birth_date: str) -> Standing:
    """Become the legal representative of a minor, by the code of the letter that came for the child, with their date of birth.

    The letter goes to the address of whoever has parental authority (access law §6); a code that went by mail is no proof here. The
    code is used up, the child's record tells it, and whoever represents the child already is told. Raises Refusal: `code-unknown`,
    the same for an adult's letter, a record that is no more, or somebody who is something to this record; `person-limit`.
    """
    with access.asking(ask):
        record_id, traits = signin.owner_of_code(code, birth_date, ask.at, "letter")
        found = standing(record_id)
        if found is None or found.state not in _ADDABLE or not is_minor(traits.birth_date, access.law().day(ask.at)):
            raise Refusal(No.CODE_UNKNOWN)
        with unit(record_id) as work:
            people = access.persons(work, key_of(work, record_id), ask.at)
            if any(str(p.person_id) == ask.actor.id for p in people):
                raise Refusal(No.CODE_UNKNOWN)
            if sum(p.kind == access.REPRESENTS for p in people) >= access.MOST_REPRESENTATIVES:
                raise Refusal(No.PERSON_LIMIT)
            signin.use_code(work, code, ask.at)
            represent(work, access.own_grant(ask.actor, record_id, ask.act, ask.at), UUID(ask.actor.id), ask.actor.name)
            access.own_entry(work, record_id, ask.actor, ADDED, ask.at)
            outbox.notify(work, record_id, "relation-changed", outbox.HOLDER, ask.at)
    return found


_ADDABLE = frozenset({RecordState.OPEN, RecordState.TO_NOTIFY, RecordState.PENDING_OPPOSITION, RecordState.OPPOSED})


def mine(person: UUID, at: datetime) -> list[tuple[Standing, ActorKind, datetime | None]]:
    """The records on which a person may act, with their standing: their own first."""
    found = ((standing(m.record_id), ActorKind(m.kind), m.ends) for m in access.records_of_person(person, at))
    return [(s, kind, ends) for s, kind, ends in found if s is not None]


def of_age(own_record: UUID, at: datetime) -> bool:
    """Whether the person of a record is an adult on a day; False for one that is not known."""
    found = standing(own_record)
    return found is not None and not is_minor(found.traits.birth_date, access.law().day(at))


def answer_invitation(ask: Ask, code: str, accepts: bool, own_record: UUID) -> tuple[UUID, str]:
    """Answer an invitation as the person who signed in, whose own record is `own_record`. Returns the record and the kind of
    relation. Raises Refusal: `adults-only` for a minor who accepts.

    The record's journal tells them as what they were invited to be: whoever answers is not its holder.
    """
    with access.asking(ask):
        if accepts and not of_age(own_record, ask.at):
            raise Refusal(No.ADULTS_ONLY)
        record_id, number = access.invited_to(code, ask.at)
        record = standing(record_id)
        if record is None or record.state is not RecordState.OPEN:
            raise Refusal(No.INVITATION_UNKNOWN)
        with unit(record_id) as work:
            granted = access.own_grant(ask.actor, record_id, ask.act, ask.at)
            kind = access.answer_invitation(work, key_of(work, record_id), granted, number, accepts)
            guest = replace(ask.actor, kind=ActorKind(kind))
            access.own_entry(work, record_id, guest, f"invitation:{'accepted' if accepts else 'refused'}", ask.at)
    return record_id, kind
