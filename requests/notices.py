"""What people are told by mail about a case, and to whom.

No message says what the case is about beyond its kind. The answer goes to the address fixed at filing: the
person's own, also where somebody else asked for them (W17). Every message promised is noted with the case.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.utils import formats, translation
from django.utils.translation import gettext as _

from portals_core.access.actor import system
from portals_core.plumbing import mail
from requests import authorities, grounds, letter_paper
from requests.models import Case, CaseDetail, Kind, LetterKind, Notice

_READ = system("write to the person a case is about")
Text = Callable[[], tuple[str, list[str]]]


def acknowledged(case: Case, *, to: str, language: str, mailbox_of: UUID | None, at: datetime) -> None:
    """Receipt, number and due date, to whoever filed; no content (Art. 12(2), R2)."""

    def text() -> tuple[str, list[str]]:
        return _("We have your request %(number)s") % {"number": case.number}, [
            _("Your request has the number %(number)s. Quote it when you write to us.")
            % {"number": case.number},
            _("You will have an answer by %(day)s at the latest.") % {"day": _day(case)},
        ]

    _send(case, "acknowledged", text, to=to, language=language, mailbox_of=mailbox_of, at=at)


def asked(
    case: Case, *, to: str, language: str, asker: str, link: str, until: datetime, at: datetime
) -> None:
    """Tell a person who asked what for them and that it needs their yes (Art. 14, decision 14)."""

    def text() -> tuple[str, list[str]]:
        return _("Somebody asked something for you: please confirm"), [
            _("%(asker)s added you to our records and asks in your name: %(kind)s.")
            % {"asker": asker, "kind": _(str(Kind(case.kind).label))},
            _("We hold your name and this address because %(asker)s entered them.") % {"asker": asker},
            _("Nothing is shown, changed or deleted unless you agree. Agree or object here:"),
            link,
            _("The link works once, until %(day)s. If you do nothing, nothing happens.")
            % {"day": formats.date_format(until, "DATE_FORMAT")},
        ]

    _send(case, "mandate", text, to=to, language=language, mailbox_of=case.subject, at=at)


def refused(case: Case, *, at: datetime) -> None:
    """The refusal with its ground, the reason, how to complain and the court (Art. 12(4), W19)."""
    ground = grounds.refusal(case.ground, case.kind)
    authority = authorities.authority(case.country, case.subdivision)

    def text() -> tuple[str, list[str]]:
        return _("Your request %(number)s is refused") % {"number": case.number}, [
            str(ground.sentence),
            case.sentence,
            _("You may complain to the supervisory authority: %(name)s, %(url)s.")
            % {"name": authority.name, "url": authority.url},
            _("You may also go to court."),
        ]

    sent = _answer(case, "refused", text, at=at)
    letter_paper.kept_with(case, LetterKind.DECISION, mail=sent, at=at)


def stopped(case: Case, *, at: datetime) -> None:
    """Processing is stopped (Art. 18)."""

    def text() -> tuple[str, list[str]]:
        return _("We stopped using your data: request %(number)s") % {"number": case.number}, [
            _("Your data is now only stored. Nobody here can change it, send it on or use it."),
            _("We will tell you before this ends."),
        ]

    sent = _answer(case, "stopped", text, at=at)
    letter_paper.kept_with(case, LetterKind.COMPLETION, mail=sent, at=at)


def corrected(case: Case, *, done: list[str], left: list[str], at: datetime) -> None:
    """Which fields were corrected and which not, by their names only (Art. 16, W4)."""
    ground = grounds.refusal(case.ground, case.kind) if left else None
    authority = authorities.authority(case.country, case.subdivision)

    def text() -> tuple[str, list[str]]:
        lines = [_("Corrected: %(fields)s.") % {"fields": ", ".join(done)}]
        if ground is not None:
            lines += [
                _("Not corrected: %(fields)s.") % {"fields": ", ".join(left)},
                str(ground.sentence),
                case.sentence,
                _("You may complain to the supervisory authority: %(name)s, %(url)s.")
                % {"name": authority.name, "url": authority.url},
                _("You may also go to court."),
            ]
        return _("Your data was corrected: request %(number)s") % {"number": case.number}, lines

    sent = _answer(case, "corrected", text, at=at)
    letter_paper.kept_with(case, LetterKind.COMPLETION, mail=sent, at=at)


def erased(case: Case, *, to: str, language: str, at: datetime) -> UUID | None:
    """The last message to an erased person; returns its id, so that it can be forgotten when it is out.

    It is tied to no person: nothing of the person remains that it could be tied to.
    """

    def text() -> tuple[str, list[str]]:
        return _("Your data was deleted: request %(number)s") % {"number": case.number}, [
            _("Everything we held about you was deleted. This address is deleted after this message."),
            _("We keep the number and the dates of your request, without your name, to show that we acted."),
        ]

    return _send(case, "erased", text, to=to, language=language, mailbox_of=None, at=at)


def _answer(case: Case, kind: str, text: Text, *, at: datetime) -> UUID | None:
    detail = CaseDetail.objects.visible_to(_READ).filter(case=case).first()
    if detail is None:
        return None
    to, language = detail.reply_to, detail.language
    return _send(case, kind, text, to=to, language=language, mailbox_of=case.subject, at=at)


def _send(
    case: Case,
    kind: str,
    text: Text,
    *,
    to: str,
    language: str,
    mailbox_of: UUID | None,
    at: datetime,
) -> UUID | None:
    if not to:
        return None  # a person without an address is answered by letter; the case page says so
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


def _day(case: Case) -> str:
    return formats.date_format(case.due_on, "DATE_FORMAT")


def letter(case: Case, detail: CaseDetail, *, link: str, at: datetime) -> UUID | None:
    """That there is a letter, and where to read it; nothing of what it says."""

    def text() -> tuple[str, list[str]]:
        return _("There is a letter for you: request %(number)s") % {"number": case.number}, [
            _("We have written you a letter about your request %(number)s. Read it here:")
            % {"number": case.number},
            link,
        ]

    return _to_the_person(case, detail, "letter", text, at=at)


def message(case: Case, detail: CaseDetail, *, link: str, at: datetime) -> UUID | None:
    """That there is a message, and where to read and answer it; nothing of what it says."""

    def text() -> tuple[str, list[str]]:
        return _("There is a message for you: request %(number)s") % {"number": case.number}, [
            _("We have written you a message about your request %(number)s. Read and answer it here:")
            % {"number": case.number},
            link,
        ]

    return _to_the_person(case, detail, "message", text, at=at)


def _to_the_person(case: Case, detail: CaseDetail, kind: str, text: Text, *, at: datetime) -> UUID | None:
    to, language = detail.reply_to, detail.language
    return _send(case, kind, text, to=to, language=language, mailbox_of=case.subject, at=at)
