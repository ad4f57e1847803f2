"""The French catalogue: every sentence as it stands in the sources, with the spaces that French typography does not break.

`python -m support.french` from `tests` writes it; a test compares. French counts zero as singular, which the sources cannot say.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from django.utils.translation.template import templatize

from support.trees import nodes_of
from support.wording import LOCALE, SOURCES, sentences_of_tables

FOLDERS = (SOURCES / "interfaces", SOURCES / "pages")
FILE = LOCALE / "fr" / "LC_MESSAGES" / "django.po"
_CALL = re.compile(
    r"\b_?n?(?:gettext|_)\(\s*u?('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")(?:\s*,\s*u?('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"))?"
)
_TAG = re.compile(r"(<[^>]*>)")
_BEFORE, _AFTER, _UNIT = (
    re.compile(r" (?=[:;!?»](?:\W|$))"),
    re.compile(r"« "),
    re.compile(r"(?<=\d) (?=%(?![(a-z])|h\b|mg\b|kg\b|px\b)|(?<=\)s) (?=h )"),
)
_HEAD = """msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Language: fr\\n"
"Plural-Forms: nplurals=2; plural=(n > 1);\\n"
"""
Found = tuple[str, str]


def typeset(sentence: str) -> str:
    """A sentence with its no-break spaces. What stands inside a tag is no text."""
    parts = _TAG.split(sentence)
    for n in range(0, len(parts), 2):
        parts[n] = _UNIT.sub("\u00a0", _AFTER.sub("«\u00a0", _BEFORE.sub("\u00a0", parts[n])))
    return "".join(parts)


def _of_templates() -> Iterator[Found]:
    for folder in FOLDERS:
        for path in folder.rglob("*.html"):
            for found in _CALL.finditer(templatize(path.read_text(encoding="utf-8"))):
                yield ast.literal_eval(found[1]), ast.literal_eval(found[2]) if found[2] else ""


def _texts(call: ast.Call) -> list[str]:
    return [a.value for a in call.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]


def _of_code() -> Iterator[Found]:
    for folder in FOLDERS:
        for path in folder.rglob("*.py"):
            for node in nodes_of(path):
                if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
                    continue
                if node.func.id == "ngettext":
                    one, many = _texts(node)[:2]
                    yield one, many
                elif node.func.id in ("_", "gettext") and (texts := _texts(node)):
                    yield texts[0], ""


@cache
def catalogue() -> dict[str, str]:
    """Each sentence, with its plural where it has one."""
    found: dict[str, str] = {}
    for one, many in (*_of_templates(), *_of_code(), *((s, "") for s in sentences_of_tables())):
        if one.strip() and (many or one not in found):
            found[one] = many
    return found


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def written() -> str:
    """The catalogue as a file. A sentence that needs nothing is left out, unless it counts."""
    out = [_HEAD]
    for one, many in sorted(catalogue().items()):
        if many:
            out.append(
                f"msgid {_quoted(one)}\nmsgid_plural {_quoted(many)}\nmsgstr[0] {_quoted(typeset(one))}\nmsgstr[1] {_quoted(typeset(many))}\n"
            )
        elif typeset(one) != one:
            out.append(f"msgid {_quoted(one)}\nmsgstr {_quoted(typeset(one))}\n")
    return "\n".join(out)


def main() -> None:
    """Write the file, and what the portals read of it."""
    FILE.parent.mkdir(parents=True, exist_ok=True)
    Path(FILE).write_text(written(), encoding="utf-8")
    subprocess.run(["msgfmt", "-o", str(FILE.with_suffix(".mo")), str(FILE)], check=True)


if __name__ == "__main__":
    sys.exit(main())
