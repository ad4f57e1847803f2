"""The functional matrix for tests that try it at a door: its cells, what Carnet decides otherwise, and documents in any state."""

from typing import Any
from uuid import UUID

from carnet.apps.access import api as access
from carnet.apps.records import api as records
from carnet.apps.storage.api import unit
from carnet.desk.demonstration.people import DemoPerson
from carnet.dicah.facts import AuthorisationGround
from carnet.dicah.functional_rights import Right, table
from carnet.kernel.ask import Act
from support.people import ask, deposit, host, now

OCCUPATIONAL = ("TD3.1:metadata", "TD3.2", "TD3.3a", "TD3.3b", "TD3.3d")
"""OVERRIDE: an occupational doctor reads nothing (setting occupational_metadata_with_consent; L.1111-18 CSP)."""
DELETED = "TD3.2:supprime"
"""OVERRIDE: after deletion nobody reads (public FAQ of the DMP; setting deleted_readable)."""
REASON = "Personne inconsciente sur la voie publique, danger immédiat."
PEOPLE = {"ps": "nurse", "doctor": "regulator", "treating_doctor": "treating", "occupational_doctor": "occupational"}
OTHER = "radiologist"
"""Somebody else, who wrote documents too."""

Name = tuple[str, str, str]


def cells(without: tuple[str, ...] = ()) -> list[Name]:
    """Authentication, actor and mode of each column."""
    return sorted({(auth, actor, mode) for _, auth, actor, mode in table() if auth not in without})


def rows_of(cell: Name) -> dict[str, Right]:
    """What a column says of each transaction."""
    return {key[0]: right for key, right in table().items() if key[1:] == cell}


def key_of(actor: str, mode: str) -> str:
    """A professional of the demonstration who is that actor."""
    return "emergency" if actor == "doctor" and mode != "centre_15" else PEOPLE[actor]


def is_expected(allowed: bool, actor: str, transaction: str) -> bool:
    """What a door does, given what the table says."""
    closed = actor == "occupational_doctor" and transaction.startswith(OCCUPATIONAL)
    return allowed and not closed and transaction != DELETED


def changed(record_id: UUID, document: UUID, **fields: Any) -> UUID:
    """A document in another state: what only acts of others bring about."""
    if fields:
        names = ", ".join(f"{name} = %s" for name in fields)
        with unit(record_id) as work:
            work.run(
                f"UPDATE records_document SET {names} WHERE record_id = %s AND logical_id = %s",
                *fields.values(),
                record_id,
                document,
            )
    return document


def in_state(
    person: DemoPerson, record_id: UUID, by: str, label: tuple[str, ...], state: dict[str, Any], unique_id: str = ""
) -> UUID:
    """A document of an author, with labels, in a state."""
    document = deposit(person, by=by, label=label, unique_id=unique_id)
    if by == PEOPLE["occupational_doctor"] or state.get("status") != "Archived":
        return changed(record_id, document, **state)
    # As the act itself leaves it, resource and column together.
    author = ask(by, Act.ARCHIVE, person)
    with unit(record_id) as work:
        access.authorise_at(work, host(record_id), author.actor.id, AuthorisationGround.CARE_TEAM, now())
    records.change_document(author, document)
    return document
