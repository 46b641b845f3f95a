"""The outside parts some tests need: whether they are there, and whether they must be.

`DSR_REQUIRE=postgres,redis,chromium,realdata` names the parts whose absence fails a test instead of
skipping it.
"""

import os
import shutil
import socket
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent

NAMES: Mapping[str, str] = {
    "sqlite": "SQLite",
    "postgres": "PostgreSQL",
    "redis": "Redis",
    "chromium": "Chromium",
    "realdata": "Real data",
}


#: What a process must not inherit from a test run when it works on an installation of its own.
FOREIGN = ("DJANGO_", "DSR_", "DATABASE_", "KEYRING_", "CELERY_", "PYTEST_", "MAKE", "MFLAGS")


class UnknownPart(ValueError):
    """`DSR_REQUIRE` names something that is no part."""


def required() -> frozenset[str]:
    """The parts named by `DSR_REQUIRE`."""
    names = frozenset(name.strip() for name in os.environ.get("DSR_REQUIRE", "").split(",") if name.strip())
    if unknown := sorted(names - NAMES.keys()):
        raise UnknownPart(f"DSR_REQUIRE names no such part: {', '.join(unknown)}; known: {', '.join(NAMES)}")
    return names


def postgres_url() -> str:
    """The server on which test databases are made, by the address of a database it has."""
    return os.environ.get("DSR_TEST_POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/postgres")


def redis_url() -> str:
    """A Redis database that tests may use as they like."""
    return os.environ.get("DSR_TEST_REDIS_URL", "redis://127.0.0.1:6379/9")


def chromium_path() -> str | None:
    """Debian's Chromium."""
    return os.environ.get("DSR_CHROMIUM") or shutil.which("chromium")


def real_data() -> Path:
    """The folder of real data sets that lies beside the repository."""
    return Path(os.environ.get("DSR_REAL_DATA", str(ROOT.parent / "shared" / "data")))


def clean_shell() -> dict[str, str]:
    """The environment without what belongs to the test run."""
    return {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}


@cache
def missing(part: str) -> str | None:
    """Why `part` cannot be used here, as a sentence, or None where it can."""
    return PROBES[part]()


def _postgres_missing() -> str | None:
    import psycopg

    try:
        psycopg.connect(postgres_url(), connect_timeout=5).close()
    except psycopg.OperationalError as error:
        return f"no PostgreSQL server answers (set DSR_TEST_POSTGRES_URL): {str(error).splitlines()[0]}"
    return None


def _redis_missing() -> str | None:
    import redis

    try:
        redis.Redis.from_url(redis_url(), socket_connect_timeout=5).ping()
    except redis.RedisError as error:
        return f"no Redis server answers (set DSR_TEST_REDIS_URL): {error}"
    return None


def _chromium_missing() -> str | None:
    return None if chromium_path() else "no Chromium is installed: deploy/system-deps.sh --with chromium"


def _real_data_missing() -> str | None:
    here = real_data()
    return None if here.is_dir() else f"no real data at {here} (set DSR_REAL_DATA)"


PROBES: Mapping[str, Callable[[], str | None]] = {
    "sqlite": lambda: None,
    "postgres": _postgres_missing,
    "redis": _redis_missing,
    "chromium": _chromium_missing,
    "realdata": _real_data_missing,
}


class NetworkForbidden(AssertionError):
    """A test tried to reach another machine."""


def is_loopback(address: object) -> bool:
    """Whether a socket address stays on this machine (a UNIX path does)."""
    if not isinstance(address, tuple):
        return True
    host = str(address[0])
    return host in ("localhost", "::1", "") or host.startswith("127.")


def loopback_only(connect: Callable[..., object]) -> Callable[..., object]:
    """`connect` of a socket, refusing every other machine."""

    def guarded(self: socket.socket, address: object) -> object:
        if not is_loopback(address):
            raise NetworkForbidden(f"tests stay on this machine; this one tried to reach {address}")
        return connect(self, address)

    return guarded


def database_of(url: str, name: str) -> str:
    """The address of another database on the same server."""
    return urlsplit(url)._replace(path=f"/{name}").geturl()
