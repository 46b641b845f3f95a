"""Which published version a person was read, or signed, at a moment that is past."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from consent.models import Purpose, Text, Withdrawn
from portals_core.access.actor import system
from portals_core.plumbing.errors import BadInput

_READ = system("read which text was shown at a moment")
#: More versions than anybody could still hold on paper.
OFFERED = 40


def read_out(purpose: Purpose, text: int | None, at: datetime) -> Text:
    """The text with this id, if it was the one in use at `at`, in whatever language it had by then.

    Raises `BadInput` for none, one of another purpose, one published later, and one that was replaced or
    withdrawn before.
    """
    found = _texts(purpose).filter(pk=text).first() if text else None
    if found is None:
        raise _wrong(_("Choose the text that was read out or signed."))
    if found.published_at > at:
        raise _wrong(_("This text was published later than that. Choose an earlier one, or a later moment."))
    newer = _texts(purpose).filter(version__gt=found.version, published_at__lte=at).exists()
    if newer or _withdrawn().filter(purpose=purpose, version=found.version, at__lte=at).exists():
        raise _wrong(_("This text was no longer in use then. Choose the one that was."))
    return found


def offered(purpose: Purpose) -> Sequence[Text]:
    """The texts that may have been read out, newest first; at most 40."""
    return list(_texts(purpose).order_by("-version", "language")[:OFFERED])


def _texts(purpose: Purpose) -> QuerySet[Text]:
    return Text.objects.visible_to(_READ).filter(purpose=purpose).select_related("purpose")


def _withdrawn() -> QuerySet[Withdrawn]:
    return Withdrawn.objects.visible_to(_READ)


def _wrong(sentence: object) -> BadInput:
    return BadInput(sentence, code="consent.text_then", fields={"text": sentence})
