"""The life of treatments: one line per substance, what was said last and by whom, and whether it still holds.

The newest statement wins. A stop is a statement; a duration ends what it measures; a synthesis that restates a treatment keeps
it alive, whatever its start. Where nobody has said anything for long it is neither current nor gone: it is said to be silent.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from django.conf import settings

from carnet.apps.medicines import api as medicines
from carnet.apps.profile.entries import PERSON, WORD, Entry
from carnet.apps.profile.summary import Stated, said_on
from carnet.apps.records.api import Visit
from carnet.apps.storage.api import Work
from carnet.kernel.traits import normalise_name

ATC = "2.16.840.1.113883.6.73"
ENDED_SHOWN = timedelta(days=366)
_WHOLE_ATC = re.compile(r"[A-Z]\d\d[A-Z]{2}\d\d", re.ASCII)
_PASSED = frozenset({"admission", "given"})
"""Phases that say nothing of today: what was taken before a stay, or given during it."""
_STOPS = frozenset({"aborted", "suspended"})
_FOR_A_TIME = timedelta(days=45)
"""A box given out so soon after a prescription that ends is a part of it: it does not make it last."""


class Course(StrEnum):
    """Where a treatment stands on a day."""

    CURRENT = "current"
    LATER = "later"
    SILENT = "silent"
    STOPPED = "stopped"
    FINISHED = "finished"
    PASSED = "passed"


class Word(StrEnum):
    """How a person says that they take a treatment."""

    TAKEN = "taken"
    OTHERWISE = "otherwise"
    STOPPED = "not-taken"


class Badge(StrEnum):
    """What the watch line tells by class. An antiplatelet is no anticoagulant (ATC B01AC)."""

    ANTICOAGULANT = "anticoagulant"
    ANTIPLATELET = "antiplatelet"


_CLASSES = {"B01AA": Badge.ANTICOAGULANT, "B01AB": Badge.ANTICOAGULANT, "B01AE": Badge.ANTICOAGULANT, "B01AF": Badge.ANTICOAGULANT,
            "B01AX05": Badge.ANTICOAGULANT, "B01AC": Badge.ANTIPLATELET}  # fmt: skip
_SUBSTANCES = {
    Badge.ANTICOAGULANT: (
        "FLUINDIONE", "ACENOCOUMAROL", "WARFARINE", "APIXABAN", "RIVAROXABAN", "DABIGATRAN", "DABIGATRAN ETEXILATE", "EDOXABAN",
        "ENOXAPARINE", "TINZAPARINE", "DALTEPARINE", "NADROPARINE", "HEPARINE", "FONDAPARINUX", "ARGATROBAN", "DANAPAROIDE",
    ),
    Badge.ANTIPLATELET: (
        "ACIDE ACETYLSALICYLIQUE", "ACETYLSALICYLATE DE LYSINE", "ACETYLSALICYLATE DE DL LYSINE", "CLOPIDOGREL", "PRASUGREL",
        "TICAGRELOR", "TICLOPIDINE", "DIPYRIDAMOLE", "CANGRELOR",
    ),
}  # fmt: skip
"""Substances of these classes by the names that the medicines database gives them: it holds no ATC code."""
_BADGE_OF = {name: badge for badge, names in _SUBSTANCES.items() for name in names}


@dataclass(frozen=True, slots=True)
class Treatment:
    """A substance with everything that is said of it, the newest first."""

    name: str
    """Of the substance where it is known, else as it was written."""
    entries: tuple[Entry, ...]
    course: Course
    badge: Badge | None = None
    word: Entry | None = None
    """What the person said of it last."""

    @property
    def spoken(self) -> Word | None:
        """The person's word, while nobody has stated the treatment anew since; None when there is none that still answers."""
        if self.word is None or said_on(self.word) < self.said:
            return None
        return Word(self.word.content.status)

    @property
    def at_odds(self) -> bool:
        """Whether the person and those who treat them do not say the same: each should hear of the other."""
        stopped = self.course is Course.STOPPED
        return not self.declared_only and self.spoken is not None and (self.spoken is Word.STOPPED) is not stopped

    @property
    def first(self) -> Entry:
        """The statement that counts: the newest."""
        return self.entries[0]

    @property
    def stated(self) -> Stated:
        """The same, as other sections show what is stated."""
        return Stated(self.entries)

    @property
    def declared_only(self) -> bool:
        """Whether the person alone states it."""
        return self.stated.declared_only

    @property
    def said(self) -> str:
        """The day on which it was said last."""
        return said_on(self.first)

    @property
    def brand(self) -> str:
        """What was written, where it says more than the substance: a brand with its strength, or the strength alone."""
        label, name = self.first.content.label, normalise_name(self.name)
        told = normalise_name(label)
        if told == name:
            return ""
        return label[len(self.name) :].strip() if told.startswith(f"{name} ") and len(told) == len(label) else label

    @property
    def others(self) -> list[Entry]:
        """Further doses that sources of the same time state, and that are not the first one's."""
        told = {dose_of(self.first)}
        found = []
        for entry in self.entries[1:]:
            if entry.content.phase not in _PASSED and entry.content.active and dose_of(entry) not in told and dose_of(entry)[1]:
                told.add(dose_of(entry))
                found.append(entry)
        return found if self.course in (Course.CURRENT, Course.SILENT) else []


_STRENGTH = re.compile(r"(\d+(?:[.,]\d+)?)\s*(mg|µg|mcg|microgrammes?|g|ml|ui|%)", re.IGNORECASE)


def dose_of(entry: Entry) -> tuple[str, str]:
    """Strength and posology: a brand and its substance in one strength are one dose."""
    strengths = sorted(f"{float(n.replace(',', '.')):g} {unit.lower()}" for n, unit in _STRENGTH.findall(entry.content.label))
    return ", ".join(strengths), normalise_name(entry.content.detail.partition("délivré")[0]).strip(" ,")


def _atc(entry: Entry) -> str:
    codes = [(entry.content.code, entry.content.system), *((code, system) for code, system, _ in entry.content.codes)]
    return next((code for code, system in codes if _is_atc(system) and _WHOLE_ATC.fullmatch(code)), "")


def _is_atc(system: str) -> bool:
    """Whether a system is ATC, or names none: a code of another OID that looks alike is not one."""
    return system == ATC or not system[:1].isdecimal()


def _terms(entry: Entry) -> list[str]:
    codes = [code for code, system, _ in entry.content.codes if system != ATC] or [entry.content.code]
    names = [normalise_name(medicines.plain_substance(name)) for _, system, name in entry.content.codes if system == ATC and name]
    return [*codes, *names, *medicines.terms_of(entry.content.label)]


def _keys(work: Work, entries: list[Entry]) -> dict[UUID, tuple[str, tuple[str, ...]]]:
    """What groups each entry, and its substances: those of its codes or name, else those of its ATC class, else its own name."""
    known = medicines.substances_of(work, [term for e in entries for term in _terms(e)])
    of = [(e, next((known[t] for t in _terms(e) if t in known), ())) for e in entries]
    classes: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for entry, substances in of:
        if substances and _atc(entry):
            classes[_atc(entry)].add(substances)
    found = {}
    for entry, substances in of:
        atc = _atc(entry)
        told = substances or (next(iter(classes[atc])) if atc and len(classes[atc]) == 1 else ())
        found[entry.id] = ("+".join(map(normalise_name, told)) or atc or normalise_name(entry.content.label), told)
    return found


def _badge(entries: Iterable[Entry], substances: tuple[str, ...]) -> Badge | None:
    for entry in entries:
        atc = _atc(entry)
        found = next((badge for prefix, badge in _CLASSES.items() if atc.startswith(prefix)), None) if atc else None
        if found:
            return found
    return next((_BADGE_OF[name] for s in substances if (name := normalise_name(s)) in _BADGE_OF), None)


def _stopped(entry: Entry) -> bool:
    return entry.content.status in _STOPS or not entry.content.active


def _ends(entry: Entry, earlier: list[Entry]) -> date | None:
    """The end that a statement gives; a box that was given out ends with the prescription that it follows."""
    if entry.content.ends is not None or entry.content.phase != "dispensed":
        return entry.content.ends
    said = date.fromisoformat(said_on(entry))
    for other in earlier:
        ends = other.content.ends
        if (
            other.content.phase == ""
            and ends is not None
            and timedelta(0) <= said - date.fromisoformat(said_on(other)) <= _FOR_A_TIME
        ):
            return ends
    return None


def course_of(entries: list[Entry], today: date) -> Course:
    """Where a treatment stands, by its statements, the newest first."""
    telling = [e for e in entries if e.content.phase not in _PASSED]
    if not telling:
        return Course.PASSED
    newest = [e for e in telling if said_on(e) == said_on(telling[0])]
    # A document that stops one dose and begins another says both: what goes on counts.
    lasting = [e for e in newest if not _stopped(e)]
    if not lasting:
        return Course.STOPPED
    going = [e for e in lasting if not ((ends := _ends(e, telling)) and ends < today)]
    if not going:
        return Course.FINISHED
    starts = [e.content.starts for e in going]
    if all(start is not None and start > today for start in starts):
        return Course.LATER
    silence = timedelta(days=settings.CARNET.treatment_silence_days)
    ahead = any((ends := _ends(e, telling)) and ends >= today for e in going)
    last = max([date.fromisoformat(said_on(telling[0])), *(start for start in starts if start is not None)])
    return Course.CURRENT if ahead or today - last <= silence else Course.SILENT


def _by_word(word: Entry, group: list[Entry], today: date) -> Course:
    over = _stopped(word) and said_on(word) >= said_on(group[0])
    return Course.STOPPED if over else course_of([word, *(e for e in group if e is not word)], today)


def _apart(everything: list[Entry]) -> tuple[list[Entry], Entry | None]:
    """What states a treatment, and the person's last word on it. A word that stands alone is what states it."""
    stating = [e for e in everything if e.content.phase != WORD]
    words = [e for e in everything if e.content.phase == WORD]
    return stating or words, words[0] if words else None


def treatments(visit: Visit, entries: Iterable[Entry], today: date) -> list[Treatment]:
    """Every treatment of a record, one line per substance, by name."""
    kept = [e for e in entries if e.section == "treatments" and not e.content.polarity]
    keys = _keys(visit.work, kept)
    groups: dict[str, list[Entry]] = defaultdict(list)
    for entry in sorted(kept, key=lambda e: (said_on(e), e.confirmed, e.recorded_at), reverse=True):
        groups[keys[entry.id][0]].append(entry)
    found = []
    for everything in groups.values():
        group, word = _apart(everything)
        substances = next((keys[e.id][1] for e in group if keys[e.id][1]), ())
        alone = all(e.source == PERSON for e in group)
        # Of what the person alone states, their last word decides; a prescriber's treatment is stopped by no word of theirs.
        course = _by_word(word, group, today) if word and alone else course_of(group, today)
        # What decided stands first: a dose that goes on before one that was stopped the same day, a stay behind both.
        ordered = sorted(group, key=lambda e: (e.content.phase in _PASSED, _stopped(e) and course is not Course.STOPPED and
                                               said_on(e) == said_on(group[0])))  # fmt: skip
        name = ", ".join(s.capitalize() for s in substances) or ordered[0].content.label
        found.append(Treatment(name, tuple(ordered), course, _badge(group, substances), word))
    return sorted(found, key=lambda t: normalise_name(t.name))


def in_course(found: Iterable[Treatment], *courses: Course) -> list[Treatment]:
    """Those of some courses."""
    return [t for t in found if t.course in courses]


def ended_lately(found: Iterable[Treatment], today: date) -> list[Treatment]:
    """Treatments that were stopped or that ended within a year."""
    ended = in_course(found, Course.STOPPED, Course.FINISHED)
    return [t for t in ended if today - (t.first.content.ends or date.fromisoformat(t.said)) <= ENDED_SHOWN]
