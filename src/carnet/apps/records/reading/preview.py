"""What somebody else would see of this record: the real law on the real record, asked in the place of that professional.

It opens nothing in their name and leaves no trace of theirs: the holder looks, and that is what the journal says. Documents that
are hidden from the person who looks are in no list, so that a preview never tells of them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from carnet.apps.access import api as access
from carnet.apps.identity import api as identity
from carnet.apps.records.entry.facts import facts_for
from carnet.apps.records.reading.search import Query
from carnet.apps.records.reading.visit import Seen, Visit, documents
from carnet.apps.records.reading.who_looked import unseen_actors
from carnet.dicah import Refuse, decide
from carnet.dicah.facts import Authorisation, AuthorisationGround, Emergency, Facts
from carnet.kernel.actor import Actor, ActorKind, Authentication, Means, Situation
from carnet.kernel.ask import EMERGENCY_MODES, Act, Ask, Mode
from carnet.kernel.codes import DOCTOR, PROFESSION_SYSTEM, Code
from carnet.kernel.copies import replace
from carnet.kernel.refusal import No, Refusal

MOST = 2000


@dataclass(frozen=True, slots=True)
class Look:
    """What they would see. `code` is that of the refusal of the whole record; empty when it opens."""

    code: str
    rule: str
    seen: list[Seen]
    hidden: list[tuple[Seen, str]]
    """Documents that they would not see, each with the rule that hides it."""
    sections: dict[str, str]
    """Section of the profile → the rule that closes it; empty when it is open."""


_STRANGERS = {"10": "SA07", "60": "SA09", "21": "SA33", "40": "SA07", "50": "SA07", "70": "SA07"}
"""Professions (TRE_G15) of somebody whom the person does not know, and the sector where they exercise."""
_NOBODY = "preview"


@dataclass(frozen=True, slots=True)
class Eyes:
    """Through whose eyes one looks: their question, and whether the person's agreement is assumed."""

    ask: Ask
    consents: bool = False


def _proof(at: datetime, regulation: bool = False) -> Authentication:
    return Authentication(Means.PRO_SANTE_CONNECT, "APPPRIP3", at + timedelta(hours=1), at, regulation=regulation)


def _somebody(visit: Visit, number: str) -> Eyes:
    found = identity.professional(visit.work, number)
    place = next((s for s in found.situations if s.open), None) if found else None
    if found is None or place is None:
        raise Refusal(No.DOCUMENT_UNKNOWN)
    # Somebody who met the person in secret is, for whoever may not know it, one more stranger.
    shown = number if f"professional:{number}" not in unseen_actors(visit) else _NOBODY
    actor = Actor(ActorKind.PROFESSIONAL, shown, found.name, _proof(visit.ask.at), place)
    return Eyes(Ask(actor, Act.SEARCH, visit.ask.at))


def _stranger(at: datetime, profession: str, sector: str, regulation: bool = False) -> Actor:
    place = Situation(Code(PROFESSION_SYSTEM, profession), structure=_NOBODY, sector=sector)
    return Actor(ActorKind.PROFESSIONAL, _NOBODY, "", _proof(at, regulation), place)


def eyes_of(visit: Visit, who: str) -> Eyes:
    """The question of somebody else: `ps:NUMBER`, `metier:CODE`, `urgence` or `samu`. Raises Refusal for nobody."""
    at = visit.ask.at
    kind, _, value = who.partition(":")
    if kind == "ps":
        return _somebody(visit, value)
    if kind in ("urgence", "samu"):
        mode = Mode.BREAK_GLASS if kind == "urgence" else Mode.REGULATION
        actor = _stranger(at, DOCTOR.code, "SA01", kind == "samu")
        return Eyes(Ask(actor, Act.SEARCH, at, mode=mode, reason="aperçu du titulaire"))
    if kind != "metier" or value not in _STRANGERS:
        raise Refusal(No.DOCUMENT_UNKNOWN)
    return Eyes(Ask(_stranger(at, value, _STRANGERS[value]), Act.SEARCH, at), consents=True)


def _assumed(ask: Ask, facts: Facts, consents: bool) -> Facts:
    """The facts once this person agreed to let them in, or an emergency access was opened."""
    told = facts.access
    if consents and told.authorisation is None:
        given = Authorisation(AuthorisationGround.CARE_TEAM, ask.at, ask.at + timedelta(days=1), True)
        told = replace(told, authorisation=given)
    if ask.mode in EMERGENCY_MODES:
        told = replace(told, emergency=Emergency(ask.mode.value, ask.at + access.law().emergency_lasts))
    return replace(facts, access=told)


def _rule(ask: Ask, facts: Facts) -> tuple[str, str]:
    verdict = decide(ask, facts)
    return (verdict.code, verdict.rule) if isinstance(verdict, Refuse) else ("", "")


def preview(visit: Visit, asker: Ask, sections: Iterable[str], consents: bool = False) -> Look:
    """Ask the law in the place of a professional. `consents`: as if the holder had agreed to let them in."""
    question = replace(asker, act=Act.SEARCH, ins=visit.ins)
    facts = _assumed(question, facts_for(visit.work, question, visit.entered), consents)
    code, rule = _rule(question, facts)
    if not code and question.mode in EMERGENCY_MODES:
        # Reading stands on an access that is opened first: what refuses the opening refuses all.
        code, rule = _rule(replace(question, act=Act.OPEN_EMERGENCY), facts)
    listed = documents(visit, Query(sort="date", count=MOST)).items
    if code:
        return Look(code, rule, [], [(d, rule) for d in listed], dict.fromkeys(sections, rule))
    reading = replace(question, act=Act.READ)
    verdicts = [(d, _rule(reading, replace(facts, document=d.facts))[1]) for d in listed]
    profile = replace(question, act=Act.READ_PROFILE)
    return Look(
        "", "", [d for d, hides in verdicts if not hides], [(d, hides) for d, hides in verdicts if hides],
        {s: _rule(profile, replace(facts, category=s))[1] for s in sections},
    )  # fmt: skip
