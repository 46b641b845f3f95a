"""The suite's own footing: parts are found, required and reported, and no test leaves this machine."""

import socket

import pytest

from tests import parts
from tests.report import Exercised
from tests.run import is_narrowed


def test_a_test_cannot_reach_another_machine():
    with socket.socket() as away, pytest.raises(parts.NetworkForbidden):
        away.connect(("192.0.2.1", 80))
    with socket.socket() as away, pytest.raises(parts.NetworkForbidden):
        away.connect_ex(("192.0.2.1", 80))


def test_a_test_reaches_this_machine():
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as here:
        here.connect(server.getsockname())
        assert here.getpeername() == server.getsockname()


def test_required_parts_are_read_from_the_environment(monkeypatch):
    monkeypatch.setenv("DSR_REQUIRE", "postgres, redis,")
    assert parts.required() == {"postgres", "redis"}
    monkeypatch.setenv("DSR_REQUIRE", "postgrse")
    with pytest.raises(parts.UnknownPart, match="postgrse"):
        parts.required()


def test_a_part_that_is_not_there_is_missing_with_a_reason(monkeypatch, tmp_path):
    monkeypatch.setenv("DSR_TEST_REDIS_URL", "redis://127.0.0.1:1/0")
    monkeypatch.setenv("DSR_TEST_POSTGRES_URL", "postgres://nobody@127.0.0.1:1/none")
    monkeypatch.setenv("DSR_REAL_DATA", str(tmp_path / "nowhere"))
    for part in ("redis", "postgres", "realdata"):
        assert parts.PROBES[part](), part
    monkeypatch.setenv("DSR_REAL_DATA", str(tmp_path))
    assert parts.PROBES["realdata"]() is None


def test_the_report_sums_runs_and_names_what_was_not_used(tmp_path):
    path = tmp_path / "exercised.jsonl"
    first, second = Exercised(), Exercised()
    first.add("passed", ["sqlite", "chromium"])
    first.add("failed", ["redis"])
    second.add("passed", ["postgres"])
    second.add("passed", ["postgres"])
    second.add("skipped", ["realdata"])
    first.append_to(path)
    second.append_to(path)
    total = Exercised.read(path)
    assert total.passed == {"sqlite": 1, "chromium": 1, "postgres": 2}
    assert total.unused(["redis", "postgres", "realdata"]) == ["redis", "realdata"]
    lines = dict(line.split(":", 1) for line in total.lines())
    assert "exercised, 2 tests passed" in lines["PostgreSQL"]
    assert "NOT exercised" in lines["Redis"]
    assert "1 skipped" in lines["Real data"]


def test_a_run_of_some_tests_is_told_from_a_run_of_all():
    assert is_narrowed(["-n", "2", "tests/test_parts.py::test_x"])
    assert is_narrowed(["-k", "parts"])
    assert not is_narrowed(["-n", "2", "-x"])


@pytest.mark.redis
def test_redis_keeps_what_it_is_given():
    """The part itself: a server that answers but stores nothing would pass the probe."""
    import redis

    client = redis.Redis.from_url(parts.redis_url())
    client.set("dsr-tests:footing", "kept", ex=30)
    assert client.get("dsr-tests:footing") == b"kept"
    assert client.delete("dsr-tests:footing") == 1


@pytest.mark.both
@pytest.mark.django_db
def test_both_databases_of_the_run_are_real_and_apart():
    from django.db import connections

    vendors = {alias: connections[alias].vendor for alias in ("default", "keyring")}
    assert vendors["default"] == vendors["keyring"]
    names = {connections[alias].settings_dict["NAME"] for alias in vendors}
    assert len(names) == 2
    for alias in vendors:
        with connections[alias].cursor() as cursor:
            cursor.execute("select 1")
            assert cursor.fetchone() == (1,)
