"""Stays: the encounter of the header, and those that a history of encounters tells."""

from collections.abc import Iterator

from lxml import etree

from carnet.formats.cda.header import NS
from carnet.formats.cda.statements.entry import Entry
from carnet.formats.cda.statements.model import Left, Reason, Statement, Status, When
from carnet.formats.cda.statements.names import child
from carnet.formats.cda.statements.sections import STAYS, VISITS
from carnet.formats.cda.statements.times import when_of
from carnet.formats.cda.words import words


def _is_stay(code: str, when: When) -> bool:
    """By its code. Without one that is known, both ends make a stay: a visit is written with its beginning alone."""
    if code in STAYS:
        return bool(when.start or when.end)
    return code not in VISITS and bool(when.start and when.end) and when.end >= when.start


def _place(node: etree._Element) -> str:
    facility = child(node, "location/healthCareFacility")
    own = words(child(facility, "location/name")) if facility is not None else ""
    return own or (words(child(facility, "serviceProviderOrganization/name")) if facility is not None else "")


def stay(root: etree._Element) -> Iterator[Statement | Left]:
    """The stay that the whole document tells of; one without an end goes on."""
    encounter = root.find("h:componentOf/h:encompassingEncounter", NS)
    if encounter is None:
        return
    code, when = child(encounter, "code"), when_of(encounter)
    if _is_stay((code.get("code") or "").upper() if code is not None else "", when):
        yield Statement("stays", _place(encounter), when=when)
    else:
        yield Left("stays", Reason.NOT_A_STAY, (code.get("displayName") or "") if code is not None else "")


def encounter(entry: Entry) -> Iterator[Statement | Left]:
    """An encounter that the document recalls."""
    code, when = child(entry.node, "code"), when_of(entry.node)
    label = entry.narrative.label(code)
    if _is_stay((code.get("code") or "").upper() if code is not None else "", when):
        place = words(child(entry.node, "participant/participantRole/playingEntity/name"))
        # A stay that is ahead of the document is planned.
        mood = "INT" if entry.ahead(when) else entry.mood
        yield Statement("stays", place or label, when=when, polarity=entry.negated, mood=mood, other=entry.other,
                        status=Status.CANCELLED if entry.taken_back else Status.NOT_STATED,
                        anchor=entry.narrative.anchor(entry.node))  # fmt: skip
    else:
        yield Left("stays", Reason.NOT_A_STAY, label)
