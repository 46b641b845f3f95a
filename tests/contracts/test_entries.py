"""Every URL × method × role is declared, and every cell answers as declared (promise 3, attacks 24, 29)."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.plugins.otp_totp.models import TOTPDevice

from portals_core import entry
from tests import cast

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(600)]
METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH")
STAFF = {"administrator", "officer", "auditor", "operator"}
FILLED = {
    "uuid": "00000000-0000-4000-8000-000000000000",
    "str": "x",
    "slug": "x",
    "int": "1",
    "path": "x",
}


def routes() -> Iterator[tuple[str, URLPattern]]:
    """(route, pattern) of every address of the site."""

    def walk(patterns, prefix: str) -> Iterator[tuple[str, URLPattern]]:
        for one in patterns:
            if isinstance(one, URLResolver):
                yield from walk(one.url_patterns, prefix + str(one.pattern))
            else:
                yield prefix + str(one.pattern), one

    return walk(get_resolver().url_patterns, "")


def filled(route: str) -> str:
    """An address of the route that leads to nothing that exists."""
    return "/" + re.sub(r"<(?:(\w+):)?\w+>", lambda found: FILLED[found.group(1) or "str"], route)


@pytest.fixture
def clients():
    """Everybody at once, signed in; staff also once without the second factor."""
    made = cast.set_up()
    found = {"anonymous": Client(raise_request_exception=False)}
    for who in ("subject", *sorted(STAFF)):
        client = Client(raise_request_exception=False)
        client.force_login(made.users[who])
        if who in STAFF:
            _second_factor(client, made.users[who])
        found[who] = client
    bare = Client(raise_request_exception=False)
    bare.force_login(made.users["officer"])
    return {**found, "officer without second factor": bare}, made


def _second_factor(client: Client, user) -> None:
    device = TOTPDevice.objects.create(user=user, name="test", confirmed=True)
    session = client.session
    session[DEVICE_ID_SESSION_KEY] = device.persistent_id
    session.save()


def test_every_view_declares_who_may_call_it():
    bare = [route for route, pattern in routes() if not hasattr(pattern.callback, "entry")]
    assert bare == []


def test_every_cell_answers_as_declared(clients):
    by_name, made = clients
    wrong = []
    for route, pattern in routes():
        declared = getattr(pattern.callback, "entry", None)
        if declared is None:
            continue
        for who, client in by_name.items():
            for method in METHODS:
                actor = None if who == "anonymous" else made.actor(who.split()[0])
                status = client.generic(method, filled(route)).status_code
                if not _as_declared(declared, who, actor, method, status):
                    wrong.append(f"{method} /{route} as {who}: {status}, declared {declared}")
        # Signing out is one of the addresses: everybody comes back in.
        for who, client in by_name.items():
            if who != "anonymous":
                client.force_login(made.users[who.split()[0]])
                if who in STAFF:
                    _second_factor(client, made.users[who])
    assert wrong == []


def _as_declared(declared: entry.Entry, who: str, actor, method: str, status: int) -> bool:
    if method not in declared.methods:
        return status == 405
    if declared.who == entry.PUBLIC:
        return status not in (401, 403, 405) and status < 500
    if actor is None:
        return status == 302
    kind = "staff" if who.split()[0] in STAFF else "portal"
    if declared.who in (entry.PORTAL, entry.STAFF) and declared.who != kind:
        return status == 403
    if "without" in who:
        return status == 302
    if declared.permissions and not any(actor.may(name) for name in declared.permissions):
        return status == 403
    if method in declared.fresh:
        return status == 302
    return status not in (401, 405) and status < 500 and (status != 403)


def test_a_wrong_cell_would_be_seen():
    declared = entry.Entry(entry.STAFF, ("cases.view",), ("GET",))
    assert not _as_declared(declared, "anonymous", None, "GET", 200)
    assert not _as_declared(declared, "subject", object(), "GET", 200)
    assert not _as_declared(declared, "officer without second factor", object(), "GET", 200)
    assert not _as_declared(declared, "officer", object(), "POST", 200)
