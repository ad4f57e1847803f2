"""What stands between an actor and a record, brought by one statement."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from carnet.apps.storage.api import Statement
from carnet.dicah.facts import AccessFacts, Authorisation, AuthorisationGround, Emergency
from carnet.kernel.ask import Ask

_FACTS = """
SELECT a.ground, a.granted_at, a.expires_at, c.initial_consent_at IS NOT NULL,
  coalesce(c.break_glass, true), coalesce(c.regulation, true), coalesce(c.masked_in_emergency, false),
  coalesce(c.objects_to_deposits_of, '') IN (%(person)s, %(structure)s) AND c.objects_to_deposits_of <> '',
  EXISTS (SELECT FROM access_block b WHERE b.record_id = %(record)s
          AND ((b.subject_kind = 'person' AND b.subject_id = %(person)s)
            OR (b.subject_kind = 'structure' AND b.subject_id = %(structure)s))),
  EXISTS (SELECT FROM access_relation r WHERE r.record_id = %(record)s AND r.professional_id = %(person)s
          AND r.kind = 'treating_doctor'),
  EXISTS (SELECT FROM access_relation r WHERE r.record_id = %(record)s AND r.professional_id = %(person)s
          AND r.kind = 'administrator'),
  EXISTS (SELECT FROM access_authorisation s WHERE s.record_id = %(record)s AND s.subject_kind = 'structure'
          AND s.subject_id = %(structure)s AND s.expires_at > %(at)s),
  e.mode, e.ends_at
FROM (SELECT %(record)s::uuid AS record_id) AS asked
LEFT JOIN access_choices c ON c.record_id = %(record)s
LEFT JOIN access_authorisation a ON a.record_id = %(record)s AND a.subject_kind = 'person' AND a.subject_id = %(person)s
LEFT JOIN LATERAL (SELECT mode, ends_at FROM access_emergency e WHERE e.record_id = %(record)s
    AND e.professional_id = %(person)s AND e.mode = %(mode)s ORDER BY e.ends_at DESC LIMIT 1) e ON true
"""


def facts_statement(ask: Ask, record_id: UUID) -> Statement:
    """The statement of the access facts of this question."""
    values = {
        "person": ask.actor.id,
        "structure": ask.actor.situation.structure,
        "record": record_id,
        "at": ask.at,
        "mode": ask.mode.value,
    }
    return _FACTS, values


def facts(row: Sequence[Any]) -> AccessFacts:
    """Read the row of `facts_statement`."""
    ground, granted_at, expires_at, initial, glass, regulation, masked, objects, blocked, treating, admin, struct = row[:12]
    authorisation = None
    if ground is not None:
        authorisation = Authorisation(AuthorisationGround(ground), granted_at, expires_at, bool(initial))
    return AccessFacts(
        authorisation=authorisation,
        structure_authorised=struct,
        blocked=blocked,
        treating_doctor=treating,
        administrator=admin,
        emergency=_emergency(row[12], row[13]),
        switch_break_glass=glass,
        switch_regulation=regulation,
        switch_masked=masked,
        objection=bool(objects),
    )


def _emergency(mode: str | None, until: datetime | None) -> Emergency | None:
    return Emergency(mode, until) if mode and until else None
