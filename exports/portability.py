"""Which part of an export is the portable one of Art. 20, and why. Pure.

Art. 15 covers everything held. Art. 20 covers what the person provided or what was observed of them, and
only where the basis is consent or contract (20(1)(a)); derived data stay out (WP 242).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

PORTABLE_BASES = frozenset({"A6-1-a", "A6-1-b", "A9-2-a"})


@dataclass(frozen=True, slots=True)
class Portable:
    """The bases that open Art. 20 here, and the columns of each table it covers."""

    bases: tuple[str, ...]
    tables: Mapping[str, tuple[str, ...]]

    @property
    def open(self) -> bool:
        """Whether any basis opens it."""
        return bool(self.bases)


def portable(bases: Iterable[str], provided: Mapping[str, Iterable[str]]) -> Portable:
    """The portable part of tables with these provided columns, under the bases in force."""
    opening = tuple(sorted(PORTABLE_BASES.intersection(bases)))
    tables = {name: tuple(columns) for name, columns in sorted(provided.items())} if opening else {}
    return Portable(opening, {name: columns for name, columns in tables.items() if columns})
