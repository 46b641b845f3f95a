"""Write-once registries: how an upper room tells a lower one what it must know.

A collision is an error, an unknown key is an error, and nothing can be added once start-up is over.
"""

from collections.abc import Iterator
from typing import Generic, TypeVar

from portals_core.plumbing.errors import Broken

T = TypeVar("T")
_all: list["Registry"] = []


class Registry(Generic[T]):
    """Named values, filled in `apps.py` files and read afterwards."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._values: dict[str, T] = {}
        self._closed = False
        _all.append(self)

    def register(self, key: str, value: T) -> T:
        """Store `value` under `key`. Raises `Broken` on a collision or after start-up."""
        if self._closed:
            raise Broken("", code="registry.closed", detail=f"{self.name}: {key} came after start-up")
        if key in self._values:
            raise Broken("", code="registry.collision", detail=f"{self.name}: {key} is taken")
        self._values[key] = value
        return value

    def get(self, key: str) -> T:
        """The value under `key`. Raises `Broken` when nobody registered it."""
        try:
            return self._values[key]
        except KeyError:
            raise Broken(
                "", code="registry.unknown", detail=f"{self.name}: nobody registered {key}"
            ) from None

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def items(self) -> Iterator[tuple[str, T]]:
        """Every entry, sorted by key, so that what depends on the order is deterministic."""
        return iter(sorted(self._values.items()))


def close_all() -> None:
    """End of start-up: called once, by the app that becomes ready last."""
    for registry in _all:
        registry._closed = True
