"""Sources as the parser reads them, once in a process: half a dozen checks of the house look at all of them."""

import ast
from functools import cache
from pathlib import Path


@cache
def tree_of(path: Path) -> ast.Module:
    """The tree of a file, to be looked at and not changed."""
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def nodes_of(path: Path) -> tuple[ast.AST, ...]:
    """Every node of the tree of a file."""
    return tuple(ast.walk(tree_of(path)))
