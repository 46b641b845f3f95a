"""A letter on its way from words to paper: composed, stored with the case, made a document by a job."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor, system
from portals_core.ledger import append
from portals_core.plumbing import clock, keyring, outbox, render
from portals_core.plumbing.errors import BadInput
from requests.models import Case, Letter, LetterKind
from requests.telling import letter_templates, letter_values, placeholders, reached

PDF = "requests.letter_pdf"
#: What was told by mail is printed rarely: its document waits, so that those for the post come first.
LONGEST_POSTAL, MOST_LINES = 400, 8
UNHURRIED = timedelta(minutes=10)
#: Letters that ask for an answer.
ASKING = (LetterKind.PROOF, LetterKind.CLARIFICATION)
_WRITE = system("write a letter to the person a case is about")


class Written(Protocol):
    """What goes on paper."""

    @property
    def title(self) -> str: ...
    @property
    def body(self) -> str: ...
    @property
    def address(self) -> str: ...
    @property
    def at(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Draft:
    """A letter in its words, before it is stored."""

    kind: str
    language: str
    version: int
    title: str
    body: str


def compose(
    case: Case, kind: str, *, language: str, at: datetime, extra: Mapping[str, str] | None = None
) -> Draft:
    """The letter in the person's language; changes nothing."""
    spoken = language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
    words = letter_templates.current(kind, spoken)
    with translation.override(spoken), timezone.override(None):
        how = reached.how_to_answer(case) if kind in ASKING else ""
        values = letter_values.values(case, kind, at=at, extra={"how": how, **(extra or {})})
        body = placeholders.body(words.body, values)
        # An organisation's own text may not name it, and a question nobody can answer is none.
        body = body if how in body else f"{body}\n\n{how}"
        return Draft(kind, spoken, words.version, placeholders.title(words.title, values), body)


def in_words(title: str, paragraphs: Sequence[str], *, language: str) -> Draft:
    """A letter that says what a message would have said."""
    body = "\n\n".join([*paragraphs, f"{settings.ORGANISATION}\n{settings.CONTACT_EMAIL}"])
    return Draft(LetterKind.NOTICE, language, 0, title[: placeholders.LONGEST_TITLE], body)


def keep(case: Case, draft: Draft, *, mail: UUID | None, at: datetime, postal: str = "") -> Letter:
    """Store the letter and promise its document, inside the caller's transaction. One that no message told of
    waits to be posted, to `postal` where that is known."""
    letter = Letter(
        case=case,
        kind=draft.kind,
        language=draft.language,
        version=draft.version,
        title=draft.title,
        body=draft.body,
        address=postal if mail is None else "",
        at=at,
        mail=mail,
    )
    letter.save(force_insert=True)
    detail = {"kind": draft.kind, "language": draft.language, "version": draft.version, "post": mail is None}
    leaf("case.letter", letter, actor=_WRITE, at=at, **detail)
    promise(letter, not_before=clock.now() + UNHURRIED if draft.kind == LetterKind.RECEIPT and mail else None)
    return letter


def promise(letter: Letter, *, not_before: datetime | None = None) -> None:
    """Promise the document of a letter as it is now."""
    payload = {"letter": str(letter.pk)}
    outbox.enqueue(PDF, about=f"letter:{letter.pk}", payload=payload, not_before=not_before)


def readdress(letter: Letter, postal: str) -> None:
    """The letter goes to this address: its document is made anew."""
    rows = Letter.objects.visible_to(_WRITE).filter(pk=letter.pk)
    rows.update(address=postal, pdf=None, digest="")
    promise(letter)


def kept_with(
    case: Case, kind: str, *, mail: UUID | None, at: datetime, extra: Mapping[str, str] | None = None
) -> Letter | None:
    """Store a letter that says what a message of this moment said; None where the words are forgotten.
    `extra` goes before what the case says, as in `letter_values.values`."""
    detail = reached.detail_of(case)
    if detail is None:
        return None
    draft = compose(case, kind, language=detail.language, at=at, extra=extra)
    return keep(case, draft, mail=mail, at=at, postal=detail.postal)


def leaf(code: str, letter: Letter, *, actor: Actor, at: datetime, **detail: object) -> None:
    """The entry of one act on a letter: which letter, and nothing of its words."""
    note(code, letter.case, actor=actor, at=at, letter=str(letter.pk), **detail)


def note(code: str, case: Case, *, actor: Actor, at: datetime, **detail: object) -> None:
    """An entry about the letters of a case, also where the person was erased since."""
    subject = case.subject if case.subject and not keyring.is_destroyed(case.subject) else None
    append.record(code, actor=actor, about=case.ref, subject=subject, at=at, detail=detail)


def checked_postal(given: str) -> str:
    """A postal address as it is printed, line by line. Raises `BadInput` for what is none."""
    lines = [" ".join(line.split()) for line in given.splitlines()]
    words = "\n".join(line for line in lines if line)
    if (
        len(words) > LONGEST_POSTAL
        or words.count("\n") >= MOST_LINES
        or not words.replace("\n", "").isprintable()
    ):
        fault = _("Write the postal address in at most eight lines.")
        raise BadInput(fault, code="letter.postal", fields={"postal": fault})
    return words


def html(letter: Letter) -> str:
    """The letter as one self-contained document, every word of it escaped."""
    return paper(letter, number=letter.case.number, language=letter.language)


def paper(letter: Written, *, number: str, language: str) -> str:
    """What is written on the paper of every letter, whoever gets it."""
    with translation.override(language), timezone.override(None):
        context = {
            "letter": letter,
            "language": language,
            "number": number,
            "paragraphs": letter.body.split("\n\n"),
            "contact": settings.CONTACT_EMAIL,
            "phone": settings.CONTACT_PHONE,
            "sender": reached.sender(),
        }
        return render_to_string("dsr_requests/letter.html", context)


def make(held: outbox.Claim) -> None:
    """Job: make the document of one letter, once. A letter that is gone meanwhile needs none; one that got
    another address meanwhile has its document made by the job that was promised with the address."""
    rows = Letter.objects.visible_to(_WRITE).filter(pk=str(held.payload["letter"]), pdf=None)
    letter = rows.select_related("case").first()
    if letter is None:
        return
    made = render.pdf(html(letter), title=letter.title)
    digest = hashlib.sha256(made).hexdigest()
    with transaction.atomic():
        held.hold()
        if _as_drawn(rows, letter).update(pdf=made, digest=digest):
            leaf("case.letter_made", letter, actor=_WRITE, at=clock.now(), sha256=digest)


def _as_drawn(rows: QuerySet[Letter], letter: Letter) -> QuerySet[Letter]:
    """The letter, if it still goes where its document says."""
    return rows.filter(address=letter.address)
