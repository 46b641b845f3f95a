"""Rendering reaches nothing (promise 26, RD6): each vector of the catalogue, with a canary file and a
listener on the loopback that must stay untouched."""

import base64
import socket
import threading
import zlib

import pytest

from portals_core.plumbing import render

CANARY = "canary-7f3a91-in-a-file"
PLAIN = "<!doctype html><html lang=en><title>t</title><body><p>Sage Winter – 数据 – Ślad</p></body></html>"

#: What WeasyPrint would fetch: the document fails. {url} is a file or a loopback address.
FETCHED = {
    "image": "<img src='{url}'>",
    "stylesheet link": "<link rel=stylesheet href='{url}'>",
    "attachment link": "<link rel=attachment href='{url}'>",
    "attachment anchor": "<a rel=attachment href='{url}'>x</a>",
    "import": "<style>@import '{url}';</style>",
    "import url": "<style>@import url({url});</style>",
    "font face": "<style>@font-face{{font-family:x;src:url({url})}} p{{font-family:x}}</style>",
    "background": "<p style='background:url({url})'>x</p>",
    "content": "<style>p::before{{content:url({url})}}</style>",
    "list image": "<ul style='list-style-image:url({url})'><li>x</ul>",
    "border image": "<p style='border:3px solid;border-image:url({url}) 3'>x</p>",
    "object": "<object data='{url}'></object>",
    "embed": "<embed src='{url}'>",
    "svg image": "<svg width=9 height=9><image href='{url}' width=9 height=9 /></svg>",
    "base": "<base href='{folder}'><img src='{name}'>",
    "colour profile": "<style>@color-profile --x{{src:url({url})}} p{{color:color(--x 1 0 0)}}</style>",
}
#: What WeasyPrint does not know: the document may come out, without what it refers to.
IGNORED = {
    "svg use": "<svg width=9 height=9><use href='{url}#a' /></svg>",
    "iframe": "<iframe src='{url}'></iframe>",
    "poster": "<video poster='{url}'></video>",
    "meta refresh": "<meta http-equiv=refresh content='0;url={url}'>",
}


class Listener:
    """A server on the loopback that counts who comes."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.visits = 0
        threading.Thread(target=self._wait, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.socket.getsockname()[1]}/canary.png"

    def _wait(self) -> None:
        while True:
            try:
                visitor, _address = self.socket.accept()
            except OSError:
                return
            self.visits += 1
            visitor.close()


@pytest.fixture(scope="module")
def listener():
    made = Listener()
    yield made
    made.socket.close()


@pytest.fixture
def canary(tmp_path):
    path = tmp_path / "canary.txt"
    path.write_text(CANARY, encoding="utf-8")
    return path


def referring(template: str, canary, listener) -> str:
    """A document that refers to a file and to an address, each in the way of the vector."""
    parts = []
    for url in (canary.as_uri(), listener.url):
        folder, _slash, name = url.rpartition("/")
        parts.append(template.format(url=url, folder=folder + "/", name=name))
    return "<!doctype html><p>x</p>" + "".join(parts)


def streams(made: bytes) -> bytes:
    """The PDF with every compressed stream opened, for searching."""
    opened = [made]
    for part in made.split(b"stream\n")[1:]:
        try:
            opened.append(zlib.decompressobj().decompress(part))
        except zlib.error:
            continue
    return b"".join(opened)


def test_a_self_contained_document_becomes_the_same_pdf_twice():
    first = render.pdf(PLAIN, title="Report")
    assert first.startswith(b"%PDF-")
    assert b"(Report)" in streams(first)
    assert render.pdf(PLAIN, title="Report") == first


@pytest.mark.sweep
@pytest.mark.parametrize("vector", FETCHED)
def test_whatever_a_document_refers_to_fails_it_and_is_not_read(vector, canary, listener):
    before = listener.visits
    with pytest.raises(render.RenderFailed) as caught:
        render.pdf(referring(FETCHED[vector], canary, listener), title="x")
    assert caught.value.code == "render.denied"
    assert listener.visits == before


@pytest.mark.parametrize("vector", IGNORED)
def test_what_the_renderer_does_not_know_is_left_out(vector, canary, listener):
    before = listener.visits
    made = streams(render.pdf(referring(IGNORED[vector], canary, listener), title="x"))
    assert CANARY.encode() not in made
    assert base64.b64encode(CANARY.encode()) not in made
    assert listener.visits == before


def test_the_listener_would_have_noticed_a_visit(listener):
    """The control: a connection is counted."""
    before = listener.visits
    with socket.create_connection(listener.socket.getsockname()) as visitor:
        visitor.recv(1)
    assert listener.visits == before + 1


@pytest.mark.parametrize("reference", ["relative.png", "data:image/png;base64,AAAA", "//host.invalid/x.png"])
def test_a_reference_without_a_scheme_is_denied_like_any_other(reference):
    with pytest.raises(render.RenderFailed) as caught:
        render.pdf(f"<img src='{reference}'>", title="x")
    assert caught.value.code == "render.denied"


def test_a_document_beyond_the_limits_is_ended_and_nothing_is_half_done(settings):
    """Attack 57."""
    settings.RENDER_SECONDS = 1
    rows = "<tr>" + "<td>x</td>" * 20 + "</tr>"
    with pytest.raises(render.RenderFailed) as caught:
        render.pdf(f"<table>{rows * 20_000}</table>", title="x")
    assert caught.value.code == "render.limit"


def test_a_document_that_wants_too_much_memory_is_ended(settings):
    settings.RENDER_MEGABYTES = 120
    with pytest.raises(render.RenderFailed):
        render.pdf(f"<p>{'word ' * 2_000_000}</p>", title="x")


def test_the_renderer_is_told_no_secret(monkeypatch):
    monkeypatch.setenv("DSR_SECRET_KEY", CANARY)
    assert CANARY not in str(render._environment())
