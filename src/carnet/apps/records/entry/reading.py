"""A reading that was asked for: its steps, and the two ways to take them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from carnet.apps.access import api as access
from carnet.apps.storage.api import Last, Statement, Steps, Work, unit
from carnet.kernel.ask import Ask

Found = TypeVar("Found")
Ready = Callable[[], Found]
"""What is found, once the line in the journal is committed: only then is anything opened."""


@dataclass(frozen=True, slots=True)
class Reading(Generic[Found]):
    """One question that reads, and whatever it leads to."""

    ask: Ask
    steps: Callable[[access.Place, Work | None], Steps[Ready[Found]]]
    """Without a unit they raise Elsewhere where something is to be counted."""
    documents: tuple[str, ...] = ()

    def take(self) -> Found:
        """Take it in a unit of its own. A refusal is raised, and journaled."""
        with access.asking(self.ask, self.documents) as place, unit() as work:
            ready = work.follow(self.steps(place, work))
        return ready()


def last(decided: access.Decided, *more: Statement) -> Last:
    """The last step of a reading: what it reads and tells, with the line of its decision."""
    return Last([*more, decided.statement], decided.chain)
