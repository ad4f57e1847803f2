"""What stands between an actor and a record, brought by one statement."""

from collections.abc import Sequence
from typing import Any

from carnet.apps.access import budgets
from carnet.apps.access.budgets import OPENED
from carnet.dicah.acts import Opening
from carnet.dicah.facts import AccessFacts, Authorisation, AuthorisationGround, Emergency
from carnet.kernel.ask import Ask

_FACTS = """SELECT a.ground, a.granted_at, a.expires_at, c.initial_consent_at IS NOT NULL AS initial,
  coalesce(c.break_glass, true) AS break_glass, coalesce(c.regulation, true) AS regulation,
  coalesce(c.masked_in_emergency, false) AS masked_in_emergency,
  c.objects_to_deposits_of && ARRAY[%(person)s, %(structure)s]::varchar[] AS objects,
  EXISTS (SELECT FROM access_block b WHERE b.record_id = s.record_id
          AND ((b.subject_kind = 'person' AND b.subject_id = %(person)s)
            OR (b.subject_kind = 'structure' AND b.subject_id = %(structure)s))) AS blocked,
  EXISTS (SELECT FROM access_relation r WHERE r.record_id = s.record_id AND r.professional_id = %(person)s
          AND r.kind = 'treating_doctor') AS treating,
  EXISTS (SELECT FROM access_relation r WHERE r.record_id = s.record_id AND r.professional_id = %(person)s
          AND r.kind = 'administrator') AS administrator,
  EXISTS (SELECT FROM access_authorisation t WHERE t.record_id = s.record_id AND t.subject_kind = 'structure'
          AND t.subject_id = %(structure)s AND t.expires_at > %(at)s) AS structure_authorised,
  (SELECT max(e.ends_at) FROM access_emergency e WHERE e.record_id = s.record_id AND e.professional_id = %(person)s
          AND e.mode = %(mode)s) AS emergency_until,
  coalesce(c.hidden_sections, '{}') AS hidden_sections#MORE#
FROM (SELECT s.record_id) AS one
LEFT JOIN access_choices c ON c.record_id = s.record_id
LEFT JOIN access_authorisation a ON a.record_id = s.record_id AND a.subject_kind = 'person' AND a.subject_id = %(person)s"""
_INITIAL = "c.initial_consent_at IS NOT NULL AS initial"
_OWN = "a.subject_kind = 'person' AND a.subject_id = %(person)s"
_OF_STRUCTURE = "t.subject_id = %(structure)s AND t.expires_at > %(at)s"
FACTS = (
    _FACTS.replace(_INITIAL, "c.initial_consent_at IS NOT NULL OR coalesce(a.secret, false) AS initial")
    .replace(_OWN, f"{_OWN} AND (NOT a.secret OR %(secret)s)")
    .replace(_OF_STRUCTURE, f"{_OF_STRUCTURE} AND (NOT t.secret OR %(secret)s)")
    .replace("#MORE#", ", coalesce(a.declared_by ~ '^(holder|representative):', false) AS by_person,\n  " + OPENED)
)
"""A fragment for the statement that enters a record: `s.record_id` is the record in scope. What a minor agreed to in secret stands
alone, and opens a secret connection alone: an ordinary one would be told."""
LISTED_FACTS = _FACTS.replace("#MORE#", "")
"""The same for a list, which prolongs nothing: it stands in a function of the database (`records_own_list`)."""


LISTED_RECORDS = """SELECT DISTINCT record_id FROM access_authorisation WHERE (subject_kind = 'person' AND subject_id = p_person
    AND (ground = 'care_team' OR expires_at > p_at))
    OR (subject_kind = 'structure' AND subject_id = p_structure AND expires_at > p_at)"""
"""The records of a professional's own list, by the parameters of that function."""


def parameters(ask: Ask, opening: Opening = Opening.NONE) -> dict[str, Any]:
    """Values of the names in `FACTS`, for a question that opens so much of a record."""
    return {
        **budgets.parameters(ask, opening),
        "person": ask.actor.id,
        "structure": ask.actor.situation.structure,
        "at": ask.at,
        "mode": ask.mode.value,
        "secret": ask.secret,
    }


def opened_today(row: Sequence[Any]) -> budgets.Today:
    """What the asker opened of the record today, from the columns of `FACTS`."""
    already, present, own, new = (bool(told) for told in row[15])
    return budgets.Today(already, present, own, new, row[16])


def facts(row: Sequence[Any], ask: Ask) -> AccessFacts:
    """Read the columns of `FACTS`, or of `LISTED_FACTS`."""
    ground, granted_at, expires_at, initial, glass, regulation, masked, objects, blocked, treating, admin, struct = row[:12]
    authorisation = None
    if ground is not None:
        by_person = len(row) > 14 and bool(row[14])
        authorisation = Authorisation(AuthorisationGround(ground), granted_at, expires_at, bool(initial), by_person)
    return AccessFacts(
        authorisation=authorisation,
        structure_authorised=struct,
        blocked=blocked,
        treating_doctor=treating,
        administrator=admin,
        emergency=Emergency(ask.mode.value, row[12]) if row[12] else None,
        switch_break_glass=glass,
        switch_regulation=regulation,
        switch_masked=masked,
        objection=bool(objects),
        hidden_profile_sections=frozenset(row[13]),
        under_review_since=row[17] if len(row) > 17 else None,
    )
