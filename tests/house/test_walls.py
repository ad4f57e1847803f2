"""Walls that close: a Grant is made in `access` alone, an app is used by its api, a door holds no unit of work, a migration is text."""

import inspect
import shutil
from pathlib import Path

import pytest
from support.walls import faults

from carnet.apps.access import api as access
from carnet.kernel.grant import Grant

HOUSE = Path(__file__).resolve().parents[2] / "src" / "carnet"
SCRATCH = """from carnet.apps.records.entry import facts as entering
from carnet.apps import records as r
import carnet.apps.access.acts
from carnet.apps.access import acts as a
from ...apps.profile import entries
from carnet.apps.storage.api import unit
from carnet.kernel import grant
from carnet.kernel.grant import Grant as G
import carnet.kernel.grant as g


def view(visit):
    visit.work.run("DELETE FROM records_document")
    with unit() as w:
        w.rows("SELECT 1")
    grant.Grant(None, None, "", None)
    G(None, None, "", None)
    g.Grant(None, None, "", None)
    carnet.kernel.grant.Grant(None, None, "", None)
    access.host_grant(None, "", None)
    connection.execute("DELETE FROM records_document")
    Document.objects.all()
"""


def test_nothing_crosses_a_wall() -> None:
    assert [str(f) for f in faults(HOUSE)] == []


@pytest.mark.parametrize("place", ["interfaces/espace", "interfaces/fhir", "pages"])
def test_a_change_that_crosses_them_is_caught_at_each_of_its_lines(place: str, tmp_path: Path) -> None:
    copy = tmp_path / "carnet"
    shutil.copytree(HOUSE, copy, ignore=shutil.ignore_patterns("__pycache__", "*.csv", "*.html", "*.css"))
    (copy / place / "scratch.py").write_text(
        SCRATCH.replace("...apps", "..apps" if place == "pages" else "...apps"), encoding="utf-8"
    )
    found = faults(copy)
    innocent = {number for number, line in enumerate(SCRATCH.splitlines(), start=1)
                if not line.strip() or line.startswith(("from carnet.kernel", "import carnet.kernel", "def ")) or "with unit()" in line}  # fmt: skip
    assert {f.line for f in found} == set(range(1, len(SCRATCH.splitlines()) + 1)) - innocent
    assert {f.path for f in found} == {f"{place}/scratch.py"}


def test_a_migration_that_imports_the_house_is_caught(tmp_path: Path) -> None:
    copy = tmp_path / "carnet"
    shutil.copytree(HOUSE / "apps" / "records", copy / "apps" / "records", ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "apps/records/migrations/0099_live.py").write_text(
        "from carnet.apps.records.reading.search import VISIBLE\n", encoding="utf-8"
    )
    assert [(f.line, f.what) for f in faults(copy) if "0099" in f.path] == [
        (1, "a migration imports carnet.apps.records.reading.search.VISIBLE")
    ]


WRITERS = [
    "restore_choices",
    "tighten",
    "authorise",
    "authorise_at",
    "authorise_by_holder",
    "block",
    "choose",
    "choose_masks",
    "close_sections",
    "declare_treating_doctor",
    "end_agreement",
    "end_emergency",
    "end_relation",
    "end_relation_of",
    "forget",
    "give_agreement",
    "invite",
    "make_card",
    "name_person",
    "name_relation",
    "object_to",
    "object_to_deposits",
    "open_case",
    "open_emergency",
    "prove",
    "stop_treating",
    "unblock",
    "withdraw",
    "withdraw_from",
    "withdraw_invitation",
    "answer_invitation",
    "note_lookup",
    "noting_lookup",
    "note_reminded",
    "write_entry",
]
WITHOUT_RECORD = frozenset(
    # The professional's own delegations and sign-ins, and the queues of operators: no record is named, the law decides inside.
    [
        "delegate_to",
        "end_delegation",
        "review_lookup",
        "take_case",
        "answer_case",
        "review_emergency",
        "lift_stop",
        "note_sign_in",
        "spend",
    ]
)


def test_who_writes_about_a_record_brings_a_grant() -> None:
    """Every public function of `access` that writes: found by its SQL, each with a parameter of type Grant."""
    for name in WRITERS:
        found = getattr(access, name, None)
        if found is not None:
            hints = inspect.get_annotations(found, eval_str=True).values()
            assert Grant in hints, f"{name} writes without a Grant"


def test_no_public_writer_is_missing_from_the_list() -> None:
    verbs = ("INSERT INTO", "UPDATE ", "DELETE FROM")
    for name in access.__all__:
        found = getattr(access, name)
        if inspect.isfunction(found) and name not in WITHOUT_RECORD and any(v in inspect.getsource(found) for v in verbs):
            assert name in WRITERS, f"{name} writes: it takes a Grant and joins the list"
