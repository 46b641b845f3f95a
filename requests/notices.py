"""What people are told by mail about a case, and to whom.

No message says what the case is about beyond its kind. The answer goes to the address fixed at filing: the
person's own, also where somebody else asked for them (W17). Every message promised is noted with the case.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from uuid import UUID

from django.conf import settings
from django.utils import formats, timezone, translation
from django.utils.translation import gettext as _

from portals_core.access.actor import system
from portals_core.people import accounts
from portals_core.people.models import User
from portals_core.plumbing import links, mail
from requests import authorities, grounds, letter_paper
from requests.kept import Kept
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


def stopped(case: Case, *, at: datetime, left: Sequence[Kept] = ()) -> None:
    """Processing is stopped (Art. 18), except of what is `left`."""

    def text() -> tuple[str, list[str]]:
        return _("We stopped using your data: request %(number)s") % {"number": case.number}, [
            _("Your data is now only stored. Nobody here can change it, send it on or use it."),
            *_left(case, left, _("We do not stop using this:")),
            _("We will tell you before this ends."),
        ]

    sent = _answer(case, "stopped", text, at=at)
    letter_paper.kept_with(case, LetterKind.COMPLETION, mail=sent, at=at)


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

    sent = _answer(case, "lifting", text, at=at)
    told = {"ground": reason, "until": formats.date_format(ends, "DATE_FORMAT")}
    letter_paper.kept_with(case, LetterKind.LIFTING, mail=sent, at=at, extra=told)


def not_lifting(case: Case, *, at: datetime) -> None:
    """The restriction goes on after all."""

    def text() -> tuple[str, list[str]]:
        return _("Your data stays locked: request %(number)s") % {"number": case.number}, [
            _("We told you that the restriction of your data would end. It does not: it goes on."),
            _("We will tell you before it ends."),
        ]

    _answer(case, "not_lifting", text, at=at)


def no_more_advertising(case: Case, *, at: datetime) -> None:
    """An objection to advertising holds (Art. 21(3))."""

    def text() -> tuple[str, list[str]]:
        return _("We stopped advertising to you: request %(number)s") % {"number": case.number}, [
            _("You objected to advertising. From now on your data is not used for it."),
            _("Nothing else changed. If you want advertising again, you can agree to it at any time."),
        ]

    _answer(case, "advertising", text, at=at)


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


def question(case: Case, *, text: str, until: date, at: datetime) -> None:
    """A question about the request, and until when to answer (W2)."""
    account = accounts.account_of(case.subject) if case.subject else None
    page = links.address(f"/privacy/requests/{case.pk}/answer/")

    def words() -> tuple[str, list[str]]:
        return _("We have a question about your request %(number)s") % {"number": case.number}, [
            text,
            _("Answer in the portal: %(link)s") % {"link": page} if account else _("Answer to this address."),
            _("Please answer by %(day)s. If you do not, your request ends; you can ask again at any time.")
            % {"day": formats.date_format(until, "DATE_FORMAT")},
        ]

    sent = _answer(case, "question", words, at=at)
    letter_paper.kept_with(case, LetterKind.CLARIFICATION, mail=sent, at=at)


def extended(case: Case, *, sentence: str, at: datetime) -> None:
    """More time is needed, until when and why (Art. 12(3), W1)."""
    ground = next(one for one in grounds.EXTENSIONS if one.code == case.extension_ground)
    authority = authorities.authority(case.country, case.subdivision)

    def text() -> tuple[str, list[str]]:
        return _("We need more time for your request %(number)s") % {"number": case.number}, [
            str(ground.sentence),
            sentence,
            _("You will have an answer by %(day)s at the latest.") % {"day": _day(case)},
            _("You may complain to the supervisory authority: %(name)s, %(url)s.")
            % {"name": authority.name, "url": authority.url},
        ]

    sent = _answer(case, "extended", text, at=at)
    letter_paper.kept_with(case, LetterKind.EXTENSION, mail=sent, at=at, extra={"reasons": sentence})


def lapsed(case: Case, *, unproved: bool, at: datetime) -> None:
    """The request ended because nobody proved who asks, or answered a question (Art. 12(4)).

    Nobody confirmed a request for somebody else: whoever asked it is told, and the person is left in peace.
    """
    authority = authorities.authority(case.country, case.subdivision)

    def text() -> tuple[str, list[str]]:
        why = (
            _("It was not confirmed in time who asks.")
            if unproved
            else _("We asked you a question and had no answer in time.")
        )
        return _("Your request %(number)s has ended") % {"number": case.number}, [
            why,
            _("Nothing was changed because of the request. You can ask again at any time."),
            _("You may complain to the supervisory authority: %(name)s, %(url)s.")
            % {"name": authority.name, "url": authority.url},
            _("You may also go to court."),
        ]

    if unproved and case.on_behalf and case.requester_id is not None:
        asker = User.objects.fetch(_READ, case.requester_id)
        to, language, person = asker.email, asker.language, asker.identity_id
        _send(case, "lapsed", text, to=to, language=language, mailbox_of=person, at=at)
    else:
        _answer(case, "lapsed", text, at=at)


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


def proved(case: Case, *, to: str, asker: str, on_paper: bool, link: str, at: datetime) -> None:
    """Tell a represented person that the request in their name is looked at, and how to end it (Art. 14)."""
    detail = CaseDetail.objects.visible_to(_READ).filter(case=case).first()
    language = detail.language if detail is not None else settings.LANGUAGE_CODE

    def text() -> tuple[str, list[str]]:
        known = {"asker": asker, "kind": _(str(Kind(case.kind).label)), "number": case.number}
        first = (
            _("%(asker)s showed us a written authority to ask in your name: %(kind)s.")
            if on_paper
            else _("You agreed to what %(asker)s asked in your name: %(kind)s.")
        )
        return _("A request in your name: %(number)s") % known, [
            first % known,
            _("You can end this request until it is carried out. Do it here:"),
            link,
            _("The answer goes to you and to nobody else."),
        ]

    _send(case, "proved", text, to=to, language=language, mailbox_of=case.subject, at=at)


def cooling(case: Case, *, link: str, until: datetime, at: datetime) -> None:
    """A deletion is approved: until when and how it can be taken back (promise 10)."""

    def text() -> tuple[str, list[str]]:
        known = {
            "number": case.number,
            "until": formats.date_format(timezone.localtime(until), "DATETIME_FORMAT"),
            "zone": timezone.get_current_timezone_name(),
        }
        return _("Your data will be deleted: request %(number)s") % known, [
            _("The deletion is approved. It begins on %(until)s (%(zone)s) and cannot be undone.") % known,
            _("Until then you can take the request back. Do it here:"),
            link,
            _("If you want your data to be deleted, you need do nothing."),
        ]

    _answer(case, "cooling", text, at=at)


def settled(case: Case, *, of: Case, at: datetime) -> None:
    """A request that asked the same once more is answered as the first one was (W18)."""

    def text() -> tuple[str, list[str]]:
        known = {"number": case.number, "first": of.number}
        return _("Your request %(number)s is answered") % known, [
            _("You asked the same in request %(first)s. That request was answered.") % known,
            _("The answer to request %(first)s is the answer to this one, too.") % known,
        ]

    _answer(case, "settled", text, at=at)


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


#: The notice that holds a code; its messages are counted.
PROOF = "proof"


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
    at: datetime,
) -> None:
    """Receipt and the question for a proof in one: number, due date, a code and a link (Art. 12(2), (6))."""

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
            _("You will have an answer by %(day)s at the latest.") % {"day": _day(case)},
            _("If it was not you, do nothing. Nothing is shown, changed or deleted."),
        ]

    _send(case, PROOF, text, to=to, language=language, mailbox_of=case.subject, at=at)


def none_held(case: Case, *, at: datetime) -> None:
    """Nobody was found under what was proved; a full answer, with how to complain (Art. 12(3), 15(1))."""
    authority = authorities.authority(case.country, case.subdivision)

    def text() -> tuple[str, list[str]]:
        return _("We hold nothing about you: request %(number)s") % {"number": case.number}, [
            _("We looked for everything you proved to be yours and found nothing."),
            _("Do we know you by another address or number? Then write to us, and we look again."),
            _("You may complain to the supervisory authority: %(name)s, %(url)s.")
            % {"name": authority.name, "url": authority.url},
            _("You may also go to court."),
        ]

    _answer(case, "none_held", text, at=at)


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
