"""What was measured or found: results of laboratories, vital signs, habits, pregnancies, by their observations."""

import re
from collections.abc import Iterator

from lxml import etree

from carnet.formats.cda.statements.absent import denies, is_answer
from carnet.formats.cda.statements.absent_words import plain
from carnet.formats.cda.statements.coded_words import says
from carnet.formats.cda.statements.entry import COMMENT, QUALIFIES, Entry, is_so, is_true
from carnet.formats.cda.statements.model import Left, Reason, Statement, Status, Value
from carnet.formats.cda.statements.names import child, children, codes_of
from carnet.formats.cda.statements.sections import VITAL_SIGNS
from carnet.formats.cda.statements.times import when_within
from carnet.formats.cda.statements.values import ANSWERS, SUSCEPTIBILITY, also_in, interpretation_of, ranges_of, value_of
from carnet.formats.cda.words import name_of, words

GERM = "Germe isolé"
MOST_OF_A_COMMENT = 80


def _observations(entry: Entry) -> list[Entry]:
    found = []
    for node in entry.node.iter("{urn:hl7-org:v3}observation"):
        code = child(node, "code")
        if code is None or code.get("code") not in QUALIFIES:
            found.append(entry.at(node))
    return found


def _holds_observations(node: etree._Element) -> bool:
    return any(name_of(n) == "observation" for n in node.iterdescendants())


def measures(entry: Entry) -> Iterator[Statement | Left]:
    """Every observation of an entry; one that only holds others is told by them."""
    found = _observations(entry)
    for inner in found:
        for statement in _measured(inner):
            if statement.value is not None or not _holds_observations(inner.node):
                yield statement
    yield from _germs(entry)
    if not found:
        yield Left(entry.section, Reason.READ_THERE, _what(entry))


def _germs(entry: Entry) -> Iterator[Statement]:
    """The germs that were isolated: the specimen of a cluster names each (IHE XD-LAB §6.3.4.9), and no observation repeats it."""
    for cluster in entry.node.iter("{urn:hl7-org:v3}organizer"):
        for code in _isolated(cluster):
            inner, label = entry.at(cluster), entry.narrative.label(code)
            if _not_found(cluster, entry):
                # The observation itself says so; the germ is not isolated.
                continue
            first = next(iter(cluster.iter("{urn:hl7-org:v3}observation")), cluster)
            when = when_within(first, entry.at(first).holders(), entry.written)
            if label:
                yield Statement(
                    entry.section, GERM, tuple(codes_of(code)), when, inner.negated, inner.mood,
                    Status.CANCELLED if inner.taken_back or inner.status is Status.ABORTED else Status.NOT_STATED,
                    other=inner.other,
                    value=Value(text=label), anchor=entry.narrative.anchor(code),
                )  # fmt: skip


_MARKER = re.compile(r"blse|toxine|résist|resist|carbap|epc|sarm|mec ?[ac]\b|pvl|enzyme|gène|gene", re.IGNORECASE)
"""An observation of a germ that was found: that a marker is not there says nothing of the germ."""
_NOT_THERE = re.compile(r"not detected|non retrouvée?|indétectable|recherche négative|absence de", re.IGNORECASE)


def _not_found(cluster: etree._Element, entry: Entry) -> bool:
    """Whether what a cluster says of its germ is that it is not there. One that is tested against drugs was isolated."""
    answers = []
    for node in cluster.iter("{urn:hl7-org:v3}observation"):
        code, _ = interpretation_of(node, entry.narrative)
        if code in SUSCEPTIBILITY:
            return False
        if _MARKER.search(entry.narrative.label(child(node, "code"))) or (not is_so(node) and not is_true(node.get("negationInd"))):
            continue
        for value in children(node, "value") or (None,):
            told = (entry.narrative.label(value) or entry.narrative.text(value)) if value is not None else ""
            held = list(codes_of(value))
            no = bool(_NOT_THERE.match(told)) or denies(held, told) or code in ("NEG", "ND") or is_true(node.get("negationInd"))
            no = no or (value is not None and value.get("value") in ("false", "0"))
            if no or (value is not None and (is_answer(held, told) or value.get("value"))) or code in ("POS", "DET"):
                answers.append(no)
    return bool(answers) and all(answers)


def _what(entry: Entry) -> str:
    return entry.narrative.label(child(entry.node, "code")) or name_of(entry.node)


def numbers(entry: Entry) -> Iterator[Statement | Left]:
    """Of a section that the profile does not know: what it measures in numbers, and whole batteries of results."""
    battery = any(node.get("classCode") == "BATTERY" for node in entry.node.iter("{urn:hl7-org:v3}organizer"))
    found = 0
    for inner in _observations(entry):
        vital = any(coding.code in VITAL_SIGNS for coding in codes_of(child(inner.node, "code")))
        for statement in _measured(inner.at(inner.node, "vitals" if vital else "results")):
            if statement.value is not None and (battery or statement.value.number):
                found += 1
                yield statement
    if not found:
        yield Left("", Reason.READ_THERE, _what(entry))


def _isolated(node: etree._Element) -> list[etree._Element]:
    """Codes of the micro-organisms that were isolated (class MIC): a specimen of blood is no germ."""
    entities = children(node, "specimen/specimenRole/specimenPlayingEntity")
    return [code for e in entities if e.get("classCode") == "MIC" for code in children(e, "code")]


def _organism(entry: Entry) -> str:
    """The germ that a susceptibility is about: the specimen of the organizer that holds it (IHE XD-LAB, isolate)."""
    nodes = (entry.node, *entry.holders())
    codes = (code for node in nodes for code in _isolated(node))
    return next((label for code in codes if (label := entry.narrative.label(code))), "")


def _measured(entry: Entry) -> Iterator[Statement]:
    """An observation may have several values: each is a statement."""
    for held in children(entry.node, "value") or (None,):
        yield _measure(entry, held)


def _specimen(entry: Entry) -> str:
    """Of what it was measured, as the entry or what holds it says; a germ is no specimen."""
    entities = (e for n in (entry.node, *entry.holders()) for e in children(n, "specimen/specimenRole/specimenPlayingEntity"))
    named = (entry.narrative.label(child(e, "code")) or words(child(e, "name")) for e in entities if e.get("classCode") != "MIC")
    return next((told.lower() for told in named if told), "")


def _without_value(entry: Entry, held: etree._Element | None, label: str) -> Value | None:
    """What stands in the place of a value that is not there: its author's words, or that it is awaited."""
    if held is not None:
        return None
    said = entry.narrative.said(entry.node)
    named = plain(label).split(" ")[0]
    if says(said) and (not named or named not in plain(said).split(" ")):
        # The line of a table, which names the examination, is no value.
        return Value(text=said)
    awaited = entry.status is Status.ACTIVE and entry.section == "results" and entry.mood == "EVN"
    return Value(text="résultat attendu") if awaited and label else None


def _notes(entry: Entry, label: str) -> list[str]:
    """What its author noted beside a value: comments, and a text of its own that it holds (a reference is the line of a table)."""
    own = child(entry.node, "text")
    said = words(own) if own is not None and child(entry.node, "value") is not None else ""
    told = [*entry.comments, *_of_the_battery(entry), said if plain(said) != plain(label) else ""]
    return list(dict.fromkeys(filter(says, told)))


def _of_the_battery(entry: Entry) -> list[str]:
    """A short comment on the whole battery: haemolysed plasma concerns each of its values. A conclusion is read in the document."""
    holder = next(iter(entry.holders()), None)
    if holder is None or name_of(holder) != "organizer":
        return []
    acts = [act for act in children(holder, "component/act") if (c := child(act, "code")) is not None and c.get("code") == COMMENT]
    return [told for act in acts if len(told := entry.narrative.said(act)) <= MOST_OF_A_COMMENT]


def _measure(entry: Entry, held: etree._Element | None) -> Statement:
    node, narrative = entry.node, entry.narrative
    value = value_of(held, narrative)
    code, told = interpretation_of(node, narrative)
    sensitive = code in SUSCEPTIBILITY
    if value is None and (sensitive or code in ANSWERS):
        value, told = Value(text=told), told if sensitive else ""
    organism, codes = _organism(entry), tuple(codes_of(child(node, "code")))
    label = narrative.label(child(node, "code")) or narrative.said(node)
    if value is None and not _holds_observations(node):
        value = _without_value(entry, held, label)
    if not codes and label and (specimen := _specimen(entry)):
        # No code tells of what it was measured: blood and urine are two examinations.
        label = f"{label} ({specimen})"
    return Statement(
        entry.section, label, codes, when_within(node, entry.holders(), entry.written), entry.negated, entry.mood,
        Status.CANCELLED if entry.taken_back else Status.NOT_STATED if entry.status is Status.COMPLETED else entry.status,
        other=entry.other, value=value, also=also_in(held),
        ranges=ranges_of(node, narrative), interpretation=told, organism=organism, author=entry.author,
        anchor=narrative.anchor(node), comment=", ".join(_notes(entry, label)),
    )  # fmt: skip
