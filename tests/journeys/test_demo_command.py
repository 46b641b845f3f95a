"""`make demo`, as somebody who has just cloned the repository would use it."""

import base64
import html
import http.cookiejar
import os
import re
import signal
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.journeys.running import Demo, code_of_now, free_port, totp
from tests.parts import ROOT, clean_shell

pytestmark = [pytest.mark.demo, pytest.mark.timeout(420)]


@dataclass(frozen=True)
class Answer:
    """What came back, after redirects."""

    status: int
    path: str
    text: str


class Visitor:
    """A browser without scripts: keeps cookies, follows redirects, sends forms with their token."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), jar)

    def get(self, path: str) -> Answer:
        return self._open(urllib.request.Request(self.origin + path, headers={"Accept-Language": "en"}))

    def send(self, path: str, **fields: str) -> Answer:
        """Opens the page at `path` and sends its form."""
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.get(path).text)
        assert token, f"no form at {path}"
        data = urllib.parse.urlencode({"csrfmiddlewaretoken": token[1], **fields}).encode()
        headers = {"Accept-Language": "en", "Referer": self.origin + path, "Origin": self.origin}
        return self._open(urllib.request.Request(self.origin + path, data=data, headers=headers))

    def _open(self, request: urllib.request.Request) -> Answer:
        try:
            response = self._opener.open(request, timeout=30)
        except urllib.error.HTTPError as error:
            response = error
        with response:
            path = urllib.parse.urlsplit(response.geturl()).path
            return Answer(response.status, path, response.read().decode())


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    port, state, log = free_port(), tmp_path / "state", tmp_path / "demo.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["make", "--no-print-directory", "demo"],
            cwd=ROOT,
            env={**clean_shell(), "DSR_PORT": str(port), "DSR_STATE": str(state)},
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        running = Demo(process, f"http://127.0.0.1:{port}", state, log)
        yield running
        for left in running.processes():
            os.kill(left, signal.SIGKILL)
        process.wait(timeout=10)


def sign_in(visitor: Visitor, person: dict[str, str | None], password: str) -> Answer:
    """As far as one gets with this password, second factor included where the person has one."""
    answer = visitor.send("/sign-in/", username=str(person["email"]), password=password)
    if answer.path == "/sign-in/code/" and person["totp_secret"]:
        answer = visitor.send("/sign-in/code/", code=code_of_now(person["totp_secret"]))
    return answer


def test_the_codes_we_compute_are_those_of_the_standard():
    """RFC 6238, appendix B, shortened to six digits."""
    assert totp(base64.b32encode(b"12345678901234567890").decode(), 59) == "287082"


def test_everybody_the_demo_names_can_sign_in_and_it_ends_without_a_trace(demo):
    demo.wait()
    people = demo.sign_ins()
    assert len({person["role"] for person in people}) >= 3
    assert any(person["totp_secret"] for person in people)
    for person in people:
        refused = sign_in(Visitor(demo.origin), person, "not the password")
        assert refused.path == "/sign-in/", person["role"]
        visitor = Visitor(demo.origin)
        welcomed = sign_in(visitor, person, str(person["password"]))
        assert (welcomed.status, welcomed.path.startswith("/sign-in/")) == (200, False), person["role"]
        # A portal user has a home; a member of staff is led on to the first room of their role.
        home = visitor.get("/")
        assert home.status == 200, person["role"]
        assert (home.path == "/") is (person["totp_secret"] is None), person["role"]
        assert not home.path.startswith("/sign-in/"), person["role"]
        assert str(person["name"]) in html.unescape(home.text), person["role"]
    # The same address shows a stranger who we are and where to sign in, and nobody's home.
    stranger = Visitor(demo.origin).get("/")
    assert (stranger.status, stranger.path) == (200, "/")
    assert 'href="/sign-in/"' in stranger.text
    assert "/sign-out/" not in stranger.text
    assert not [person["name"] for person in people if str(person["name"]) in html.unescape(stranger.text)]
    # An invitation can be followed: every mail that was kept can be read.
    mail = Visitor(demo.origin).get("/demo/mail/")
    assert mail.status == 200
    assert "/demo/mail/" in mail.text

    assert demo.processes()
    status = demo.interrupt()
    output = demo.log.read_text(errors="replace")
    assert status in (0, 2, 130, -signal.SIGINT), output
    assert demo.left_behind() == [], output
    assert "Traceback" not in output
