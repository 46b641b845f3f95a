"""A real Chromium for tests: `page` is a fresh visitor, and what the browser complains about fails the test.

A refused sub-request (htmx asking for something it may not have) is such a complaint too: a test that wants
one empties `complaints` after looking at it. Pages that answer with an error status are not complaints.
"""

import os
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connections
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests.parts import chromium_path, is_loopback

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of this process."""
    # Playwright keeps an event loop running in this thread, which Django takes for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright, pytest.MonkeyPatch.context() as patch:
        patch.setattr(Locator, "click", _arriving(Locator.click))
        chromium = playwright.chromium.launch(executable_path=chromium_path(), args=ARGUMENTS)
        yield chromium
        # While a loop runs here Django keeps this thread's connections apart; later nobody could close them.
        connections.close_all()
        chromium.close()


def _arriving(click: Callable[..., None]) -> Callable[..., None]:
    """A click that leads to another page returns when all of that page is there: what a test counts or lists
    next does not wait, and would be read of the part that has come so far."""

    @wraps(click)
    def arrive(self: Locator, *given: Any, **named: Any) -> None:
        click(self, *given, **named)
        self.page.wait_for_load_state()

    return arrive


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complained about so far; what is left at the end fails the test."""
    return []


@pytest.fixture
def live_url(live_server: LiveServer) -> str:
    """Where the portal under test answers."""
    return str(live_server.url)


@pytest.fixture
def page(browser: Browser, complaints: list[str]) -> Iterator[Page]:
    """A visitor without cookies, whose console, scripts and requests are watched."""
    context = browser.new_context(locale="en-GB", timezone_id="UTC")
    context.set_default_timeout(15_000)
    visitor = context.new_page()
    watch(visitor, complaints)
    yield visitor
    context.close()
    assert complaints == []


def watch(page: Page, complaints: list[str]) -> None:
    """Collects console errors (violations of the content policy among them), script errors, foreign hosts."""
    documents: set[str] = set()

    def on_request(request: Request) -> None:
        if request.is_navigation_request():
            documents.add(request.url)
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob", "about") and not is_loopback((address.hostname,)):
            complaints.append(f"asked another host: {request.url}")

    def on_console(message: ConsoleMessage) -> None:
        where = message.location["url"]
        status = message.text.startswith("Failed to load resource: the server responded with a status")
        # The icon is asked for once per browser: its absence would fail whichever test comes first.
        harmless = status and (where in documents or where.endswith("/favicon.ico"))
        if message.type == "error" and not harmless:
            complaints.append(f"console: {message.text} ({where})")

    page.on("request", on_request)
    page.on("console", on_console)
    page.on("pageerror", lambda error: complaints.append(f"script error: {error}"))
