"""The RFC 6962 Merkle tree (same hashes as RFC 9162, section 2.1): roots, proofs, and their checks.

Everything works on leaf *hashes*; `leaf_hash` makes one from the leaf's bytes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from portals_core.plumbing.errors import Broken

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """Hash of a leaf: SHA-256(0x00 ‖ data)."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node: SHA-256(0x01 ‖ left ‖ right)."""
    return sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Frontier:
    """The right edge of a tree: one hash per complete subtree, largest first. Enough to go on appending."""

    size: int = 0
    nodes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if self.size < 0 or len(self.nodes) != self.size.bit_count():
            raise Broken("", code="ledger.frontier", detail="the frontier does not fit its size")

    def extended(self, hashes: Iterable[bytes]) -> "Frontier":
        """The frontier after appending `hashes` in this order."""
        size, nodes = self.size, list(self.nodes)
        for node in hashes:
            size += 1
            # One merge for every complete pair that this leaf closes.
            for _ in range((size & -size).bit_length() - 1):
                node = node_hash(nodes.pop(), node)
            nodes.append(node)
        return Frontier(size, tuple(nodes))

    def root(self) -> bytes:
        """The root of the whole tree."""
        if not self.nodes:
            return EMPTY_ROOT
        top = self.nodes[-1]
        for node in reversed(self.nodes[:-1]):
            top = node_hash(node, top)
        return top

    def packed(self) -> bytes:
        """The hashes side by side, for storage beside the size."""
        return b"".join(self.nodes)

    @classmethod
    def unpacked(cls, size: int, packed: bytes) -> "Frontier":
        """The frontier that `packed` gave. Raises `Broken` where the bytes do not fit the size."""
        if len(packed) % HASH_BYTES:
            raise Broken("", code="ledger.frontier", detail="the frontier does not fit its size")
        cut = range(0, len(packed), HASH_BYTES)
        return cls(size, tuple(packed[at : at + HASH_BYTES] for at in cut))


def root(hashes: Iterable[bytes]) -> bytes:
    """The root of the tree over `hashes`."""
    return Frontier().extended(hashes).root()


def inclusion_proof(hashes: Sequence[bytes], index: int) -> list[bytes]:
    """The audit path of leaf `index` in the tree over `hashes` (RFC 6962, 2.1.1)."""
    if not 0 <= index < len(hashes):
        raise Broken("", code="ledger.proof", detail="no such leaf")
    if len(hashes) == 1:
        return []
    split = _split(len(hashes))
    if index < split:
        return [*inclusion_proof(hashes[:split], index), root(hashes[split:])]
    return [*inclusion_proof(hashes[split:], index - split), root(hashes[:split])]


def consistency_proof(hashes: Sequence[bytes], old: int) -> list[bytes]:
    """The proof that the first `old` leaves are a prefix of the tree over `hashes` (RFC 6962, 2.1.2)."""
    if not 0 <= old <= len(hashes):
        raise Broken("", code="ledger.proof", detail="no such earlier size")
    return [] if old == 0 else _subproof(hashes, old, whole=True)


def includes(leaf: bytes, index: int, size: int, proof: Sequence[bytes], expected: bytes) -> bool:
    """True if `proof` shows that the leaf hash stands at `index` in the tree of `size` with that root."""
    if not 0 <= index < size:
        return False
    node, last, result = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if node % 2 or node == last:
            result = node_hash(sibling, result)
            while node % 2 == 0 and node:
                node, last = node >> 1, last >> 1
        else:
            result = node_hash(result, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and result == expected


def consistent(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """True if `proof` shows that the tree of size `new` only appended to the one of size `old`.
    An empty old tree is a prefix of every tree (RFC 9162, 2.1.4.2)."""
    if not 0 <= old <= new:
        return False
    if old == new:
        return not proof and old_root == new_root
    if old == 0:
        return not proof and old_root == EMPTY_ROOT
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not path:
        return False
    node, last = old - 1, new - 1
    while node % 2:
        node, last = node >> 1, last >> 1
    first = second = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if node % 2 or node == last:
            first, second = node_hash(sibling, first), node_hash(sibling, second)
            while node % 2 == 0 and node:
                node, last = node >> 1, last >> 1
        else:
            second = node_hash(second, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and first == old_root and second == new_root


def _split(size: int) -> int:
    return 1 << ((size - 1).bit_length() - 1)


def _subproof(hashes: Sequence[bytes], old: int, *, whole: bool) -> list[bytes]:
    if old == len(hashes):
        return [] if whole else [root(hashes)]
    split = _split(len(hashes))
    if old <= split:
        return [*_subproof(hashes[:split], old, whole=whole), root(hashes[split:])]
    return [*_subproof(hashes[split:], old - split, whole=False), root(hashes[:split])]
