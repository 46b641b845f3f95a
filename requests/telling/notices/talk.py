"""That something was written to the person, and where to read it; nothing of what it says."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from uuid import UUID

from django.utils.translation import gettext as _

from requests.models import Case, CaseDetail
from requests.telling.notices.sending import Text, on_paper, tell


def letter(case: Case, detail: CaseDetail, *, link: str, at: datetime) -> UUID | None:
    """That there is a letter, and where to read it; nothing of what it says."""

    def text() -> tuple[str, list[str]]:
        return _("There is a letter for you: request %(number)s") % {"number": case.number}, [
            _("We have written you a letter about your request %(number)s. Read it here:")
            % {"number": case.number},
            link,
        ]

    return _to_the_person(case, detail, "letter", text, at=at)


def message(case: Case, detail: CaseDetail, *, said: str, link: str, at: datetime) -> UUID | None:
    """That there is a message, and where to read and answer it; nothing of what it says. Who has no mail
    address gets what was `said` as a letter, to be posted."""
    if not detail.reply_to:
        words = partial(_on_paper, case, said)
        on_paper(case, words, language=detail.language, postal=detail.postal, at=at)
        return None

    def text() -> tuple[str, list[str]]:
        return _("There is a message for you: request %(number)s") % {"number": case.number}, [
            _("We have written you a message about your request %(number)s. Read and answer it here:")
            % {"number": case.number},
            link,
        ]

    return _to_the_person(case, detail, "message", text, at=at)


def _on_paper(case: Case, said: str) -> tuple[str, list[str]]:
    return _("A message about your request %(number)s") % {"number": case.number}, [said]


def _to_the_person(case: Case, detail: CaseDetail, kind: str, text: Text, *, at: datetime) -> UUID | None:
    to, language = detail.reply_to, detail.language
    return tell(case, kind, text, to=to, language=language, mailbox_of=case.subject, at=at)
