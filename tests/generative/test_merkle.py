"""Merkle trees against the definition of RFC 6962 §2.1, written plainly, and the standalone verifier against ours."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.apps.journal.merkle import (
    EMPTY,
    Frontier,
    consistency_proof,
    consistent,
    hashes_in_memory,
    inclusion_proof,
    leaf_hash,
    root_of_inclusion,
    tree_root,
)
from carnet.desk.verifier import carnet_verify

SIZES = st.integers(min_value=1, max_value=600)


def defined(leaves: list[bytes]) -> bytes:
    """MTH, as RFC 6962 §2.1 writes it."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + defined(leaves[:k]) + defined(leaves[k:])).digest()


def leaves(size: int) -> list[bytes]:
    return [leaf_hash(n.to_bytes(4, "big")) for n in range(size)]


@given(SIZES)
def test_roots_are_those_of_the_definition(size: int) -> None:
    tree, frontier = leaves(size), Frontier()
    for one in tree:
        frontier.add(one)
    assert tree_root(hashes_in_memory(tree), size) == defined(tree) == frontier.root() == carnet_verify.root_of(tree)


@given(SIZES, st.data())
def test_inclusion_proofs_hold_and_no_other_entry_fits(size: int, data: st.DataObject) -> None:
    number = data.draw(st.integers(min_value=0, max_value=size - 1))
    tree = leaves(size)
    path = inclusion_proof(hashes_in_memory(tree), number, size)
    assert root_of_inclusion(tree[number], number, size, path) == defined(tree)
    assert carnet_verify.root_by_proof(tree[number], number, size, path) == defined(tree)
    assert root_of_inclusion(leaf_hash(b"other"), number, size, path) != defined(tree)
    if path:
        with pytest.raises(ValueError, match="short"):
            root_of_inclusion(tree[number], number, size, path[:-1])
        assert carnet_verify.root_by_proof(tree[number], number, size, path[:-1]) is None
    with pytest.raises(ValueError, match="long"):
        root_of_inclusion(tree[number], number, size, [*path, bytes(32)])
    assert carnet_verify.root_by_proof(tree[number], number, size, [*path, bytes(32)]) is None


@given(SIZES, st.data())
def test_consistency_proofs_hold_for_a_continuation_and_for_no_fork(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(min_value=0, max_value=size))
    tree = leaves(size)
    proof = consistency_proof(hashes_in_memory(tree), old, size)
    old_root, root = defined(tree[:old]), defined(tree)
    assert consistent(old, old_root, size, root, proof)
    if old:
        forked = [*tree[: old - 1], leaf_hash(b"fork")]
        assert not consistent(old, defined(forked), size, root, proof)
        assert not consistent(old, old_root, size, bytes(32), proof)
    if 0 < old < size:
        assert not consistent(old, old_root, size, root, proof[:-1])
        assert not consistent(old, old_root, size, root, [*proof, bytes(32)])


def test_edges() -> None:
    assert tree_root(hashes_in_memory([]), 0) == EMPTY == Frontier().root() == carnet_verify.root_of([])
    for wrong in (-1, 1):
        with pytest.raises(ValueError, match="not in the tree"):
            inclusion_proof(hashes_in_memory(leaves(1)), wrong, 1)
    with pytest.raises(ValueError, match="larger"):
        consistency_proof(hashes_in_memory(leaves(1)), 2, 1)
    assert not consistent(4, bytes(32), 4, bytes(32), [bytes(32)])
    assert not consistent(0, EMPTY, 4, bytes(32), [bytes(32)])
    assert not consistent(3, bytes(32), 4, bytes(32), [])
