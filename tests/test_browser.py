"""The browser fixtures: a complaint of the browser fails the test that caused it."""

import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

PAGES = {
    "/quiet": (200, "<title>Quiet</title><p>Nothing to say."),
    "/refused": (403, "<title>Refused</title>"),
    "/inline": (200, "<title>Inline</title><script>document.title = 'ran'</script>"),
    "/missing-script": (200, "<title>Missing</title><script src='/nowhere.js'></script>"),
    "/abroad": (200, "<title>Abroad</title><img src='http://elsewhere.invalid/pixel.png' alt=''>"),
    "/broken": (200, "<title>Broken</title><script src='/broken.js'></script>"),
    "/link": (200, "<title>Link</title><a href='/halves'>Both halves</a>"),
    "/halves": (200, "<title>Halves</title><p>One.<!-- later --><p>Two."),
    "/broken.js": (200, "throw new Error('broken on purpose')"),
}


class Site(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status, body = PAGES.get(self.path, (404, ""))
        self.send_response(status)
        self.send_header("Content-Type", "text/javascript" if self.path.endswith(".js") else "text/html")
        self.send_header("Content-Security-Policy", "default-src 'self'; img-src 'self' http:")
        self.end_headers()
        first, later, second = body.partition("<!-- later -->")
        self.wfile.write(first.encode())
        if later:
            self.wfile.flush()
            time.sleep(0.5)
            self.wfile.write(second.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@pytest.fixture(scope="module")
def site():
    server = HTTPServer(("127.0.0.1", 0), Site)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(("path", "title"), [("/quiet", "Quiet"), ("/refused", "Refused")])
def test_a_page_without_faults_brings_no_complaint(page, site, complaints, path, title):
    page.goto(site + path)
    assert page.title() == title
    assert complaints == []


@pytest.mark.parametrize(
    ("path", "complaint"),
    [
        ("/inline", "Content Security Policy"),
        ("/missing-script", "404"),
        ("/abroad", "asked another host: http://elsewhere.invalid/pixel.png"),
        ("/broken", "broken on purpose"),
    ],
)
def test_a_fault_of_a_page_is_a_complaint(page, site, complaints, path, complaint):
    page.goto(site + path, wait_until="networkidle")
    assert any(complaint in said for said in complaints), complaints
    complaints.clear()


def test_a_click_returns_when_all_of_the_next_page_is_there(page, site):
    page.goto(site + "/link")
    page.get_by_role("link", name="Both halves").click()
    assert page.locator("p").count() == 2
