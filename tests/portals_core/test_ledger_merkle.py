"""The tree against its published vectors, a second implementation and its own proofs (promise 24)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from portals_core.ledger import merkle
from portals_core.plumbing.errors import Broken

#: The leaves and roots of the Certificate Transparency reference tests.
CT_LEAVES = [
    bytes.fromhex(one)
    for one in (
        *("", "00", "10", "2021", "3031", "40414243", "5051525354555657"),
        "606162636465666768696a6b6c6d6e6f",
    )
]
CT_ROOTS = {
    0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    4: "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    5: "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    6: "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    7: "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}
SIZES = st.integers(1, 70)


def hashes(count: int) -> list[bytes]:
    return [merkle.leaf_hash(str(number).encode()) for number in range(count)]


@pytest.mark.parametrize("size", CT_ROOTS)
def test_roots_are_those_of_certificate_transparency(size):
    assert merkle.root(map(merkle.leaf_hash, CT_LEAVES[:size])).hex() == CT_ROOTS[size]


@given(SIZES, st.data())
def test_roots_and_proofs_are_those_of_another_implementation(size, data):
    other = InmemoryTree(algorithm="sha256")
    for number in range(size):
        other.append_entry(str(number).encode())
    mine = hashes(size)
    assert merkle.root(mine) == other.get_root()
    old, index = data.draw(st.integers(1, size)), data.draw(st.integers(0, size - 1))
    assert merkle.root(mine[:old]) == other.get_root(old)
    theirs = [bytes.fromhex(one) for one in other.prove_inclusion(index + 1).serialize()["path"]]
    assert theirs == [mine[index], *merkle.inclusion_proof(mine, index)]


@given(SIZES, st.data())
def test_a_proof_of_inclusion_holds_for_its_leaf_and_place_only(size, data):
    mine, index = hashes(size), data.draw(st.integers(0, size - 1))
    proof, root = merkle.inclusion_proof(mine, index), merkle.root(mine)
    assert merkle.includes(mine[index], index, size, proof, root)
    assert not merkle.includes(merkle.leaf_hash(b"other"), index, size, proof, root)
    for wrong in set(range(-1, size + 1)) - {index}:
        assert not merkle.includes(mine[index], wrong, size, proof, root)
    assert not merkle.includes(mine[index], index, size, [*proof, root], root)
    assert not proof or not merkle.includes(mine[index], index, size, proof[:-1], root)


@given(st.integers(0, 70), st.integers(0, 70))
def test_a_proof_of_consistency_holds_for_a_prefix_only(one, other):
    old, new = sorted((one, other))
    mine = hashes(new)
    proof = merkle.consistency_proof(mine, old)
    before, after = merkle.root(mine[:old]), merkle.root(mine)
    assert merkle.consistent(old, new, before, after, proof)
    assert not merkle.consistent(old, new, merkle.leaf_hash(b"x"), after, proof)
    assert not merkle.consistent(old, new, before, after, [*proof, after])
    if 0 < old < new:
        rewritten = [merkle.leaf_hash(b"rewritten"), *mine[1:]]
        forged = merkle.consistency_proof(rewritten, old)
        assert not merkle.consistent(old, new, before, merkle.root(rewritten), forged)
        for at in range(len(proof)):
            damaged = [*proof[:at], merkle.leaf_hash(b"y"), *proof[at + 1 :]]
            assert not merkle.consistent(old, new, before, after, damaged)


@given(st.lists(st.integers(0, 40), max_size=6))
def test_a_frontier_grown_in_batches_is_the_tree_grown_at_once(batches):
    mine, grown, done = hashes(sum(batches)), merkle.Frontier(), 0
    for batch in batches:
        grown = grown.extended(mine[done : done + batch])
        done += batch
        grown = merkle.Frontier.unpacked(grown.size, grown.packed())
        assert grown.root() == _naive(mine[:done])


def _naive(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, word for word."""
    if len(leaves) < 2:
        return leaves[0] if leaves else merkle.EMPTY_ROOT
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return merkle.node_hash(_naive(leaves[:split]), _naive(leaves[split:]))


@pytest.mark.parametrize(("size", "packed"), [(1, b""), (0, bytes(32)), (3, bytes(32)), (1, bytes(31))])
def test_a_frontier_that_does_not_fit_its_size_is_refused(size, packed):
    with pytest.raises(Broken):
        merkle.Frontier.unpacked(size, packed)


def test_no_proof_is_made_for_what_is_not_there():
    for index in (-1, 3):
        with pytest.raises(Broken):
            merkle.inclusion_proof(hashes(3), index)
    for old in (-1, 4):
        with pytest.raises(Broken):
            merkle.consistency_proof(hashes(3), old)
