"""What every test may count on: both databases, the named parts, a browser, and no way off this machine."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from pytest_django.plugin import blocking_manager_key

from tests import parts
from tests.report import Exercised

pytest_plugins = ["tests.browser"]

#: Tests that share a stage between examples roll each example back themselves.
_SHARED_STAGE = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
settings.register_profile("default", max_examples=50, deadline=None, suppress_health_check=_SHARED_STAGE)
settings.register_profile(
    "oracle",
    max_examples=int(os.environ.get("DSR_WORLDS", "10000")),
    deadline=None,
    suppress_health_check=_SHARED_STAGE,
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

#: Tests here that use the database prove promises that must hold on both databases.
ON_BOTH = (
    "portals_core/",
    "requests/test_execute",
    "requests/test_lifecycle",
    "requests/test_case_indexes",
    "oracles/",
    "concurrency/",
)
#: Modules of few and long tests.
LONG = (
    "journeys/",
    "faults/",
    "benchmarks/",
    "oracles/",
    "contracts/test_entries",
    "dsr_portal/test_templates",
)
MARKED_PARTS = ("postgres", "redis", "chromium", "realdata")
DATABASE_FIXTURES = {"db", "transactional_db", "live_server", "live_url", "django_db_reset_sequences"}
BROWSER_FIXTURES = {"browser", "page"}

_exercised = Exercised()
#: Whether the databases of this process have been made.
_DATABASES = pytest.StashKey[bool]()


def engine() -> str:
    """The part that stores the data of this run."""
    from django.db import connection

    return "postgres" if connection.vendor == "postgresql" else connection.vendor


def pytest_configure(config: pytest.Config) -> None:
    try:
        parts.required()
    except parts.UnknownPart as error:
        raise pytest.UsageError(str(error)) from None


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    for item in items:
        _mark(item)
    yield
    # Whatever order the rest comes in: a long module begun last would keep one process busy alone.
    items.sort(key=lambda item: not _place_of(item).startswith(LONG))


def _place_of(item: pytest.Item) -> str:
    return item.path.relative_to(parts.ROOT / "tests").as_posix()


def _mark(item: pytest.Item) -> None:
    """Adds what follows from where a test lies and what it uses, so that tests need not say it."""
    fixtures = set(getattr(item, "fixturenames", ()))
    marker = item.get_closest_marker("django_db")
    if marker or fixtures & DATABASE_FIXTURES:
        args, kwargs = (marker.args, marker.kwargs) if marker else ((), {})
        item.add_marker(pytest.mark.django_db(*args, **{"databases": "__all__", **kwargs}), append=False)
    alone = item.get_closest_marker("sqlite")
    if _place_of(item).startswith(ON_BOTH) and item.get_closest_marker("django_db") and not alone:
        item.add_marker("both")
    if fixtures & BROWSER_FIXTURES:
        item.add_marker("chromium")
    used = [part for part in MARKED_PARTS if item.get_closest_marker(part)]
    if item.get_closest_marker("django_db"):
        used.append(engine())
    item.user_properties.append(("parts", sorted(set(used))))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    for part in MARKED_PARTS:
        if item.get_closest_marker(part) and (reason := _missing(part)):
            if part in parts.required():
                pytest.fail(f"DSR_REQUIRE names {part}, but {reason}", pytrace=False)
            pytest.skip(reason)
    _let_stand(item)


def _let_stand(item: pytest.Item) -> None:
    """The organisation stands before a test's own transaction begins, or is gone (`tests.standing`)."""
    from tests import cast, standing

    marker = item.get_closest_marker("django_db")
    if not item.config.stash.get(_DATABASES, False):
        item.config.stash[_DATABASES] = marker is not None  # the first such test makes the databases
        return
    fixtures = set(getattr(item, "fixturenames", ()))
    with item.config.stash[blocking_manager_key].unblock():
        if marker is not None and standing.suits(fixtures, commits=bool(marker.kwargs.get("transaction"))):
            standing.put_up(cast.make)
        else:
            standing.take_down()


def _missing(part: str) -> str | None:
    if part == "postgres" and engine() != "postgres":
        return "this run is not on PostgreSQL: use `make test`, or set DATABASE_URL and KEYRING_DATABASE_URL"
    return parts.missing(part)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" or (report.when == "setup" and report.skipped):
        _exercised.add(report.outcome, dict(report.user_properties).get("parts", ()))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        return  # parallel processes report to the one that started them
    if path := os.environ.get("DSR_TEST_REPORT"):
        _exercised.append_to(Path(path))
        return
    terminalreporter.section("what was exercised")
    for line in _exercised.lines():
        terminalreporter.write_line(line)


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    """Every test begins in the site's language: a page drawn for a Polish reader leaves Polish active."""
    from django.conf import settings as site
    from django.utils import translation

    with translation.override(site.LANGUAGE_CODE):
        yield


@pytest.fixture(scope="session", autouse=True)
def _no_way_off_this_machine() -> Iterator[None]:
    """A test that reaches for another machine fails (loopback and UNIX sockets are free)."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", parts.loopback_only(socket.socket.connect))
        patch.setattr(socket.socket, "connect_ex", parts.loopback_only(socket.socket.connect_ex))
        yield
