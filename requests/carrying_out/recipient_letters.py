"""The letter to a recipient who is told by post: written when the request is fulfilled, made a document by a
job, on the same paper as every letter. It names the person, so it goes as soon as the recipient was told.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from consent import register
from consent.models import Told
from portals_core.access.actor import Actor, system
from portals_core.plumbing import outbox, render
from portals_core.plumbing.errors import Absent, Conflict
from requests.carrying_out import recipient_mail
from requests.models import Case, RecipientNotice, Standing
from requests.telling import letter_paper
from requests.telling.reading import File

PDF = "requests.recipient_pdf"
_WRITE = system("write to a recipient of data")


@dataclass(frozen=True, slots=True)
class _Paper:
    title: str
    body: str
    address: str
    at: datetime


def write(case: Case, rows: Iterable[RecipientNotice], *, at: datetime) -> None:
    """Keep the words of a letter to each of these recipients who is told by post, inside the caller's
    transaction. Its document follows."""
    for row in rows:
        if row.way != Told.POST or not row.whom:
            continue
        title, body = recipient_mail.words(case, row.act, whom=row.whom)
        row.letter = f"{title}\n\n{body}"
        RecipientNotice.objects.visible_to(_WRITE).filter(pk=row.pk).update(letter=row.letter)
        payload = {"notice": str(row.pk), "at": at.isoformat()}
        outbox.enqueue(PDF, about=case.ref, payload=payload)


def make(held: outbox.Claim) -> None:
    """Job: make the document of one letter. A recipient who was told meanwhile needs none."""
    rows = RecipientNotice.objects.visible_to(_WRITE).filter(pk=str(held.payload["notice"]), pdf=None)
    row = rows.exclude(letter="").select_related("case").first()
    if row is None:
        return
    title, _gap, body = row.letter.partition("\n\n")
    known = register.recipients_with([row.recipient]).get(row.recipient)
    lines = [row.name, *((known.contact, known.address) if known else ())]
    address = "\n".join(filter(None, lines))
    written = _Paper(title, body, address, datetime.fromisoformat(str(held.payload["at"])))
    page = letter_paper.paper(written, number=row.case.number, language=settings.LANGUAGE_CODE)
    made = render.pdf(page, title=title)
    with transaction.atomic():
        held.hold()
        rows.filter(standing=Standing.OPEN).exclude(letter="").update(pdf=made)


def file(actor: Actor, case: UUID, notice: UUID) -> File:
    """The letter to print. Raises `Absent` for a recipient out of reach and where there is no letter, and
    `Conflict` while it is being made."""
    row: RecipientNotice = RecipientNotice.objects.fetch(actor, notice)
    if row.case_id != case or not row.letter:
        raise Absent(_("There is nothing here, or it is not shared with you."))
    if not row.pdf:
        raise Conflict(_("The document is being made. Try again in a minute."), code="letter.unmade")
    return File(f"{row.case.number}-{row.act}.pdf", bytes(row.pdf))
