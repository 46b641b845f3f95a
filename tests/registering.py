"""What a test puts into a registry for its own time: start-up is over, so nothing can be registered."""

from __future__ import annotations

from typing import TypeVar

import pytest

from portals_core.plumbing.registry import Registry

T = TypeVar("T")


def stand_in(monkeypatch: pytest.MonkeyPatch, registry: Registry[T], key: str, value: T) -> T:
    """Have the registry know `key` as `value` until the test ends, in place of what it was if it is known."""
    monkeypatch.setitem(registry._values, key, value)
    return value


def without(monkeypatch: pytest.MonkeyPatch, registry: Registry[T], key: str) -> None:
    """Have the registry not know `key` until the test ends. It must be known."""
    monkeypatch.delitem(registry._values, key)
