"""The table of acts: every act has one whole row, and no other file keeps a set of its own."""

import ast
from collections.abc import Iterable
from pathlib import Path

import pytest
from support.trees import nodes_of

import carnet
from carnet.dicah import acts, functional_rights
from carnet.kernel.actor import ActorKind
from carnet.kernel.ask import Act

_ROWS = [line.split() for line in acts._TABLE.strip().splitlines()[1:]]


def test_every_act_has_one_row() -> None:
    assert [row[0] for row in _ROWS] == [act.name for act in Act]


def test_every_row_of_the_functional_matrix_that_an_act_names_exists() -> None:
    known = {transaction for transaction, *_ in functional_rights.table()}
    unknown = {nature.row for nature in acts.NATURE.values()} - {""} - known
    assert not unknown


@pytest.mark.parametrize("column", range(9))
def test_a_row_with_a_column_left_out_or_an_unknown_word_does_not_import(column: int) -> None:
    whole = ["all", "service", "needed", "shown", "reads", "named", "open", "permit", "content", "TD3.2:non_masque"]
    acts._nature(whole)
    with pytest.raises(ValueError, match="not enough values"):
        acts._nature(whole[:column] + whole[column + 1 :])
    if column < 9:
        with pytest.raises(KeyError):
            acts._nature([*whole[:column], "anything", *whole[column + 1 :]])


def test_nobody_but_professionals_does_what_the_table_leaves_to_nobody() -> None:
    left = [act for act in Act if acts.NATURE[act].side is acts.Side.NOBODY and acts.NATURE[act].machine is None]
    assert Act.OPEN_EMERGENCY in left
    assert not [act for act in left for allowed in acts.ACTS_OF.values() if act in allowed]
    assert set(acts.ACTS_OF) == set(ActorKind) - {
        ActorKind.ANONYMOUS, ActorKind.PROFESSIONAL, ActorKind.EMPLOYEE, ActorKind.STRUCTURE,
    }  # fmt: skip


def _sets_of_acts(nodes: Iterable[ast.AST]) -> list[int]:
    """Lines of set displays that name four acts or more."""
    named = [
        (
            node.lineno,
            [e for e in node.elts if isinstance(e, ast.Attribute) and isinstance(e.value, ast.Name) and e.value.id == "Act"],
        )
        for node in nodes
        if isinstance(node, ast.Set)
    ]
    return [line for line, members in named if len(members) > 3]


def test_no_other_file_keeps_a_set_of_acts_of_its_own() -> None:
    root = Path(carnet.__file__).parent
    found = [f"{path.name}:{line}" for path in root.rglob("*.py") for line in _sets_of_acts(nodes_of(path))]
    assert not found
    assert _sets_of_acts(ast.walk(ast.parse("_MINE = frozenset({Act.READ, Act.FEED, Act.MASK, Act.DELETE})"))) == [1]
