"""What may be done with a document of a list: the acts that make sense and that the law permits to this reader."""

from dataclasses import dataclass

from carnet.apps.records.api import Seen, Visit
from carnet.kernel.ask import Act
from carnet.kernel.visibility import Status


@dataclass(frozen=True, slots=True)
class Possible:
    """An act that the law permits on a document now."""

    name: str
    label: str
    danger: bool = False


_ACTS: tuple[tuple[Act, str, str], ...] = (
    (Act.ANNOUNCE, "annoncer", "Annoncer"),
    (Act.MASK, "masquer", "Masquer"),
    (Act.UNMASK, "demasquer", "Démasquer"),
    (Act.REPLACE, "remplacer", "Remplacer"),
    (Act.ARCHIVE, "archiver", "Archiver"),
    (Act.UNARCHIVE, "desarchiver", "Désarchiver"),
    (Act.DELETE, "supprimer", "Supprimer"),
)
ACT_OF = {name: act for act, name, _ in _ACTS if act is not Act.REPLACE}


def _makes_sense(act: Act, seen: Seen) -> bool:
    facts, waits = seen.facts, seen.facts.hidden_from_patient or seen.facts.hidden_from_representatives
    current = facts.status is Status.APPROVED
    return {
        Act.ANNOUNCE: waits and current, Act.MASK: current and not facts.masked and not facts.hidden_from_patient,
        Act.UNMASK: facts.masked, Act.REPLACE: current, Act.ARCHIVE: current, Act.UNARCHIVE: facts.status is Status.ARCHIVED,
        Act.DELETE: True,
    }[act]  # fmt: skip


def possible(visit: Visit, seen: Seen) -> list[Possible]:
    """The acts that a page offers: those that make sense in the document's state and that the law permits to this reader."""
    if visit.ask.secret and not seen.facts.hidden_from_representatives:
        # In a secret connection nothing changes that the representatives know of.
        return []
    offered = ((act, name, label) for act, name, label in _ACTS if _makes_sense(act, seen))
    return [Possible(name, label, act is Act.DELETE) for act, name, label in offered if _permitted(visit, act, seen)]


def _permitted(visit: Visit, act: Act, seen: Seen) -> bool:
    # The end of INVISIBLE_REPRESENTANTS_LEGAUX asks for the minor's agreement: the form takes it, so the offer stands.
    return visit.may(act, seen.facts, minor_agreed=True)
