"""Counters of what may be done so and so often, and from which network somebody comes."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from portals_core.plumbing import duties, limits, network, outbox
from portals_core.plumbing.errors import TooMany
from portals_core.plumbing.limit_models import Spent
from tests import cast

pytestmark = pytest.mark.django_db
HOUR = 3600


def spend(key="a", *, name="form", limit=2, at=cast.NOW):
    limits.spend(name, key, limit=limit, seconds=HOUR, at=at)


def test_so_many_pass_and_the_next_one_does_not():
    spend()
    spend()
    for _time in range(3):
        with pytest.raises(TooMany) as caught:
            spend()
    assert caught.value.code == "limit.form" and caught.value.http_status == 429
    assert Spent.objects.get().count == 2


def test_keys_names_and_windows_count_apart():
    spend(limit=1)
    spend("b", limit=1)
    spend(name="other", limit=1)
    with pytest.raises(TooMany):
        spend(limit=1)
    spend(limit=1, at=cast.NOW + timedelta(hours=1))
    assert Spent.objects.count() == 4


def test_nothing_of_the_key_is_stored():
    spend("ada@people.example")
    stored = str(Spent.objects.values().get())
    assert "ada" not in stored and "people" not in stored
    spend("ada@people.example", at=cast.NOW + timedelta(hours=1))
    assert Spent.objects.values("digest").distinct().count() == 2


def test_a_limit_that_is_not_told_says_the_how_manieth_it_was():
    found = [limits.tally("mail", "a", seconds=HOUR, at=cast.NOW) for _time in range(3)]
    assert found == [1, 2, 3]
    assert limits.tally("mail", "b", seconds=HOUR, at=cast.NOW) == 1


def test_a_counter_never_overflows(monkeypatch):
    """Attack 22, of every counter."""
    monkeypatch.setattr(limits, "MOST", 2)
    found = [limits.tally("mail", "a", seconds=HOUR, at=cast.NOW) for _time in range(4)]
    assert found == [1, 2, 2, 2]


def test_windows_that_are_over_are_deleted_by_a_daily_duty():
    spend()
    with time_machine.travel(cast.NOW, tick=False):
        duties.promise_due(at=cast.NOW)
        outbox.drain(about=f"duty:{limits.DUTY}")
        assert Spent.objects.count() == 1
    tomorrow = cast.NOW + timedelta(days=1)
    with time_machine.travel(tomorrow, tick=False):
        spend("b", at=tomorrow)
        duties.promise_due(at=tomorrow)
        outbox.drain(about=f"duty:{limits.DUTY}")
        assert Spent.objects.get().ends_at > tomorrow


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
        ("unix:", "unknown"),
    ],
)
def test_a_network_is_named_after_the_connection(address, expected):
    assert network.network_of({"REMOTE_ADDR": address}) == expected


@pytest.mark.parametrize(
    ("hops", "header", "expected"),
    [
        (0, "203.0.113.9", "192.0.2.0/24"),
        (1, "203.0.113.9", "203.0.113.0/24"),
        (1, "198.51.100.1, 203.0.113.9", "203.0.113.0/24"),
        (2, "198.51.100.1, 203.0.113.9, 10.0.0.1", "203.0.113.0/24"),
        (2, "203.0.113.9", "192.0.2.0/24"),
        (1, "not an address", "192.0.2.0/24"),
        (1, "", "192.0.2.0/24"),
        (1, "203.0.113.9:4711", "203.0.113.0/24"),
        (1, "[2001:db8::9]:4711", "2001:db8::/64"),
    ],
)
def test_what_a_client_writes_about_itself_counts_for_nothing(settings, hops, header, expected):
    """Attack 18: only what one's own outermost proxy wrote is believed, counted from the right."""
    settings.TRUSTED_HOPS = hops
    meta = {"REMOTE_ADDR": "192.0.2.1", "HTTP_X_FORWARDED_FOR": header}
    assert network.network_of(meta) == expected
