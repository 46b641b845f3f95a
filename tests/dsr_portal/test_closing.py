"""Registries are write-once and closed after start-up (style, 8)."""

import pytest
from django.apps import apps

from portals_core.plumbing import registry
from portals_core.plumbing.errors import Broken
from portals_core.plumbing.registry import Registry
from tests import registering


def test_every_registry_is_closed_once_the_apps_are_loaded():
    """Whatever registers later fails where it stands; bait: each is filled."""
    every = [one for one in registry._all if not one.name.startswith("test ")]
    assert len(every) >= 14
    for one in every:
        with pytest.raises(Broken) as refused:
            one.register("came.late", object())
        assert refused.value.code == "registry.closed"
        assert "came.late" not in one


def test_nothing_of_ours_becomes_ready_after_the_closing():
    ours = [one.name for one in apps.get_app_configs() if one.name.split(".")[0] in OURS]
    assert ours[-1] == "dsr_portal.closing" and set(OURS) <= set(ours)


OURS = ("dsr_portal", "exports", "requests", "consent", "portals_core")


@pytest.fixture
def fresh(monkeypatch):
    """A registry that nobody closed; gone from the list of all with the test."""
    monkeypatch.setattr(registry, "_all", [])
    return Registry("test of closing")


def test_one_that_is_open_takes_what_comes_and_closes_with_the_others(fresh):
    fresh.register("early", 1)
    registry.close_all()
    with pytest.raises(Broken):
        fresh.register("late", 2)
    assert dict(fresh.items()) == {"early": 1}


def test_what_a_test_puts_in_stands_beside_a_closed_registry(fresh):
    fresh.register("early", 1)
    registry.close_all()
    with pytest.MonkeyPatch.context() as patch:
        registering.stand_in(patch, fresh, "test", 2)
        registering.without(patch, fresh, "early")
        assert dict(fresh.items()) == {"test": 2}
    assert dict(fresh.items()) == {"early": 1}
