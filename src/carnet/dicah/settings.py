"""Everything in the law that is unconfirmed or a choice: versioned, dated, with the default of the access law."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from carnet.kernel.codes import PROFESSION_SYSTEM, TRAINEE_SYSTEM, Code
from carnet.kernel.ins import INS_NIR_TEST

PROFILE_SECTIONS = frozenset({"vaccinations", "history", "contacts", "wishes", "directives", "allergies", "treatments"})


def _trainees() -> dict[Code, Code]:
    """A trainee counts as the profession in training (setting; CPF is treated as CPS as the matrix does)."""
    return {Code(TRAINEE_SYSTEM, c): Code(PROFESSION_SYSTEM, c) for c in ("10", "21", "40", "50")}


@dataclass(frozen=True, slots=True)
class LawSettings:
    """The settings of the access law. Change a value only with a new `edition`."""

    edition: str = "2026-11-23"
    effective: date = date(2026, 11, 23)
    accepted_ins_oids: frozenset[str] = frozenset({INS_NIR_TEST})
    """OIDs of INS accepted in this environment; production refuses test and demonstration OIDs."""
    accepted_levels: frozenset[str] = frozenset({"APPPRIP3", "APPPRIP2"})
    """Accepted values of Palier_Authentification (TRE_R231)."""
    authorisation_lasts: timedelta = timedelta(days=365)
    """Care team: how long an authorisation lasts (source of 2010, today's duration is unknown)."""
    consultation_lasts: timedelta = timedelta(hours=12)
    """Outside the team: the consent is for this consultation, the same day, at most this long."""
    civil_zone: str = "Europe/Paris"
    """Where "the same day" of a consultation is counted."""
    emergency_lasts: timedelta = timedelta(minutes=60)
    blocked_in_break_glass: bool = False
    """Whether a blocked professional may break the glass."""
    blocked_in_regulation: bool = True
    """Whether a blocked professional may enter in regulation (with a priority review)."""
    regulation_doctors_only: bool = True
    regulation_software_required: bool = False
    """Whether regulation needs regulation software (on WebPS it is a demonstration setting)."""
    occupational_metadata_with_consent: bool = False
    """Whether an occupational doctor sees metadata with express consent."""
    masked_and_hidden_together: bool = False
    """Whether MASQUE_PS and INVISIBLE_PATIENT may stand on one document (`cumul-invisible_patient-masque_ps`)."""
    deleted_readable: bool = False
    """The functional matrix says that deleted documents are consultable, a public FAQ says no: no."""
    treating_doctor_may_be_blocked: bool = True
    treating_doctor_by_declaration: bool = True
    """Whether a doctor may declare that the patient chose them as treating doctor (TD0.3, role MEDECIN_TRAITANT)."""
    occupational_savoir_faire: frozenset[str] = frozenset({"SM25"})
    occupational_sectors: frozenset[str] = frozenset({"SA13", "SA66"})
    trainee_counts_as: dict[Code, Code] = field(default_factory=_trainees)
    profile_sections: frozenset[str] = PROFILE_SECTIONS
    support_line: str = "34 22"
    """The telephone line that patients are sent to (recalled, not read in a source)."""
    opposition_lasts: timedelta = timedelta(weeks=6)
    announcement_notice_after: timedelta = timedelta(weeks=2)
    announcement_notice_margin: timedelta = timedelta(days=1)
    """The notice must leave within the two weeks: the worker counts this much less."""
    visible_by_itself_after: timedelta = timedelta(days=30)
    suspension_lasts: timedelta = timedelta(weeks=6)
    closed_kept: timedelta = timedelta(days=3653)
    destroyed_on_request_after: timedelta = timedelta(days=91)
