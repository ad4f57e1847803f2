"""Fresh people, records and questions for a test."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from uuid import UUID, uuid4

from carnet.apps.access import api as access
from carnet.apps.records import api as records
from carnet.apps.signin import api as signin
from carnet.apps.storage.api import unit
from carnet.desk.client import Client
from carnet.desk.demonstration.loading import actor_of
from carnet.desk.demonstration.people import DemoPerson
from carnet.desk.demonstration.professionals import PROFESSIONALS
from carnet.dicah.facts import AuthorisationGround, RecordState
from carnet.formats.cda import CdaDraft, Person, Section, write_document
from carnet.formats.fhir import Submission, SubmittedDocument
from carnet.formats.xds import Author, Coding, DocumentEntry, Parent, SubmissionSet
from carnet.kernel.actor import Actor
from carnet.kernel.ask import Act, Ask, Mode
from carnet.kernel.grant import Grant
from carnet.kernel.identifiers import Oid
from carnet.kernel.ins import INS_NIR_TEST, Ins, ins_key
from carnet.kernel.traits import Traits

_numbers = count(1)
LOINC = "2.16.840.1.113883.6.1"


def now() -> datetime:
    """The present moment, in whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)


def today() -> date:
    """The day of the present moment as people of the law's zone count it: not the one of UTC, every night."""
    return access.law().day(now())


def fresh_ins(oid: str = INS_NIR_TEST) -> Ins:
    """An INS that no other test has."""
    number = next(_numbers)
    body = f"1{number // 1000 % 100:02d}0175999{number % 1000:03d}"
    return Ins(body + ins_key(body), Oid(oid))


def fresh_person(**traits: str) -> DemoPerson:
    """A person without a record."""
    given = {"birth_name": "ESSAI", "given_names": "Claude", "sex": "M", "birth_date": "1980-05-17"} | traits
    return DemoPerson(0, fresh_ins(), Traits(**given))


def open_record(person: DemoPerson, **options: object) -> UUID:
    """Open the record of a person."""
    return records.create_record(person.ins, person.traits, date(2024, 1, 1), **options)


def patient(*authorised: str, treating: str = "", **options: object) -> tuple[DemoPerson, UUID]:
    """A person with an open record, and professionals of the care team authorised on it."""
    person = fresh_person()
    record_id = open_record(person, **options)
    allow(record_id, *authorised, treating=treating)
    return person, record_id


def host(record_id: UUID, at: datetime | None = None) -> Grant:
    """The Grant of a procedure of the host, by which a test writes facts from elsewhere."""
    return access.host_grant(record_id, "test", at or now())


def allow(record_id: UUID, *authorised: str, treating: str = "", ground: str = "care_team") -> None:
    """Authorise professionals of the demonstration, and name a treating doctor."""
    with unit(record_id) as work:
        for key in authorised:
            access.authorise_at(work, host(record_id), PROFESSIONALS[key].id, AuthorisationGround(ground), now())
        if treating:
            access.name_relation(work, host(record_id), "treating_doctor", PROFESSIONALS[treating].id)


def actor(key: str, place: int = 0) -> Actor:
    """A professional of the demonstration, signed in now."""
    return actor_of(PROFESSIONALS[key], now(), place)


def ask(key: str, act: Act, person: DemoPerson | None = None, mode: Mode = Mode.NORMAL, reason: str = "") -> Ask:
    """A question of a professional."""
    return Ask(actor(key), act, now(), person.ins if person else None, mode, reason)


def author_of(key: str) -> Person:
    """A professional as a CDA names one."""
    who = PROFESSIONALS[key]
    return Person(who.id, who.family, who.given, who.place_id(who.places[0]), who.places[0].name)


def fresh_uid() -> str:
    """A uniqueId that nobody has."""
    return f"2.25.{uuid4().int}"


def cda(person: DemoPerson, author: str = "treating", type_: str = "11488-4", unique_id: str = "", **options: object) -> bytes:
    """A small CDA of the project's own."""
    draft = CdaDraft(
        unique_id or fresh_uid(),
        Coding(type_, LOINC, "Document d'essai"),
        "Document d'essai",
        now() - timedelta(days=3),
        person.ins,
        person.traits,
        author_of(author),
        (Section("51847-2", "Conclusion", ("Rien à signaler.",)),),
    )
    return write_document(replace(draft, **options))


def entry(person: DemoPerson, **fields: object) -> DocumentEntry:
    """Metadata of a deposit: only what is given, the rest comes from the header."""
    return replace(DocumentEntry(patient=(person.ins.oid.value, person.ins.matricule), mime="text/xml"), **fields)


def submission(*documents: tuple[DocumentEntry, bytes]) -> Submission:
    """A deposit."""
    items = tuple(SubmittedDocument(e, c, n) for n, (e, c) in enumerate(documents))
    return Submission(SubmissionSet(patient=documents[0][0].patient), items, ("DocumentReference",) * len(items))


def labels(*names: str) -> tuple[Coding, ...]:
    """Visibility codes."""
    return tuple(Coding(name) for name in names)


def deposit(
    person: DemoPerson, by: str = "treating", type_: str = "11488-4", label: tuple[str, ...] = (), replaces: UUID | None = None,
    content: bytes = b"", unique_id: str = "", at: datetime | None = None, **options: object,
) -> UUID:  # fmt: skip
    """Deposit a document and return its logicalId. Options are those of the CDA."""
    unique_id = unique_id or fresh_uid()
    parents = (Parent("replaces", f"DocumentReference/{replaces}"),) if replaces else ()
    data = content or cda(person, by, type_, unique_id, **options)
    question = ask(by, Act.FEED, person)
    question = replace(question, at=at) if at else question
    receipt = records.deposit(
        question, submission((entry(person, confidentiality=labels(*label), parents=parents, unique_id=unique_id), data))
    )
    return receipt.documents[0].logical_id


def client(door: str, key: str, place: int = 0, software: str = "logiciel-demo", **changes: object) -> Client:
    """A client of the door with a session of this professional (the whole sign-in has tests of its own)."""
    who = actor(key, place)
    situation = who.situation
    assert situation.profession is not None
    signed = signin.SignedIn(
        professional_id=who.id,
        name=who.name,
        level="APPPRIP3",
        regulation=PROFESSIONALS[key].regulation,
        at=now() - timedelta(minutes=30),
        software_id=software,
        software_name=software,
        software_is_regulation=software == "logiciel-regulation",
        profession=situation.profession,
        savoir_faire=situation.savoir_faire,
        structure=situation.structure,
        structure_name=situation.structure_name,
        sector=situation.sector,
    )
    token, _ = signin.open_session(replace(signed, **changes), now())
    return Client(door, token)


def author(key: str) -> tuple[Author, ...]:
    """A professional as declared metadata name one."""
    who = PROFESSIONALS[key]
    place = who.places[0]
    return (Author(who.id, who.family, who.given, who.place_id(place), place.name),)


__all__ = ["RecordState", "actor", "allow", "ask", "author", "cda", "client", "deposit", "entry", "fresh_ins", "fresh_person",
           "fresh_uid", "host", "labels", "now", "open_record", "patient", "submission"]  # fmt: skip
