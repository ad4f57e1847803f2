"""A record store of 100,000 documents, filled by COPY with sealed resources of the real shape."""

import os
import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

from django.conf import settings

from carnet.apps.access import api as access
from carnet.apps.identity import api as identity
from carnet.apps.records import api as records
from carnet.apps.signin import api as signin
from carnet.apps.storage.api import RecordKey, close_pool, key_of, put, streaming, unit
from carnet.desk.demonstration.professionals import PROFESSIONALS
from carnet.dicah.facts import AuthorisationGround
from carnet.formats.fhir import write_document_reference
from carnet.formats.xds import Author, Coding, DocumentEntry
from carnet.kernel.identifiers import Oid
from carnet.kernel.ins import INS_NIR_TEST, Ins, ins_key
from carnet.kernel.traits import Traits

RECORDS = int(os.environ.get("BENCH_RECORDS", "1000"))
DOCUMENTS = 100
RETRIEVED_BYTES = 50_000
NOW = datetime.now(UTC).replace(microsecond=0)
COLUMNS = [
    "record_id",
    "logical_id",
    "entry_uuid",
    "version",
    "unique_id",
    "submission_id",
    "status",
    "type_code",
    "class_code",
    "format_code",
    "facility",
    "practice",
    "mime",
    "size",
    "address",
    "created_at",
    "authored_at",
    "service_start",
    "service_stop",
    "author_ids",
    "author_structures",
    "author_families",
    "author_givens",
    "event_codes",
    "related",
    "replaces",
    "depositor",
    "depositor_structure",
    "masked",
    "hidden_from_patient",
    "hidden_from_representatives",
    "technical",
    "by_patient",
    "deposited_at",
    "updated_at",
    "resource",
    "ebrim",
]


@dataclass(frozen=True, slots=True)
class Target:
    """A record that the load asks for, and the document that it retrieves."""

    ins: Ins
    record_id: UUID
    document: UUID


def ins_of(number: int) -> Ins:
    """The INS of a number."""
    body = f"1{number // 10000 % 100:02d}0175{number // 1000 % 10:03d}{number % 1000:03d}"
    return Ins(body + ins_key(body), Oid(INS_NIR_TEST))


def entry_of(logical_id: UUID, number: int) -> DocumentEntry:
    who = PROFESSIONALS["treating"]
    author = Author(who.id, who.family, who.given, who.place_id(who.places[0]), who.places[0].name)
    at = NOW - timedelta(days=number)
    return DocumentEntry(
        f"2.25.{uuid4().int}", str(uuid4()), str(logical_id), type=Coding("11488-4", "2.16.840.1.113883.6.1", "CR de consultation"),
        class_=Coding("10", "1.2.250.1.213.1.1.4.1", "Compte rendu"), format=Coding("urn:ihe:iti:xds-sd:pdf:2008"),
        facility=Coding("SA07", "1.2.250.1.71.4.2.4", "Cabinet individuel"), practice=Coding("AMBULATOIRE", "1.2.250.1.213.1.1.4.9"),
        confidentiality=(Coding("N", "2.16.840.1.113883.5.25", "Normal"),), language="fr-FR", mime="application/pdf",
        size=RETRIEVED_BYTES, sha1="00" * 20, title=f"Consultation {number}", creation_time=at, date=at, service_start=at,
        authors=(author,), authenticator=author, custodian=author,
    )  # fmt: skip


def _row(key: RecordKey, number: int, address: str) -> tuple[object, ...]:
    from carnet.apps.records.documents.rows import sealed

    logical_id = uuid4()
    entry = entry_of(logical_id, number)
    stored = sealed(key, write_document_reference(entry, str(key.record_id), NOW.isoformat()))
    who, at = PROFESSIONALS["treating"], entry.date
    return (
        key.record_id, logical_id, UUID(entry.entry_uuid), 1, entry.unique_id, uuid4(), "Approved", "11488-4", "10",
        entry.format.code, "SA07", "AMBULATOIRE", entry.mime, entry.size, address, at, at, at, None, [who.id],
        [who.place_id(who.places[0])], ["BASTION"], ["ALIX"], [], [], None, who.id, who.place_id(who.places[0]),
        number % 10 == 0, False, False, False, False, at, at, stored.resource, stored.ebrim,
    )  # fmt: skip


def _fill_record(number: int) -> Target:
    ins = ins_of(number)
    traits = Traits("MESURE", "Camille", "M", "1980-05-17")
    record_id = records.create_record(ins, traits, date(2024, 1, 1))
    with unit(record_id) as work:
        access.authorise_at(
            work,
            access.host_grant(record_id, "bench", datetime.now(UTC)),
            PROFESSIONALS["pharmacist"].id,
            AuthorisationGround.CARE_TEAM,
            NOW,
        )
    with streaming() as work:
        key = key_of(work, record_id)
        address = put(key, os.urandom(RETRIEVED_BYTES))
        rows = [_row(key, n, address) for n in range(DOCUMENTS)]
        with work.connection.cursor().copy(f"COPY records_document ({', '.join(COLUMNS)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        with work.connection.cursor().copy("COPY records_directory (logical_id, record_id) FROM STDIN") as copy:
            for row in rows:
                copy.write_row((row[1], record_id))
    return Target(ins, record_id, rows[1][1])


def fill(targets: int) -> list[Target]:
    """Fill every record. Returns the first ones, which the load asks for."""
    found = []
    # COPY does not pass row-level security: the owner fills, the door's role is measured.
    settings.CARNET.database_role = "postgres"
    close_pool()
    for number in range(RECORDS):
        target = _fill_record(number)
        if number < targets:
            found.append(target)
        if number % 200 == 199:
            print(f"  {number + 1} records, {(number + 1) * DOCUMENTS} documents", flush=True)
    with unit() as work:
        work.run("ANALYZE")
    settings.CARNET.database_role = "carnet_fhir"
    close_pool()
    return found


_WORDS = [
    "le",
    "la",
    "les",
    "un",
    "une",
    "de",
    "du",
    "des",
    "et",
    "en",
    "au",
    "aux",
    "pour",
    "par",
    "sur",
    "avec",
    "sans",
    "dans",
    "chez",
    "depuis",
    "patient",
    "patiente",
    "consultation",
    "examen",
    "douleur",
    "traitement",
    "bilan",
    "suivi",
    "antécédents",
    "allergie",
    "pénicilline",
    "amoxicilline",
    "paracétamol",
    "metformine",
    "aspirine",
    "ramipril",
    "atorvastatine",
    "glycémie",
    "créatininémie",
    "hémoglobine",
    "tension",
    "artérielle",
    "pouls",
    "température",
    "poids",
    "taille",
    "auscultation",
    "cardiaque",
    "pulmonaire",
    "abdomen",
    "souple",
    "hypertension",
    "diabète",
    "insuffisance",
    "rénale",
    "asthme",
    "migraine",
    "fracture",
    "radiographie",
    "scanner",
    "échographie",
    "électrocardiogramme",
    "normal",
    "anormal",
    "stable",
    "amélioré",
    "aggravé",
    "contrôle",
    "semaines",
    "mois",
    "jours",
    "matin",
    "soir",
    "renouvellement",
    "ordonnance",
    "prescription",
    "posologie",
    "comprimé",
    "gélule",
    "prise",
    "arrêt",
    "reprise",
    "surveillance",
    "hospitalisation",
    "intervention",
    "chirurgie",
    "anesthésie",
    "cicatrice",
    "pansement",
    "kinésithérapie",
    "rééducation",
    "vaccination",
    "grippe",
    "tétanos",
    "rappel",
    "conclusion",
    "confrère",
    "remercie",
    "adresse",
]


def prose(size: int) -> bytes:
    """A text of so many bytes, of the words that reports are made of: random bytes would be no words and would not be packed."""
    chance, told = random.Random(20261128), []  # noqa: S311 (a text, always the same)
    while sum(map(len, told)) < size:
        told.append(" ".join(chance.choice(_WORDS) for _ in range(9)) + f" {chance.randrange(300)}.\n")
    return "".join(told).encode()[:size].decode(errors="ignore").encode()


def token_of(key: str) -> str:
    """A bearer token of a professional."""
    who = PROFESSIONALS[key]
    place = who.places[0]
    from carnet.kernel.codes import Code

    signed = signin.SignedIn(
        who.id, f"{who.given} {who.family}", "APPPRIP3", False, NOW, "logiciel-demo", "Mesure", False,
        Code(identity.profession_system(who.profession, who.category), who.profession), who.savoir_faire, who.place_id(place),
        place.name, place.sector,
    )  # fmt: skip
    return signin.open_session(signed, NOW)[0]
