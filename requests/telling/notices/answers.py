"""How a request was answered, and why where it was refused (Art. 12(3), (4))."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from requests.holding.kept import Kept
from requests.law import grounds
from requests.models import Case, LetterKind
from requests.telling.notices.sending import answer, left_words
from requests.telling.remedies import remedies


def refused(case: Case, *, at: datetime) -> None:
    """The refusal with its ground, the reason, how to complain and the court (Art. 12(4), W19)."""
    ground = grounds.refusal(case.ground, case.kind)

    def text() -> tuple[str, list[str]]:
        return _("Your request %(number)s is refused") % {"number": case.number}, [
            str(ground.sentence),
            case.sentence,
            *remedies(case),
        ]

    answer(case, "refused", text, at=at, letter=LetterKind.DECISION)


def corrected(case: Case, *, done: list[str], left: list[str], at: datetime) -> None:
    """Which fields were corrected and which not, by their names only (Art. 16, W4)."""
    ground = grounds.refusal(case.ground, case.kind) if left else None

    def text() -> tuple[str, list[str]]:
        lines = [_("Corrected: %(fields)s.") % {"fields": ", ".join(done)}]
        if ground is not None:
            lines += [
                _("Not corrected: %(fields)s.") % {"fields": ", ".join(left)},
                str(ground.sentence),
                case.sentence,
                *remedies(case),
            ]
        return _("Your data was corrected: request %(number)s") % {"number": case.number}, lines

    answer(case, "corrected", text, at=at, letter=LetterKind.COMPLETION)


def none_held(case: Case, *, at: datetime) -> None:
    """Nobody was found under what was proved; a full answer, with how to complain (Art. 12(3), 15(1))."""

    def text() -> tuple[str, list[str]]:
        return _("We hold nothing about you: request %(number)s") % {"number": case.number}, [
            _("We looked for everything you proved to be yours and found nothing."),
            _("Do we know you by another address or number? Then write to us, and we look again."),
            *remedies(case),
        ]

    answer(case, "none_held", text, at=at, letter=LetterKind.DECISION)


def settled(case: Case, *, of: Case, at: datetime) -> None:
    """A request that asked the same once more is answered as the first one was (W18)."""

    def text() -> tuple[str, list[str]]:
        known = {"number": case.number, "first": of.number}
        return _("Your request %(number)s is answered") % known, [
            _("You asked the same in request %(first)s. That request was answered.") % known,
            _("The answer to request %(first)s is the answer to this one, too.") % known,
        ]

    answer(case, "settled", text, at=at)


def no_more_advertising(case: Case, *, at: datetime) -> None:
    """An objection to advertising holds (Art. 21(3))."""

    def text() -> tuple[str, list[str]]:
        return _("We stopped advertising to you: request %(number)s") % {"number": case.number}, [
            _("You objected to advertising. From now on your data is not used for it."),
            _("Nothing else changed. If you want advertising again, you can agree to it at any time."),
        ]

    answer(case, "advertising", text, at=at)


def copy_by_post(case: Case, *, at: datetime) -> None:
    """The copy of somebody without a mail address goes by post, with this letter (Art. 15(3))."""

    def text() -> tuple[str, list[str]]:
        return _("Your copy: request %(number)s") % {"number": case.number}, [
            _("You asked for a copy of your data. It comes with this letter."),
        ]

    answer(case, "copy_by_post", text, at=at)


def left_out(case: Case, left: Sequence[Kept], *, at: datetime) -> None:
    """What stands not in the copy and why (Art. 12(4), 15(4)). The way to the copy is told by `exports`."""

    def text() -> tuple[str, list[str]]:
        return _("Some of your data is not in your copy: request %(number)s") % {"number": case.number}, [
            *left_words(case, left, _("This is left out of your copy, in whole or in part:")),
        ]

    answer(case, "left_out", text, at=at)
