"""An entry as its readers meet it: its node with everything above it, and what every statement of it has in common."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice

from lxml import etree

from carnet.formats.cda.header import NS, ONESELF
from carnet.formats.cda.statements.absent_words import plain
from carnet.formats.cda.statements.coded_words import in_words, says
from carnet.formats.cda.statements.model import Polarity, Status, When
from carnet.formats.cda.statements.names import Narrative, child, children, codes_of
from carnet.formats.cda.words import name_of, words
from carnet.kernel.copies import replace

_STATUSES = {
    "active": Status.ACTIVE, "suspended": Status.SUSPENDED, "held": Status.SUSPENDED, "completed": Status.COMPLETED,
    "aborted": Status.ABORTED, "cancelled": Status.CANCELLED, "nullified": Status.CANCELLED, "obsolete": Status.CANCELLED,
    "new": Status.NOT_BEGUN,
}  # fmt: skip
_CLINICAL = {
    "active": "active", "55561003": "active", "recurrence": "active", "relapse": "active", "246455001": "active",
    "inactive": "inactive", "73425007": "inactive", "remission": "remission", "277022003": "remission",
    "resolved": "resolved", "413322009": "resolved", "723506003": "resolved", "stopped": "inactive", "on-hold": "inactive",
    "completed": "resolved",
}  # fmt: skip
_CERTAINTY = {
    "confirmed": "confirmed", "410605003": "confirmed", "unconfirmed": "unconfirmed", "provisional": "unconfirmed",
    "2931005": "unconfirmed", "60022001": "unconfirmed",
    "differential": "unconfirmed", "415684004": "unconfirmed", "410592001": "unconfirmed", "refuted": "refuted",
    "410516002": "refuted", "410594000": "refuted", "723511001": "refuted", "410593006": "refuted", "428263003": "refuted",
    "410515003": "confirmed", "entered-in-error": "entered-in-error",
}  # fmt: skip
_STATUS_OF, _CERTAINTY_OF = "33999-4", "66455-7"
COMMENT = "48767-8"
SEVERITY, CRITICALITY = "SEV", "82606-5"
QUALIFIES = frozenset(
    {COMMENT, _STATUS_OF, _CERTAINTY_OF, CRITICALITY, SEVERITY, "30973-2", "11323-3", "225773000", "75328-5", "445518008"}
)
"""Observations that qualify another one: status, certainty, criticality, severity, rank of a dose, state of the patient, how much
somebody minds it, what is expected of it, age at its beginning."""
_CLINICAL_WORDS = {
    "actif": "active", "active": "active", "en cours": "active", "recidive": "active", "rechute": "active", "evolutif": "active",
    "evolutive": "active", "inactif": "inactive", "inactive": "inactive", "en remission": "remission",
    "gueri": "resolved", "guerie": "resolved", "resolu": "resolved", "resolue": "resolved",
    "termine": "resolved", "terminee": "resolved", "gone": "resolved", "cured": "resolved", "in remission": "remission",
    "en remission complete": "remission", "en remission partielle": "remission",
}  # fmt: skip
_CERTAINTY_WORDS = {
    "confirme": "confirmed", "confirmee": "confirmed", "certain": "confirmed", "certaine": "confirmed", "suspecte": "unconfirmed",
    "suspectee": "unconfirmed", "suspicion": "unconfirmed", "probable": "unconfirmed", "possible": "unconfirmed",
    "a confirmer": "unconfirmed", "non confirme": "unconfirmed", "non confirmee": "unconfirmed", "hypothese": "unconfirmed",
    "exclu": "refuted", "exclue": "refuted", "elimine": "refuted", "eliminee": "refuted", "infirme": "refuted",
    "infirmee": "refuted",
    "refute": "refuted", "refutee": "refuted", "absent": "refuted", "absente": "refuted", "probablement absent": "refuted",
    "probablement absente": "refuted", "non suspecte": "refuted", "non suspectee": "refuted", "not suspected": "refuted",
    "definitely not present": "refuted", "probably not present": "refuted", "known absent": "refuted",
    "probably present": "unconfirmed", "suspected": "unconfirmed", "confirmed present": "confirmed", "known present": "confirmed",
    "ecarte": "refuted", "ecartee": "refuted",
}  # fmt: skip
"""The same in words, where an author codes them in a list of their own or not at all."""
_CONTEXT, _SUBJECT = "408729009", "408732007"
_ONESELF = frozenset({"410604004", "116154003"})
_PATIENT = frozenset({"patient", "patiente", "le patient", "la patiente", "lui-meme", "elle-meme", "soi-meme"})
_CONTEXT_MOODS = {"410519009": "RSK", "410518001": "GOL", "410517006": "EXPEC", "410524000": "EXPEC"}
"""SNOMED CT, finding context: at risk, goal, expectation: it is not there."""
_TAG = re.compile(r"\s*\((qualifier value|finding|disorder|situation)\)$", re.IGNORECASE)
"""Semantic tag of SNOMED CT: it is no part of a word."""
_STATEMENTS = frozenset({"act", "observation", "substanceAdministration", "supply", "procedure", "organizer", "encounter",
                         "observationMedia", "regionOfInterest"})  # fmt: skip
MOST_QUALIFIERS = 40
"""Relations of one statement in which its status and certainty are looked for: they stand among the first."""


def is_so(observation: etree._Element) -> bool:
    """Whether what qualifies something is so: not denied, not taken back, not only meant."""
    code = child(observation, "statusCode")
    taken_back = code is not None and (code.get("code") or "").lower() in ("nullified", "cancelled", "aborted")
    return not is_true(observation.get("negationInd")) and not taken_back and (observation.get("moodCode") or "EVN") == "EVN"


def _qualifiers(node: etree._Element) -> dict[str, list[etree._Element]]:
    """Values of the observations that qualify a statement, by their code."""
    found: dict[str, list[etree._Element]] = {}
    for relation in islice(node.iterfind("h:entryRelationship", NS), MOST_QUALIFIERS):
        observation = child(relation, "observation")
        code = child(observation, "code") if observation is not None else None
        value = child(observation, "value") if observation is not None else None
        if observation is None or not is_so(observation):
            continue
        if code is not None and value is not None and code.get("code") in QUALIFIES:
            found.setdefault(code.get("code") or "", []).append(value)
    return found


INTENDED = frozenset({"INT", "RQO", "PRMS"})


def author_of(node: etree._Element) -> str:
    """The author that a node names: given name and family, without titles and degrees."""
    name = child(node, "author/assignedAuthor/assignedPerson/name")
    if name is None:
        return ""
    return " ".join(w for part in ("given", "family") for n in children(name, part) if (w := words(n))) or words(name)


def place_of(node: etree._Element) -> str:
    """The organisation of the author that a node names."""
    name = child(node, "author/assignedAuthor/representedOrganization/name")
    return words(name) if name is not None else ""


def is_true(text: str | None) -> bool:
    """An xs:boolean: it has two spellings for each of its values. In capitals it is none, and means what it says: a denial."""
    return (text or "").strip().lower() in ("true", "1")


@dataclass(frozen=True, slots=True)
class Entry:
    """A node of an entry in a part of the profile. `written` is the day of the document."""

    section: str
    node: etree._Element
    narrative: Narrative
    written: When

    def at(self, node: etree._Element, section: str = "") -> "Entry":
        """The same about a node inside."""
        return replace(self, node=node, section=section or self.section)

    def above(self) -> Iterator[etree._Element]:
        """The node and everything that holds it, up to its section."""
        node: etree._Element | None = self.node
        while node is not None and name_of(node) != "structuredBody":
            yield node
            node = node.getparent()

    def holders(self) -> list[etree._Element]:
        """The statements that hold this one, the nearest first."""
        return [node for node in self.above() if node is not self.node and name_of(node) in _STATEMENTS]

    @property
    def stated(self) -> list[etree._Element]:
        """The statement and those that hold it."""
        return [self.node, *self.holders()]

    @property
    def negated(self) -> Polarity:
        """Denied here, or by whatever holds it."""
        denied = any(is_true(node.get("negationInd")) for node in self.above())
        return Polarity.NEGATED if denied else Polarity.AFFIRMED

    def polarity_with(self, own: Polarity) -> Polarity:
        """What a thing says by its code, unless it is denied: the denial of "none known" says nothing that anybody could use."""
        return self.negated if own is Polarity.AFFIRMED or self.negated is Polarity.NEGATED else own

    @property
    def mood(self) -> str:
        """Its mood, or that of what holds it: a proposal counts before an intention, and that before what happened."""
        moods = [node.get("moodCode") or "EVN" for node in (self.node, *self.holders())]
        moods += [_CONTEXT_MOODS[code] for value in self.qualified(_CONTEXT) if (code := value.get("code") or "") in _CONTEXT_MOODS]
        other = [mood for mood in moods if mood != "EVN"]
        return next((mood for mood in other if mood not in INTENDED), other[0] if other else "EVN")

    @property
    def other(self) -> str:
        """Whom it is about when it is not the patient (CDA R2 §4.2.3.6): a relation in words."""
        for node in self.above():
            subject = child(node, "subject") if node is self.node or name_of(node) != "entry" else None
            if subject is not None:
                return self._who(subject)
            for participant in node.iterfind("h:participant[@typeCode='SBJ']", NS):
                return words(participant) or "?"
        for value in self.qualified(_SUBJECT):
            told = self.narrative.label(value)
            if value.get("code") not in _ONESELF and plain(told) not in _PATIENT:
                return told or "?"
        return ""

    def _who(self, subject: etree._Element) -> str:
        related = child(subject, "relatedSubject")
        code = child(related, "code") if related is not None else None
        if code is not None and (code.get("code") or "") in ONESELF:
            return ""
        return (self.narrative.label(code) or (code.get("code") or "") if code is not None else "") or "?"

    @property
    def author(self) -> str:
        """Who states it, where the entry or its section names somebody."""
        for node in self.above():
            if told := author_of(node):
                return told
        return ""

    @property
    def status(self) -> Status:
        """Its own status code."""
        code = child(self.node, "statusCode")
        return _STATUSES.get((code.get("code") or "").lower(), Status.NOT_STATED) if code is not None else Status.NOT_STATED

    @property
    def statuses_above(self) -> list[Status]:
        """Status codes of what holds it, the nearest first."""
        return [self.at(node).status for node in self.holders()]

    @property
    def taken_back(self) -> bool:
        """Whether it, or whatever holds it, was cancelled or nullified."""
        return Status.CANCELLED in (self.status, *self.statuses_above)

    def told(self, code: str, known: dict[str, str], spelled: dict[str, str]) -> str:
        """What an observation that qualifies this one says, or one that qualifies the concern that holds it."""
        for node in (self.node, *self.holders()):
            for value in _qualifiers(node).get(code, ()):
                for name in (*(coding.code.lower() for coding in codes_of(value)), (value.get("value") or "").lower()):
                    if name in known:
                        return known[name]
                for text in (value.get("displayName") or "", self.narrative.text(value), self.narrative.label(value)):
                    word = plain(_TAG.sub("", text))
                    if word in {**spelled, **known}:
                        return {**spelled, **known}[word]
        return ""

    def in_words(self) -> list[str]:
        """Status and certainty in words that nobody here reads as one of FHIR's: they are told as they stand."""
        found = []
        for code, known, spelled, name in ((_STATUS_OF, _CLINICAL, _CLINICAL_WORDS, "état"),
                                           (_CERTAINTY_OF, _CERTAINTY, _CERTAINTY_WORDS, "certitude")):  # fmt: skip
            values = [value for node in (self.node, *self.holders()) for value in _qualifiers(node).get(code, ())]
            told = next((text for value in values if (text := self.narrative.label(value) or self.narrative.text(value))), "")
            if told and not self.told(code, known, spelled):
                found.append(f"{name} : {told[0].lower()}{told[1:]}")
        return found

    @property
    def comments(self) -> list[str]:
        """What its author noted beside it (LOINC 48767-8), in their words."""
        notes = [*children(self.node, "entryRelationship/act"), *children(self.node, "entryRelationship/observation")]
        told = [self.narrative.said(note) or self.narrative.text(child(note, "value"))
                for note in notes if (code := child(note, "code")) is not None and code.get("code") == COMMENT]  # fmt: skip
        return list(dict.fromkeys(filter(says, told)))

    def qualified(self, name: str) -> list[etree._Element]:
        """Values of a qualifier of what is stated (SNOMED CT, post-coordinated)."""
        return [
            value for qualifier in self.node.iterfind("h:value/h:qualifier", NS)
            if (asked := child(qualifier, "name")) is not None and asked.get("code") == name
            and (value := child(qualifier, "value")) is not None
        ]  # fmt: skip

    def refinements(self, *nodes: etree._Element | None) -> list[str]:
        """What qualifiers of these coded nodes say beside what is read of them: a side, a course, a degree."""
        found = []
        for node in nodes:
            for qualifier in node.iterfind("h:qualifier", NS) if node is not None else ():
                name, value = child(qualifier, "name"), child(qualifier, "value")
                read = value is None or value.get("code") in _CERTAINTY or value.get("code") in _CONTEXT_MOODS
                if not read and (name is None or name.get("code") != _SUBJECT) and (said := in_words(value, self.narrative)):
                    found.append(said)
        return found

    def ahead(self, when: When) -> bool:
        """Whether it is dated after the document that tells of it: it is planned, and has not happened."""
        told, written = when.start, self.written.start
        both = min(len(told), len(written))
        # A day more is one zone and another.
        near = len(told) == len(written) == len("2026-11-29") and (date.fromisoformat(told) - date.fromisoformat(written)).days <= 1
        return self.mood == "EVN" and both > 0 and told[:both] > written[:both] and not near

    @property
    def clinical(self) -> str:
        """The clinical status that qualifies it, in FHIR's words whether FHIR or SNOMED CT wrote it.

        What comes and goes is not over: it has no word here, and is told in its author's.
        """
        return self.told(_STATUS_OF, _CLINICAL, _CLINICAL_WORDS)

    @property
    def certainty(self) -> str:
        """How sure its author is."""
        qualified = [q.get("code") or "" for q in self.node.iterfind("h:value/h:qualifier/h:value", NS)]
        return self.told(_CERTAINTY_OF, _CERTAINTY, _CERTAINTY_WORDS) or next(
            (_CERTAINTY[code] for code in qualified if code in _CERTAINTY), ""
        )
