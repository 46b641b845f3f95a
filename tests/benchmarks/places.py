"""Databases of the benchmark's own, made before and dropped after."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import psycopg
from psycopg import sql

from tests.parts import database_of, postgres_url

NAMES = ("default", "keyring")


@contextmanager
def postgres() -> Iterator[Mapping[str, str]]:
    """Two empty databases on the server of the tests, as environment variables."""
    names = [f"bench_{name}_{os.getpid()}" for name in NAMES]
    _run("CREATE DATABASE {}", names)
    try:
        yield {
            variable: database_of(postgres_url(), name)
            for variable, name in zip(("DATABASE_URL", "KEYRING_DATABASE_URL"), names, strict=True)
        }
    finally:
        _run("DROP DATABASE IF EXISTS {} WITH (FORCE)", names)


@contextmanager
def sqlite() -> Iterator[Mapping[str, str]]:
    """Two files in the state folder of the run, which are there by default."""
    yield {}


def _run(statement: str, names: list[str]) -> None:
    with psycopg.connect(postgres_url(), autocommit=True) as server:
        for name in names:
            server.execute(sql.SQL(statement).format(sql.Identifier(name)))
