"""Who may read a record, who may not, and who entered in emergency: lists of one record (TD1.6), inside its scope."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings

from carnet.apps.storage.api import RecordKey, Work


@dataclass(frozen=True, slots=True)
class Named:
    """A professional or a structure that stands in some relation to a record."""

    kind: str
    """`authorised`, `blocked`, `treating_doctor` or `administrator`."""
    subject_kind: str
    subject_id: str
    since: datetime
    until: datetime | None = None
    ground: str = ""
    secret: bool = False
    """Declared in a secret connection; of a block, made by the holder."""


@dataclass(frozen=True, slots=True)
class EmergencyAccess:
    """An emergency access: who, in which mode, when. Its reason stays sealed."""

    professional_id: str
    mode: str
    started_at: datetime
    ends_at: datetime
    reviewed: bool


_NAMED = """SELECT 'authorised', subject_kind, subject_id, granted_at, expires_at, ground, secret FROM access_authorisation
    WHERE record_id = %s UNION ALL SELECT 'blocked', subject_kind, subject_id, since, NULL, '', secret FROM access_block
    WHERE record_id = %s UNION ALL SELECT kind, 'person', professional_id, since, NULL, '', false FROM access_relation
    WHERE record_id = %s ORDER BY 1, 4 DESC, 3"""


def named(work: Work, record_id: UUID) -> list[Named]:
    """Everybody who is authorised, blocked or named on a record."""
    return [Named(*row) for row in work.rows(_NAMED, record_id, record_id, record_id)]


def in_secret(work: Work, record_id: UUID, professional_id: str, structure_id: str) -> bool:
    """Whether the agreement by which a professional reads a record is a secret one, in its scope: their own before their
    structure's."""
    row = work.row(
        """SELECT secret FROM access_authorisation WHERE record_id = %s AND (subject_kind = 'person' AND subject_id = %s
        OR subject_kind = 'structure' AND subject_id = %s) ORDER BY subject_kind LIMIT 1""",
        record_id, professional_id, structure_id,
    )  # fmt: skip
    return bool(row and row[0])


def emergencies(work: Work, record_id: UUID, professional_id: str = "") -> list[EmergencyAccess]:
    """Emergency accesses of a record, the newest first; of one professional alone where one is named."""
    rows = work.rows(
        """SELECT professional_id, mode, started_at, ends_at, reviewed_at IS NOT NULL FROM access_emergency
        WHERE record_id = %s AND (%s = '' OR professional_id = %s) ORDER BY started_at DESC""",
        record_id, professional_id, professional_id,
    )  # fmt: skip
    return [EmergencyAccess(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class EmergencyTold:
    """An emergency access as its person reads it: the reason that was written, and what the review concluded."""

    reason: str
    reviewed_at: datetime | None
    verdict: str
    """Empty until the review; one of `reviews.VERDICTS`."""


def emergency_at(work: Work, key: RecordKey, professional_id: str, at: datetime) -> EmergencyTold | None:
    """The emergency access that a professional opened at a moment; None where there is none.

    At this very moment: another one that was open then may be a secret of a minor's, which whoever reads this line does not see.
    """
    row = work.row(
        """SELECT id, reason, reviewed_at, verdict FROM access_emergency WHERE record_id = %s AND professional_id = %s
        AND started_at = %s""",
        key.record_id, professional_id, at,
    )  # fmt: skip
    if row is None:
        return None
    return EmergencyTold(key.unseal(bytes(row[1]), f"emergency/{row[0]}").decode(), row[2], row[3])


@dataclass(frozen=True, slots=True)
class Readers:
    """Who holds an authorisation of their own, and who is kept out: persons and structures."""

    authorised: frozenset[str]
    blocked: frozenset[str]

    def reads(self, person: str, structure: str) -> bool:
        """Whether a person who exercises in this structure may enter, as far as the patient's will goes."""
        return person in self.authorised and not {person, structure} & self.blocked


def readers(work: Work, record_id: UUID, at: datetime) -> Readers:
    """Who may enter a record at a moment. The consent for one consultation ended with its day, as the law says."""
    rows = work.rows(
        """SELECT a.subject_id, a.ground, a.granted_at, c.initial_consent_at IS NOT NULL FROM access_authorisation a
        LEFT JOIN access_choices c USING (record_id) WHERE a.record_id = %s AND a.subject_kind = 'person' AND a.expires_at > %s""",
        record_id, at,
    )  # fmt: skip
    today = settings.LAW.day(at)
    held = (who for who, ground, since, initial in rows if (initial if ground == "care_team" else settings.LAW.day(since) == today))
    blocked = work.rows("SELECT subject_id FROM access_block WHERE record_id = %s", record_id)
    return Readers(frozenset(held), frozenset(row[0] for row in blocked))
