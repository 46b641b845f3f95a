"""How a message about a case leaves: in the language of who gets it, signed, noted with the case.

Nothing but this room sends it; every occasion has a function of its own beside this file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.utils import formats, timezone, translation

from portals_core.access.actor import system
from portals_core.plumbing import mail
from requests.holding.kept import Kept
from requests.models import Case, Notice
from requests.telling import letter_paper, reached
from requests.telling.remedies import remedies

READ = system("write to the person a case is about")
#: Title and paragraphs, worked out in the language of who reads them.
Text = Callable[[], tuple[str, list[str]]]


def answer(
    case: Case,
    kind: str,
    text: Text,
    *,
    at: datetime,
    letter: str = "",
    extra: Mapping[str, str] | None = None,
) -> UUID | None:
    """Tell the person: by mail where the answer of the case goes, and with `letter` by that letter, too, with
    `extra` words. Who has no mail address gets a letter in any case, to be posted. Nobody is told once the
    words of the case are forgotten, and where nobody asked."""
    detail = reached.detail_of(case)
    if detail is None or case.unasked:
        return None
    to, language = detail.reply_to, detail.language
    sent = tell(case, kind, text, to=to, language=language, mailbox_of=case.subject, at=at)
    if letter:
        letter_paper.kept_with(case, letter, mail=sent, at=at, extra=extra)
    elif sent is None:
        on_paper(case, text, language=language, postal=detail.postal, at=at)
    return sent


def on_paper(case: Case, text: Text, *, language: str, postal: str, at: datetime) -> None:
    """Leave the words of a message as a letter to be posted."""
    with translation.override(language), timezone.override(None):
        title, lines = text()
    draft = letter_paper.in_words(title, lines, language=language)
    letter_paper.keep(case, draft, mail=None, at=at, postal=postal)


def tell(
    case: Case,
    kind: str,
    text: Text,
    *,
    to: str,
    language: str,
    mailbox_of: UUID | None,
    at: datetime,
) -> UUID | None:
    """Promise one message inside the caller's transaction and note it with the case; returns its id, None
    without an address: then the caller leaves a letter."""
    if not to:
        return None
    with translation.override(language):
        title, lines = text()
        body = "\n\n".join([*lines, f"{settings.ORGANISATION}\n{settings.CONTACT_EMAIL}"])
    sent = mail.send(
        to=to,
        title=title,
        body=body,
        kind=f"case.{kind}",
        language=language,
        subject=mailbox_of,
        at=at,
    )
    Notice(case=case, kind=kind, mail=sent, at=at).save(force_insert=True)
    return sent


def due(case: Case) -> str:
    """The day by which the answer is owed."""
    return formats.date_format(case.due_on, "DATE_FORMAT")


def left_words(case: Case, left: Sequence[Kept], opening: str) -> list[str]:
    """What was not done, each with its reason, and the remedies; nothing where everything was."""
    return [opening, *(one.told() for one in left), *remedies(case)] if left else []
