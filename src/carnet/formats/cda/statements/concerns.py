"""Allergies, illnesses and acts: a concern holds observations; an allergy names an agent, a problem has a coded value."""

from collections.abc import Iterator

from lxml import etree

from carnet.formats.cda.header import NS
from carnet.formats.cda.statements.absent import denies, is_answer, is_any_agent, polarity_of, unknown_by
from carnet.formats.cda.statements.absent_words import plain
from carnet.formats.cda.statements.coded_words import in_words
from carnet.formats.cda.statements.entry import CRITICALITY, QUALIFIES, SEVERITY, Entry, is_so
from carnet.formats.cda.statements.model import Left, Polarity, Reason, Statement, Status, When
from carnet.formats.cda.statements.names import child, children, codes_of
from carnet.formats.cda.statements.times import when_of, when_within
from carnet.formats.cda.words import name_of, words
from carnet.formats.xds import Coding

_GENERIC = frozenset({"ASSERTION", "282291009", "55607006", "64572001", "404684003", "418799008", "29308-4", "75326-9", "ALG",
                      "DALG", "FALG", "EALG", "OINT", "DINT", "FINT", "EINT", "416098002", "414285001", "419199007", "allergy",
                      "intolerance",
                      "DX", "COMPLAINT", "FINDING"})  # fmt: skip
"""Codes of an observation that only say that something is observed: the value says what."""
_DEGREES = {"CRITH": "haute", "CRITL": "basse", "CRITU": "non évaluable", "high": "haute", "low": "basse",
            "unable-to-assess": "non évaluable", "H": "haute", "M": "moyenne", "L": "basse"}  # fmt: skip
"""HL7 criticality and severity, and FHIR's words for them, in words of ours."""


_SUBJECTS = (None, "", "SUBJ", "COMP")
"""Relations of a concern to what it is about; the others give a reason, a cause, a support (CDA R2 §4.3.8.4)."""


def _related(node: etree._Element) -> list[etree._Element]:
    """What a concern is about. What it only refers to is about something else, where it has a subject at all."""
    relations = [*children(node, "entryRelationship"), *children(node, "component")]
    own = [relation for relation in relations if relation.get("typeCode") in _SUBJECTS]
    if not any(_code_of(held) not in QUALIFIES for relation in own for held in relation.iter("{urn:hl7-org:v3}observation")):
        # A comment beside what it refers to is no subject: kits write the problem itself so.
        own = []
    return [inner for relation in own or relations for inner in relation.iterchildren(etree.Element)]


def _referred(node: etree._Element) -> list[etree._Element]:
    """What a concern refers to beside its subject, but for what qualifies it: read in the document, and no part of the profile."""
    held = _related(node)
    others = (inner for relation in children(node, "entryRelationship") for inner in relation.iterchildren(etree.Element))
    return [inner for inner in others if inner not in held and _code_of(inner) not in QUALIFIES]


def _code_of(node: etree._Element) -> str:
    code = child(node, "code")
    return (code.get("code") or "") if code is not None else ""


def _observations(node: etree._Element) -> Iterator[etree._Element]:
    """The observations of a concern, through the acts and organizers that it may nest."""
    if name_of(node) == "observation":
        code = child(node, "code")
        if code is None or code.get("code") not in QUALIFIES:
            yield node
        return
    for inner in _related(node):
        if name_of(inner) in ("observation", "act", "organizer"):
            yield from _observations(inner)


def concern(entry: Entry) -> Iterator[Statement | Left]:
    """The statements of a concern."""
    found = list(_observations(entry.node))
    for node in found:
        inner = entry.at(node)
        agents = list(_agents(node)) if entry.section == "allergies" else []
        if agents:
            yield from (_named(inner, _allergy(inner, agent), child(agent, "code"), child(node, "value")) for agent in agents)
        else:
            yield from _problem(inner)
    for node in _referred(entry.node):
        yield Left(entry.section, Reason.READ_THERE, entry.narrative.label(child(node, "value")) or _code_of(node) or name_of(node))
    if not found:
        yield Left(entry.section, Reason.SHAPE, name_of(entry.node))


def _agents(node: etree._Element) -> Iterator[etree._Element]:
    """What was consumed (CSM), as is what bears no type: a verifier or a performer is a participant too."""
    for participant in node.iterfind("h:participant", NS):
        if participant.get("typeCode") in (None, "CSM"):
            yield from children(participant, "participantRole/playingEntity")


def _status(entry: Entry) -> Status:
    """An observation that was taken back counts as such; else the concern that holds it says how far it has come."""
    if entry.status in (Status.ABORTED, Status.CANCELLED):
        return Status.CANCELLED
    held = [status for status in entry.statuses_above if status is not Status.NOT_STATED]
    return Status.CANCELLED if Status.CANCELLED in held else held[0] if held else Status.NOT_STATED


def _degree(node: etree._Element, entry: Entry, asked: str = SEVERITY) -> str:
    """How severe or critical an observation is said to be."""
    for observation in children(node, "entryRelationship/observation"):
        code, value = child(observation, "code"), child(observation, "value")
        if code is not None and value is not None and code.get("code") == asked and is_so(observation):
            return _DEGREES.get(value.get("code") or "") or in_words(value, entry.narrative) or entry.narrative.text(value)
    return ""


def _degrees(entry: Entry) -> list[str]:
    """Severity and criticality of what is stated itself, with what they are of."""
    told = (("sévérité", _degree(entry.node, entry)), ("criticité", _degree(entry.node, entry, CRITICALITY)))
    return [f"{of} : {degree.lower()}" for of, degree in told if degree]


def _reactions(entry: Entry) -> str:
    told = []
    relations = entry.node.findall("h:entryRelationship[@typeCode='MFST']", NS)
    held = ("observation", "organizer/component/observation", "act/entryRelationship/observation")
    for observation in (o for relation in relations for path in held for o in children(relation, path)):
        value = child(observation, "value")
        label = in_words(value, entry.narrative) or entry.narrative.text(child(observation, "text"))
        severity = _degree(observation, entry)
        if label and is_so(observation):
            told.append(f"{label} ({severity.lower()})" if severity else label)
    return ", ".join(dict.fromkeys(told))


def _named(entry: Entry, found: Statement, *places: etree._Element | None) -> Statement | Left:
    """An allergy, unless nothing names one: neither a name nor a code, nor a null flavour that says why, nor a reaction."""
    says_why = any(place is not None and place.get("nullFlavor") for place in places)
    nothing = found.polarity is Polarity.AFFIRMED and not (found.label or found.codes or found.detail or found.when.start)
    return Left(entry.section, Reason.NOT_A_THING, name_of(entry.node)) if nothing and not says_why else found


def _allergy(entry: Entry, agent: etree._Element) -> Statement:
    code = child(agent, "code")
    label, codes = entry.narrative.label(code) or words(child(agent, "name")), tuple(codes_of(code))
    value = child(entry.node, "value")
    told = polarity_of(codes_of(value), entry.narrative.label(value))
    if (not codes and not label) or (is_any_agent(codes) and told is not Polarity.AFFIRMED):
        # No agent is named: what the value says ("no known allergy") counts.
        codes = tuple(codes_of(value))
        label = entry.narrative.label(value) or entry.narrative.said(entry.node)
    kind = entry.narrative.label(child(entry.node, "code"))
    of = "" if plain(kind) in ("allergie", "allergies") else kind
    detail = [_reactions(entry) or of, *_degrees(entry), *entry.refinements(code, value)]
    told_more = _reactions(entry) or _degrees(entry) or entry.clinical or entry.certainty
    unknown = not told_more and unknown_by(when_of(entry.node), entry.stated, code, agent, value)
    return _made(entry, label, codes, ", ".join(filter(None, detail)), unknown=unknown)


def _problem(entry: Entry) -> Iterator[Statement | Left]:
    """A problem names itself in its value. A value that answers a question of its own (fever: present) is no name."""
    for value in children(entry.node, "value") or (None,):
        yield _answer(entry, value)


def _answer(entry: Entry, value: etree._Element | None) -> Statement | Left:
    question = child(entry.node, "code")
    label = entry.narrative.label(value) or entry.narrative.text(value)
    codes = tuple(codes_of(value))
    asked = question is not None and bool(question.get("code")) and question.get("code") not in _GENERIC
    if asked and (is_answer(codes, label) or (not codes and value is not None and value.get("value"))):
        named = entry.narrative.label(question) or (question.get("code") or "" if question is not None else "")
        if denies(codes, label):
            return _made(entry, named, tuple(codes_of(question)), "", Polarity.NEGATED)
        return Left(entry.section, Reason.NOT_A_THING, named)
    if not label and not codes and (value is None or not value.get("value")):
        label = entry.narrative.said(entry.node)
        if value is None and asked:
            # Nothing but its code names it.
            label, codes = entry.narrative.label(question) or label, tuple(codes_of(question))
    if value is not None and value.get("value") and not label:
        label = "oui" if value.get("value") in ("true", "1") else "non"
    site = child(entry.node, "targetSiteCode")
    detail = [_degree(entry.node, entry), *entry.refinements(value), in_words(site, entry.narrative), *entry.refinements(site)]
    unknown = value is not None and unknown_by(when_of(entry.node), entry.stated, value)
    return _made(entry, label, codes, ", ".join(dict.fromkeys(filter(None, detail))), unknown=unknown)


def _end_unknown(node: etree._Element) -> list[str]:
    """An end that its author does not know: some say so that it is over (IHE PCC), the national kit of what lasts. It is told."""
    ends = node.find("h:effectiveTime/h:high", NS)
    unknown = ends is not None and ends.get("nullFlavor") == "UNK" and node.find("h:effectiveTime/h:low[@value]", NS) is not None
    return ["fin inconnue selon le document"] if unknown else []


def _made(
    entry: Entry, label: str, codes: tuple[Coding, ...], detail: str, polarity: Polarity | None = None, unknown: bool = False
) -> Statement:
    when = when_of(entry.node)
    own = polarity_of(codes, label, bool(when.start or when.end))
    if unknown and not label and not codes and entry.negated is Polarity.AFFIRMED:
        own = Polarity.NO_INFORMATION
    return Statement(
        entry.section, label, codes, when_within(entry.node, entry.holders(), When()),
        polarity or entry.polarity_with(own), entry.mood,
        _status(entry), entry.clinical, entry.certainty, entry.other, author=entry.author,
        detail=", ".join(filter(None, [detail, *entry.in_words(), *_end_unknown(entry.node), *entry.comments])),
        anchor=entry.narrative.anchor(entry.node),
    )  # fmt: skip


_DONE = {Status.COMPLETED: Status.NOT_STATED, Status.ABORTED: Status.CANCELLED, Status.NOT_BEGUN: Status.CANCELLED,
         Status.SUSPENDED: Status.CANCELLED}  # fmt: skip
"""An act that is done is not over as an illness is: it stays a part of the history. One broken off or not begun was not."""


def procedure(entry: Entry) -> Iterator[Statement | Left]:
    """An act that was done (CI-SIS FR-Acte)."""
    code = child(entry.node, "code")
    text = child(entry.node, "text")
    label = entry.narrative.label(code) or entry.narrative.text(text)
    codes = tuple(codes_of(code))
    place = child(entry.node, "targetSiteCode")
    site = ", ".join(filter(None, [in_words(place, entry.narrative), *entry.refinements(code, place), *entry.comments]))
    when = when_of(entry.node)
    polarity = polarity_of(codes, label, bool(when.start or when.end))
    if not label and not codes and unknown_by(when_of(entry.node), entry.stated, code):
        polarity = Polarity.NO_INFORMATION
    if entry.status is Status.ACTIVE:
        site = ", ".join(filter(None, [site, "en cours, selon le document"]))
    yield Statement(
        "history", label, codes, when, entry.polarity_with(polarity),
        "INT" if entry.ahead(when) else entry.mood,
        Status.CANCELLED if entry.taken_back else _DONE.get(entry.status, entry.status), "", "", entry.other, detail=site,
        author=entry.author, anchor=entry.narrative.anchor(entry.node),
    )  # fmt: skip
