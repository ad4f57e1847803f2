"""The sentences of Mon espace that have to exist in English: read from templates, code and tables.

`python -m support.wording` (with tests on the path) prints the sentences without an English one, as a JSON list.
"""

import ast
import gettext
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from django.utils.translation.template import templatize

import carnet
from carnet.apps.signin.persons.accounts import SENTENCES
from carnet.dicah.messages import MESSAGES
from carnet.formats.codes.public import CATEGORIES, EXPLANATIONS
from support.trees import nodes_of

SOURCES = Path(str(carnet.__file__)).parent
FOLDERS = (SOURCES / "interfaces" / "espace", SOURCES / "pages", SOURCES / "apps" / "profile")
LOCALE = SOURCES / "pages" / "locale"
_CALL = re.compile(
    r"\b_?n?(?:gettext|_)\(\s*u?('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")(?:\s*,\s*u?('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"))?"
)


def _of_templates() -> Iterator[str]:
    for folder in FOLDERS:
        for path in folder.rglob("*.html"):
            for found in _CALL.finditer(templatize(path.read_text(encoding="utf-8"))):
                yield ast.literal_eval(found[1])


def _of_code() -> Iterator[str]:
    for folder in FOLDERS:
        for path in folder.rglob("*.py"):
            for node in nodes_of(path):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("_", "gettext", "ngettext"):
                    yield from (a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str))


def _of_tables() -> Iterator[str]:
    yield from (*CATEGORIES.values(), *SENTENCES)
    for explained in EXPLANATIONS.values():
        yield from (explained.what, explained.who)
    for message in MESSAGES.values():
        yield from (message.patient, message.next_step)


def sentences_of_tables() -> Iterator[str]:
    """Sentences that stand in tables, for whoever reads them: professionals too."""
    yield from _of_tables()
    yield from (message.professional for message in MESSAGES.values())


def sentences() -> set[str]:
    """Every sentence that a person can read in Mon espace."""
    return {s for s in (*_of_templates(), *_of_code(), *_of_tables()) if s.strip()}


def missing() -> list[str]:
    """Those without an English one, or with one that names other values."""
    english = gettext.translation("django", LOCALE, ["en"], fallback=True)
    known = getattr(english, "_catalog", {})
    return sorted(s for s in sentences() if not (told := known.get(s) or known.get((s, 0))) or _named(s) != _named(told))


def _named(sentence: str) -> set[str]:
    return set(re.findall(r"%\(\w+\)[sd]", sentence))


if __name__ == "__main__":
    sys.stdout.write(json.dumps(missing(), ensure_ascii=False, indent=1) + "\n")
