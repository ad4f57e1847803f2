"""The journal outlives the record and names nobody of the person's side: names are the record's, under its key."""

from uuid import uuid4

from support.espace import newcomer, relate
from support.people import patient
from support.portal import words
from support.roles import as_role

from carnet.apps.journal.api import Numbered
from carnet.apps.records.reading.names import named_lines
from carnet.apps.storage.api import key_of, unit
from carnet.kernel.traits import Traits


def test_no_line_names_a_person_and_who_reads_it_finds_the_name_as_long_as_there_is_a_key(espace: str) -> None:
    holder, _, record_id = newcomer(espace, given="Solveig", birth_name="NOMMÉE")
    carer, _, _ = newcomer(espace, given="Hadrien", birth_name="AIDANT")
    relate(record_id, carer, "carer")
    carer.act_on(record_id).get("/documents")
    holder.get("/documents")
    with as_role("carnet_sealer"), unit() as work:
        bodies = [str(row[0]) for row in work.rows("SELECT body FROM journal_entry WHERE chain_id = %s", record_id)]
    assert bodies and not [body for body in bodies if "NOMM" in body or "AIDANT" in body or "Hadrien" in body or "Solveig" in body]
    page = words(holder.get("/acces/journal"))
    assert "Hadrien AIDANT" in page and "aidant" in page


def test_a_line_of_somebody_whom_the_record_knows_no_more_has_no_name_and_the_holder_that_of_the_record() -> None:
    person, record_id = patient()
    lines = [
        Numbered(record_id, n, {"actor": f"{kind}:{uuid4()}", "actor_kind": kind}) for n, kind in enumerate(("holder", "carer"))
    ]
    kept = Numbered(record_id, 9, {"actor": "professional:1", "actor_kind": "professional", "actor_name": "X"})
    with unit(record_id) as work:
        told = named_lines(work, key_of(work, record_id), Traits("ESSAI", "Claude"), [*lines, kept])
        assert [n.entry["actor_name"] for n in told] == ["Claude ESSAI", "", "X"]
        assert named_lines(work, key_of(work, record_id), Traits(), [kept]) == [kept]
    assert person is not None
