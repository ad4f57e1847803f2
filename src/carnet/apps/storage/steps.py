"""Hot paths as steps: which statements, in which order, and what follows from their answers; who sends them is another matter.

One description, two executors: a thread takes the steps in a unit of its own (`Work.follow`), and the asynchronous entry takes
those of concurrent readings together, in one transaction (`together`).
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from carnet.apps.storage.wire import Answer

Found = TypeVar("Found")
Statement = tuple[str, Sequence[Any] | Mapping[str, Any]]


class Into(NamedTuple):
    """The statement that finds a record and enters its scope; it answers the record's number, or an empty text."""

    sql: str
    values: Sequence[Any]


class Last(NamedTuple):
    """The statements that write, and what is read with them: nothing is asked after these, and they are committed at once."""

    statements: Sequence[Statement]
    chain: UUID
    """The chain of the journal whose head they hold: who takes several goes through them in one order."""


Steps = Generator[Sequence[Statement] | Last, list[Answer], Found]
"""Statements out, answers in; what comes of it at the end. Whatever stands before `Last` only reads."""


class Elsewhere(Exception):
    """These steps need a unit of their own: something is to be counted, or waited for."""


def while_asking(steps: Steps[Found], statement: Statement, holds: Callable[[Answer], bool]) -> Steps[Found]:
    """These steps, and one more statement sent with their first ones: nothing follows from either before it `holds`.

    What the steps were made of was assumed, which saves a way to the database and back. Raises Elsewhere where it does not hold:
    whoever asks begins again without assuming anything. The steps ask for something: those that do not are no reading.
    """

    def assumed(answer: Answer) -> None:
        if not holds(answer):
            raise Elsewhere("what was assumed does not hold")

    asked = next(steps)
    if isinstance(asked, Last):
        # Nothing is written on what is only assumed.
        assumed((yield [statement])[0])
        answers = yield asked
    else:
        *answers, told = yield [*asked, statement]
        assumed(told)
    try:
        while True:
            answers = yield steps.send(answers)
    except StopIteration as end:
        found: Found = end.value
        return found
