"""Who stands around a record, as a visit shows it: readers, persons, cases, emergencies, and the names behind identifiers."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from carnet.apps.access import api as access
from carnet.apps.identity import api as identity
from carnet.apps.outbox import api as outbox
from carnet.apps.records.reading.visit import Visit, writing
from carnet.apps.records.reading.who_looked import unseen_actors
from carnet.apps.signin import api as signin
from carnet.kernel.actor import ActorKind, Situation
from carnet.kernel.ask import Act, Ask
from carnet.kernel.clock import begins
from carnet.kernel.copies import replace
from carnet.kernel.refusal import No, Refusal
from carnet.kernel.traits import majority

Names = dict[str, tuple[str, Situation | None]]


def names_in(visit: Visit, identifiers: Iterable[str]) -> Names:
    """Name and first situation of professionals, names of structures, by their national identifiers."""
    wanted = sorted(set(identifiers))
    return identity.names(visit.work, wanted) if wanted else {}


def structure_in(visit: Visit, identifier: str) -> identity.Structure | None:
    """A structure of the directory."""
    return identity.structure(visit.work, identifier)


def named_in(visit: Visit) -> list[access.Named]:
    """Everybody who is authorised, blocked or named on the record, as far as the reader may know."""
    found = access.named(visit.work, visit.record_id)
    if visit.ask.actor.kind not in (ActorKind.REPRESENTATIVE, ActorKind.CARER):
        return found
    unseen = unseen_actors(visit)
    return [n for n in found if f"professional:{n.subject_id}" not in unseen and not (n.kind == "authorised" and n.secret)]


def choices_in(visit: Visit) -> access.Choices:
    """The choices of the record's holder."""
    return access.choices(visit.work, visit.record_id)


def cases_in(visit: Visit) -> list[access.Case]:
    """The cases that concern the reader."""
    return access.cases(visit.work, visit.record_id, visit.ask.actor)


def emergencies_in(visit: Visit, professional_id: str = "") -> list[access.EmergencyAccess]:
    """Emergency accesses of the record, of one professional alone where one is named."""
    return access.emergencies(visit.work, visit.record_id, professional_id)


def emergency_in(visit: Visit, professional_id: str, at: datetime) -> access.EmergencyTold | None:
    """The emergency access that a line of the journal tells the opening of, with its reason: for who reads that line."""
    return access.emergency_at(visit.work, visit.key, professional_id, at)


def persons_in(visit: Visit) -> list[access.Person]:
    """Everybody who may act on the record now, the holder first."""
    return access.persons(visit.work, visit.key, visit.ask.at)


def invitations_in(visit: Visit) -> list[access.Invitation]:
    """Invitations that wait for an answer."""
    return access.invitations(visit.work, visit.key, visit.ask.at)


def invite(ask: Ask, record_id: UUID, kind: str, label: str, given: access.Given) -> str:
    """Invite a carer, or a second representative of a minor. Returns the code, once. Raises Refusal.

    A representative, and whoever a representative lets in, acts until the minor comes of age at the latest.
    """
    with writing(ask, Act.NAME_PEOPLE, record_id, "invited") as visit:
        if kind == access.REPRESENTS and not visit.facts.minor:
            raise Refusal(No.FUNCTION_NOT_ALLOWED)
        if kind == access.REPRESENTS or ask.actor.kind.value != access.HOLDS:
            given = _until_of_age(visit.traits.birth_date, given)
        return access.invite(visit.work, visit.key, visit.granted, kind, label, given)


def _until_of_age(birth_date: str, given: access.Given) -> access.Given:
    of_age = majority(birth_date)
    last = begins(of_age, access.law().civil_zone) if of_age else given.ends
    return replace(given, ends=min(given.ends or last, last) if last else None)


def end_relation(ask: Ask, record_id: UUID, person: UUID, kind: str) -> None:
    """End somebody's access to the record, or take an invitation back (`kind` is then `invitation`). Raises Refusal."""
    with writing(ask, Act.NAME_PEOPLE, record_id, "ended") as visit:
        if kind == "invitation":
            done = access.withdraw_invitation(visit.work, visit.granted, person)
        else:
            done = access.end_relation(visit.work, visit.granted, person, kind)
            outbox.notify(visit.work, visit.record_id, "relation-changed", outbox.HOLDER, ask.at)
        if not done:
            raise Refusal(No.DOCUMENT_UNKNOWN)


def shown_presence_code(ask: Ask, record_id: UUID) -> tuple[str, datetime]:
    """The code of this minute, and when the next one comes. Raises Refusal."""
    with writing(ask, Act.SHOW_PRESENCE, record_id, "presence-shown") as visit:
        return access.rotating_code(visit.key, ask.at)


def _may_be_told(visit: Visit) -> bool:
    """Whether one chooses the address: the person's own, and the representatives' as long as the minor has no account."""
    return visit.ask.actor.kind.value == access.HOLDS or not signin.has_account(visit.work, visit.record_id)


def contact_in(visit: Visit) -> outbox.Contact | None:
    """Where the record's person is told, and of what. Raises Refusal for somebody who does not choose it."""
    if not visit.may(Act.CHOOSE_RIGHTS) or not _may_be_told(visit):
        raise Refusal(No.FUNCTION_NOT_ALLOWED)
    owner = outbox.owner_of(outbox.HOLDER, visit.record_id)
    return outbox.contacts(visit.work, [owner]).get(owner)


def choose_contact(ask: Ask, record_id: UUID, contact: outbox.Contact) -> None:
    """Keep an address and preferences. Raises Refusal, or `outbox.ContactError`; then nothing changes."""
    with writing(ask, Act.CHOOSE_RIGHTS, record_id, "notices") as visit:
        if not _may_be_told(visit):
            raise Refusal(No.FUNCTION_NOT_ALLOWED)
        outbox.set_contact(visit.work, outbox.owner_of(outbox.HOLDER, visit.record_id), contact, ask.at)
