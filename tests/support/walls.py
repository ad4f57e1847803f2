"""Walls of the house that import-linter cannot see, read off the sources: every form of an import is resolved to what it names."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

EXECUTOR = frozenset(
    {"work", "connection", "run", "rows", "row", "send", "several", "enter", "execute", "executemany", "cursor", "objects"}
)
"""Attributes of a unit of work, of a connection, of a model's manager."""
UNITS = frozenset({"unit", "Work", "lookup", "streaming", "alone", "pool"})
SHARED_ROOMS = {
    "storage": frozenset({"classification", "schema", "address", "key_files", "catalogue"}),
    "signin": frozenset({"pkce"}),
}
"""Rooms of an app that hold no data and that others may name: how fields are classified, how the database is addressed."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What crosses a wall, and where."""

    path: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.what}"


@dataclass(frozen=True, slots=True)
class Source:
    """A module: where it stands in the house, and what each of its names stands for."""

    path: Path
    parts: tuple[str, ...]
    tree: ast.Module

    @property
    def package(self) -> tuple[str, ...]:
        """The package that a relative import starts from."""
        return ("carnet", *self.parts[:-1])

    def imports(self) -> Iterator[tuple[ast.stmt, str, str]]:
        """Every import: the statement, the dotted name of what it brings, and the name that it gets here."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((node, a.name, a.asname or a.name.split(".")[0]) for a in node.names)
            elif isinstance(node, ast.ImportFrom):
                base = self.package[: len(self.package) - node.level + 1] if node.level else ()
                module = ".".join((*base, *([node.module] if node.module else ())))
                yield from ((node, f"{module}.{a.name}", a.asname or a.name) for a in node.names)

    def named(self) -> dict[str, str]:
        """Local name → dotted name."""
        return {
            name: full if not isinstance(node, ast.Import) or name != full.split(".")[0] else name
            for node, full, name in self.imports()
        }


def _dotted(node: ast.expr, names: dict[str, str]) -> str:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.insert(0, node.attr)
        node = node.value
    return ".".join([names.get(node.id, node.id), *parts]) if isinstance(node, ast.Name) else ".".join(["", *parts])


def _rooms(source: Source) -> Iterator[tuple[ast.stmt, str]]:
    """Imports of a room of another app that is not its `api`, whatever the form: `import a.b.room`, `from a.b import room`…"""
    for node, full, _ in source.imports():
        parts = full.split(".")
        if parts[:2] != ["carnet", "apps"] or len(parts) < 3:
            continue
        app, room = parts[2], parts[3] if len(parts) > 3 else ""
        own = source.parts[0] == "apps" and source.parts[1] == app
        allowed = room == "api" or room in SHARED_ROOMS.get(app, ())
        if not own and not allowed:
            yield node, full


def _is_page_or_door(source: Source) -> bool:
    return source.parts[0] in ("interfaces", "pages")


def _grants(source: Source) -> Iterator[ast.AST]:
    """Places that make a Grant: a call of the class by any of its names, or a copy of one with other fields."""
    names = source.named()
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and _dotted(node.func, names) in ("carnet.kernel.grant.Grant", "carnet.kernel.api.Grant"):
            yield node


def _units(source: Source) -> Iterator[tuple[ast.AST, str]]:
    """Uses of a unit of work, of its executor, of a connection or of a model."""
    for node, full, _ in source.imports():
        if full.startswith("carnet.apps.storage") and full.split(".")[-1] in UNITS:
            yield node, f"imports {full}"
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute) and node.attr in EXECUTOR - {"run", "row", "rows", "send", "enter"}:
            yield node, f"uses .{node.attr}"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in EXECUTOR:
            yield node, f"calls .{node.func.attr}(…)"


def _host_grants(source: Source) -> Iterator[ast.AST]:
    """Uses of the Grant of the host's procedures."""
    for node in ast.walk(source.tree):
        if (isinstance(node, ast.Attribute) and node.attr == "host_grant") or (
            isinstance(node, ast.Name) and node.id == "host_grant"
        ):
            yield node


def _live(source: Source) -> Iterator[tuple[ast.stmt, str]]:
    """Imports of a migration that bring code of the house, which changes while an installed database does not."""
    for node, full, _ in source.imports():
        if full.startswith("carnet."):
            yield node, full


def faults(root: Path) -> list[Fault]:
    """Everything that crosses a wall (`root` is the package's folder)."""
    return [f for path in sorted(root.rglob("*.py")) for f in _faults(path.relative_to(root), path.read_text(encoding="utf-8"))]


@cache
def _faults(path: Path, text: str) -> list[Fault]:
    """What crosses a wall in a module: a house that is copied to change one file is read anew in that file alone."""
    source = Source(path, path.with_suffix("").parts, ast.parse(text))
    place = str(path)
    if "migrations" in source.parts:
        return [Fault(place, node.lineno, f"a migration imports {full}") for node, full in _live(source)]
    found = [Fault(place, node.lineno, f"imports {full}, which is not an app's api") for node, full in _rooms(source)]
    if source.parts[:2] != ("apps", "access"):
        found += [Fault(place, getattr(node, "lineno", 0), "makes a Grant") for node in _grants(source)]
    if source.parts[0] not in ("desk", "config") and source.parts[:2] != ("apps", "access"):
        found += [Fault(place, getattr(node, "lineno", 0), "takes the Grant of the host") for node in _host_grants(source)]
    if _is_page_or_door(source):
        found += [Fault(place, getattr(node, "lineno", 0), what) for node, what in _units(source)]
    return found
