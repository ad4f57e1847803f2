"""The vaccination record as FHIR resources: doses, what each is worth, what is forecast."""

from datetime import date, datetime
from uuid import NAMESPACE_OID, uuid5

from carnet.apps.prevention.agenda import Agenda
from carnet.apps.prevention.doses import Shot
from carnet.apps.prevention.edition import Edition
from carnet.apps.prevention.immunisation import Evaluation, GroupForecast, SeriesStatus, Status
from carnet.apps.prevention.wording import failure
from carnet.apps.profile import api as profile
from carnet.formats.fhir.immunization import Given, Recommended, Told, evaluation, recommendation
from carnet.formats.fhir.reading import Json
from carnet.formats.timestamps import to_fhir

_STATUS = {
    SeriesStatus.COMPLETE: "complete", SeriesStatus.IMMUNE: "immune", SeriesStatus.CONTRAINDICATED: "contraindicated",
    SeriesStatus.AGED_OUT: "agedout", SeriesStatus.NOT_RECOMMENDED: "notrecommended",
}  # fmt: skip


def given_of(shot: Shot) -> Given:
    """A dose as a resource tells it: what the person alone says is no primary source; of the rest nothing says so."""
    content = shot.entry.content
    codes = content.codes or (((content.code, content.system, ""),) if content.code else ())
    note = ". ".join(filter(None, ["" if content.detail.startswith("lot ") else content.detail, shot.stated.comment]))
    # The author of a document tells of a dose: who gave it is whom the document names for that.
    by = shot.stated.performer if shot.entry.source == profile.DOCUMENT else content.author
    return Given(
        shot.number, content.label, codes, content.start, shot.lot, content.route, content.site, by,
        None if shot.attested else False, note, to_fhir(shot.entry.recorded_at),
    )  # fmt: skip


def evaluations(told: list[GroupForecast], agenda: Agenda, patient: Json, names: dict[str, str]) -> list[Json]:
    """What each dose is worth for each disease. `names`: id of a dose → id of its Immunization."""
    edition, stated = agenda.edition, agenda.stated
    found = []
    for gf in told:
        for path in gf.paths:
            for one in path.standing.evaluations:
                title = edition.titles[gf.group]
                found.append(evaluation(_told(one, title, path.series.name, names, stated), patient, agenda.day, edition.title))
    return found


def _told(one: Evaluation, title: str, series: str, names: dict[str, str], stated: dict[str, str]) -> Told:
    number = uuid5(NAMESPACE_OID, f"{one.dose.id}|{one.antigen}|{series}")
    valid = one.status is Status.VALID
    words = "" if valid else failure(one, stated) if one.status is Status.NOT_VALID else "De plus : n'était pas attendue."
    return Told(str(number), names.get(one.dose.id, one.dose.id), f"{title} ({one.antigen})", valid, one.reason.value, words,
                series, one.target + 1)  # fmt: skip


def recommended(told: list[GroupForecast], edition: Edition, day: date) -> list[Recommended]:
    """What is forecast for each group."""
    found = []
    for gf in told:
        late = gf.past_due is not None and gf.past_due < day
        going = gf.status is SeriesStatus.NOT_COMPLETE
        status = ("overdue" if late else "due") if going else _STATUS[gf.status]
        series = next((p.series.name for p in gf.paths if p.forecast.status is gf.status), "")
        named = [v.name for code in gf.vaccines if (v := edition.vaccine(code)) is not None]
        found.append(
            Recommended(edition.titles[gf.group], status, (), gf.number, gf.earliest, gf.recommended, gf.past_due, gf.latest,
                        series, named)
        )  # fmt: skip
    return found


def forecast_resources(agenda: Agenda, patient: Json, at: datetime, names: dict[str, str] | None = None) -> list[Json]:
    """Evaluations, then the recommendation: the answer of `$immds-forecast` (HL7 ImmDS)."""
    told = list(agenda.forecasts)
    number = str(uuid5(NAMESPACE_OID, f"{agenda.edition.digest}|{patient.get('reference', '')}|{agenda.day}"))
    listed = recommended(told, agenda.edition, agenda.day)
    found = evaluations(told, agenda, patient, names or {})
    return [*found, recommendation(number, listed, patient, to_fhir(at), agenda.edition.title)] if listed else found
