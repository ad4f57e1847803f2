"""What threads of a process share: module-level caches, and module-level objects that something changes."""

import ast
import dataclasses
import datetime
import enum
import importlib
import logging
import re
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from cryptography.x509 import ObjectIdentifier

from support.trees import tree_of

ROOT = Path(__file__).resolve().parents[2] / "src"
PACKAGES = ("kernel", "formats", "dicah", "apps", "pages", "interfaces")
_CHANGING = frozenset(["append", "add", "update", "clear", "pop", "setdefault", "extend", "remove", "discard", "insert", "popitem"])
_QUIET = (
    str, int, float, bytes, tuple, frozenset, type(None), re.Pattern, logging.Logger, enum.Enum, type, types.FunctionType, Path, UUID,
    datetime.date, datetime.time, datetime.timedelta, datetime.tzinfo, types.GenericAlias, types.UnionType, typing.TypeVar, ObjectIdentifier,
)  # fmt: skip
"""Types of values that nothing can change, or that are made for threads (a logger)."""


def _assigned(tree: ast.Module) -> set[str]:
    targets = [t for n in tree.body if isinstance(n, ast.Assign) for t in n.targets] + [
        n.target for n in tree.body if isinstance(n, ast.AnnAssign)
    ]
    return {t.id for t in targets if isinstance(t, ast.Name)}


def _changed(tree: ast.Module, names: set[str]) -> set[str]:
    """Module-level names that a function binds again, writes into, or changes by a method."""
    found = set()
    for function in (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)):
        for node in ast.walk(function):
            if isinstance(node, ast.Global):
                found |= set(node.names)
            elif isinstance(node, ast.Assign | ast.Delete | ast.AugAssign):
                found |= {_root(t) for t in (node.targets if hasattr(node, "targets") else [node.target])}
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _CHANGING:
                found.add(_root(node.func, 1))
    return found & names


def _root(node: ast.expr, least: int = 1) -> str:
    depth = 0
    while isinstance(node, ast.Subscript | ast.Attribute):
        node, depth = node.value, depth + 1
    return node.id if isinstance(node, ast.Name) and depth >= least else ""


def _stateful(value: object) -> bool:
    """An object that may hold a state of its own. A dict, list or set counts only where something changes it."""
    if isinstance(value, types.MethodType):
        return _stateful(value.__self__)
    parameters = getattr(value, "__dataclass_params__", None)
    generic = type(value).__module__ == "typing" or isinstance(value, _QUIET)
    return not generic and not isinstance(value, dict | list | set) and not (dataclasses.is_dataclass(value) and parameters.frozen)


def shared() -> Iterator[str]:
    """`module:name` of everything that threads share."""
    for path in sorted(p for package in PACKAGES for p in (ROOT / "carnet" / package).rglob("*.py")):
        if "migrations" in path.parts:
            continue
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        module, tree = importlib.import_module(name), tree_of(path)
        names = _assigned(tree)
        found = _changed(tree, names) | {n for n in names if n in vars(module) and _stateful(vars(module)[n])}
        found |= {n for n, v in vars(module).items() if hasattr(v, "cache_info") and v.__module__ == name}
        yield from (f"{name.removeprefix('carnet.')}:{n}" for n in sorted(found))
