"""Everything in the law that is unconfirmed or a choice: each with its default and what it says.

An operator sets any of them (`CARNET_LAW_…`, docs/reference/settings.md). The digest of the values in force stands in every journal
entry of a decision, beside the edition of the law: who changed a setting, changed the digest from then on.
"""

import hashlib
import json
from dataclasses import dataclass, field, fields
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from carnet.dicah import contexts
from carnet.kernel.actor import Context
from carnet.kernel.clock import begins, day_in
from carnet.kernel.codes import PROFESSION_SYSTEM, TRAINEE_SYSTEM, Code
from carnet.kernel.ins import INS_NIR_TEST

PROFILE_SECTIONS = frozenset({"vaccinations", "history", "contacts", "wishes", "directives", "allergies", "treatments"})
EDITION = "2026-11-26"
"""Edition of the rules of the law themselves, which no setting changes."""


def _setting(default: Any, what: str) -> Any:
    return field(default=default, metadata={"what": what})


@dataclass(frozen=True, slots=True)
class LawSettings:
    """The settings of the access law. Raises ValueError for a value that no law can have."""

    accepted_ins_oids: frozenset[str] = _setting(
        frozenset({INS_NIR_TEST}), "OIDs of INS accepted here. Production never accepts test and demonstration OIDs (EX_GEN-1430)."
    )
    accepted_levels: frozenset[str] = _setting(
        frozenset({"APPPRIP3", "APPPRIP2"}), "Accepted values of Palier_Authentification (TRE_R231)."
    )
    authorisation_lasts: timedelta = _setting(
        timedelta(days=183),
        "Care team: how long an authorisation lasts. Six months, the national system's technical parameter of 2022-23; renewed "
        "without asking the patient again while nobody objects.",
    )
    consultation_lasts: timedelta = _setting(
        timedelta(hours=12), "Outside the team: the consent is for this consultation, the same day, at most this long."
    )
    civil_zone: str = _setting("Europe/Paris", "Where days are counted: the same day of a consultation, majority, daily mails.")
    emergency_lasts: timedelta = _setting(timedelta(minutes=60), "How long an emergency access lasts, for this patient.")
    emergency_reason_length: int = _setting(10, "Fewest characters of the reason of an emergency access.")
    blocked_in_break_glass: bool = _setting(False, "Whether a blocked professional may break the glass.")
    blocked_in_regulation: bool = _setting(True, "Whether a blocked professional may enter in regulation (with a priority review).")
    regulation_doctors_only: bool = _setting(True, "Whether regulation is for doctors alone.")
    regulation_software_required: bool = _setting(
        False, "Whether regulation needs regulation software (on WebPS it is a demonstration setting)."
    )
    occupational_metadata_with_consent: bool = _setting(False, "Whether an occupational doctor sees metadata with express consent.")
    masked_and_hidden_together: bool = _setting(
        False, "Whether MASQUE_PS and INVISIBLE_PATIENT may stand on one document (cumul-invisible_patient-masque_ps)."
    )
    raised_confidentiality: str = _setting(
        "warn", "Documents of confidentiality R or V (HL7): `warn` the depositor, or `refuse` the deposit."
    )
    deleted_readable: bool = _setting(
        False, "Whether deleted documents are read: the functional matrix says yes, a public FAQ says no."
    )
    treating_doctor_may_be_blocked: bool = _setting(True, "Whether the holder may block the treating doctor.")
    treating_doctor_by_declaration: bool = _setting(
        True, "Whether a doctor may declare that the patient chose them as treating doctor (TD0.3, role MEDECIN_TRAITANT)."
    )
    occupational_savoir_faire: frozenset[str] = _setting(frozenset({"SM25"}), "Savoir-faire of occupational medicine (TRE_R38).")
    occupational_sectors: frozenset[str] = _setting(frozenset({"SA13", "SA66"}), "Sectors of occupational medicine (TRE_R02).")
    trainees: frozenset[str] = _setting(
        frozenset({"10", "21", "40", "50"}),
        "Trainees (TRE_G16) who count as the profession of the same number (TRE_G15); CPF counts as CPS, as the matrix does.",
    )
    town_sectors: frozenset[str] = _setting(contexts.TOWN, "Sectors of the context *town* (TRE_R02); the grouping is ours.")
    hospital_sectors: frozenset[str] = _setting(contexts.HOSPITAL, "Sectors of the context *hospital*.")
    medico_social_sectors: frozenset[str] = _setting(contexts.MEDICO_SOCIAL, "Sectors of the context *medico-social*.")
    profile_sections: frozenset[str] = _setting(
        PROFILE_SECTIONS, "Sections of the profile that professionals see, unless the holder closes them."
    )
    support_line: str = _setting("34 22", "Telephone line that patients are sent to (recalled, not read in a source).")
    opposition_lasts: timedelta = _setting(timedelta(weeks=6), "From the announcement of a record to its opening (R.1111-28 CSP).")
    figures_least: int = _setting(11, "Smallest count of people that the figures show; smaller ones are hidden.")
    insured_status: str = _setting(
        "QUAL", "Status of an identity that comes from the file of insured people: QUAL, or VALI where it is qualified later."
    )
    undelivered_stops_clock: bool = _setting(
        True, "Whether a notice that comes back undelivered stops the six weeks of opposition until another one is sent."
    )
    union_undone_within: timedelta = _setting(
        timedelta(days=183), "How long two records that were united can be parted again; then what is left of the second one goes."
    )
    announcement_notice_after: timedelta = _setting(
        timedelta(weeks=2), "After which the patient is told that something waits to be announced (R.1111-53 CSP)."
    )
    announcement_notice_margin: timedelta = _setting(
        timedelta(days=1), "How much earlier that notice leaves: the worker runs now and then."
    )
    visible_by_itself_after: timedelta = _setting(timedelta(days=30), "After which a document that waited is visible by itself.")
    suspension_lasts: timedelta = _setting(timedelta(weeks=6), "How long a record stays suspended before it closes.")
    closed_kept: timedelta = _setting(timedelta(days=3653), "How long a closed record is kept (L.1111-18 CSP: ten years).")
    destroyed_on_request_after: timedelta = _setting(timedelta(days=91), "How long after a request a closed record is destroyed.")

    def __post_init__(self) -> None:
        """Refuse what no law can have."""
        values = ((f.name, getattr(self, f.name)) for f in fields(self))
        negative = [name for name, value in values if isinstance(value, timedelta) and value < timedelta(0)]
        if negative:
            raise ValueError(f"{', '.join(negative)}: a duration is not negative")
        if self.emergency_reason_length < 1:
            raise ValueError("emergency_reason_length: an emergency has a reason, of one character at least")
        if self.figures_least < 2:
            raise ValueError("figures_least: two people at least")
        if self.raised_confidentiality not in ("warn", "refuse"):
            raise ValueError("raised_confidentiality: write warn or refuse")
        if self.insured_status not in ("QUAL", "VALI", "RECUP", "PROV"):
            raise ValueError("insured_status: write QUAL, VALI, RECUP or PROV")
        try:
            ZoneInfo(self.civil_zone)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError("civil_zone: not a time zone") from None

    def day(self, moment: datetime) -> date:
        """The day of a moment as people of the civil zone count it: the one that the law, a form and a person mean."""
        return day_in(moment, self.civil_zone)

    def begins(self, day: date) -> datetime:
        """When a day begins in the civil zone."""
        return begins(day, self.civil_zone)

    def day_told(self, told: str) -> str:
        """The day of a date as ISO 8601 tells it: of a moment the civil one, of what has no hour what is told."""
        return self.day(datetime.fromisoformat(told)).isoformat() if len(told) > 10 else told

    @property
    def edition(self) -> str:
        """Edition of the rules."""
        return EDITION

    @property
    def digest(self) -> str:
        """What the values in force are told by in a journal: another value, another digest."""
        global _told
        settings, digest = _told
        if settings is not self:
            digest = _digest(self)
            _told = self, digest
        return digest

    def counted_as(self, profession: Code) -> Code:
        """The profession that the matrices see: a trainee counts as the profession in training."""
        trains = profession.system == TRAINEE_SYSTEM and profession.code in self.trainees
        return Code(PROFESSION_SYSTEM, profession.code) if trains else profession

    def sectors_of(self, context: Context) -> frozenset[str]:
        """The sectors of a care context."""
        return {Context.TOWN: self.town_sectors, Context.HOSPITAL: self.hospital_sectors,
                Context.MEDICO_SOCIAL: self.medico_social_sectors}[context]  # fmt: skip

    def context_of(self, sector: str) -> Context | None:
        """The care context of a sector; a sector without one opens nothing."""
        return next((context for context in Context if sector in self.sectors_of(context)), None)


def _plain(value: object) -> object:
    if isinstance(value, frozenset):
        return sorted(value)
    return value.total_seconds() if isinstance(value, timedelta) else value


_told: "tuple[LawSettings | None, str]" = (None, "")
"""The settings that were asked for last, as they are in a process that has one law: looking up by value hashes forty fields."""


@cache
def _digest(settings: LawSettings) -> str:
    told = {f.name: _plain(getattr(settings, f.name)) for f in fields(settings)}
    text = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
