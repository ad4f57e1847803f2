"""What is known of a person for the rules: facts, what was done, doses; and the agenda that follows, inside a visit."""

from collections.abc import Iterable
from datetime import date, datetime

from django.conf import settings

from carnet.apps.prevention import rows
from carnet.apps.prevention.agenda import Agenda, agenda
from carnet.apps.prevention.doses import Shot, shots
from carnet.apps.prevention.edition import Edition
from carnet.apps.prevention.eligibility import Answer, Did, Facts
from carnet.apps.prevention.immunisation import plus
from carnet.apps.prevention.keeping import edition_of
from carnet.apps.prevention.rows import FACT, ITEM, NO, UNKNOWN, YES, Told
from carnet.apps.profile.api import Entry
from carnet.apps.records.api import Visit
from carnet.kernel.traits import Traits

ICD10 = "2.16.840.1.113883.6.3"
CATEGORY = "agenda"
"""Category of the law: what the person says in the agenda, and its appointments. Professionals have no part in it."""
SECTIONS = ("vaccinations", "problems", "history")
"""Sections of the profile that the rules look at."""


def today(at: datetime) -> date:
    """The civil day of a moment: the one that people mean."""
    return settings.LAW.day(at)


def edition_in(visit: Visit, day: date) -> Edition:
    """The edition of a day, inside a visit."""
    return edition_of(visit.work, day)


def facts_of(edition: Edition, traits: Traits, told: Iterable[Told], entries: Iterable[Entry], day: date) -> Facts | None:
    """Facts of a person: what they said, as long as it holds, and what coded illnesses say. None without a whole birth date."""
    try:
        birth = date.fromisoformat(traits.birth_date)
    except ValueError:
        return None
    answers = {code: Answer(True) for code in _coded(edition, entries)}
    # What a minor says in secret stands before what somebody says for them, whoever spoke last.
    for one in sorted(told, key=lambda t: (t.secret, t.said_at)):
        fact = edition.fact(one.code) if one.kind == FACT else None
        if fact is None:
            continue
        holds = fact.lasts is None or day < plus(one.day or today(one.said_at), fact.lasts)
        if not holds or one.answer == UNKNOWN:
            answers.pop(one.code, None)
        else:
            answers[one.code] = Answer(one.answer == YES, one.day)
    return Facts(birth, traits.sex if traits.sex in ("M", "F") else "", answers)


def _coded(edition: Edition, entries: Iterable[Entry]) -> set[str]:
    """Facts that a coded illness states."""
    illnesses = [e.content for e in entries if e.section in ("problems", "history") and not e.content.polarity]
    codes = {
        code.replace(".", "")
        for content in illnesses
        for code, system, _ in ((content.code, content.system, ""), *content.codes)
        if system == ICD10
    }
    return {
        fact.code
        for fact in edition.facts
        if any(code.startswith(prefix.replace(".", "")) for prefix in fact.icd10 for code in codes)
    }


def history_of(told: Iterable[Told]) -> list[Did]:
    """What was said of the items of the agenda. A later word stands after an earlier one."""
    return [Did(one.code, one.day, one.answer == YES) for one in told if one.kind == ITEM and one.answer in (YES, NO)]


def shots_in(visit: Visit, entries: Iterable[Entry], day: date) -> list[Shot]:
    """The doses that a record states, whether or not an agenda can be computed."""
    return shots(edition_of(visit.work, day), entries, day)


def agenda_in(visit: Visit, entries: Iterable[Entry], day: date) -> Agenda | None:
    """The agenda of an open record, as its reader may know it: without what the person says to the agenda alone, for those to whom
    it is closed. None when the birth date is not known whole."""
    edition, held = edition_of(visit.work, day), list(entries)
    told = rows.told_of(visit.work, visit.key, visit.sees_secrets()) if visit.opens(CATEGORY) else []
    facts = facts_of(edition, visit.traits, told, held, day)
    if facts is None:
        return None
    return agenda(edition, facts, shots(edition, held, day), history_of(told), day)
