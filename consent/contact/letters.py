"""The messages that ask, remind, and tell what ended. Calm, short, and with the way to answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils import formats, timezone, translation
from django.utils.translation import gettext as _

from consent.models import Question, Text
from portals_core.plumbing import links, mail
from portals_core.records.models import Record

#: Asked when a question is handed over: is it still wanted? Registered in `mail.CHECKS`.
STILL_OPEN = "question"
#: Asked when any other message of this app is handed over that is not owed by law.
MAY_BE_WRITTEN_TO = "may_be_written_to"


def address_of(record: Record) -> str:
    """The person's mail address; empty where there is none."""
    return str(record.values.get(record.module.email_key) or "")


def send(
    record: Record,
    *,
    kind: str,
    title: str,
    body: str,
    at: datetime,
    only_if: str = "",
    to: str = "",
    **words: str,
) -> None:
    """Promise a message in the language that is active, with what every message of this app can name.

    It goes to the person, or to the address `to` of somebody who answers for them.
    """
    known = {"organisation": settings.ORGANISATION, "contact": settings.CONTACT_EMAIL, **words}
    mail.send(
        to=to or address_of(record),
        title=title % known,
        body=body % known,
        kind=kind,
        language=translation.get_language() or settings.LANGUAGE_CODE,
        subject=record.pk,
        only_if=only_if,
        at=at,
    )


def question_words(*, who: str) -> tuple[str, str]:
    """Title and body of a question in the active language, words to fill in still open. `who` is the name of
    the portal user who added the person; without one the organisation itself asks (Art. 14(1), (2)(f))."""
    if who:
        begins = _("%(who)s added you to the records of %(organisation)s and says that you agree to:")
    else:
        begins = _("%(organisation)s would like to know whether you agree to this:")
    paragraphs = [
        begins,
        "%(text)s",
        _("Nothing happens unless you confirm it yourself. Read the whole text and answer here; "
          "the link works once, until %(day)s:"),
        "%(link)s",
        _("You need do nothing if you do not agree. You can ask what we hold about you, have it "
          "corrected or deleted, and complain to a supervisory authority. Write to %(contact)s."),
    ]  # fmt: skip
    return _("%(organisation)s: do you agree?"), "\n\n".join(paragraphs)


def question(record: Record, asked: Question, token: str, *, who: str, language: str, at: datetime) -> None:
    """The question, with the link that answers it once."""
    with translation.override(language):
        title, body = question_words(who=who)
        _put(record, asked, token, kind="consent.asked", title=title, body=body, who=who, at=at)


def reminder(record: Record, asked: Question, token: str, *, language: str, at: datetime) -> None:
    """The one reminder, with a fresh link: the first one ends."""
    with translation.override(language):
        paragraphs = [
            _("We asked you something and have no answer yet. It was about this:"),
            "%(text)s",
            _("Read the whole text and answer here; the link works once, until %(day)s. The link in our "
              "first message no longer works:"),
            "%(link)s",
            _("You need do nothing if you do not agree. We will not remind you again."),
        ]  # fmt: skip
        title, body = _("%(organisation)s: your answer is still open"), "\n\n".join(paragraphs)
        _put(record, asked, token, kind="consent.reminder", title=title, body=body, who="", at=at)


def _put(
    record: Record, asked: Question, token: str, *, kind: str, title: str, body: str, who: str, at: datetime
) -> None:
    send(
        record,
        kind=kind,
        title=title,
        body=body,
        only_if=f"{STILL_OPEN}:{asked.pk}",
        who=who,
        text=asked.text.title,
        day=day(asked.due_at),
        link=links.address(reverse("consent:confirm", args=[token])),
        at=at,
    )


def ended(record: Record, texts: Sequence[Text], *, language: str, at: datetime) -> None:
    """What the person agreed to has ended, with the way to agree again."""
    with translation.override(language):
        paragraphs = [
            _("The time of your agreement to this is over:"),
            "%(texts)s",
            _("Nothing more is done for it. You need do nothing. If you would like to agree again, you can "
              "do so in the portal at any time:"),
            "%(link)s",
            _("You have no account? Write to %(contact)s."),
        ]  # fmt: skip
        send(
            record,
            kind="consent.ended",
            title=_("%(organisation)s: your consent has ended"),
            body="\n\n".join(paragraphs),
            only_if=f"{MAY_BE_WRITTEN_TO}:{record.pk}",
            texts="\n".join(f"- {text.title}" for text in texts),
            link=links.address(reverse("consent:mine")),
            at=at,
        )


def unlocked(record: Record, *, language: str, at: datetime) -> None:
    """A restriction for want of consent ends: the person is told before (Art. 18(3), decision 9)."""
    with translation.override(language):
        paragraphs = [
            _("We had stopped using your data, because we had no answer from you. This restriction ends now: "
              "there is a basis for using it again."),
            _("In the portal you see what you agreed to, and can withdraw it at any time:"),
            "%(link)s",
            _("If you have questions, write to %(contact)s."),
        ]  # fmt: skip
        send(
            record,
            kind="consent.unlocked",
            title=_("%(organisation)s: we use your data again"),
            body="\n\n".join(paragraphs),
            link=links.address(reverse("consent:mine")),
            at=at,
        )


def day(moment: datetime) -> str:
    """A day as the reader of the active language writes it."""
    return formats.date_format(timezone.localtime(moment), "DATE_FORMAT")
