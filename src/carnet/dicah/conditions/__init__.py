"""The conditions of DICAH and the plausibility gate, one module each.

A rule is a function `(ask, facts) -> Denial | None` registered under the light it belongs to. Rules are tried in the
order of `decision.ORDER`; the first denial is the answer, and the lights report the state of every condition.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from carnet.dicah.facts import Facts
from carnet.kernel.ask import Ask
from carnet.kernel.refusal import No


@dataclass(frozen=True, slots=True)
class Denial:
    """Why a rule says no: the refusal code and what may be told beside it."""

    code: No
    details: Mapping[str, str] = field(default_factory=dict)


Check = Callable[[Ask, Facts], Denial | None]


@dataclass(frozen=True, slots=True)
class Rule:
    """A named rule, the light it turns red, and the article, transaction or setting it comes from."""

    name: str
    light: str
    source: str
    check: Check


RULES: dict[str, Rule] = {}


def rule(light: str, source: str) -> Callable[[Check], Check]:
    """Register a rule of the law under its function's name."""

    def register(check: Check) -> Check:
        name = check.__name__.replace("_", "-")
        RULES[name] = Rule(name, light, source, check)
        return check

    return register
