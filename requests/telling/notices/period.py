"""The time of a request: a question, more time, and the end where nobody answers (Art. 12(3), (4))."""

from __future__ import annotations

from datetime import date, datetime

from django.utils import formats
from django.utils.translation import gettext as _

from portals_core.people.models import User
from requests.law import grounds
from requests.models import Case, LetterKind
from requests.telling.notices.sending import READ, answer, due, tell
from requests.telling.remedies import complaint, remedies


def question(case: Case, *, text: str, page: str, until: date, identity: bool, at: datetime) -> None:
    """A question about the request, or with `identity` about who asks, where and until when to answer (W2).
    Without a page the answer comes by post."""
    letter = LetterKind.PROOF if identity else LetterKind.CLARIFICATION

    def words() -> tuple[str, list[str]]:
        return _("We have a question about your request %(number)s") % {"number": case.number}, [
            text,
            _("Answer here: %(link)s") % {"link": page} if page else _("Answer to this address."),
            _("Please answer by %(day)s. If you do not, your request ends; you can ask again at any time.")
            % {"day": formats.date_format(until, "DATE_FORMAT")},
        ]

    answer(case, "question", words, at=at, letter=letter)


def extended(case: Case, *, sentence: str, at: datetime) -> None:
    """More time is needed, until when and why (Art. 12(3), W1)."""
    ground = next(one for one in grounds.EXTENSIONS if one.code == case.extension_ground)

    def text() -> tuple[str, list[str]]:
        return _("We need more time for your request %(number)s") % {"number": case.number}, [
            str(ground.sentence),
            sentence,
            _("You will have an answer by %(day)s at the latest.") % {"day": due(case)},
            complaint(case),
        ]

    answer(case, "extended", text, at=at, letter=LetterKind.EXTENSION, extra={"reasons": sentence})


def lapsed(case: Case, *, unproved: bool, at: datetime) -> None:
    """The request ended because nobody proved who asks, or answered a question (Art. 12(4)).

    Nobody confirmed a request for somebody else: whoever asked it is told, and the person is left in peace.
    """

    def text() -> tuple[str, list[str]]:
        why = (
            _("It was not confirmed in time who asks.")
            if unproved
            else _("We asked you a question and had no answer in time.")
        )
        return _("Your request %(number)s has ended") % {"number": case.number}, [
            why,
            _("Nothing was changed because of the request. You can ask again at any time."),
            *remedies(case),
        ]

    if unproved and case.on_behalf and case.requester_id is not None:
        asker = User.objects.fetch(READ, case.requester_id)
        to, language, person = asker.email, asker.language, asker.identity_id
        tell(case, "lapsed", text, to=to, language=language, mailbox_of=person, at=at)
    else:
        answer(case, "lapsed", text, at=at)
