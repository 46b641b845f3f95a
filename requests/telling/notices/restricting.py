"""A restriction begins, is about to end, or goes on after all (Art. 18)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils import formats
from django.utils.translation import gettext as _

from requests.holding.kept import Kept
from requests.models import Case, LetterKind
from requests.telling.notices.sending import answer, left_words


def stopped(case: Case, *, at: datetime, left: Sequence[Kept] = ()) -> None:
    """Processing is stopped (Art. 18), except of what is `left`."""

    def text() -> tuple[str, list[str]]:
        return _("We stopped using your data: request %(number)s") % {"number": case.number}, [
            _("Your data is now only stored. Nobody here can change it, send it on or use it."),
            *left_words(case, left, _("We do not stop using this:")),
            _("We will tell you before this ends."),
        ]

    answer(case, "stopped", text, at=at, letter=LetterKind.COMPLETION)


def lifting(case: Case, *, reason: str, at: datetime) -> None:
    """A restriction is about to end, and why: word of it before it does (Art. 18(3))."""
    ends = case.lifts_at or at

    def text() -> tuple[str, list[str]]:
        return _("We are about to use your data again: request %(number)s") % {"number": case.number}, [
            _("Since your request your data was only stored. This ends on %(day)s.")
            % {"day": formats.date_format(ends, "DATE_FORMAT")},
            reason,
            _("If you do not agree, write to us before that day."),
        ]

    told = {"ground": reason, "until": formats.date_format(ends, "DATE_FORMAT")}
    answer(case, "lifting", text, at=at, letter=LetterKind.LIFTING, extra=told)


def not_lifting(case: Case, *, at: datetime) -> None:
    """The restriction goes on after all."""

    def text() -> tuple[str, list[str]]:
        return _("Your data stays locked: request %(number)s") % {"number": case.number}, [
            _("We told you that the restriction of your data would end. It does not: it goes on."),
            _("We will tell you before it ends."),
        ]

    answer(case, "not_lifting", text, at=at)
