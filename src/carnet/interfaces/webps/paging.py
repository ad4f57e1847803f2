"""A list in pages: which lines, and the addresses of the pages around, with what the list was narrowed to."""

from dataclasses import dataclass
from math import ceil
from urllib.parse import urlencode


@dataclass(frozen=True, slots=True)
class Paging:
    """One page of a list: its lines are `start` to `last`; `previous` and `next` are queries, empty at the ends."""

    total: int
    pages: int
    start: int
    last: int
    previous: str
    next: str

    @property
    def first(self) -> int:
        """Number of its first line, from 1."""
        return self.start + 1


def paged(total: int, asked_for: int, per_page: int, **kept: str) -> Paging:
    """The page that is asked for, or the nearest there is. `kept`: what the list was narrowed to."""
    pages = max(ceil(total / per_page), 1)
    number = min(max(asked_for, 1), pages)
    narrowed = {name: value for name, value in kept.items() if value}

    def query(page: int) -> str:
        return urlencode({"page": page} | narrowed) if 1 <= page <= pages else ""

    start = (number - 1) * per_page
    return Paging(total, pages, start, min(start + per_page, total), query(number - 1), query(number + 1))
