"""Acts on access. What a professional does takes a Grant and is journaled in the same unit: declare, withdraw, emergency.

Blocks, relations and the holder's choices take the Grant of who changes them too: the holder's own (`records.writing`), or that of
a procedure of the host for facts from elsewhere (`host_grant`: migration of records, demonstration).
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from carnet.apps.access.decision import law, write_entry
from carnet.apps.access.presence import count_declaration, prove
from carnet.apps.outbox.api import HOLDER, notify, professional
from carnet.apps.storage.api import RecordKey, Work
from carnet.dicah.conditions.consent import renews
from carnet.dicah.facts import Authorisation, AuthorisationGround
from carnet.kernel.actor import ActorKind
from carnet.kernel.ask import Mode
from carnet.kernel.grant import Grant
from carnet.kernel.refusal import No, Refusal


@dataclass(frozen=True, slots=True)
class Consent:
    """What a professional states when declaring: the ground, and that the patient was informed and agrees."""

    ground: AuthorisationGround
    patient_agrees: bool
    initial_consent: bool = False
    """The patient gives now the initial consent to the care team (R.1111-46)."""
    presence_code: str = ""
    """A single-use code that the patient shows; empty when there is none, which blocks nothing."""
    prolongs: bool = False
    """The patient was not asked: an authorisation of the care team is to go on. Never a patient's "no", which refuses."""


def authorise(work: Work, granted: Grant, consent: Consent, key: RecordKey, held: Authorisation | None = None) -> datetime:
    """Write an authorisation, dated, by an explicit act only (EX_0.3-1010). Returns when it ends.

    `held`: the asker's own authorisation until now; one of the care team is prolonged without asking the patient again.
    """
    ask, record_id = granted.ask, record_of_grant(granted)
    renewal = consent.prolongs and renews(held, consent.ground, ask.at, law())
    if not consent.patient_agrees and not renewal:
        raise Refusal(No.CONSENT_MISSING, {"missing": "statement"})
    if consent.initial_consent and consent.ground is AuthorisationGround.CARE_TEAM and not ask.secret:
        _record_initial_consent(work, record_id, ask.at, ask.actor.key)
    settings = law()
    team = consent.ground is AuthorisationGround.CARE_TEAM
    expires = ask.at + (settings.authorisation_lasts if team else settings.consultation_lasts)
    kind, subject = _subject(granted)
    # A consent for one consultation takes nothing from a membership of the care team that still lasts.
    row = work.row(
        """INSERT INTO access_authorisation AS held (record_id, subject_kind, subject_id, ground, granted_at, expires_at,
        declared_by, secret) VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (record_id, subject_kind, subject_id) DO UPDATE SET
        ground = excluded.ground, granted_at = excluded.granted_at, expires_at = excluded.expires_at,
        declared_by = excluded.declared_by, secret = excluded.secret, end_noted = false
        WHERE (excluded.ground = 'care_team' OR held.ground <> 'care_team' OR held.expires_at <= excluded.granted_at
               OR held.secret AND NOT excluded.secret)
        AND (held.secret OR NOT excluded.secret OR held.expires_at <= excluded.granted_at) RETURNING expires_at""",
        # In a secret connection an agreement that is known stays as it is: its dates would tell of it. One that was secret becomes
        # known by the first that is declared in the open.
        record_id, kind, subject, consent.ground.value, ask.at, expires, ask.actor.key, ask.secret,
    )  # fmt: skip
    if consent.presence_code:
        prove(work, key, granted, consent.presence_code)
    count_declaration(work, settings.day(ask.at), bool(consent.presence_code))
    write_entry(work, granted, (), f"{consent.ground.value}:renewed" if renewal else consent.ground.value)
    if not ask.secret:
        notify(work, record_id, "authorisation-prolonged" if renewal else "authorisation-declared", HOLDER, ask.at)
    return row[0] if row else _held_until(work, record_id, kind, subject)


def _held_until(work: Work, record_id: UUID, kind: str, subject: str) -> datetime:
    row = work.rows(
        "SELECT expires_at FROM access_authorisation WHERE record_id = %s AND subject_kind = %s AND subject_id = %s",
        record_id, kind, subject,
    )[0]  # fmt: skip
    until: datetime = row[0]
    return until


def record_of_grant(granted: Grant) -> UUID:
    """The record of a Grant. Raises PermissionError for a Grant that concerns none."""
    if granted.record_id is None:
        raise PermissionError("this Grant concerns no record")
    return granted.record_id


def _subject(granted: Grant) -> tuple[str, str]:
    # TD0.3 by a CPE authorises the structure, never the person (PDT-INF-606).
    if granted.ask.actor.kind is ActorKind.EMPLOYEE:
        return "structure", granted.ask.actor.situation.structure
    return "person", granted.ask.actor.id


def declare_treating_doctor(work: Work, granted: Grant) -> None:
    """Keep that the patient chose the asker as treating doctor; the patient is told at once, and may undo it."""
    ask, record_id = granted.ask, record_of_grant(granted)
    if ask.secret:
        # The representatives know who the treating doctor is: they would see another, or none.
        raise Refusal(No.SECRET_CONNECTION_KNOWN)
    name_relation(work, granted, "treating_doctor", ask.actor.id)
    write_entry(work, granted, (), "treating-doctor")
    notify(work, record_id, "treating-doctor-declared", HOLDER, ask.at)


def stop_treating(work: Work, granted: Grant) -> None:
    """The asker is not the treating doctor any more. Raises Refusal in a secret connection: the representatives know who is."""
    if granted.ask.secret:
        raise Refusal(No.SECRET_CONNECTION_KNOWN)
    end_relation_of(work, granted, "treating_doctor", granted.ask.actor.id)
    write_entry(work, granted, (), "treating-doctor-ended")


def withdraw(work: Work, granted: Grant) -> None:
    """Withdraw one's own authorisation; in a secret connection one that is secret alone. Raises Refusal."""
    kind, subject = _subject(granted)
    known = work.rows(
        """DELETE FROM access_authorisation WHERE record_id = %s AND subject_kind = %s AND subject_id = %s
        AND (secret OR NOT %s) RETURNING 1""",
        granted.record_id, kind, subject, granted.ask.secret,
    )  # fmt: skip
    if granted.ask.secret and not known:
        raise Refusal(No.SECRET_CONNECTION_KNOWN)
    write_entry(work, granted, ())


def open_emergency(work: Work, granted: Grant, key: RecordKey, under_review: bool = False) -> datetime:
    """Open an emergency access: no authorisation is written; holder and treating doctor are told. Returns its end.

    It is reviewed first where the patient blocked the asker, or where the asker's activity is under review.
    """
    ask, record_id = granted.ask, record_of_grant(granted)
    identifier, ends = uuid4(), ask.at + law().emergency_lasts
    work.run(
        """INSERT INTO access_emergency (record_id, id, professional_id, mode, started_at, ends_at, reason, priority,
        reviewed_by, verdict, secret) VALUES (%s, %s, %s, %s, %s, %s, %s,
        %s OR EXISTS (SELECT FROM access_block WHERE record_id = %s AND subject_id = ANY(%s)), '', '', %s)""",
        record_id, identifier, ask.actor.id, ask.mode.value, ask.at, ends,
        key.seal(ask.reason.encode(), f"emergency/{identifier}"),
        under_review, record_id, [ask.actor.id, ask.actor.situation.structure], ask.secret,
    )  # fmt: skip
    write_entry(work, granted, (), "reason-recorded")
    kind = "emergency-access" if ask.mode is Mode.BREAK_GLASS else "regulation-access"
    if not ask.secret:
        # A minor's address may be a representative's: a secret connection leaves nothing there.
        notify(work, record_id, kind, HOLDER, ask.at)
    treating = treating_doctor_of(work, record_id)
    if treating and treating != ask.actor.id:
        notify(work, record_id, kind, professional(treating), ask.at)
    return ends


def end_emergency(work: Work, granted: Grant) -> None:
    """End one's own emergency access before its time."""
    ask = granted.ask
    ended = work.rows(
        """UPDATE access_emergency SET ends_at = %s WHERE record_id = %s AND professional_id = %s AND mode = %s
        AND ends_at > %s RETURNING 1""",
        ask.at, granted.record_id, ask.actor.id, ask.mode.value, ask.at,
    )  # fmt: skip
    if ended:
        write_entry(work, granted, (), "emergency-ended")


def close_sections(work: Work, granted: Grant, sections: list[str]) -> None:
    """Keep which sections of the profile the holder closes to professionals (access law §1, read the profile)."""
    record_id = record_of_grant(granted)
    _ensure_choices(work, record_id)
    work.run("UPDATE access_choices SET hidden_sections = %s WHERE record_id = %s", sections, record_id)


def _record_initial_consent(work: Work, record_id: UUID, at: datetime, by: str) -> None:
    _ensure_choices(work, record_id)
    work.run(
        """UPDATE access_choices SET initial_consent_at = coalesce(initial_consent_at, %s),
        initial_consent_by = CASE WHEN initial_consent_at IS NULL THEN %s ELSE initial_consent_by END
        WHERE record_id = %s""",
        at, by, record_id,
    )  # fmt: skip


def _ensure_choices(work: Work, record_id: UUID) -> None:
    work.run(
        """INSERT INTO access_choices (record_id, initial_consent_by, break_glass, regulation, masked_in_emergency,
        objects_to_deposits_of) VALUES (%s, '', true, true, false, '{}') ON CONFLICT DO NOTHING""",
        record_id,
    )


def choose(
    work: Work, granted: Grant, *, break_glass: bool = True, regulation: bool = True, masked_in_emergency: bool = False
) -> None:
    """Set the three emergency switches of the holder (ETREAT, BTG, MASKED).

    The third says what is seen in an emergency: it falls to no with the two others, which leave no emergency to see it in.
    """
    record_id = record_of_grant(granted)
    _ensure_choices(work, record_id)
    work.run(
        "UPDATE access_choices SET break_glass = %s, regulation = %s, masked_in_emergency = %s WHERE record_id = %s",
        break_glass, regulation, masked_in_emergency and (break_glass or regulation), record_id,
    )  # fmt: skip


def choose_masks(work: Work, granted: Grant, masks_new: bool, categories: list[str]) -> None:
    """Set what is masked on arrival: everything, or some of the public's categories."""
    record_id = record_of_grant(granted)
    _ensure_choices(work, record_id)
    work.run(
        "UPDATE access_choices SET masks_new = %s, masked_categories = %s WHERE record_id = %s", masks_new, categories, record_id
    )


def masking_of(record_id: UUID) -> tuple[str, tuple[UUID]]:
    """The statement that brings what the holder has masked as it comes: `masks_on_arrival` asks for it."""
    return "SELECT masks_new, masked_categories FROM access_choices WHERE record_id = %s", (record_id,)


def masks_on_arrival(work: Work, record_id: UUID, category: str) -> bool:
    """Whether the holder has a document of this category masked when it comes into sight."""
    sql, values = masking_of(record_id)
    row = work.row(sql, *values)
    return row is not None and (bool(row[0]) or category in (row[1] or ()))


def object_to_deposits(work: Work, granted: Grant, subject_id: str) -> None:
    """Keep the holder's legitimate objection to the deposits of one professional or structure (R.1111-47)."""
    record_id = record_of_grant(granted)
    _ensure_choices(work, record_id)
    work.run(
        "UPDATE access_choices SET objects_to_deposits_of = array_append(objects_to_deposits_of, %s) WHERE record_id = %s",
        subject_id, record_id,
    )  # fmt: skip


def block(work: Work, granted: Grant, subject_id: str, subject_kind: str = "person") -> None:
    """Keep a professional or structure out. The authorisation goes with it, and unblocking restores none."""
    by_holder = granted.ask.actor.kind is ActorKind.HOLDER
    work.run(
        "DELETE FROM access_authorisation WHERE record_id = %s AND subject_kind = %s AND subject_id = %s",
        record_of_grant(granted), subject_kind, subject_id,
    )  # fmt: skip
    work.run(
        """INSERT INTO access_block AS held (record_id, subject_kind, subject_id, since, secret) VALUES (%s, %s, %s, %s, %s)
        ON CONFLICT (record_id, subject_kind, subject_id) DO UPDATE SET secret = held.secret AND excluded.secret""",
        # A minor's own block of somebody whom they see in secret is theirs; one of a representative is seen by both.
        record_of_grant(granted), subject_kind, subject_id, granted.ask.at, by_holder,
    )  # fmt: skip


def unblock(work: Work, granted: Grant, subject_id: str, subject_kind: str = "person") -> None:
    """Let a professional ask again. Nothing is restored."""
    work.run(
        "DELETE FROM access_block WHERE record_id = %s AND subject_kind = %s AND subject_id = %s",
        record_of_grant(granted), subject_kind, subject_id,
    )  # fmt: skip


def withdraw_from(work: Work, granted: Grant, subject_id: str, subject_kind: str = "person") -> None:
    """Take an authorisation back from a professional or a structure, who may ask again.

    A minor's secret one is not a representative's to take back: they do not know of it.
    """
    work.run(
        """DELETE FROM access_authorisation WHERE record_id = %s AND subject_kind = %s AND subject_id = %s
        AND NOT (secret AND %s)""",
        record_of_grant(granted), subject_kind, subject_id, granted.ask.actor.kind is ActorKind.REPRESENTATIVE,
    )  # fmt: skip


def authorise_by_holder(work: Work, granted: Grant, subject_id: str, until: datetime) -> None:
    """Give a professional access, or change until when: the holder's own act is the initial consent to the care team."""
    ask, record_id = granted.ask, record_of_grant(granted)
    _record_initial_consent(work, record_id, ask.at, ask.actor.key)
    work.run(
        """INSERT INTO access_authorisation AS held
        (record_id, subject_kind, subject_id, ground, granted_at, expires_at, declared_by)
        VALUES (%s, 'person', %s, 'care_team', %s, %s, %s) ON CONFLICT (record_id, subject_kind, subject_id) DO UPDATE SET
        ground = excluded.ground, expires_at = excluded.expires_at, declared_by = excluded.declared_by, end_noted = false,
        granted_at = CASE WHEN held.secret THEN excluded.granted_at ELSE held.granted_at END, secret = false""",
        record_id, subject_id, ask.at, min(until, ask.at + law().authorisation_lasts), ask.actor.key,
    )  # fmt: skip


def end_relation_of(work: Work, granted: Grant, kind: str, professional_id: str) -> None:
    """End what a professional was named: treating doctor or administrator."""
    work.run(
        "DELETE FROM access_relation WHERE record_id = %s AND kind = %s AND professional_id = %s",
        record_of_grant(granted), kind, professional_id,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Choices:
    """What the holder chose: the three emergency switches, closed sections, what is masked on arrival."""

    break_glass: bool = True
    regulation: bool = True
    masked_in_emergency: bool = False
    hidden_sections: frozenset[str] = frozenset()
    masks_new: bool = False
    masked_categories: frozenset[str] = frozenset()
    objects_to: frozenset[str] = frozenset()


def choices(work: Work, record_id: UUID) -> Choices:
    """The choices of a record's holder."""
    row = work.row(
        """SELECT break_glass, regulation, masked_in_emergency, coalesce(hidden_sections, '{}'), coalesce(masks_new, false),
        coalesce(masked_categories, '{}'), objects_to_deposits_of FROM access_choices WHERE record_id = %s""",
        record_id,
    )  # fmt: skip
    if row is None:
        return Choices()
    return Choices(row[0], row[1], row[2], frozenset(row[3]), row[4], frozenset(row[5]), frozenset(row[6]))


def name_relation(work: Work, granted: Grant, kind: str, professional_id: str) -> None:
    """Name a treating doctor or an administrator. A record has one treating doctor at a time."""
    record_id = record_of_grant(granted)
    if kind == "treating_doctor":
        work.run("DELETE FROM access_relation WHERE record_id = %s AND kind = %s", record_id, kind)
    work.run(
        "INSERT INTO access_relation (record_id, kind, professional_id, since) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
        record_id, kind, professional_id, granted.ask.at,
    )  # fmt: skip


def treating_doctor_of(work: Work, record_id: UUID) -> str:
    """PS_IdNat of the treating doctor; empty when none is named."""
    row = work.row("SELECT professional_id FROM access_relation WHERE record_id = %s AND kind = 'treating_doctor'", record_id)
    return str(row[0]) if row else ""


def authorise_at(
    work: Work, granted: Grant, subject_id: str, ground: AuthorisationGround, granted_at: datetime, subject_kind: str = "person"
) -> None:
    """Bring an authorisation that was given elsewhere (migration of records, demonstration), with its own date."""
    settings, record_id = law(), record_of_grant(granted)
    team = ground is AuthorisationGround.CARE_TEAM
    expires = granted_at + (settings.authorisation_lasts if team else settings.consultation_lasts)
    _record_initial_consent(work, record_id, granted_at, "import")
    work.run(
        """INSERT INTO access_authorisation (record_id, subject_kind, subject_id, ground, granted_at, expires_at,
        declared_by) VALUES (%s, %s, %s, %s, %s, %s, 'import') ON CONFLICT DO NOTHING""",
        record_id, subject_kind, subject_id, ground.value, granted_at, expires,
    )  # fmt: skip
