"""A letter on its way from words to paper: composed, stored with the case, made a document by a job."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation

from portals_core.access.actor import Actor, system
from portals_core.ledger import append
from portals_core.plumbing import clock, keyring, outbox, render
from requests import letter_templates, letter_values, placeholders
from requests.models import Case, CaseDetail, Letter

PDF = "requests.letter_pdf"
_WRITE = system("write a letter to the person a case is about")


@dataclass(frozen=True, slots=True)
class Draft:
    """A letter in its words, before it is stored."""

    kind: str
    language: str
    version: int
    title: str
    body: str


def detail_of(case: Case) -> CaseDetail | None:
    """Address and language of the person; None once the words of the case are forgotten."""
    return CaseDetail.objects.visible_to(_WRITE).filter(case=case).first()


def compose(
    case: Case, kind: str, *, language: str, at: datetime, extra: Mapping[str, str] | None = None
) -> Draft:
    """The letter in the person's language; changes nothing."""
    spoken = language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
    words = letter_templates.current(kind, spoken)
    with translation.override(spoken), timezone.override(None):
        values = letter_values.values(case, kind, at=at, extra=extra)
        return Draft(
            kind,
            spoken,
            words.version,
            placeholders.title(words.title, values),
            placeholders.body(words.body, values),
        )


def keep(case: Case, draft: Draft, *, mail: UUID | None, at: datetime) -> Letter:
    """Store the letter and promise its document, inside the caller's transaction."""
    letter = Letter(
        case=case,
        kind=draft.kind,
        language=draft.language,
        version=draft.version,
        title=draft.title,
        body=draft.body,
        at=at,
        mail=mail,
    )
    letter.save(force_insert=True)
    detail = {"kind": draft.kind, "language": draft.language, "version": draft.version, "post": mail is None}
    leaf("case.letter", letter, actor=_WRITE, at=at, **detail)
    outbox.enqueue(PDF, about=f"letter:{letter.pk}", payload={"letter": str(letter.pk)})
    return letter


def kept_with(
    case: Case, kind: str, *, mail: UUID | None, at: datetime, extra: Mapping[str, str] | None = None
) -> Letter | None:
    """Store a letter that says what a message of this moment said; None where the words are forgotten.
    `extra` goes before what the case says, as in `letter_values.values`."""
    detail = detail_of(case)
    if detail is None:
        return None
    return keep(case, compose(case, kind, language=detail.language, at=at, extra=extra), mail=mail, at=at)


def leaf(code: str, letter: Letter, *, actor: Actor, at: datetime, **detail: object) -> None:
    """The entry of one act on a letter: which letter, and nothing of its words."""
    subject = letter.case.subject
    append.record(
        code,
        actor=actor,
        about=letter.case.ref,
        subject=subject if subject and not keyring.is_destroyed(subject) else None,
        at=at,
        detail={"letter": str(letter.pk), **detail},
    )


def html(letter: Letter) -> str:
    """The letter as one self-contained document, every word of it escaped."""
    with translation.override(letter.language), timezone.override(None):
        context = {
            "letter": letter,
            "number": letter.case.number,
            "paragraphs": letter.body.split("\n\n"),
            "organisation": settings.ORGANISATION,
            "contact": settings.CONTACT_EMAIL,
        }
        return render_to_string("dsr_requests/letter.html", context)


def make(held: outbox.Claim) -> None:
    """Job: make the document of one letter, once. A letter that is gone meanwhile needs none."""
    rows = Letter.objects.visible_to(_WRITE).filter(pk=str(held.payload["letter"]), pdf=None)
    letter = rows.select_related("case").first()
    if letter is None:
        return
    made = render.pdf(html(letter), title=letter.title)
    digest = hashlib.sha256(made).hexdigest()
    with transaction.atomic():
        held.hold()
        if rows.update(pdf=made, digest=digest):
            leaf("case.letter_made", letter, actor=_WRITE, at=clock.now(), sha256=digest)
