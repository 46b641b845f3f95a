"""The register as a file for a supervisory authority: a table (CSV) or a document (PDF)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from consent.models import Activity, Role
from consent.register import activities, disclosure, table
from portals_core.access.actor import Actor
from portals_core.ledger import append
from portals_core.plumbing import cells, render
from portals_core.plumbing.errors import BadInput, Forbidden
from portals_core.writing.exported import MARK

CSV, PDF = "csv", "pdf"
CONTENT_TYPES = {CSV: "text/csv; charset=utf-8", PDF: "application/pdf"}


@dataclass(frozen=True)
class Exported:
    """A file with the whole register."""

    name: str
    content_type: str
    content: bytes
    #: Activities in it.
    count: int


def export(*, actor: Actor, kind: str, at: datetime) -> Exported:
    """The whole register, "csv" or "pdf", in the active language; those who may read it may take it away.

    What ended is in it, and says so. The ledger keeps who took it, when, and the digest of the file. Raises
    `Forbidden`, `BadInput` for another kind of file, and `RenderFailed`.
    """
    if not any(actor.may(name) for name in ("consent.manage", "setup.manage", "ledger.view")):
        raise Forbidden(_("Your role does not include reading the register."))
    if kind not in CONTENT_TYPES:
        raise BadInput(_("The register comes as csv or as pdf."), code="register.kind")
    listed, answering = list(activities.activities(actor)), table.answering(actor)
    content = _csv(listed, answering) if kind == CSV else _pdf(listed, answering, at)
    with transaction.atomic():
        append.record(
            "register.exported",
            actor=actor,
            about="register",
            at=at,
            detail={"kind": kind, "activities": len(listed), "sha256": sha256(content).hexdigest()},
        )
    day = timezone.localtime(at).date().isoformat()
    return Exported(f"register-{day}.{kind}", CONTENT_TYPES[kind], content, len(listed))


def _csv(listed: list[Activity], answering: list[tuple[object, str]]) -> bytes:
    """RFC 4180 in UTF-8, one row for each activity; no cell is run by a spreadsheet."""
    headings = [*(column.heading for column in table.COLUMNS), *(heading for heading, _text in answering)]
    same = [text for _heading, text in answering]
    lines = [cells.line(map(str, headings))]
    lines += [cells.line([*(column.text(one) for column in table.COLUMNS), *same]) for one in listed]
    return (MARK + "".join(lines)).encode()


def _pdf(listed: list[Activity], answering: list[tuple[object, str]], at: datetime) -> bytes:
    title = _("Register of processing activities")
    context = {
        "title": title,
        "controller": disclosure.responsible()["name"],
        "answering": [(heading, text) for heading, text in answering if text],
        "at": at,
        "language": get_language(),
        "parts": [
            (label, [(one, table.points(one), table.MISSING.text(one)) for one in listed if one.role == role])
            for role, label in Role.choices
        ],
        "count": len(listed),
    }
    return render.pdf(render_to_string("consent/register/export.html", context), title=title)
