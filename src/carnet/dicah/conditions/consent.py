"""C — Consentement: a valid authorisation in normal mode, no opposition in the emergency modes."""

from datetime import datetime

from carnet.dicah.acts import (
    ABOUT_SHOWN,
    CHANGES,
    DEPOSITS,
    FEEDING,
    NEEDS_CONSENT,
    NOT_FOR_BLOCKED,
    OF_MESSAGES,
    THROUGH_REPRESENTATIVE,
)
from carnet.dicah.conditions import Denial, rule
from carnet.dicah.conditions.authentication import CONNECTED, PERSONS
from carnet.dicah.conditions.availability import SHOWN_AS_ABSENT
from carnet.dicah.facts import MESSAGES, Authorisation, AuthorisationGround, Facts
from carnet.dicah.settings import LawSettings
from carnet.kernel.actor import ActorKind
from carnet.kernel.ask import EMERGENCY_MODES, Act, Ask, Mode
from carnet.kernel.refusal import No


def _asks_normally(ask: Ask) -> bool:
    return ask.actor.kind is ActorKind.PROFESSIONAL and ask.mode is Mode.NORMAL and ask.act in NEEDS_CONSENT


@rule("C", "L.1111-17, R.1111-46 CSP; TD0.2 INTERDIT")
def professional_blocked(ask: Ask, facts: Facts) -> Denial | None:
    """Whom the patient blocked never enters in normal mode, and in emergency as the settings say. Depositing stays."""
    settings = facts.settings
    excused = (ask.mode is Mode.BREAK_GLASS and settings.blocked_in_break_glass) or (
        ask.mode is Mode.REGULATION and settings.blocked_in_regulation
    )
    if not facts.access.blocked or excused or ask.act not in NOT_FOR_BLOCKED:
        return None
    return Denial(No.PROFESSIONAL_BLOCKED)


@rule("C", "L.1111-17 I and II, R.1111-46 CSP")
def consent_missing(ask: Ask, facts: Facts) -> Denial | None:
    """Normal mode needs this person's own authorisation; that of the structure opens no document (ours)."""
    if not _asks_normally(ask):
        return None
    return None if facts.access.authorisation else Denial(No.CONSENT_MISSING)


@rule("C", "Conseil d'État, 15 October 2025; R.1111-46 CSP")
def initial_consent_missing(ask: Ask, facts: Facts) -> Denial | None:
    """Membership of the care team counts only once the initial consent and the information are recorded."""
    authorisation = facts.access.authorisation
    if not _asks_normally(ask) or authorisation is None or authorisation.ground is not AuthorisationGround.CARE_TEAM:
        return None
    return None if authorisation.initial_consent else Denial(No.CONSENT_MISSING, {"missing": "initial-consent"})


def renews(held: Authorisation | None, ground: AuthorisationGround, at: datetime, settings: LawSettings) -> bool:
    """Whether declaring on this ground may prolong a membership of the care team: the patient gave the initial consent and objected
    to nothing since, so nobody asks again (parameter of 2022-23). A withdrawal or a block leaves no authorisation to prolong.

    Ours: not where the person chose the end (an end that is chosen is an end), nor once it ended longer ago than it lasted.
    """
    team = AuthorisationGround.CARE_TEAM
    if held is None or held.by_person or not held.initial_consent or held.ground is not team or ground is not team:
        return False
    return at - held.expires_at <= settings.authorisation_lasts


def lives(authorisation: Authorisation, ask: Ask, facts: Facts) -> bool:
    """Whether an authorisation still holds at the moment of the question."""
    if authorisation.expires_at <= ask.at:
        return False
    if authorisation.ground is AuthorisationGround.CARE_TEAM:
        return True
    # Outside the team, consent is bound to this consultation: the same day, and not longer than the setting.
    same_day = facts.settings.day(authorisation.granted_at) == facts.settings.day(ask.at)
    return same_day and ask.at - authorisation.granted_at <= facts.settings.consultation_lasts


@rule("C", "L.1111-17 II CSP; settings authorisation_lasts, consultation_lasts; TD0.2 EXPIRE")
def consent_expired(ask: Ask, facts: Facts) -> Denial | None:
    """An authorisation of the care team ends after its term, a consent outside the team after the consultation."""
    authorisation = facts.access.authorisation
    if not _asks_normally(ask) or authorisation is None or lives(authorisation, ask, facts):
        return None
    return Denial(No.CONSENT_EXPIRED, {"since": facts.settings.day(min(authorisation.expires_at, ask.at)).isoformat()})


@rule("C", "L.1111-17 I, R.1111-48 CSP; switches ETREAT and BTG")
def emergency_opposed(ask: Ask, facts: Facts) -> Denial | None:
    """A prior opposition of the patient closes the emergency mode it names, for reading and for express deposits."""
    allowed = {Mode.BREAK_GLASS: facts.access.switch_break_glass, Mode.REGULATION: facts.access.switch_regulation}
    stopped = not allowed.get(ask.mode, True) and (ask.act in NOT_FOR_BLOCKED or ask.mode is Mode.BREAK_GLASS)
    return Denial(No.EMERGENCY_OPPOSED) if stopped and ask.act is not Act.TEST_RECORD else None


@rule("C", "R.1111-48 CSP; setting emergency_lasts")
def emergency_not_open(ask: Ask, facts: Facts) -> Denial | None:
    """Reading in emergency stands on an access opened for this patient with its reason, and not ended."""
    if ask.actor.kind is not ActorKind.PROFESSIONAL or ask.mode not in EMERGENCY_MODES or ask.act not in NEEDS_CONSENT:
        # A regulation centre's certificate reads administrative data (TD1.3a) and opens no access: an access is a person's.
        return None
    opened = facts.access.emergency
    alive = opened is not None and opened.mode == ask.mode and opened.until > ask.at
    return None if alive else Denial(No.EMERGENCY_REASON_MISSING)


@rule("C", "R.1111-50 CSP; EX_0.1-1100")
def secret_for_minors(ask: Ask, facts: Facts) -> Denial | None:
    """A secret connection is for a minor's record: in any other it would hide an access from whom it concerns."""
    asked = ask.secret and facts.record.state not in SHOWN_AS_ABSENT
    return Denial(No.SECRET_CONNECTION_REFUSED) if asked and not facts.minor else None


@rule("C", "R.1111-47 CSP")
def deposit_objection(ask: Ask, facts: Facts) -> Denial | None:
    """A legitimate objection of the patient stops a deposit."""
    return Denial(No.DEPOSIT_OBJECTION) if ask.act in FEEDING and facts.access.objection else None


@rule("C", "R.1111-26 s. CSP; access law §6")
def relation_missing(ask: Ask, facts: Facts) -> Denial | None:
    """A person acts on a record by a relation that holds at this moment: holder, representative or carer."""
    if ask.actor.kind not in PERSONS - CONNECTED:
        return None
    relation = facts.access.relation
    lives = relation is not None and relation.kind == ask.actor.kind and relation.starts <= ask.at
    ended = relation is not None and relation.ends is not None and relation.ends <= ask.at
    return None if lives and not ended else Denial(No.RELATION_MISSING)


_CATEGORY_OF = dict.fromkeys(ABOUT_SHOWN | DEPOSITS, "documents") | {Act.OWN_TRACES: "journal"}
"""The category that an act is about by itself; the others are named by the question."""


@rule("C", "R.1111-37 CSP; access law §1, connected service")
def service_consent_missing(ask: Ask, facts: Facts) -> Denial | None:
    """A connected service needs a live consent for purpose × category × verb, checked at this call."""
    if ask.actor.kind not in CONNECTED:
        return None
    verb = "write" if ask.act in FEEDING else "read"
    wanted = f"{ask.purpose}/{facts.category or _CATEGORY_OF.get(ask.act, '')}/{verb}"
    return None if wanted in facts.access.service_consent else Denial(No.SERVICE_CONSENT_MISSING)


@rule("C", "setting profile_sections; switches of the holder")
def profile_section_closed(ask: Ask, facts: Facts) -> Denial | None:
    """Professionals see the sections of the profile that the setting opens and the holder left open."""
    if ask.act is not Act.READ_PROFILE or ask.actor.kind is not ActorKind.PROFESSIONAL:
        return None
    opened = facts.settings.profile_sections - facts.access.hidden_profile_sections
    return None if facts.category in opened else Denial(No.PROFILE_SECTION_CLOSED)


@rule("C", "articles 388-1-1 and 408 of the code civil; access law §6")
def minor_through_representative(ask: Ask, facts: Facts) -> Denial | None:
    """A minor reads, adds and keeps secrets alone; the life of the record and who else enters are for the representatives."""
    alone = ask.actor.kind is ActorKind.HOLDER and facts.minor and ask.act in THROUGH_REPRESENTATIVE
    return Denial(No.MINOR_THROUGH_REPRESENTATIVE) if alone else None


@rule("C", "L.1111-11 CSP")
def directives_for_adults(ask: Ask, facts: Facts) -> Denial | None:
    """Advance directives are those of adults: nobody writes any in the record of a minor."""
    asked = ask.act is Act.WRITE_PROFILE and facts.category == "directives" and facts.minor
    return Denial(No.DIRECTIVES_FOR_ADULTS) if asked else None


@rule("C", "access law §6: scope chosen by the holder")
def carer_reads_only(ask: Ask, facts: Facts) -> Denial | None:
    """A carer whom the holder lets read alone adds, changes and deletes nothing."""
    relation = facts.access.relation
    limited = ask.actor.kind is ActorKind.CARER and relation is not None and relation.reads_only
    return Denial(No.CARER_READS_ONLY) if limited and ask.act in CHANGES else None


@rule("C", "access law §6: scope chosen by the holder")
def profile_outside_scope(ask: Ask, facts: Facts) -> Denial | None:
    """A carer with a scope sees and writes the sections of the profile that it names."""
    relation = facts.access.relation
    asked = ask.act in (Act.READ_PROFILE, Act.WRITE_PROFILE) and ask.actor.kind is ActorKind.CARER
    if not asked or relation is None or not relation.scope or f"profile:{facts.category}" in relation.scope:
        return None
    return Denial(No.OUTSIDE_SCOPE)


@rule("C", "access law §6: scope chosen by the holder")
def messages_outside_scope(ask: Ask, facts: Facts) -> Denial | None:
    """A carer with a scope reads and writes messages when it names them."""
    relation = facts.access.relation
    asked = ask.act in OF_MESSAGES and ask.actor.kind is ActorKind.CARER
    if not asked or relation is None or not relation.scope or MESSAGES in relation.scope:
        return None
    return Denial(No.OUTSIDE_SCOPE)
