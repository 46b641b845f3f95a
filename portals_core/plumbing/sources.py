"""The contract of whoever holds personal data.

Export and erase stand in one class: what cannot be shown cannot be erased. Sources are walked in the
order of their keys; one that is unknown or fails stops the walk.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from portals_core.plumbing.registry import Registry

if TYPE_CHECKING:
    from portals_core.access.actor import Actor


@dataclass(frozen=True)
class Claim:
    """One stored field and what it means: "portals_core.Note", "body", how it is erased."""

    model: str
    field: str
    personal: bool
    sensitive: bool = False
    #: "delete" with its row, "clear" in place, "keep" as a fact of procedure.
    erasure: str = "delete"


@dataclass(frozen=True)
class Item:
    """One thing a source holds about a subject, as a plan lists it. `ref` is opaque within the source."""

    source: str
    kind: str
    ref: str
    version: int = 1
    #: For pages only: never stored, never in a digest.
    label: str = ""
    #: What may be done to it: any of "erase", "restrict", "rectify".
    acts: frozenset[str] = frozenset()
    #: Whose key seals what the ledger says of it; destroyed after the item is erased.
    key_scope: UUID | None = None


@dataclass(frozen=True)
class Enclosed:
    """A file that goes along with a row of an export, byte for byte. `path` lies below "attachments/" and is
    given once."""

    path: str
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Row:
    """One row of an export: which table it belongs to and its values, exact."""

    table: str
    values: Mapping[str, object]
    #: Provided by or observed from the subject (Art. 20), not derived by the organisation.
    provided: bool = True
    #: A row that has one names its path among the values.
    enclosed: Enclosed | None = None


@dataclass(frozen=True)
class Authority:
    """The case under which a lock may be passed: only its own act, only on its own subject. Of locks that
    protect a person it passes those of its subject, never those of somebody else."""

    case: UUID
    act: str
    subject: UUID


@dataclass(frozen=True)
class Change:
    """One field before and after."""

    field: str
    label: str
    before: object
    after: object


class Source(Protocol):
    """`find` yields items in the order in which they can be erased: what hangs on something comes first."""

    key: str

    @property
    def label(self) -> object: ...

    def describe(self) -> Iterable[Claim]: ...

    def find(self, subject: UUID, *, actor: Actor) -> Iterator[Item]: ...

    def export(self, subject: UUID, *, actor: Actor) -> Iterator[Row]: ...

    def erase(self, item: Item, *, subject: UUID, actor: Actor, under: Authority) -> None: ...

    def restrict(self, item: Item, *, subject: UUID, actor: Actor, under: Authority) -> None: ...

    def rectify(
        self, item: Item, values: Mapping[str, object], *, subject: UUID, actor: Actor, under: Authority
    ) -> list[Change]: ...


SOURCES: Registry[Source] = Registry("sources of personal data")
