"""People who look around what was set up: at a browser, or by what the pages were given to show."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from django.test import Client
from playwright.sync_api import Locator, Page, expect

from portals_core.people.models import User
from portals_core.records import catalogue
from portals_core.records.shown import Reference
from tests import cast
from tests.journeys.running import code_of_now


@dataclass
class Seat:
    """Somebody at a browser."""

    page: Page
    origin: str

    @property
    def main(self) -> Locator:
        return self.page.locator("main")

    def go(self, path: str) -> int:
        """Open an address; returns the status of the answer."""
        answer = self.page.goto(f"{self.origin}{path}")
        assert answer is not None
        return answer.status

    def status(self, path: str) -> int:
        """The status of an address, asked in this person's browser without drawing the page."""
        return self.page.request.get(f"{self.origin}{path}").status

    def section(self, name: str) -> None:
        """Follow an entry of the navigation."""
        self.page.locator("nav.sections").get_by_role("link", name=name, exact=True).click()

    def sections(self) -> list[str]:
        """What the navigation offers."""
        return [one.strip() for one in self.page.locator("nav.sections a").all_inner_texts()]

    def follow(self, name: str) -> None:
        self.main.get_by_role("link", name=name, exact=True).first.click()

    def press(self, name: str) -> None:
        self.main.get_by_role("button", name=name, exact=True).click()

    def save(self, button: str = "Save") -> None:
        """Press a button that stores, and read that it was stored."""
        self.page.evaluate("document.querySelectorAll('.alert-good').forEach(one => one.remove())")
        self.press(button)
        expect(self.main.locator(".alert-good, .error-summary, .field-error").first).to_be_visible()
        assert not self.main.locator(".error-summary, .field-error").count(), self.main.inner_text()

    def label(self, name: str, within: Locator | None = None) -> Locator:
        """The input with this label; that it may stay empty is no part of the name."""
        return (within or self.main).get_by_label(re.compile(rf"^\s*{re.escape(name)}(\s*\(optional\))?\s*$"))


@dataclass
class Visitor(Seat):
    """A portal user."""

    def accept(self, email: str) -> None:
        """Find the invitation in the mail that the demo kept, and follow it."""
        self.go(f"/demo/mail/?to={quote(email)}")
        self.main.locator("tbody th a").first.click()
        found = re.search(r"/welcome/\S+", self.main.inner_text())
        assert found, self.main.inner_text()
        self.go(found[0])
        self.page.fill("[name=password]", cast.PASSWORD)
        self.press("Open my account")
        self.page.wait_for_url(re.compile(r"^(?!.*/welcome/)"))

    def sign_in_anew(self, email: str) -> None:
        """Leave, and come back with address and password."""
        self.page.locator("details.menu summary").click()
        self.page.get_by_role("button", name="Sign out").click()
        self.go("/sign-in/")
        self.page.fill("[name=username]", email)
        self.page.fill("[name=password]", cast.PASSWORD)
        self.main.locator("form button").click()
        expect(self.page.locator("nav.sections")).to_be_visible()

    def titles(self, module: str) -> list[str]:
        """What the list of a module shows."""
        self.section(module)
        return self._listed(module)

    def _listed(self, module: str) -> list[str]:
        expect(self.main.locator("h1")).to_have_text(module)
        return sorted(one.strip() for one in self.main.locator("tbody th a").all_inner_texts())

    def reads(self) -> dict[str, str]:
        """The labels and values of the record that is open, without what may be done about them and what is
        told beside them."""
        pairs: Sequence[Sequence[str]] = self.main.locator("dl.facts > div:not(aside *)").evaluate_all(
            """all => all.map(one => ['dt', 'dd'].map(part => {
                const told = one.querySelector(part).cloneNode(true);
                told.querySelectorAll('.note').forEach(note => note.remove());
                return told.textContent.trim();
            }))"""
        )
        return {pair[0]: pair[1] for pair in pairs}


@dataclass
class Colleague(Visitor):
    """A member of staff at the desk."""

    def accept(self, email: str) -> None:
        """Follow the invitation, and set up the second factor to which it leads."""
        super().accept(email)
        key = self.main.locator(".code").inner_text().replace(" ", "")
        self.page.fill("[name=code]", code_of_now(key))
        self.press("Set up")
        self.section("Records")

    def modules(self) -> list[str]:
        """The modules among the records."""
        self.section("Records")
        return [one.strip() for one in self.main.locator("tbody th a").all_inner_texts()]

    def titles(self, module: str) -> list[str]:
        """What the list of a module shows."""
        self.section("Records")
        self.follow(module)
        return self._listed(module)


@dataclass
class Guest:
    """A portal user or a member of staff without a browser: what the pages were given to show."""

    client: Client
    lists: str = "/m/"

    def go(self, path: str) -> int:
        """Open an address; returns the status of the answer."""
        self.answer = self.client.get(path)
        return int(self.answer.status_code)

    def status(self, path: str) -> int:
        """The status of an address."""
        return self.go(path)

    def sections(self) -> list[str]:
        """What the navigation offers."""
        assert self.go("/account/") == 200
        return [str(one["label"]) for one in self.answer.context["site"]["nav"]]

    def modules(self) -> list[str]:
        """The modules that staff find among the records."""
        assert self.go(self.lists) == 200
        return [of.label_plural for of, _count in self.answer.context["modules"]]

    def titles(self, module: str) -> list[str]:
        """What the list of a module shows."""
        of = next(one for one in catalogue.modules() if one.label_plural == module)
        assert self.go(f"{self.lists}{of.key}/") == 200
        return sorted(row.title for row in self.answer.context["page"].rows)

    def reads(self) -> dict[str, str]:
        """The labels and values of the record that is open."""
        cells = [cell.shown for part in self.answer.context["sections"] for cell in part.cells]
        return {
            one.field.label: one.value.title if isinstance(one.value, Reference) else str(one.value)
            for one in cells
        }


@dataclass
class Installed:
    """An installation without modules: it has staff."""

    users: dict[str, User]
