"""What people are told by mail about a case, and to whom.

No message says what the case is about beyond its kind. The answer goes to the address fixed at filing: the
person's own, also where somebody else asked for them (W17). Every message promised is noted with the case.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.utils import formats, translation
from django.utils.translation import gettext as _

from portals_core.access.actor import system
from portals_core.plumbing import mail
from requests import authorities, grounds
from requests.kept import Kept
from requests.models import Case, CaseDetail, Kind, Notice

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

    _answer(case, "refused", text, at=at)


def stopped(case: Case, *, at: datetime, left: Sequence[Kept] = ()) -> None:
    """Processing is stopped (Art. 18), except of what is `left`."""

    def text() -> tuple[str, list[str]]:
        return _("We stopped using your data: request %(number)s") % {"number": case.number}, [
            _("Your data is now only stored. Nobody here can change it, send it on or use it."),
            *_left(case, left, _("We do not stop using this:")),
            _("We will tell you before this ends."),
        ]

    _answer(case, "stopped", text, at=at)


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

    _answer(case, "corrected", text, at=at)


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


def partly_erased(
    case: Case,
    left: Sequence[Kept],
    *,
    to: str,
    language: str,
    mailbox_of: UUID | None,
    at: datetime,
) -> UUID | None:
    """What was asked is deleted, except what is `left`: each with its reason, how to complain and the court
    (Art. 12(4), 17(3), W5). Returns its id; for a person who goes `mailbox_of` is None."""

    def text() -> tuple[str, list[str]]:
        if not left:
            done = _("What you asked us to delete was deleted.")
            return _("Your data was deleted: request %(number)s") % {"number": case.number}, [done]
        return _("Part of your data was deleted: request %(number)s") % {"number": case.number}, [
            _("What you asked us to delete was deleted, except for what follows."),
            *_left(case, left, _("We keep this:")),
        ]

    return _send(case, "partly_erased", text, to=to, language=language, mailbox_of=mailbox_of, at=at)


def left_out(case: Case, left: Sequence[Kept], *, at: datetime) -> None:
    """What stands not in the copy and why (Art. 12(4), 15(4)). The way to the copy is told by `exports`."""

    def text() -> tuple[str, list[str]]:
        return _("Some of your data is not in your copy: request %(number)s") % {"number": case.number}, [
            *_left(case, left, _("This is left out of your copy, in whole or in part:")),
        ]

    _answer(case, "left_out", text, at=at)


def _left(case: Case, left: Sequence[Kept], opening: str) -> list[str]:
    if not left:
        return []
    authority = authorities.authority(case.country, case.subdivision)
    return [
        opening,
        *(one.told() for one in left),
        _("You may complain to the supervisory authority: %(name)s, %(url)s.")
        % {"name": authority.name, "url": authority.url},
        _("You may also go to court."),
    ]


def _answer(case: Case, kind: str, text: Text, *, at: datetime) -> None:
    detail = CaseDetail.objects.visible_to(_READ).filter(case=case).first()
    if detail is not None:
        to, language = detail.reply_to, detail.language
        _send(case, kind, text, to=to, language=language, mailbox_of=case.subject, at=at)


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
