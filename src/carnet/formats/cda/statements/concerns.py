"""Allergies, illnesses and acts: a concern holds observations; an allergy names an agent, a problem has a coded value."""

from collections.abc import Iterator

from lxml import etree

from carnet.formats.cda.header import NS
from carnet.formats.cda.statements.absent import polarity_of
from carnet.formats.cda.statements.entry import QUALIFIES, Entry
from carnet.formats.cda.statements.model import Left, Polarity, Reason, Statement, Status, When
from carnet.formats.cda.statements.names import child, children, codes_of
from carnet.formats.cda.statements.times import when_of, when_within
from carnet.formats.cda.words import name_of, words
from carnet.formats.xds import Coding

_GENERIC = frozenset({"ASSERTION", "282291009", "55607006", "64572001", "404684003", "418799008", "29308-4", "75326-9", "ALG",
                      "DALG", "FALG", "EALG", "OINT", "DINT", "FINT", "EINT"})  # fmt: skip
"""Codes of an observation that only say that something is observed: the value says what."""
_SEVERITY = "SEV"


def _observations(node: etree._Element) -> Iterator[etree._Element]:
    """The observations of a concern, through the acts and organizers that it may nest."""
    if name_of(node) == "observation":
        code = child(node, "code")
        if code is None or code.get("code") not in QUALIFIES:
            yield node
        return
    for inner in (*children(node, "entryRelationship/*"), *children(node, "component/*")):
        if name_of(inner) in ("observation", "act", "organizer"):
            yield from _observations(inner)


def concern(entry: Entry) -> Iterator[Statement | Left]:
    """The statements of a concern."""
    found = list(_observations(entry.node))
    for node in found:
        inner = entry.at(node)
        agent = child(node, "participant/participantRole/playingEntity")
        yield _allergy(inner, agent, entry.status) if agent is not None else _problem(inner, entry.status)
    if not found:
        yield Left(entry.section, Reason.SHAPE, name_of(entry.node))


def _status(inner: Entry, concern_status: Status) -> Status:
    """An observation that was taken back counts as such; else the concern says how far it has come."""
    return Status.CANCELLED if inner.status in (Status.ABORTED, Status.CANCELLED) else concern_status


def _severity(node: etree._Element, entry: Entry) -> str:
    for observation in children(node, "entryRelationship/observation"):
        code = child(observation, "code")
        if code is not None and code.get("code") == _SEVERITY:
            return entry.narrative.label(child(observation, "value"))
    return ""


def _reactions(entry: Entry) -> str:
    told = []
    for observation in entry.node.iterfind("h:entryRelationship[@typeCode='MFST']/h:observation", NS):
        label = entry.narrative.label(child(observation, "value")) or entry.narrative.text(child(observation, "text"))
        severity = _severity(observation, entry)
        if label:
            told.append(f"{label} ({severity.lower()})" if severity else label)
    return ", ".join(dict.fromkeys(told))


def _allergy(entry: Entry, agent: etree._Element, status: Status) -> Statement:
    code = child(agent, "code")
    label, codes = entry.narrative.label(code) or words(child(agent, "name")), tuple(codes_of(code))
    value = child(entry.node, "value")
    if not codes:
        # No agent is coded: what the value says ("no known allergy") counts.
        codes = tuple(codes_of(value))
        label = label or entry.narrative.label(value) or entry.narrative.texts.get(entry.narrative.anchor(entry.node), "")
    kind = entry.narrative.label(child(entry.node, "code"))
    return _made(entry, label, codes, status, _reactions(entry) or kind)


def _problem(entry: Entry, status: Status) -> Statement:
    value, question = child(entry.node, "value"), child(entry.node, "code")
    label = entry.narrative.label(value) or entry.narrative.text(value)
    codes = tuple(codes_of(value))
    asked = question is not None and question.get("code") not in _GENERIC
    if not label and not codes and (value is None or not value.get("value")):
        label = entry.narrative.texts.get(entry.narrative.anchor(entry.node), "")
    found = polarity_of(codes, label)
    if found is Polarity.KNOWN_ABSENT and asked and entry.narrative.label(question) and " " not in label:
        # "Fever: absent" denies the fever, not every illness.
        return _made(entry, entry.narrative.label(question), tuple(codes_of(question)), status, "", Polarity.NEGATED)
    if value is not None and value.get("value") and not label:
        label = "oui" if value.get("value") in ("true", "1") else "non" if value.get("value") in ("false", "0") else ""
    return _made(entry, label, codes, status, _severity(entry.node, entry))


def _made(
    entry: Entry, label: str, codes: tuple[Coding, ...], status: Status, detail: str, polarity: Polarity | None = None
) -> Statement:
    own = polarity_of(codes, label)
    return Statement(
        entry.section, label, codes, when_within(entry.node, entry.holders(), When()),
        polarity or (own if own is not Polarity.AFFIRMED else entry.negated), entry.mood,
        _status(entry, status), entry.clinical, entry.certainty, entry.other, detail=detail, author=entry.author,
        anchor=entry.narrative.anchor(entry.node),
    )  # fmt: skip


_DONE = {Status.COMPLETED: Status.NOT_STATED, Status.ABORTED: Status.CANCELLED}
"""An act that is done is not over as an illness is: it stays a part of the history. One that was broken off was not done."""


def procedure(entry: Entry) -> Iterator[Statement | Left]:
    """An act that was done (CI-SIS FR-Acte)."""
    code = child(entry.node, "code")
    text = child(entry.node, "text")
    label = entry.narrative.label(code) or entry.narrative.text(text)
    codes = tuple(codes_of(code))
    site = entry.narrative.label(child(entry.node, "targetSiteCode"))
    polarity = polarity_of(codes, label)
    yield Statement(
        "history", label, codes, when_of(entry.node), polarity if polarity is not Polarity.AFFIRMED else entry.negated, entry.mood,
        _DONE.get(entry.status, entry.status), "", "", entry.other, detail=site,
        author=entry.author, anchor=entry.narrative.anchor(entry.node),
    )  # fmt: skip
