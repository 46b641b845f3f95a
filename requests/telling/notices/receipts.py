"""Word that a request came in, and the question who asks (Art. 12(2), (6), R2)."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from uuid import UUID

from django.utils import formats, translation
from django.utils.translation import gettext as _

from requests.models import Case, Kind, LetterKind
from requests.telling import letter_paper, reached
from requests.telling.notices.sending import answer, due, tell

#: The notice that holds a code; its messages are counted.
PROOF = "proof"


def acknowledged(case: Case, *, at: datetime) -> None:
    """Receipt, number and due date, to the person who asked for themself; no content (Art. 12(2), R2)."""
    answer(case, "acknowledged", partial(_receipt, case), at=at, letter=LetterKind.RECEIPT)


def acknowledged_to(case: Case, *, asker: str, language: str, mailbox_of: UUID | None, at: datetime) -> None:
    """The same to the address of somebody who asked for another person: letters are that person's alone."""
    words = partial(_receipt, case)
    tell(case, "acknowledged", words, to=asker, language=language, mailbox_of=mailbox_of, at=at)


def _receipt(case: Case) -> tuple[str, list[str]]:
    return _("We have your request %(number)s") % {"number": case.number}, [
        _("Your request has the number %(number)s. Quote it when you write to us.") % {"number": case.number},
        _("You will have an answer by %(day)s at the latest.") % {"day": due(case)},
    ]


def asked_by_letter(case: Case, *, until: datetime, at: datetime) -> None:
    """The question who asks, to somebody without an e-mail address (Art. 12(6)): it waits to be posted."""
    detail = reached.detail_of(case)
    with translation.override(detail.language if detail else None):
        said = {
            "question": _(
                "Call us, write to us or come to us, and tell us something by which we know you, such as "
                "your customer number. Quote the number of your request."
            ),
            "until": formats.date_format(until, "DATE_FORMAT"),
        }
    letter_paper.kept_with(case, LetterKind.PROOF, mail=None, at=at, extra=said)


def proof(
    case: Case,
    *,
    to: str,
    language: str,
    code: str,
    page: str,
    link: str,
    minutes: int,
    until: datetime,
    first: bool,
    at: datetime,
) -> None:
    """Receipt and the question for a proof in one: number, due date, a code and a link (Art. 12(2), (6)).
    With the `first` of them a receipt is kept with the case, too."""

    def text() -> tuple[str, list[str]]:
        return _("Request %(number)s: please confirm your address") % {"number": case.number}, [
            _("Somebody asked us something and gave this address: %(kind)s.")
            % {"kind": _(str(Kind(case.kind).label))},
            _("If it was you, enter this code: %(code)s. It works for %(minutes)s minutes, here:")
            % {"code": code, "minutes": minutes},
            page,
            _("Or open this page and press the button. It works once, until %(day)s:")
            % {"day": formats.date_format(until, "DATE_FORMAT")},
            link,
            _("Your request has the number %(number)s. Quote it when you write to us.")
            % {"number": case.number},
            _("You will have an answer by %(day)s at the latest.") % {"day": due(case)},
            _("If it was not you, do nothing. Nothing is shown, changed or deleted."),
        ]

    sent = tell(case, PROOF, text, to=to, language=language, mailbox_of=case.subject, at=at)
    if first and not case.on_behalf:
        letter_paper.kept_with(case, LetterKind.RECEIPT, mail=sent, at=at)
