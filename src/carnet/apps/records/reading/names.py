"""Names of people on the person's side in lines of the journal: kept under the record's key, and put in when somebody reads.

The journal itself names none of them: it outlives the record, and a line must not lead from a name to a record that was destroyed.
"""

from collections.abc import Sequence

from carnet.apps.access import api as access
from carnet.apps.journal.api import UNNAMED, Numbered
from carnet.apps.storage.api import RecordKey, Work
from carnet.kernel.actor import ActorKind
from carnet.kernel.copies import replace
from carnet.kernel.traits import Traits


def _name(entry_of: Numbered, people: dict[str, str], holder: str) -> str:
    kind, _, number = str(entry_of.entry.get("actor", "")).partition(":")
    return people.get(number, "") or (holder if kind == ActorKind.HOLDER.value else "")


def named_lines(work: Work, key: RecordKey, traits: Traits, lines: Sequence[Numbered]) -> list[Numbered]:
    """The same lines, with the names of people on the person's side where the record still knows them."""
    if not any(line.entry.get("actor_kind") in UNNAMED and not line.entry.get("actor_name") for line in lines):
        return list(lines)
    people, holder = access.names_of_people(work, key), f"{traits.given_names} {traits.birth_name}".strip()
    return [
        replace(line, entry={**line.entry, "actor_name": _name(line, people, holder)})
        if line.entry.get("actor_kind") in UNNAMED and not line.entry.get("actor_name")
        else line
        for line in lines
    ]
