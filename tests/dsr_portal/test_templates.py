"""The visual language: what every page of the portal is built from, drawn and looked at in a browser."""

import re
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.template.loader import render_to_string

from portals_core.plumbing.errors import Absent, BadInput, Conflict, Forbidden, Locked, TooMany
from tests.gallery import render

GALLERY = Path(render.__file__).parent / "templates"
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "EN-301-549"]}
SCHEMES = ["light", "dark"]
SMALL_TARGETS = """() => [...document.querySelectorAll('a, button, summary, input, select, textarea')]
    .filter(e => e.checkVisibility() && !e.closest('p, .skip') && e.type !== 'hidden')
    .filter(e => Math.min(e.getBoundingClientRect().width, e.getBoundingClientRect().height) < 24)
    .map(e => e.outerHTML.slice(0, 80))"""
REFUSED_BY_POLICY = {
    "inline style": re.compile(r"<style|\sstyle\s*=", re.I),
    "inline script": re.compile(r"<script(?![^>]*\ssrc=)|\son[a-z]+\s*=\s*[\"']|javascript:|\shx-on", re.I),
    "another host": re.compile(r"""(?:src|href|action)\s*=\s*["']?(?:https?:)?//""", re.I),
}


@pytest.fixture
def drawn(settings, tmp_path: Path) -> dict[str, Path]:
    """Every page of the gallery, by name."""
    settings.ROOT_URLCONF = "tests.gallery.urls"
    (engine,) = settings.TEMPLATES
    settings.TEMPLATES = [{**engine, "DIRS": [*engine["DIRS"], GALLERY]}]
    return {path.stem: path for path in render.write_gallery(tmp_path)}


@pytest.fixture
def gallery_url(drawn: dict[str, Path]) -> Iterator[str]:
    """Where the drawn pages can be visited; named before `page`, so that it outlives the visitor."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    folder = str(drawn["portal"].parent)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def nothing(drawn: dict[str, Path]) -> dict[str, list]:
    """What every page should bring to light."""
    return {name: [] for name in drawn}


def refusals(html: str) -> list[str]:
    return [name for name, pattern in REFUSED_BY_POLICY.items() if pattern.search(html)]


def faults(page) -> list[str]:
    return [fault["id"] for fault in Axe().run(page, options=RULES).response["violations"]]


def test_no_page_holds_what_the_content_policy_refuses(drawn):
    assert {name: refusals(path.read_text("utf-8")) for name, path in drawn.items()} == nothing(drawn)


@pytest.mark.parametrize(
    ("html", "name"),
    [
        ('<p style="color:red">', "inline style"),
        ("<button onclick='go()'>", "inline script"),
        ("<script>go()</script>", "inline script"),
        ('<img src="//elsewhere.invalid/a.png">', "another host"),
    ],
)
def test_what_the_content_policy_refuses_is_recognised(html, name):
    assert refusals(html) == [name]


def test_ids_are_unique_and_every_reference_leads_to_one(drawn):
    """A field points to its help and its error, a switch to its purpose, a summary line to its field."""
    pointers = 0
    for name, path in drawn.items():
        html = path.read_text("utf-8")
        ids = re.findall(r'\sid="([^"]+)"', html)
        assert len(ids) == len(set(ids)), name
        named = re.findall(r'\s(?:aria-describedby|aria-labelledby|for)="([^"]+)"', html)
        targets = {target for value in named for target in value.split()}
        targets |= set(re.findall(r'href="#([^"]+)"', html))
        assert targets <= set(ids), name
        pointers += len(targets)
    assert pointers > 40


def test_a_wrong_field_says_so_to_a_screen_reader(drawn):
    html = drawn["form"].read_text("utf-8")
    (field,) = re.findall(r"<input[^>]*id=\"id_email\"[^>]*>", html)
    assert 'aria-invalid="true"' in field
    assert 'aria-describedby="id_email_helptext id_email_error"' in field
    (fresh,) = re.findall(r"<input[^>]*id=\"id_email\"[^>]*>", drawn["form_fresh"].read_text("utf-8"))
    assert "aria-invalid" not in fresh
    assert 'aria-describedby="id_email_helptext"' in fresh


def test_a_list_without_rows_says_so_instead_of_drawing_an_empty_table(drawn):
    assert "<table" in drawn["queue_one"].read_text("utf-8")
    empty = drawn["queue_none"].read_text("utf-8")
    assert "<table" not in empty
    assert "Nothing waits" in empty


@pytest.mark.parametrize("kind", [BadInput, Forbidden, Absent, Conflict, Locked, TooMany])
def test_an_error_page_shows_the_public_sentence_escaped_and_nothing_private(kind, drawn):
    error = kind("Choose <b>another</b> name.", code="name_taken", detail="row 4711")
    html = render_to_string(f"{error.http_status}.html", {"error": error})
    assert "Choose &lt;b&gt;another&lt;/b&gt; name." in html
    assert "name_taken" in html
    assert "4711" not in html


def test_the_page_for_our_own_faults_needs_no_context(drawn):
    assert "Something went wrong on our side" in render_to_string("500.html")


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_page_meets_wcag_in_both_colour_schemes(gallery_url, page, drawn, scheme):
    """WCAG 2.2 AA and EN 301 549, as far as a program can tell; the shell, states, forms and tables."""
    page.emulate_media(color_scheme=scheme)
    found = {}
    for name in drawn:
        page.goto(f"{gallery_url}/{name}.html")
        found[name] = faults(page)
    assert found == nothing(drawn)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_faint_words_and_a_nameless_button_are_found(gallery_url, page, scheme):
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{gallery_url}/portal.html")
    page.evaluate("document.querySelector('.lead').style.color = '#888'")
    page.evaluate("document.querySelector('.lead').style.background = '#999'")
    page.evaluate("document.querySelector('.languages button').textContent = ''")
    assert {"color-contrast", "button-name"} <= set(faults(page))


@pytest.mark.parametrize("width", [320, 640, 800, 1280])
def test_no_page_scrolls_sideways(gallery_url, page, drawn, width):
    """320 px is WCAG 1.4.10; 640 px is a 1280 px screen at 200 %."""
    page.set_viewport_size({"width": width, "height": 800})
    wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    over = {}
    for name in drawn:
        page.goto(f"{gallery_url}/{name}.html")
        over[name] = page.evaluate(wider)
    assert over == dict.fromkeys(drawn, 0)
    page.evaluate("document.querySelector('h1').style.width = '3000px'")
    assert page.evaluate(wider) > 0


def test_the_keyboard_reaches_the_content_first_and_its_place_is_seen(gallery_url, page):
    page.goto(f"{gallery_url}/portal.html")
    page.keyboard.press("Tab")
    skip = page.locator(".skip")
    assert skip.evaluate("e => e === document.activeElement && e.getBoundingClientRect().top >= 0")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    first = page.locator("main .choice").first
    assert first.evaluate("e => e === document.activeElement")
    assert first.evaluate("e => getComputedStyle(e).outlineWidth") == "3px"
    assert page.locator("main .choice").nth(1).evaluate("e => getComputedStyle(e).outlineStyle") == "none"


def test_every_target_is_large_enough_to_hit(gallery_url, page, drawn):
    """WCAG 2.5.8: 24 px, except links within a sentence."""
    small = {}
    for name in drawn:
        page.goto(f"{gallery_url}/{name}.html")
        small[name] = page.evaluate(SMALL_TARGETS)
    assert small == nothing(drawn)
    page.evaluate(
        "document.querySelector('.button').style.cssText = 'min-height: 0; height: 20px; padding: 0'"
    )
    assert len(page.evaluate(SMALL_TARGETS)) == 1


def test_paper_shows_the_content_without_the_controls(gallery_url, page):
    page.goto(f"{gallery_url}/case.html")
    controls = page.locator(".sections-band, .menu, .actions")
    assert controls.first.is_visible()
    page.emulate_media(media="print")
    assert [control.is_visible() for control in controls.all()] == [False] * controls.count()
    assert page.locator("main .diff").is_visible()
