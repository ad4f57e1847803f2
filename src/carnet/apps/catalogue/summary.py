"""The International Patient Summary of what a person agreed to, built on the statements of the record; and bulk export."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from django.conf import settings

from carnet.apps.access.api import READ, AgreedLine
from carnet.apps.catalogue import exchange
from carnet.apps.catalogue.calls import Call, lines_of
from carnet.apps.catalogue.categories import DOCUMENTS, OF_TYPE, permits
from carnet.apps.catalogue.exchange import Reading, reading
from carnet.apps.identity import api as identity
from carnet.apps.profile import api as profile
from carnet.apps.records.api import Query, Visit, criteria
from carnet.formats.fhir import Json
from carnet.formats.fhir.ips import UNAVAILABLE, WITHHELD, Section, Summary, document, empty_words, known_absent
from carnet.formats.paper import as_pdf
from carnet.formats.timestamps import to_fhir
from carnet.kernel.ins import Ins
from carnet.kernel.refusal import No, Refusal
from carnet.kernel.traits import Traits


@dataclass(frozen=True, slots=True)
class _Part:
    """A section of the summary: the category that opens it, its resources, the profile's section, and the word for none."""

    code: str
    title: str
    category: str
    sections: tuple[str, ...]
    read: Callable[[Reading], list[Json]]
    kind: str
    none: str = ""
    required: bool = True


_PARTS = (
    _Part("10160-0", "Traitements", "treatments", ("treatments",), exchange.treatments, "MedicationStatement",
          "no-known-medications"),
    _Part("48765-2", "Allergies et intolérances", "allergies", ("allergies",), exchange.allergies, "AllergyIntolerance",
          "no-known-allergies"),
    _Part("11450-4", "Problèmes", "history", ("problems", "history"), exchange.conditions, "Condition", "no-known-problems"),
    _Part("11369-6", "Vaccinations", "vaccinations", ("vaccinations",), exchange.vaccinations, "Immunization", required=False),
)  # fmt: skip


_STANDS = {"unconfirmed": "non confirmé", "inactive": "non actif", "resolved": "terminé", "remission": "en rémission"}


def _line(resource: Json) -> str:
    concept = resource.get("code") or resource.get("vaccineCode") or resource.get("medicationCodeableConcept") or {}
    when = resource.get("onsetDateTime") or resource.get("occurrenceDateTime") or resource.get("occurrenceString") or ""
    dosage = (resource.get("dosage") or [{}])[0].get("text", "")
    codes = [c["code"] for name in ("verificationStatus", "clinicalStatus") for c in resource.get(name, {}).get("coding", ())]
    stands = [_STANDS[code] for code in codes if code in _STANDS]
    return ", ".join(str(p) for p in (concept.get("text") or concept["coding"][0].get("code"), *stands, dosage, when) if p)


def _section(call: Call, part: _Part, held: set[str], at: datetime) -> Section | None:
    if part.category not in held:
        return Section(part.code, part.title, empty=WITHHELD) if part.required else None
    with reading(call, part.category, at) as r:
        return _section_of(r, part)


def _section_of(r: Reading, part: _Part) -> Section | None:
    found = part.read(r)
    if not found and part.none:
        found = _absent(r, part)
    if found:
        return Section(part.code, part.title, found, [_line(f) for f in found])
    return Section(part.code, part.title, empty=UNAVAILABLE) if part.required else None


def _absent(r: Reading, part: _Part) -> list[Json]:
    """What says that nothing of the kind is known: a document, or the person who says that it does not concern them."""
    entries = profile.entries(r.visit, part.sections, markers=True)
    said = [
        s.first for name in part.sections for s in profile.absences(entries, name) if s.first.content.polarity == "known-absent"
    ]
    said += [e for e in entries if e.content.code == profile.NOT_CONCERNED]
    return [known_absent(part.kind, part.none, r.patient, str(said[0].id), said[0].content.label)] if said else []


def patient_summary(call: Call, at: datetime) -> Json:
    """The summary of a call: what was not agreed to is told as withheld, never as none. Raises Refusal."""
    agreed = {x.category.partition(".")[0] for x in lines_of(call, at) if x.verb == READ}
    held = {p.category for p in _PARTS if p.category in agreed and permits(call.scopes, p.kind, "s")}
    if not held:
        raise Refusal(No.SERVICE_CONSENT_MISSING)
    sections = [s for part in _PARTS if (s := _section(call, part, held, at)) is not None]
    summary = Summary(str(uuid4()), to_fhir(at), exchange.patient(call, at), sections)
    return document(summary, f"{settings.CARNET.base_url}/services/fhir")


def own_summary(visit: Visit) -> tuple[Json, bytes]:
    """The summary of a record for whoever copies it, under their own name: the bundle, and the same on paper.

    A part that is closed to them is told as withheld; who reads it elsewhere must know that there may be more.
    """
    at, number, ins = visit.ask.at, str(uuid4()), identity.active_ins(visit.work, visit.key)
    r = Reading(number, visit.ask.actor, visit, AgreedLine("", "", READ), [], at)
    narrowed = profile.narrowed(visit)
    sections = []
    for part in _PARTS:
        closed = set(profile.readable_sections(visit, part.sections)) != set(part.sections) or narrowed & set(part.sections)
        found = Section(part.code, part.title, empty=WITHHELD) if closed else _section_of(r, part)
        sections += [found] if found else []
    made = document(Summary(str(uuid4()), to_fhir(at), _person(number, visit.traits, ins), sections), settings.CARNET.espace_url)
    title = f"Résumé de santé : {visit.traits.given_names} {visit.traits.birth_name}"
    return made, as_pdf(title, _on_paper(visit, ins, sections))


_GENDERS = {"M": "male", "F": "female"}


def _person(number: str, traits: Traits, ins: Ins | None) -> Json:
    found: Json = {"resourceType": "Patient", "id": number, "active": True,
                   "name": [{"use": "official", "family": traits.birth_name, "given": traits.given_names.split(" ")}]}  # fmt: skip
    found |= {"identifier": [{"system": f"urn:oid:{ins.oid}", "value": ins.matricule}]} if ins else {}
    found |= {"gender": _GENDERS.get(traits.sex, "unknown")}
    return found | ({"birthDate": traits.birth_date} if traits.birth_date else {})


def _on_paper(visit: Visit, ins: Ins | None, sections: list[Section]) -> str:
    day = settings.LAW.day(visit.ask.at)
    born = visit.traits.birth_date or "date inconnue"
    head = [f"Né(e) le {born}", f"INS {ins.matricule} ({ins.oid})" if ins else "INS : non connue",
            f"Fait le {day.isoformat()} par la personne, des sources de son carnet."]  # fmt: skip
    told = [["", s.title.upper(), *(f"- {line}" for line in s.lines or [empty_words(s)])] for s in sections]
    return "\n".join([*head, *(line for lines in told for line in lines)])


def exported(call: Call, name: str, at: datetime) -> list[Json]:
    """Every resource of a type that the service may read now; none where nothing was agreed to. Raises Refusal."""
    held = {x.category.partition(".")[0] for x in lines_of(call, at) if x.verb == READ}
    category = OF_TYPE[name]
    if name == "Patient":
        return [exchange.patient(call, at)]
    if category not in held:
        return []
    if category == DOCUMENTS:
        query = Query((criteria.by_statuses(["Approved"]),), sort="date", count=1000)
        return exchange.document_resources(call, query, at)[0] if name == "DocumentReference" else []
    return [r for r in exchange.resources_of(call, category, at) if r["resourceType"] == name]
