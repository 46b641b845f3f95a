"""The parts of the page of a case, each read and drawn by its own module.

A part is a function `part(actor, case, at=...)` that returns what its template prints, or None where it has
nothing to say to this reader.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.module_loading import import_string
from django.utils.safestring import SafeString

from portals_core.access.actor import Actor
from requests.models import Case

#: What a part tells about a case, by the names its template knows.
Reader = Callable[..., Mapping[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Part:
    """One part: the name under which the page places it, its template, the path of its reader."""

    name: str
    template: str
    reader: str


#: The parts there are. The page decides where each one stands.
PARTS: list[Part] = [
    Part(name, f"dsr_requests/case_{name}.html", f"requests.parts.{name}.part")
    for name in ("proofs", "clock", "asked", "approval", "left", "thread", "letters", "recipients", "lifting")
]


def drawn(
    request: HttpRequest,
    actor: Actor,
    case: Case,
    *,
    at: datetime,
    page: Mapping[str, Any] | None = None,
    among: Iterable[Part] | None = None,
) -> dict[str, SafeString]:
    """Every part that has something to say, drawn, by its name; one that prints nothing is left out.

    `page` is what the whole page knows; a template of a part may print that, too.
    """
    found: dict[str, SafeString] = {}
    for one in PARTS if among is None else among:
        reader: Reader = import_string(one.reader)
        told = reader(actor, case, at=at)
        if told is None:
            continue
        text = render_to_string(one.template, {**(page or {}), "case": case, **told}, request=request)
        if text.strip():
            found[one.name] = text
    return found
