"""TD0.4: the records that a professional is authorised on, with what is new in each since the last visit.

The database gives, for one asker, the facts of every record that names them; the law then says of each what may be counted,
so a number never counts a document that the asker would not see. No record is entered: nothing of their content is read.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from django.conf import settings

from carnet.apps.access import api as access
from carnet.apps.identity import api as identity
from carnet.apps.journal import api as journal
from carnet.apps.records.entry.facts import RECORD, facts_row
from carnet.apps.records.reading.search import VISIBLE, visible_values
from carnet.apps.storage.api import KEY_FACTS, KeyDestroyedError, Row, Work, open_key, unit
from carnet.dicah import Permit, decide
from carnet.dicah.facts import Facts
from carnet.kernel.ask import Act, Ask
from carnet.kernel.copies import replace
from carnet.kernel.ins import Ins
from carnet.kernel.traits import Traits, is_minor, normalise_name
from carnet.kernel.visibility import Visibility

log = logging.getLogger("carnet.records")
LIMIT = 2000
"""Records of one list: somebody who has more finds a patient by the INS."""
_NAMES = {"%(person)s": "p_person", "%(structure)s": "p_structure", "%(at)s": "p_at", "%(mode)s": "'normal'"}


def _named(sql: str) -> str:
    for name, parameter in _NAMES.items():
        sql = sql.replace(name, parameter)
    return sql


def list_source() -> str:
    """Body of the function `records_own_list`: the same fragments as the statement that enters a record."""
    last = journal.LAST_VISIT
    for value in ("s.record_id", "p_actor", "p_at", "p_at", "p_pause"):
        last = last.replace("%s", value, 1)
    return f"""
  SELECT s.record_id, r.*, i.*, k.*, a.*, n.sealed AS ins, v.max AS last_visit
  FROM ({access.LISTED_RECORDS} LIMIT {LIMIT}) AS s
  JOIN LATERAL ({RECORD} AND state = 'open') AS r ON true
  JOIN LATERAL ({identity.FACTS}) AS i ON true JOIN LATERAL ({KEY_FACTS}) AS k ON true
  JOIN LATERAL ({_named(access.LISTED_FACTS)}) AS a ON true
  JOIN LATERAL ({identity.ACTIVE_INS}) AS n ON true
  LEFT JOIN LATERAL ({last}) AS v ON true
"""


COUNTED = ("text[]", "boolean", "varchar[]", "text", "text", "text", "text", "text", "text", "text", "boolean", "boolean",
           "text", "text", "text", "text", "text", "text")  # fmt: skip
"""Types of the values of `VISIBLE`, in its order."""


def count_source() -> str:
    """Body of the function `records_new_counts`: the same condition as the search."""
    condition = VISIBLE
    for number, kind in enumerate(COUNTED, start=1):
        condition = condition.replace("%s", f"v{number}", 1) if kind else condition
    return f"""
  SELECT q.record_id, count(*) FROM unnest(p_records, p_since) AS q (record_id, since)
  JOIN records_document d ON d.record_id = q.record_id AND d.updated_at > coalesce(q.since, '-infinity')
    AND d.status = 'Approved'
  WHERE {condition} GROUP BY q.record_id
"""


@dataclass(frozen=True, slots=True)
class Listed:
    """A record of the list: who, until when the authorisation lasts, and what is new."""

    record_id: UUID
    ins: Ins
    traits: Traits
    until: datetime | None
    """None where only the structure holds an authorisation: the person has still to declare themselves."""
    ground: str
    treating_doctor: bool
    obstacle: str
    """Code of the refusal that a consultation would get now; empty when the record opens."""
    last_visit: datetime | None
    new: int
    since: datetime | None = None
    """When the asker's own authorisation was given."""
    of_structure: bool = False
    """Whether the structure of the asker's situation holds an authorisation: a resident of the ward, a patient of the practice."""
    secret: bool = False
    """Whether a minor agreed in secret."""

    @property
    def name(self) -> str:
        """Name as the list sorts it."""
        return f"{self.traits.birth_name} {self.traits.given_names}"


def _one(ask: Ask, row: Row) -> tuple[Listed, Visibility | None]:
    record_id, *told, sealed, last_visit = row
    known = facts_row(tuple(told))
    if known is None:
        raise KeyDestroyedError(str(record_id))
    key = open_key(record_id, known.key)
    traits, ins = identity.traits_of(key, known.traits), identity.ins_of(key, bytes(sealed))
    facts = known.facts(ask, traits, Traits())
    verdict = decide(replace(ask, act=Act.SEARCH, ins=ins), facts)
    held = facts.access.authorisation
    opened = isinstance(verdict, Permit)
    listed = Listed(
        record_id, ins, traits, held.expires_at if held else None, held.ground.value if held else "structure",
        facts.access.treating_doctor, "" if opened else getattr(verdict, "code", ""), last_visit, 0,
        held.granted_at if held else None, facts.access.structure_authorised,
    )  # fmt: skip
    return listed, verdict.visibility if isinstance(verdict, Permit) else None


def _readable(ask: Ask, row: Row) -> tuple[Listed, Visibility | None] | None:
    """A line of the list; none for a record that cannot be opened: one damaged record must not close all the others."""
    try:
        return _one(ask, row)
    except (InvalidTag, KeyDestroyedError):
        log.error("record-unreadable record=%s", row[0])
        return None


def _counts(work: Work, found: Sequence[tuple[Listed, Visibility | None]], since: datetime | None = None) -> dict[UUID, int]:
    """New documents of each record, since then or the last visit, asked once for each visibility that the law gave."""
    groups: dict[Visibility, list[Listed]] = {}
    for listed, visibility in found:
        if visibility is not None:
            groups.setdefault(visibility, []).append(listed)
    counts: dict[UUID, int] = {}
    for visibility, members in groups.items():
        marks = ", ".join(f"%s::{kind}" for kind in COUNTED)
        rows = work.rows(
            f"SELECT record_id, n FROM records_new_counts(%s::uuid[], %s::timestamptz[], {marks})",
            [m.record_id for m in members], [since or m.last_visit for m in members], *visible_values(visibility),
        )  # fmt: skip
        counts |= dict(rows)
    return counts


def own_list(ask: Ask, name: str = "", documents_since: datetime | None = None) -> list[Listed]:
    """The asker's records, those with something new first. `name` narrows it to people whose names begin so.

    New is what changed since the asker's last visit, or since `documents_since`.

    One decision and one entry, in the asker's own chain.
    """
    ask = replace(ask, act=Act.OWN_LIST)
    values: list[Any] = [ask.actor.id, ask.actor.situation.structure, ask.actor.key, ask.at, settings.CARNET.visit_pause()]
    with access.asking(ask), unit() as work:
        doubt = access.of_question(work, ask)
        access.grant(work, ask, Facts(settings=access.law(), edition=access.edition(ask.at), plausibility=doubt), None)
        rows = work.rows("SELECT * FROM records_own_list(%s, %s, %s, %s, %s)", *values)
        found = [pair for row in rows if (pair := _readable(ask, row)) and _named_so(pair[0], name)]
        counts = _counts(work, found, documents_since)
        hidden = _in_secret(work, ask, [one for one, _ in found])
    listed = [replace(one, new=counts.get(one.record_id, 0), secret=one.record_id in hidden) for one, _ in found]
    return sorted(listed, key=lambda one: (one.new == 0, normalise_name(one.name), one.name))


def _in_secret(work: Work, ask: Ask, listed: list[Listed]) -> set[UUID]:
    """Minors of the list who agreed in secret: they are opened in a secret connection alone."""
    found = set()
    for one in listed:
        agreed = one.until is not None or one.of_structure
        if agreed and is_minor(one.traits.birth_date, access.law().day(ask.at)):
            work.enter(one.record_id)
            if access.in_secret(work, one.record_id, ask.actor.id, ask.actor.situation.structure):
                found.add(one.record_id)
    return found


def _named_so(listed: Listed, name: str) -> bool:
    asked = normalise_name(name).split()
    words = normalise_name(listed.name).split()
    return all(any(w.startswith(a) for w in words) for a in asked)


def ends_soon(listed: Listed, today: date, days: int = 30) -> bool:
    """Whether the authorisation of a record ends within so many days."""
    return listed.until is not None and not listed.obstacle and 0 <= (access.law().day(listed.until) - today).days <= days
