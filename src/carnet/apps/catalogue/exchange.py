"""What a connected service reads: each category of data as FHIR resources, as the person would see it minus what they exclude.

Every reading is one decision and one line of the journal, in one transaction with what is read. The person is known to the service
by a number that it alone has: no INS, no name but the first one where that was agreed to.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import NAMESPACE_OID, UUID, uuid5

from django.conf import settings

from carnet.apps.access import api as access
from carnet.apps.access.api import READ, AgreedLine
from carnet.apps.catalogue.calls import Call, line_for, line_or_none, lines_of
from carnet.apps.catalogue.categories import APPOINTMENTS, BY_MEASURE, DOCUMENTS, IDENTITY, JOURNAL, MEASURES, PREVENTION
from carnet.apps.catalogue.measuring import measured_resources, newest
from carnet.apps.journal.api import Numbered
from carnet.apps.prevention import api as prevention
from carnet.apps.profile import api as profile
from carnet.apps.records.api import Content, Documents, Query, Visit, consulted, criteria, documents, lines_shown, read_in, visiting
from carnet.formats.fhir import Json, write_audit_event
from carnet.formats.fhir.immunization import Booked, appointment, immunization
from carnet.formats.fhir.personal import Said, Taken, allergy, condition, medication
from carnet.formats.timestamps import to_fhir
from carnet.kernel.actor import Actor
from carnet.kernel.ask import Act
from carnet.kernel.copies import replace
from carnet.kernel.refusal import No, Refusal

A_YEAR = timedelta(days=366)
AHEAD, BEHIND = timedelta(days=3 * 366), timedelta(days=366)
MOST_DOCUMENTS = 200


@dataclass(frozen=True, slots=True)
class Reading:
    """An open record, for one reading: by whom, about whom (the number of the Patient), under which line, and since when."""

    subject: str
    actor: Actor
    visit: Visit
    line: AgreedLine
    lines: list[AgreedLine]
    at: datetime

    @property
    def patient(self) -> Json:
        """The person, by the number under which whoever reads knows them."""
        return {"reference": f"Patient/{self.subject}"}

    @property
    def since(self) -> str:
        """The first day that the perimeter lets through; empty for every day."""
        day = settings.LAW.day(self.at)
        return (day - A_YEAR).isoformat() if self.line.perimeter == "P1Y" else ""

    def within(self, day: str) -> bool:
        """Whether a partial date may be within the perimeter: what has no date of its own stands by the day it was said on."""
        return not self.since or day >= self.since[: len(day)]


@contextmanager
def reading(call: Call, category: str, at: datetime, act: Act = Act.READ_PROFILE, detail: str = "") -> Iterator[Reading]:
    """Open the record for one category. `detail`: what is looked at, when it is not the category. Raises Refusal, journaled."""
    line = line_or_none(lines_of(call, at), category, READ)
    named = DOCUMENTS if act is Act.SEARCH else line.category
    with visiting(call.ask(act, at, line.purpose), call.record_id, detail or category.partition(".")[0], act, named) as visit:
        # The decision holds the agreement by now: a line that was narrowed since it was looked up is not read under.
        held = list(access.agreement_of(visit.work, call.record_id, call.service.id, at).lines)
        if line not in held:
            raise Refusal(No.SERVICE_CONSENT_MISSING)
        if category == JOURNAL:
            consulted(visit, Act.OWN_TRACES)
        yield Reading(call.subject, call.actor, visit, line, held, at)


def _codes(content: profile.Content) -> tuple[tuple[str, str, str], ...]:
    return content.codes or (((content.code, content.system, ""),) if content.code else ())


_OVER = {"allergies": ("inactive", "resolved"), "": ("inactive", "resolved", "remission")}
"""Clinical statuses of R4 for what is over: an allergy has no remission there."""


def _said(reading_: Reading, stated: profile.Stated) -> Said:
    entry, content = stated.first, stated.first.content
    author = "" if reading_.line.perimeter == "names" else content.author
    today = settings.LAW.day(reading_.at)
    # What a person notes without an end is there now; a document that says no status says none.
    stands = content.status == "active" or entry.source == profile.PERSON
    over = content.clinical if content.clinical in _OVER.get(entry.section, _OVER[""]) else "inactive"
    clinical = over if content.over(today) else "active" if stands or content.clinical == "active" else ""
    certainty = content.certainty or ("confirmed" if any(e.confirmed for e in stated.entries) else "")
    detail = stated.detail if entry.section == "allergies" else content.detail
    return Said(
        str(entry.id), content.label, _codes(content), content.start, content.end, clinical, certainty,
        "" if reading_.line.perimeter == "names" else detail, author, to_fhir(entry.recorded_at),
    )  # fmt: skip


def _stated(reading_: Reading, *sections: str) -> list[profile.Stated]:
    entries = profile.entries(reading_.visit, sections)
    return [s for name in sections for s in profile.stated(entries, name) if reading_.within(profile.day_of(s.first))]


def allergies(r: Reading) -> list[Json]:
    """AllergyIntolerance."""
    return [allergy(_said(r, s), r.patient) for s in _stated(r, "allergies")]


def conditions(r: Reading) -> list[Json]:
    """Condition: illnesses and history."""
    bouts = (bout for s in _stated(r, "problems", "history") for bout in (s, *(profile.Stated((e,)) for e in s.also)))
    return [condition(_said(r, bout), r.patient) for bout in bouts]


_COURSES = {
    profile.Course.CURRENT: "active", profile.Course.LATER: "intended", profile.Course.SILENT: "unknown",
    profile.Course.STOPPED: "stopped", profile.Course.FINISHED: "completed", profile.Course.PASSED: "completed",
}  # fmt: skip


_WORDS = {
    profile.Word.TAKEN: "La personne dit le prendre ainsi.", profile.Word.OTHERWISE: "La personne dit le prendre autrement.",
    profile.Word.STOPPED: "La personne dit ne plus le prendre.",
}  # fmt: skip


def _word(treatment: profile.Treatment) -> str:
    """What the person says of a treatment that others state, with the day; empty for nothing."""
    said = treatment.word
    if said is None or treatment.declared_only:
        return ""
    told = f"{_WORDS[profile.Word(said.content.status)]} {said.content.detail}".strip()
    return f"{told} ({profile.said_on(said)})"


def treatments(r: Reading) -> list[Json]:
    """MedicationStatement: one for each substance, as the person's own page tells it."""
    entries = profile.entries(r.visit, ["treatments"])
    found = profile.treatments(r.visit, entries, settings.LAW.day(r.at))
    kept, bare = [t for t in found if r.within(t.said)], r.line.perimeter == "names"
    return [
        medication(
            Taken(replace(_said(r, t.stated), label=t.first.content.label, note="" if bare else _word(t)), _COURSES[t.course],
                  "" if bare else t.first.content.detail),
            r.patient,
        )
        for t in kept
    ]  # fmt: skip


def vaccinations(r: Reading) -> list[Json]:
    """Immunization."""
    entries = profile.entries(r.visit, ["vaccinations"])
    found = []
    for shot in prevention.shots_in(r.visit, entries, prevention.today(r.at)):
        given = prevention.given_of(shot)
        bare = replace(given, performer="", note="") if r.line.perimeter == "names" else given
        found += [immunization(bare, r.patient)] if r.within(profile.day_of(shot.entry)) else []
    return found


def measures(r: Reading) -> list[Json]:
    """Observation: of the measures that were agreed to, each within its own perimeter."""
    entries = [e for e in profile.entries(r.visit, ["measures"]) if e.content.code]
    found = []
    for code in agreed_measures(r.lines):
        own = replace(r, line=line_for(r.lines, f"{MEASURES}.{code}", READ))
        found += measured_resources(code, [e for e in entries if own.within(profile.day_of(e))], r.patient)
    return sorted(found, key=newest, reverse=True)


def agreed_measures(lines: Iterable[AgreedLine]) -> list[str]:
    """The measures that lines let a service read, by their codes in the API Mesures."""
    held = {x.category for x in lines if x.verb == READ and x.category.partition(".")[0] == MEASURES}
    return [code for code in BY_MEASURE if MEASURES in held or f"{MEASURES}.{code}" in held]


def appointments(r: Reading) -> list[Json]:
    """Appointment: from a year ago to three years ahead; dates alone where that was agreed to. Reminders are the person's own."""
    today = prevention.today(r.at)
    bare = r.line.perimeter == "dates"
    found = []
    for event in prevention.events_in(r.visit, today - BEHIND, today + AHEAD):
        if event.kind != prevention.APPOINTMENT:
            continue
        start, end = prevention.span_of(event)
        booked = Booked(str(event.id), event.status, "Rendez-vous" if bare else event.title, event.on_day, start, end,
                        "" if bare else event.place, "" if bare else event.whom, "" if bare else event.comment)  # fmt: skip
        found.append(appointment(booked, r.patient))
    return found


def _with_what_it_counts(r: Reading) -> Visit:
    """The visit with what the agenda is worked out from: agreeing to the agenda agrees to that use, not to its being told."""
    counted = {f"{r.line.purpose}/{category}/{READ}" for category in ("vaccinations", "history", "agenda")}
    facts = r.visit.facts
    wider = replace(facts.access, service_consent=facts.access.service_consent | counted)
    return replace(r.visit, entered=replace(r.visit.entered, facts=replace(facts, access=wider)))


def prevention_items(r: Reading) -> list[Json]:
    """A CarePlan with what is due, soon or later: title and days, never why (the reasons would tell of illnesses)."""
    wide = _with_what_it_counts(r)
    found = prevention.agenda_in(wide, profile.entries(wide, prevention.SECTIONS), prevention.today(r.at))
    if found is None:
        return []
    lines = [*found.now, *found.soon, *found.later]
    number = str(uuid5(NAMESPACE_OID, f"{r.subject}/agenda"))
    return [{
        "resourceType": "CarePlan", "id": number, "status": "active", "intent": "proposal", "title": found.edition.title,
        "subject": r.patient, "created": to_fhir(r.at),
    } | ({"activity": [{"detail": _due(x)} for x in lines]} if lines else {})]  # fmt: skip


def _due(line: prevention.Line) -> Json:
    period = {k: v.isoformat() for k, v in (("start", line.due), ("end", line.last)) if v is not None}
    told: Json = {"status": "not-started", "description": line.label}
    return told | ({"scheduledPeriod": period} if period else {})


def journal(r: Reading) -> list[Json]:
    """AuditEvent: who looked, as the person's own page tells it. For assistants alone."""
    return [_audited(n, r.subject) for n in lines_shown(r.visit)[:MOST_DOCUMENTS]]


def _audited(numbered: Numbered, subject: str) -> Json:
    return write_audit_event(numbered.entry | {"record_id": subject}, str(numbered.name), subject)


def patient_of(r: Reading) -> Json:
    """The Patient: the number, and the first name where that was agreed to."""
    named = any(x.category == IDENTITY for x in r.lines)
    name = r.visit.traits.given_names.split(" ")[0].title()
    found: Json = {"resourceType": "Patient", "id": r.subject, "active": True}
    return found | ({"name": [{"use": "usual", "given": [name]}]} if named and name else {})


_OF_CATEGORY: dict[str, Callable[[Reading], list[Json]]] = {
    "allergies": allergies, "history": conditions, "treatments": treatments, "vaccinations": vaccinations, MEASURES: measures,
    APPOINTMENTS: appointments, PREVENTION: prevention_items, "journal": journal,
}  # fmt: skip


def resources_of(call: Call, category: str, at: datetime) -> list[Json]:
    """Everything of a category that the service may read now. Raises Refusal."""
    with reading(call, category, at) as r:
        return _OF_CATEGORY[category](r)


def patient(call: Call, at: datetime) -> Json:
    """The Patient of a call, whatever else was agreed to. Raises Refusal."""
    lines = lines_of(call, at)
    # Documents are read by an act of their own: a service that may read nothing else still knows whom it reads.
    first = next((x for x in lines if x.verb == READ), None)
    if first is None:
        return {"resourceType": "Patient", "id": call.subject, "active": True}
    act = Act.SEARCH if first.category == DOCUMENTS else Act.READ_PROFILE
    with reading(call, first.category, at, act) as r:
        return patient_of(r)


_KEPT_OF_DOCUMENT = ("status", "docStatus", "type", "category", "date", "description", "securityLabel")
_KEPT_OF_ATTACHMENT = ("contentType", "language", "title", "creation", "size", "hash")


def document_resource(stored: Json, subject: str, number: str) -> Json:
    """A DocumentReference for a service: what the document is, without whom it is about by name or by INS."""
    content = [
        {"attachment": {k: v for k, v in c["attachment"].items() if k in _KEPT_OF_ATTACHMENT} | {"url": f"Binary/{number}"}}
        | ({"format": c["format"]} if "format" in c else {})
        for c in stored.get("content", ())
    ]
    authors = [{"display": a["display"]} for a in stored.get("author", ()) if a.get("display")]
    context = {k: v for k, v in stored.get("context", {}).items() if k in ("event", "period", "facilityType", "practiceSetting")}
    found: Json = {"resourceType": "DocumentReference", "id": number}
    found |= {k: stored[k] for k in _KEPT_OF_DOCUMENT if k in stored}
    found |= {"subject": {"reference": f"Patient/{subject}"}, "content": content}
    return found | ({"author": authors} if authors else {}) | ({"context": context} if context else {})


def document_resources(call: Call, query: Query, at: datetime) -> tuple[list[Json], Documents]:
    """Documents that the service may see, a page. Raises Refusal."""
    with reading(call, DOCUMENTS, at, Act.SEARCH) as r:
        since = at - A_YEAR if r.since else None
        bounds = (criteria.by_date("date", "ge", since, since),) if since is not None else ()
        found = documents(r.visit, replace(query, criteria=(*query.criteria, *bounds)))
    return [document_resource(d.resource, call.subject, str(d.logical_id)) for d in found.items], found


def document_content(call: Call, number: UUID, at: datetime) -> Content:
    """The bytes of a document: one decision to list, which finds it or not, and one to read. Raises Refusal."""
    with reading(call, DOCUMENTS, at, Act.SEARCH) as r:
        since = at - A_YEAR if r.since else None
        bounds = (criteria.by_date("date", "ge", since, since),) if since is not None else ()
        query = Query((criteria.by_logical_id([str(number)]), *bounds), count=1)
        if not documents(r.visit, query).items:
            raise Refusal(No.DOCUMENT_UNKNOWN)
        return read_in(r.visit, number)


def everything(call: Call, at: datetime) -> Iterator[tuple[str, list[Json]]]:
    """Every category that was agreed to, with its resources: what a service takes at once. Raises Refusal."""
    held = {x.category.partition(".")[0] for x in lines_of(call, at) if x.verb == READ}
    for category in _OF_CATEGORY:
        if category in held:
            yield category, resources_of(call, category, at)
