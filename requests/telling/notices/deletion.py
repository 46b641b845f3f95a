"""A deletion: the time to change one's mind, and the last message (Art. 17)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

from django.utils import formats, timezone
from django.utils.translation import gettext as _

from requests.holding.kept import Kept
from requests.models import Case, CaseDetail, LetterKind
from requests.telling.notices.sending import answer, left_words, on_paper, tell
from requests.telling.reached import by_post


def cooling(case: Case, *, link: str, until: datetime, at: datetime) -> None:
    """A deletion is approved: until when and how it can be taken back; paper has no link (promise 10)."""
    posted = by_post(case)

    def text() -> tuple[str, list[str]]:
        known = {
            "number": case.number,
            "until": formats.date_format(timezone.localtime(until), "DATETIME_FORMAT"),
            "zone": timezone.get_current_timezone_name(),
        }
        return _("Your data will be deleted: request %(number)s") % known, [
            _("The deletion is approved. It begins on %(until)s (%(zone)s) and cannot be undone.") % known,
            *(
                [_("Until then you can take the request back. Call us or write to us.")]
                if posted
                else [_("Until then you can take the request back. Do it here:"), link]
            ),
            _("If you want your data to be deleted, you need do nothing."),
        ]

    answer(case, "cooling", text, at=at)


def gone(case: Case, left: Sequence[Kept], detail: CaseDetail, *, at: datetime) -> UUID | None:
    """The last message to a person of whom nothing remains, except what is `left`; returns its id, so that it
    can be forgotten when it is out. `detail` is what the case held of them: it is forgotten already.

    It is tied to no person: nothing of the person remains that it could be tied to. Who has no mail address
    gets it as a letter, which is forgotten with the address on it when it is posted.
    """
    if case.unasked:
        return None
    kind, words = (
        ("partly_erased", partial(_partly, case, left)) if left else ("erased", partial(_erased, case))
    )
    to, language = detail.reply_to, detail.language
    sent = tell(case, kind, words, to=to, language=language, mailbox_of=None, at=at)
    if sent is None:
        on_paper(case, words, language=language, postal=detail.postal, at=at)
    return sent


def partly_erased(case: Case, left: Sequence[Kept], *, at: datetime) -> None:
    """What was asked is deleted, except what is `left`: each with its reason, how to complain and the court
    (Art. 12(4), 17(3), W5)."""
    answer(case, "partly_erased", partial(_partly, case, left), at=at, letter=LetterKind.COMPLETION)


def _erased(case: Case) -> tuple[str, list[str]]:
    return _("Your data was deleted: request %(number)s") % {"number": case.number}, [
        _("Everything we held about you was deleted. This address is deleted after this message."),
        _("We keep the number and the dates of your request, without your name, to show that we acted."),
    ]


def _partly(case: Case, left: Sequence[Kept]) -> tuple[str, list[str]]:
    if not left:
        done = _("What you asked us to delete was deleted.")
        return _("Your data was deleted: request %(number)s") % {"number": case.number}, [done]
    return _("Part of your data was deleted: request %(number)s") % {"number": case.number}, [
        _("What you asked us to delete was deleted, except for what follows."),
        *left_words(case, left, _("We keep this:")),
    ]
