"""The process that turns one document into one PDF: started by `render`, never imported by it.

Reads an order from standard input and writes the PDF to standard output when all of it is there. Four
walls stand behind each other: a fetcher that denies every address, an audit hook that denies connections,
processes and files outside Python's own folders, limits set by the kernel, and, where the kernel lets us,
a network of our own with nothing in it.
"""

from __future__ import annotations

import ctypes
import io
import json
import os
import resource
import sys
from pathlib import Path
from typing import Any, NoReturn

DENIED, FAILED = 3, 4
#: Relative references get this scheme, so that they reach the fetcher and are denied like all others.
_NOWHERE = "denied:///"
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_NEVER = (
    "socket.",
    "subprocess.",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.spawn",
    "os.fork",
    "urllib.",
    "ftplib.",
    "http.",
    "smtplib.",
    "shutil.",
)

denied: list[str] = []


def refuse(address: str, *_rest: Any, **_more: Any) -> NoReturn:
    """The fetcher: remembers that something was asked for and gives nothing."""
    denied.append("reference")
    raise ValueError("denied")


def limit(megabytes: int, seconds: int) -> None:
    """Bound what this process may take: memory, computing time, no file, no memory image when it falls."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (megabytes * 2**20, megabytes * 2**20))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))


def leave_the_network() -> None:
    """Move into an empty network where the kernel lets us; the other walls stand without it."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNET) != 0:
        libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)


def watch() -> None:
    """From here on no connection, no process and no file but Python's own: a second wall for promise 26."""
    places = {sys.prefix, sys.base_prefix, str(Path(os.__file__).parent)}
    own = tuple(str(Path(place).resolve()) + os.sep for place in sorted(places))

    def audit(event: str, given: tuple[Any, ...]) -> None:
        if event.startswith(_NEVER) or (event == "open" and not _may_open(given, own)):
            denied.append(event)
            raise PermissionError(event)

    sys.addaudithook(audit)


def _may_open(given: tuple[Any, ...], own: tuple[str, ...]) -> bool:
    path, mode = given[0], given[1]
    if isinstance(path, int):
        return True
    reading = mode is None or not set(str(mode)) & set("wax+")
    return reading and os.path.realpath(os.fsdecode(path)).startswith((*own, "/dev/null"))


def draw(html: str, title: str) -> bytes:
    """The PDF. `stylesheets`, `attachments` and metadata of our own are not used: each has a fetcher of
    its own somewhere."""
    from weasyprint import HTML

    watch()
    document = HTML(string=html, base_url=_NOWHERE, url_fetcher=refuse).render()
    if document.metadata.attachments:
        refuse("attachment")
    document.metadata.title = title
    target = io.BytesIO()
    document.write_pdf(target)
    return target.getvalue()


def main() -> int:
    """Carry out the order on standard input; the exit status tells what became of it."""
    answer = os.dup(1)
    os.dup2(2, 1)  # a native library that prints must not print into the document
    order = json.load(sys.stdin.buffer)
    leave_the_network()
    limit(order["megabytes"], order["seconds"])
    try:
        made = draw(order["html"], order["title"])
    except BaseException as error:
        # WeasyPrint's fatal errors are no `Exception` (RD6). The class alone is told: the text may quote.
        sys.stderr.write(type(error).__name__)
        return DENIED if denied else FAILED
    if denied:
        return DENIED
    with os.fdopen(answer, "wb") as out:
        out.write(made)
    return 0


if __name__ == "__main__":
    status = main()
    sys.stderr.flush()
    os._exit(status)
