"""Loading the demonstration through the public functions of the apps: the same checks as for everybody."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from uuid import UUID

from carnet.apps.access import api as access
from carnet.apps.identity import api as identity
from carnet.apps.medicines import api as medicines
from carnet.apps.outbox import api as outbox
from carnet.apps.profile import api as profile
from carnet.apps.records import api as records
from carnet.apps.signin import api as signin
from carnet.apps.storage.api import key_of, unit
from carnet.desk.demonstration.lives import stories_of
from carnet.desk.demonstration.making import make
from carnet.desk.demonstration.medicines import SUBSTANCES
from carnet.desk.demonstration.people import PEOPLE, DemoPerson
from carnet.desk.demonstration.professionals import (
    CARE_HOME,
    HOSPITAL,
    PHARMACY,
    PROFESSIONALS,
    DemoProfessional,
    all_userinfo,
    extraction,
)
from carnet.desk.demonstration.safety import SAFETY
from carnet.desk.demonstration.stories import Spec
from carnet.dicah.facts import AuthorisationGround
from carnet.formats.fhir import Submission, SubmittedDocument
from carnet.formats.xds import SubmissionSet
from carnet.kernel.actor import Actor, ActorKind, Authentication, Means, Situation
from carnet.kernel.ask import Act, Ask
from carnet.kernel.codes import Code
from carnet.kernel.traits import normalise_name

CLOSED, UNQUALIFIED, BLOCKING, OPPOSED_TO_EMERGENCY, EXPIRED, SUSPENDED, UNATTACHED = 5, 9, 3, 14, 11, 22, 16
"""Numbers of the people whose records show an automatic message."""
OPENED = 700
"""Days ago on which the records of the demonstration opened."""
SOFTWARE = "logiciel-demo"
REGULATION_SOFTWARE = "logiciel-regulation"
LOOPBACK = "http://127.0.0.1/retour"


def import_directory(at: datetime) -> int:
    """Import the synthetic professionals by the importer of the national extraction. Returns how many."""
    done = signin.import_directory(extraction().splitlines(), at, partial=True)
    if done.left_out:
        raise ValueError(f"the demonstration's own directory is wrong: {done.left_out[0]}")
    return done.professionals


def load_medicines() -> None:
    """The medicines of the demonstration, where nobody imported a database yet."""
    if medicines.is_empty():
        medicines.load(SUBSTANCES)


def register_software() -> None:
    """The software of the tour, and one of medical regulation."""
    signin.register_software(SOFTWARE, "Logiciel de démonstration", [LOOPBACK])
    signin.register_software(REGULATION_SOFTWARE, "Logiciel de régulation de démonstration", [LOOPBACK], regulation=True)


def actor_of(person: DemoProfessional, at: datetime, place: int = 0) -> Actor:
    """A professional as the loader speaks for one: strongly authenticated, in one situation."""
    where = person.places[place]
    system = identity.profession_system(person.profession, person.category)
    situation = Situation(Code(system, person.profession), person.savoir_faire, person.place_id(where), where.name, where.sector)
    proof = Authentication(Means.PRO_SANTE_CONNECT, "APPPRIP3", at + timedelta(hours=1), at)
    return Actor(ActorKind.PROFESSIONAL, person.id, f"{person.given} {person.family}", proof, situation, "demonstration")


def _deposit(person: DemoPerson, spec: Spec, index: int, at: datetime) -> None:
    entry, content = make(person, spec, index, at)
    submission = Submission(SubmissionSet(patient=entry.patient), (SubmittedDocument(entry, content, 0),), ("DocumentReference",))
    actor = actor_of(PROFESSIONALS[spec.author], at)
    # A deposit of the past is told at its own date, so that life cycles have something to count from.
    # What is older than the record was brought in when it opened.
    moment = at - timedelta(days=min(max(spec.days - 1, 0), OPENED - 10))
    proof = Authentication(Means.PRO_SANTE_CONNECT, "APPPRIP3", moment + timedelta(hours=1), moment)
    told = Actor(actor.kind, actor.id, actor.name, proof, actor.situation, actor.software)
    records.deposit(Ask(told, Act.FEED, moment, person.ins), submission)


def _places(person: DemoPerson, at: datetime) -> list[tuple[str, tuple[str, ...]]]:
    """Structures that a person gave an agreement to, and who of them declared themselves: a care home, a ward, a pharmacy."""
    age = at.year - person.born.year
    found: list[tuple[str, tuple[str, ...]]] = [(f"1{PHARMACY.finess}", ())] if person.number % 3 == 0 else []
    if age >= 78:
        # One resident in four has just arrived: the structure is authorised, the nurse has still to declare herself.
        staff = ("care_home_nurse", "geriatrician") if person.number % 4 else ("geriatrician",)
        found.append((f"1{CARE_HOME.finess}", staff))
    if 50 <= age < 78 and person.number % 5 == 0:
        found.append((f"1{HOSPITAL.finess}", ("surgeon", "student")))
    return found


_CONTACTS = (("Basile Exemple", "conjoint, personne de confiance"), ("Inès Exemple", "fille, à prévenir en urgence"))


def _declare(record_id: UUID, person: DemoPerson, at: datetime) -> None:
    """What the person said in the portal: contacts, wishes, a drug bought without prescription."""
    with unit(record_id) as work:
        key = key_of(work, record_id)
        for n, (name, what) in enumerate(_CONTACTS[: person.number % 3]):
            phone = f"06 39 98 {person.number % 100:02d} {n:02d}"
            profile.declare(work, key, "contacts", profile.Content(name, detail=what, value=phone), at)
        if person.number % 4 == 0 and at.year - person.born.year >= 18:
            profile.declare(work, key, "wishes", profile.Content("Directives anticipées", detail="rédigées, chez le médecin"), at)
        if person.number % 6 == 0:
            content = profile.Content("Ibuprofène 400 mg", detail="parfois, pour le dos", start=access.law().day(at).isoformat())
            profile.declare(work, key, "treatments", content, at)


def _relations(record_id: UUID, person: DemoPerson, at: datetime) -> None:
    treating, team = PROFESSIONALS["treating"], ("nurse", "pharmacist", "cardiologist")
    with unit(record_id) as work:
        host = access.host_grant(record_id, "demonstration", at)
        access.name_relation(work, host, "treating_doctor", treating.id)
        granted = at - timedelta(days=500 if person.number == EXPIRED else 30)
        for key in ("treating", *team):
            access.authorise_at(work, host, PROFESSIONALS[key].id, AuthorisationGround.CARE_TEAM, granted)
        for place, keys in _places(person, at):
            access.authorise_at(work, host, place, AuthorisationGround.CARE_TEAM, granted, "structure")
            for key in keys:
                access.authorise_at(work, host, PROFESSIONALS[key].id, AuthorisationGround.CARE_TEAM, granted)
        if person.number % 7 == BLOCKING:
            access.block(work, host, PROFESSIONALS["blocked"].id)
        if person.number == OPPOSED_TO_EMERGENCY:
            access.choose(work, host, break_glass=False, regulation=False)
        elif person.number % 5 == 0:
            access.choose(work, host, masked_in_emergency=True)


def _record(person: DemoPerson, at: datetime) -> UUID:
    return identity.find(person.ins) or records.create_record(
        person.ins,
        person.traits,
        access.law().day(at - timedelta(days=OPENED)),
        annotations=("DOUT",) if person.number == UNQUALIFIED else (),
        activated=person.number % 2 == 0 and person.number != UNATTACHED,
        attached=person.number != UNATTACHED,
    )


def _loaded(record_id: UUID) -> bool:
    # The relations are written last: a load that was interrupted goes on where it stopped.
    with unit(record_id) as work:
        return bool(access.treating_doctor_of(work, record_id))


def load_person(person: DemoPerson, at: datetime) -> int:
    """Create the record of a person and deposit the documents. Returns how many; 0 when it is loaded already."""
    record_id = _record(person, at)
    if person.number == UNQUALIFIED or _loaded(record_id):
        return 0
    specs, age = [], at.year - person.born.year
    for story in stories_of(age, person.traits.sex, person.number):
        specs += story(Random(f"{person.number}/{story.__name__}"))
    for index, spec in enumerate(specs):
        _deposit(person, spec, index, at)
    _declare(record_id, person, at)
    _relations(record_id, person, at)
    event = {CLOSED: "close", SUSPENDED: "suspend"}.get(person.number)
    if event:
        with unit(record_id) as work:
            reason = "FERMETURE_DEMANDE_PATIENT" if event == "close" else "VERIFICATION"
            records.change_state(work, record_id, event, access.law().day(at) - timedelta(days=20), reason)
    return len(specs)


def load(say: Callable[[str], None], at: datetime | None = None) -> tuple[int, int]:
    """Load everybody. Returns people and documents; says how far it is."""
    at = at or datetime.now(UTC).replace(microsecond=0)
    documents = 0
    for done, person in enumerate(PEOPLE, start=1):
        documents += load_person(person, at)
        if done % 11 == 0:
            say(f"  {done}/{len(PEOPLE)} dossiers, {documents} documents")
    return len(PEOPLE), documents


def _address(given: str, family: str, domain: str) -> str:
    name = f"{normalise_name(given)}.{normalise_name(family)}".replace(" ", "-").lower()
    return f"{name}@{domain}"


def tell_people(at: datetime) -> None:
    """Give each holder an address, as each would in the portal."""
    for person in PEOPLE:
        record_id = identity.find(person.ins)
        if record_id is not None:
            contact = outbox.Contact(_address(person.traits.given_names, person.traits.birth_name, "patients.example"))
            with unit(record_id) as work:
                outbox.set_contact(work, outbox.owner_of(outbox.HOLDER, record_id), contact, at)


def tell_professionals(at: datetime) -> None:
    """Give each professional an address, as an operator does."""
    with unit() as work:
        for person in PROFESSIONALS.values():
            contact = outbox.Contact(_address(person.given, person.family, "sante.example"))
            outbox.set_contact(work, outbox.professional(person.id), contact, at)


def write_persons(path: Path) -> None:
    """Write the file of the FranceConnect+ simulator: the people of the demonstration, as pivot identities."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(pivots(), ensure_ascii=False), encoding="utf-8")


def pivots() -> dict[str, dict[str, str]]:
    """Pivot identities by number: with the birth place that the identity of the record has."""
    return {
        str(p.number): {
            "sub": f"fc-{p.number}", "family_name": p.traits.birth_name, "given_name": p.traits.given_names,
            "birthdate": p.traits.birth_date, "gender": "male" if p.traits.sex == "M" else "female",
            "birthplace": p.traits.birth_place, "birthcountry": "99100",
            "_label": f"{p.traits.given_names} {p.traits.birth_name}, {p.born:%d/%m/%Y}",
        }
        for p in (*PEOPLE[:70], *(p for p in PEOPLE[70:] if p.number in SAFETY))
    }  # fmt: skip


def write_people(path: Path) -> None:
    """Write the file of the Pro Santé Connect simulator."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(all_userinfo(), ensure_ascii=False), encoding="utf-8")
