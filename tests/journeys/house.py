"""The demo organisation as its people meet it: each at a browser of their own, reading their own language."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

from axe_playwright_python.sync_playwright import Axe
from django.utils.functional import Promise
from django.utils.translation import gettext, override
from playwright.sync_api import Browser, Locator, Page

from requests.casebook import words
from tests.browser import watch
from tests.journeys.running import Demo, totp

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "EN-301-549"]}
#: For how long a proof of who one is lasts here: short, so that a journey meets the question again.
FRESH = 20
#: Until the real worker has carried something out on a busy machine.
PATIENCE = 90
_IDS = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|[\w-]{40,}")


@dataclass
class House:
    """A running demo, who can sign in to it, and what its pages were found to do wrong."""

    demo: Demo
    browser: Browser
    people: list[dict[str, str | None]] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    #: Pages that were looked at for accessibility, ids left out.
    looked_at: set[str] = field(default_factory=set)
    _staff: dict[tuple[str, int], Seat] = field(default_factory=dict)
    _codes: dict[str, int] = field(default_factory=dict)

    @contextmanager
    def seat(self, language: str = "en") -> Iterator[Seat]:
        """A browser nobody used before."""
        seat = self._seat(language)
        yield seat
        seat.page.context.close()

    @contextmanager
    def signed_in(self, name: str) -> Iterator[Seat]:
        """A portal user, through the sign-in page."""
        person = self.named(name)
        with self.seat(str(person["language"])) as seat:
            seat.sign_in(person)
            assert urlsplit(seat.page.url).path == "/", seat.page.url
            yield seat

    def staff(self, role: str, number: int = 0) -> Seat:
        """A member of staff, signed in with password and code once for all journeys."""
        if (role, number) not in self._staff:
            person = [one for one in self.people if one["role"] == role][number]
            seat = self._seat("en")
            seat.sign_in(person)
            seat.page.fill("[name=code]", self.code(person))
            seat.press("Go on")
            assert urlsplit(seat.page.url).path.startswith("/desk/"), seat.page.url
            self._staff[role, number] = seat
        return self._staff[role, number]

    def named(self, name: str) -> dict[str, str | None]:
        return next(one for one in self.people if one["name"] == name)

    def code(self, person: dict[str, str | None]) -> str:
        """A code of the present half minute that was not used before; waits for one where it must."""
        secret = str(person["totp_secret"])
        while self._codes.get(secret) == int(time.time()) // 30 or time.time() % 30 > 26:
            time.sleep(0.2)
        now = time.time()
        self._codes[secret] = int(now) // 30
        return totp(secret, now)

    def letters(self, to: str, holding: str) -> list[str]:
        """What in the mail kept for an address matches, newest mail first, read on the demo's own page."""
        found = []
        with self.seat() as seat:
            seat.go(f"/demo/mail/?to={quote(to)}")
            for path in [link.get_attribute("href") for link in seat.main("tbody th a").all()]:
                seat.go(str(path))
                found += re.findall(holding, seat.page.inner_text(".mail"))
        return found

    def _seat(self, language: str) -> Seat:
        context = self.browser.new_context(locale="en-GB", timezone_id="UTC", accept_downloads=True)
        context.set_default_timeout(20_000)
        page = context.new_page()
        watch(page, self.complaints)
        return Seat(self, page, language)


@dataclass
class Seat:
    """Somebody at a browser. Words are given in English and looked for as this person reads them."""

    house: House
    page: Page
    language: str
    person: dict[str, str | None] = field(default_factory=dict)
    proved_at: float = 0

    def word(self, sentence: str | Promise, **given: object) -> str:
        """The sentence in this person's language."""
        with override(self.language):
            said = gettext(str(sentence)) if not isinstance(sentence, Promise) else str(sentence)
        return said % given if given else said

    def main(self, selector: str) -> Locator:
        """Something in the page's own part, navigation left out."""
        return self.page.locator(f"main {selector}")

    def go(self, path: str) -> None:
        self.page.goto(f"{self.house.demo.origin}{path}")
        self.look()

    def reload(self) -> None:
        assert self.house.demo.process.poll() is None, self.house.demo.log.read_text(errors="replace")
        self.page.reload()

    def look(self) -> None:
        """Nothing on a page of this sort is wrong for people who use it differently; looked at once."""
        parts = urlsplit(self.page.url)
        kind = ",".join(parse_qs(parts.query).get("kind", []))
        state = self.page.locator("main .page-head .state").first
        standing = state.get_attribute("class") if state.count() else ""
        sort = f"{_IDS.sub('…', parts.path)} {kind} {standing}"
        if sort in self.house.looked_at:
            return
        self.house.looked_at.add(sort)
        faults = Axe().run(self.page, options=RULES).response["violations"]
        assert [(fault["id"], fault["nodes"][0]["html"]) for fault in faults] == [], sort

    def press(self, sentence: str | Promise, **given: object) -> None:
        name = self.word(sentence, **given)
        self.main("button").filter(has_text=re.compile(rf"^\s*{re.escape(name)}\s*$")).first.click()
        self.page.wait_for_load_state()
        self.look()

    def follow(self, sentence: str | Promise, *, within: str = "", **given: object) -> None:
        """A link of the page, or of a part of it, whose words begin with the sentence."""
        name = self.word(sentence, **given)
        self.main(f"{within} a").filter(has_text=re.compile(rf"^\s*{re.escape(name)}")).first.click()
        self.page.wait_for_load_state()
        self.look()

    def reads(self, sentence: str | Promise, **given: object) -> bool:
        """Whether the page shows these words."""
        return self.word(sentence, **given) in self.page.inner_text("main")

    def speak(self, language: str) -> None:
        """Choose another language at the foot of the page."""
        self.page.locator(f"footer button[value={language}]").click()
        self.page.wait_for_load_state()
        self.language = language

    def sign_in(self, person: dict[str, str | None]) -> None:
        """Address and password; the page answers in the browser's language until it is known who comes."""
        self.person, language, self.language = person, self.language, "en"
        self.go("/sign-in/")
        self.page.fill("[name=username]", str(person["email"]))
        self.page.fill("[name=password]", str(person["password"]))
        self.main("form button").click()
        self.page.wait_for_load_state()
        self.language, self.proved_at = language, time.monotonic()

    def prove_again(self) -> bool:
        """Answers the question who sits here, where the page asks it; whether it did."""
        if urlsplit(self.page.url).path != "/confirm/":
            return False
        self.look()
        if self.person["totp_secret"]:
            self.page.fill("[name=code]", self.house.code(self.person))
        else:
            self.page.fill("[name=password]", str(self.person["password"]))
        self.press("Confirm")
        assert urlsplit(self.page.url).path != "/confirm/"
        return True

    def wait_until_stale(self) -> None:
        """Long enough since the last proof that the next dangerous act asks for another."""
        left = FRESH + 1 - (time.monotonic() - self.proved_at)
        self.page.wait_for_timeout(max(0, left) * 1000)

    def downloaded(self, sentence: str, to: Path) -> Path:
        """The file behind a button."""
        with self.page.expect_download() as coming:
            self.press(sentence)
        path = to / coming.value.suggested_filename
        coming.value.save_as(path)
        return path

    def ask(self, kind: str, *, for_another: bool = False, text: str = "", **corrections: str) -> Asked:
        """From home to a filed request, by the buttons of the pages."""
        self.go("/")
        self.follow("Privacy")
        self.follow(words.KINDS[kind].choice, within=".choices")
        name = self._choose_another() if for_another else str(self.person["name"])
        for label, value in corrections.items():
            self.page.get_by_label(label, exact=True).fill(value)
        self.page.fill("[name=text]", text)
        self.press(words.KINDS[kind].button)
        case = re.fullmatch(r"/privacy/requests/([0-9a-f-]{36})/", urlsplit(self.page.url).path)
        assert case, self.page.inner_text("main")
        return Asked(case[1], self.main("h1 .nowrap").inner_text(), name)

    def _choose_another(self) -> str:
        """The first person added for whom this is not asked already."""
        tabs = self.main(".tabs a")
        for place in range(1, tabs.count()):
            name = tabs.nth(place).inner_text()
            tabs.nth(place).click()
            self.page.wait_for_load_state()
            if self.page.locator("main form[method=post]").count():
                self.look()
                before, after = self.word("For %(name)s").split("%(name)s")
                return name.removeprefix(before).removesuffix(after).strip()
        raise AssertionError("everybody this person added has such a request already")

    def open_case(self, asked: Asked) -> None:
        self.go(f"/desk/cases/{asked.case}/")
        assert asked.number in self.main("h1").inner_text()

    def find(self, module: str, name: str) -> str | None:
        """The address of the record with this title; none where the desk finds nobody."""
        self.go(f"/desk/records/{module}/?find={quote(name)}")
        links = self.main("tbody th a").filter(has_text=re.compile(rf"^\s*{re.escape(name)}\s*$"))
        return links.first.get_attribute("href") if links.count() else None

    def wait_until_done(self, word: str = "Done") -> None:
        """Reloads until the real worker has carried the request out."""
        until = time.monotonic() + PATIENCE
        while self.main(".page-head .state").first.inner_text().strip() != self.word(word):
            assert time.monotonic() < until, self.page.inner_text("main")
            self.page.wait_for_timeout(500)
            self.reload()
        self.look()


@dataclass(frozen=True)
class Asked:
    """A filed request: its id, its number, whom it is about."""

    case: str
    number: str
    about: str
