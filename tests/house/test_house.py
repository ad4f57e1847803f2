"""The building plan, held by machine: sizes, imports that import-linter cannot see, classified data, generated docs."""

import ast
import json
import os
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from support.trees import nodes_of, tree_of

from carnet.config.doors import INTERFACES, PROCESSES
from carnet.config.environment import Environment
from carnet.dicah.messages import MESSAGES
from carnet.interfaces.dmp.errors import xds_code
from carnet.interfaces.fhir.answers import status_of as fhir_status
from carnet.kernel.refusal import Nature, No
from carnet.pages.door import status_of as page_status

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))


def trees(paths: list[Path] = SOURCES) -> Iterator[tuple[Path, ast.Module]]:
    for path in paths:
        yield path, tree_of(path)


def functions(path: Path) -> Iterator[ast.FunctionDef]:
    yield from (node for node in nodes_of(path) if isinstance(node, ast.FunctionDef))


def test_files_and_functions_stay_small() -> None:
    lengths = []
    for path in [p for p in SOURCES if "migrations" not in p.parts]:
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 400, f"{path.name} has more than 400 lines"
        for function in functions(path):
            length = (function.end_lineno or 0) - function.lineno + 1
            story = "stories.py" in path.name or path.name == "professionals.py"
            assert length <= 60 or story, f"{path.name}:{function.name} has {length} lines"
            lengths.append(length)
    assert statistics.median(lengths) <= 8, statistics.median(lengths)


def test_every_public_function_and_class_says_what_it_is() -> None:
    missing = []
    for path, tree in trees([p for p in SOURCES if "migrations" not in p.parts]):
        assert ast.get_docstring(tree), f"{path} has no docstring"
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_") and not ast.get_docstring(node):
                missing.append(f"{path.name}:{node.name}")
    assert missing == []


@pytest.mark.parametrize("model", list(apps.get_models()), ids=lambda m: m._meta.db_table)
def test_every_field_is_classified(model: type) -> None:
    classified = model.classified
    fields = {f.attname for f in model._meta.concrete_fields}
    assert set(classified) == fields
    for name, value in classified.items():
        assert value.kept
        assert value.sealed or value.why, f"{name} is not sealed and does not say why"


def test_every_refusal_is_said_somewhere_and_known_to_every_door() -> None:
    written = {str(no): f"No.{no.name}" for no in No}
    text = "".join(p.read_text(encoding="utf-8") for p in SOURCES if not p.name.startswith("messages"))
    assert [name for name in written.values() if not re.search(rf"{re.escape(name)}\b", text)] == [], "nothing says this no"
    assert set(MESSAGES) == set(No)
    for no in No:
        assert fhir_status(no) in (400, 401, 403, 404, 405, 406, 409, 412, 413, 415, 422, 503), no
        assert page_status(no) in (400, 403, 404, 413, 503), no
        assert xds_code(no).startswith(("XDS", "DMP", "UnresolvedReferenceException")), no
    # A trouble of ours is never told as a fault of whoever asks.
    assert {fhir_status(no) for no in No if no.nature is Nature.OURS} == {503}
    assert {page_status(no) for no in No if no.nature is Nature.OURS} == {503}


def test_every_process_is_a_row_whose_settings_and_role_exist() -> None:
    deployed = json.loads((ROOT / "src/carnet/apps/storage/deployed.json").read_text(encoding="utf-8"))
    for process in PROCESSES:
        named = {s for s in (process.port, process.url, *process.tls, *process.needs) if s}
        assert named <= set(Environment.model_fields), process.name
        assert f"role {process.role}" in deployed, process.name
    folders = {p.name for p in (ROOT / "src/carnet/interfaces").iterdir() if (p / "__init__.py").exists()}
    assert folders == set(INTERFACES), "an interface is served by a process"


def test_a_table_is_named_by_its_own_app_alone() -> None:
    names = [path.name for path in (ROOT / "src/carnet/apps").iterdir() if path.is_dir()]
    tables = re.compile(rf"\b(?:FROM|JOIN|INTO|UPDATE)\s+({'|'.join(names)})_[a-z_]+")
    for path in SOURCES:
        if "apps" in path.parts and "migrations" not in path.parts:
            own = path.parts[path.parts.index("apps") + 1]
            assert {m[1] for m in tables.finditer(path.read_text(encoding="utf-8"))} <= {own}, path


def test_every_setting_is_documented() -> None:
    for name, field in Environment.model_fields.items():
        assert field.description, name


_OTHER_DAYS = {
    "clock.py": "civil(moment_, zone)",  # this is the civil day
    "receipts.py": "datetime.now(UTC)",  # a file for each day of UTC
    "maps.py": "at",  # maps are of days of UTC, as their notes say
    "immunization_reading.py": "local",
    "delivery.py": "local",
    "connecting.py": "local",
    "measuring.py": "moment",  # stated without a zone
}
"""Where a day is not the law's: the file, and of what it is taken."""


def test_a_day_is_the_one_that_people_count() -> None:
    """Between midnight in the civil zone and midnight in UTC the day of a moment in UTC is yesterday's."""
    found = {
        (path.name, ast.unparse(node.func.value))
        for path in SOURCES for node in nodes_of(path)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "date" and not node.args
    }  # fmt: skip
    others = {(name, taken) for name, taken in found if not taken.startswith("civil(") or name == "clock.py"}
    assert others == set(_OTHER_DAYS.items())


def _as_imported(tree: ast.AST) -> Iterator[ast.AST]:
    """What runs when a file is imported: no body of a function."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.Lambda):
            defaults = [*node.args.defaults, *(d for d in node.args.kw_defaults if d)]
            for at_once in [*defaults, *getattr(node, "decorator_list", [])]:
                yield from (at_once, *_as_imported(at_once))
        else:
            yield from (node, *_as_imported(node))


def test_no_test_depends_on_the_hour_at_which_it_runs() -> None:
    """A day is asked of `today()`, when it is needed: a worker imports its files minutes before it runs them."""
    wrong = []
    for path, tree in trees(TESTS):
        early = [
            n for n in _as_imported(tree) if isinstance(n, ast.Call) and ast.unparse(n.func) in ("now", "today", "prevention.today")
        ]
        of_utc = [n for n in nodes_of(path) if isinstance(n, ast.Call) and re.match(r"\(?now\(\).*\.date\(\)$", ast.unparse(n))]
        wrong += [f"{path.name}:{n.lineno}" for n in early + of_utc]
    assert wrong == []


def test_no_test_uses_a_mock_library() -> None:
    for path in TESTS:
        for node in nodes_of(path):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [a.name for a in node.names] if isinstance(node, ast.Import) else []
            assert not any(name.startswith(("unittest.mock", "mock", "responses", "pytest_mock")) for name in names), path


def test_the_generated_reference_is_up_to_date() -> None:
    from carnet.desk.reference import write_reference

    assert write_reference(ROOT / "docs" / "reference", check=True) == []


def test_logs_carry_registered_codes_only() -> None:
    """A log line is a code and references: never a value of a request."""
    registered = {"door-failure", "line-refused", "line-closed", "door-failure-trace", "process-started", "process-failure", "process-stopped", "timer-failure",
                  "record-unreadable", "assistant-failure", "journal-lines-missing", "seal-behind", "receipts-altered", "receipt-failed", "not-opened", "trouble", "document-damaged", "document-untold",
                  "together-failed", "together-not-connected", "notice-not-sent"}  # fmt: skip
    text = "".join(p.read_text(encoding="utf-8") for p in SOURCES)
    codes = set(re.findall(r'log\.\w+\("([a-z-]+)', text))
    assert codes == registered


def test_no_path_of_a_machine_and_no_download_address_is_committed() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    for name in tracked:
        path = ROOT / name
        if not path.is_file() or name.startswith("tests/house"):
            continue
        text = path.read_text(encoding="utf-8", errors="ignore")
        assert "/wo" + "rk/" not in text, name
        if name.startswith("requirements"):
            assert "://" not in text, name


def test_the_core_runs_without_django() -> None:
    code = "import carnet.dicah, carnet.formats.fhir, carnet.formats.cda, sys; sys.exit('django' in sys.modules or 'psycopg' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_no_process_loads_what_writes_pdf_before_there_is_one() -> None:
    """Its libraries take as long to load as all the rest of a process does."""
    code = ("import os, sys, django; django.setup(); import carnet.interfaces.espace.urls, carnet.interfaces.webps.urls, "
            "carnet.interfaces.mssante.gateway, carnet.desk.cli; sys.exit('fpdf' in sys.modules)")  # fmt: skip
    environment = os.environ | {"CARNET_DATABASE_URL": "postgresql://nobody@localhost/none"}
    assert subprocess.run([sys.executable, "-c", code], env=environment, check=False).returncode == 0


def test_every_sentence_of_the_persons_portal_exists_in_english() -> None:
    from support.wording import missing, sentences

    assert len(sentences()) > 800
    assert missing() == []
