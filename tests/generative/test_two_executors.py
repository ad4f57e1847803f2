"""One law, two executors: on invented worlds, the documents that `decide()` permits are those that the database returns."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID, uuid4

import pytest
from law.reading import INS, NOW, STRUCTURE, WHO
from support.people import patient

from carnet.apps.records.reading.search import VISIBLE, visible_values
from carnet.apps.storage.api import unit
from carnet.dicah import Permit, decide
from carnet.dicah.facts import (
    AccessFacts,
    Authorisation,
    AuthorisationGround,
    DocumentFacts,
    Emergency,
    Facts,
    RecordFacts,
    RecordState,
    Relation,
)
from carnet.dicah.settings import LawSettings
from carnet.kernel.actor import ActorKind
from carnet.kernel.ask import Act, Ask, Mode
from carnet.kernel.visibility import Status

WORLDS, DOCUMENTS = 240, 12
TYPES = ("11488-4", "68599-0", "11502-2", "ATTEST-RESID", "83981-1", "DOCPAT09")
SEARCHERS = ("pharmacist", "doctor", "treating doctor", "administrator", "air doctor", "nurse", "regulator", "student", "holder",
             "representative", "carer", "service", "assistant", "secretary", "certificate", "social worker", "occupational doctor")  # fmt: skip
ME, OTHER = "899700001999", "899700001777"


def _document(r: Random) -> DocumentFacts:
    return DocumentFacts(
        type_code=r.choice(TYPES),
        status=r.choice(list(Status)),
        masked=r.random() < 0.4,
        hidden_from_patient=r.random() < 0.25,
        hidden_from_representatives=r.random() < 0.25,
        technical=r.random() < 0.1,
        authors=frozenset(r.sample([ME, OTHER, "person-1", STRUCTURE], r.randint(0, 2))),
        author_structures=frozenset(r.sample([STRUCTURE, "1999999999", ""], r.randint(0, 2))),
        depositor=r.choice([ME, OTHER, "person-1", ""]),
        depositor_structure=r.choice([STRUCTURE, "1999999999", ""]),
    )


def _access(r: Random, who: str, kind: ActorKind, mode: Mode) -> AccessFacts:
    relation = Relation(kind.value, NOW - timedelta(days=9), None, frozenset(r.sample(TYPES, r.choice((0, 0, 2)))))
    return AccessFacts(
        authorisation=Authorisation(AuthorisationGround.CARE_TEAM, NOW, NOW + timedelta(days=3)) if r.random() < 0.9 else None,
        treating_doctor=who == "treating doctor",
        administrator=who == "administrator",
        blocked=r.random() < 0.05,
        switch_masked=r.random() < 0.5,
        emergency=Emergency(mode.value, NOW + timedelta(minutes=9)),
        relation=relation,
        occupational_consent=r.random() < 0.5,
        service_consent=frozenset({"care/documents/read"}),
    )


def _world(seed: int) -> tuple[Ask, Facts, list[DocumentFacts]]:
    r = Random(seed)
    who = SEARCHERS[seed % len(SEARCHERS)]
    actor = WHO[who]()
    if r.random() < 0.1:
        actor = replace(actor, situation=replace(actor.situation, structure=""))
    mode = r.choice((Mode.NORMAL, Mode.NORMAL, Mode.BREAK_GLASS, Mode.REGULATION))
    act = Act.SEARCH if actor.kind not in (ActorKind.EMPLOYEE, ActorKind.STRUCTURE) else Act.SEARCH_OWN_REFERENCE
    act = Act.SEARCH_OWN_REFERENCE if who == "doctor" and r.random() < 0.3 else act
    settings = LawSettings(deleted_readable=r.random() < 0.2, occupational_metadata_with_consent=r.random() < 0.5)
    facts = Facts(
        record=RecordFacts(RecordState.OPEN),
        access=_access(r, who, actor.kind, mode),
        category="documents",
        settings=settings,
    )
    return Ask(actor, act, NOW, INS, mode, "care", purpose="care"), facts, [_document(r) for _ in range(DOCUMENTS)]


def _store(record_id: UUID, documents: list[DocumentFacts]) -> dict[UUID, DocumentFacts]:
    # Deposited beyond any clock that a test moves: these rows have no content, and no timer of another test must find them.
    stored, at = {}, datetime(2195, 1, 1, tzinfo=UTC)
    with unit(record_id) as work:
        for document in documents:
            logical_id = uuid4()
            work.run(
                """INSERT INTO records_document (record_id, logical_id, entry_uuid, version, unique_id, submission_id, status,
                type_code, class_code, format_code, facility, practice, mime, size, address, created_at, authored_at,
                author_ids, author_structures, author_families, author_givens, event_codes, related, depositor,
                depositor_structure, masked, hidden_from_patient, hidden_from_representatives, technical, by_patient,
                deposited_at, updated_at, resource) VALUES (%s, %s, %s, 1, %s, %s, %s, %s, '', '', '', '', '', 0, '', %s, %s,
                %s, %s, '{}', '{}', '{}', '{}', %s, %s, %s, %s, %s, %s, false, %s, %s, '')""",
                record_id, logical_id, uuid4(), str(logical_id), uuid4(), document.status.value, document.type_code, at, at,
                sorted(document.authors), sorted(document.author_structures), document.depositor,
                document.depositor_structure, document.masked, document.hidden_from_patient,
                document.hidden_from_representatives, document.technical, at, at,
            )  # fmt: skip
            stored[logical_id] = document
    return stored


@pytest.fixture(scope="module")
def tally() -> dict[str, int]:
    return {"permitted": 0, "shown": 0, "hidden": 0}


@pytest.mark.parametrize("seed", range(WORLDS))
def test_decide_and_the_filter_agree(seed: int, tally: dict[str, int]) -> None:
    ask, facts, documents = _world(seed)
    one_by_one = [isinstance(decide(ask, replace(facts, document=d)), Permit) for d in documents]
    verdict = decide(ask, facts)
    if not isinstance(verdict, Permit):
        assert not any(one_by_one), "a document may not be reached where the list is refused"
        return
    assert verdict.visibility is not None
    _, record_id = patient()
    stored = _store(record_id, documents)
    with unit(record_id) as work:
        rows = work.rows(
            f"SELECT logical_id FROM records_document WHERE record_id = %s AND {VISIBLE}",
            record_id,
            *visible_values(verdict.visibility),
        )
    found = {row[0] for row in rows}
    expected = {logical_id for (logical_id, _), seen in zip(stored.items(), one_by_one, strict=True) if seen}
    assert found == expected, (ask.actor.kind, ask.mode, [stored[i] for i in found ^ expected])
    tally["permitted"] += 1
    tally["shown"] += len(found)
    tally["hidden"] += len(documents) - len(found)


def test_the_worlds_were_worth_it(tally: dict[str, int]) -> None:
    assert tally["permitted"] >= 120
    assert tally["shown"] >= 200
    assert tally["hidden"] >= 200
