"""What somebody sent with a form, read by the kind of each field.

A field that is missing or of another kind reads as empty or as nothing chosen, one that is too long is cut: it never fails.
What is wrong with a value is said by whoever knows what it is for, as pairs of field and sentence, which the error summary of
the page lists.
"""

from collections.abc import Collection
from datetime import date

from django.http import HttpRequest

from carnet.pages.civil import day_of, number_of

YES = "oui"
Problems = list[tuple[str, str]]
"""Field and sentence, in the order of the page."""


class Form:
    """The fields that a request posted."""

    def __init__(self, request: HttpRequest) -> None:
        self._posted = request.POST

    def text(self, name: str, most: int = 4000) -> str:
        """A line or a paragraph, without blanks around it."""
        # A browser counts the end of a line as one character and sends two: what it let somebody write is not cut.
        return self._posted.get(name, "").replace("\r\n", "\n").strip()[:most]

    def raw(self, name: str, most: int = 1_000_000) -> str:
        """A field as it came, blanks and separators included: a password, the body of a note, what a scanner read."""
        return self._posted.get(name, "")[:most]

    def yes(self, name: str) -> bool:
        """A box that was ticked."""
        return self._posted.get(name, "") == YES

    def day(self, name: str) -> date | None:
        """A day; None where none can be read."""
        return day_of(self.text(name, 10))

    def number(self, name: str, most: int) -> int | None:
        """A number from 0 to `most`; None for anything else."""
        return number_of(self.text(name, 10), most)

    def many(self, name: str, among: Collection[str]) -> list[str]:
        """What was ticked of several boxes, in the order of the page."""
        return [value for value in self._posted.getlist(name) if value in among]
