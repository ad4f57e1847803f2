"""The decision: every rule in order, the state of every condition, deny by default."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from carnet.dicah import functional_rights
from carnet.dicah.acts import LISTS
from carnet.dicah.conditions import (
    RULES,
    Denial,
    Rule,
    authentication,
    availability,
    consent,
    document,
    habilitation,
    ins,
    plausibility,
)
from carnet.dicah.facts import Facts
from carnet.dicah.habilitation import Edition
from carnet.dicah.settings import LawSettings
from carnet.dicah.visibility import visibility_of
from carnet.kernel.actor import ActorKind
from carnet.kernel.ask import Ask
from carnet.kernel.refusal import No
from carnet.kernel.visibility import Visibility

CONDITIONS = (authentication, availability, consent, document, habilitation, ins, plausibility)
"""The modules of the law: importing one registers its rules."""
_LIGHTS = "DICAH"


class Light(StrEnum):
    """State of one condition. `dark` is not shown: the asker may not learn it yet, or it does not apply."""

    GREEN = "ok"
    RED = "stop"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What every answer carries: lights and the editions that were used."""

    rule: str
    lights: Mapping[str, Light]
    editions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Permit(Verdict):
    """Yes. For a list, with the visibility to apply."""

    visibility: Visibility | None = None


@dataclass(frozen=True, slots=True)
class Refuse(Verdict):
    """No, with the stable code of the refusal and the details that the asker may learn."""

    code: No
    details: Mapping[str, str] = field(default_factory=dict)


_FIRST = frozenset(
    {"function-not-allowed", "occupational-doctor-closed", "emergency-for-health-professions", "regulation-not-proved",
     "emergency-reason-missing", "habilitation-context"}
)  # fmt: skip


def _sequence() -> tuple[Rule, ...]:
    """Order of the answers: who asks, what may be asked at all, then the document, who is meant, and the record.

    A document that is hidden from the asker is unknown whatever the state of the identity and of the consent: had one of
    them been named first, it would have told that the document exists.
    """
    order = "A", "H0", "V", "I", "P", "D", "C", "H", "S"

    def rank(rule: Rule) -> int:
        return order.index("H0" if rule.name in _FIRST else rule.light)

    return tuple(sorted(RULES.values(), key=rank))


ORDER: tuple[Rule, ...] = _sequence()
BEFORE_RECORD = tuple(rule for rule in ORDER if rule.light == "A" or rule.name in _FIRST)
"""The rules that look at the asker alone: they answer alike whether the record or the document exists or not."""


AUTHENTICATION = tuple(rule for rule in ORDER if rule.light == "A")
"""The rules of the asker's proof, whatever the act."""


def editions_of(settings: LawSettings, edition: Edition) -> dict[str, str]:
    """Under what a decision is taken: the rules, the values of the settings, and both matrices."""
    return {
        "law": settings.edition,
        "settings": settings.digest,
        "functional_rights": functional_rights.EDITION,
        "habilitation": edition.name,
    }


def _lights(ask: Ask, facts: Facts, denied: Mapping[str, Denial]) -> dict[str, Light]:
    """The five lights. Nothing is shown before authentication and a qualified INS hold."""
    red = {ORDER_LIGHT[name] for name in denied}
    if "A" in red or ask.actor.kind is ActorKind.ANONYMOUS:
        return {light: Light.RED if light == "A" else Light.DARK for light in _LIGHTS}
    if "I" in red or ask.ins is None:
        shown = {"A": Light.GREEN, "I": Light.RED if "I" in red else Light.DARK}
        return {light: shown.get(light, Light.DARK) for light in _LIGHTS}
    return {light: Light.RED if light in red else Light.GREEN for light in _LIGHTS}


ORDER_LIGHT = {rule.name: rule.light for rule in ORDER}


def decide(ask: Ask, facts: Facts, rules: Sequence[Rule] = ORDER) -> Permit | Refuse:
    """Answer one question on these facts alone.

    `rules` is the whole law; tests pass it with one rule taken away, to prove that each rule matters.
    """
    denied = {rule.name: denial for rule in rules if (denial := rule.check(ask, facts)) is not None}
    lights, editions = _lights(ask, facts, denied), editions_of(facts.settings, facts.edition)
    for rule in rules:
        if rule.name in denied:
            denial = denied[rule.name]
            return Refuse(rule.name, lights, editions, denial.code, denial.details)
    visibility = visibility_of(ask, facts) if ask.act in LISTS else None
    return Permit("all-conditions-hold", lights, editions, visibility)
