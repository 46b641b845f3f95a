"""What somebody agrees to when they say yes: the ways of contact, their own words, and until when.

Shared by everything that takes an answer, so that a switch, a link, a form and a phone call mean the same.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Collection
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from consent.models import Channel, Purpose, Text
from portals_core.plumbing import clock
from portals_core.plumbing.errors import BadInput

LONGEST_REMARKS = 1_000


def channels(text: Text, chosen: Collection[str] | None) -> list[str]:
    """The ways of contact agreed to: those chosen, or all of the text's where it offers no choice (D10).

    Raises `BadInput` for one the text does not name, and where it offers a choice and nothing was chosen.
    """
    strange = sorted(set(chosen or ()) - set(text.channels))
    if strange:
        raise BadInput(
            _("“%(channel)s” is none of the ways of contact in this text.") % {"channel": strange[0]},
            code="consent.channel",
            fields={"channels": _("choose among those in the text")},
        )
    if not chosen and text.show_channels and text.channels:
        raise BadInput(
            _("Choose at least one way of contact, or press “I do not agree”."),
            code="consent.no_channel",
            fields={"channels": _("choose at least one")},
        )
    return [channel for channel in Channel.values if channel in (chosen or text.channels)]


def remarks(given: str) -> str:
    """The words as they are stored. Raises `BadInput` for more than 1,000 characters."""
    words = given.replace("\r\n", "\n").strip()
    if len(words) > LONGEST_REMARKS:
        raise BadInput(
            _("Write at most %(most)s characters.") % {"most": LONGEST_REMARKS},
            code="consent.remarks_long",
            fields={"remarks": _("too long")},
        )
    return words


def answered(text: Text, given: str) -> str:
    """The same for a person's own words, for which the text must have asked."""
    words = remarks(given)
    if words and not text.remarks_label:
        raise BadInput(
            _("This text asks for no remarks. Leave them out."),
            code="consent.remarks",
            fields={"remarks": _("leave this empty")},
        )
    return words


def end(purpose: Purpose, at: datetime, wanted: datetime | None = None) -> datetime | None:
    """When a consent given at `at` ends: `wanted`, but never later than the purpose's months allow (D17).

    Raises `BadInput` for an end that is not after the beginning.
    """
    if wanted is not None and wanted <= at:
        raise BadInput(_("A consent cannot end before it begins."), code="consent.ends_before")
    if purpose.consent_months is None:
        return wanted
    latest = months_later(at, purpose.consent_months)
    return min(wanted, latest) if wanted else latest


def months_later(at: datetime, months: int) -> datetime:
    """The same-numbered day so many months later, or that month's last day."""
    count = at.month - 1 + months
    year, month = at.year + count // 12, count % 12 + 1
    return at.replace(year=year, month=month, day=min(at.day, monthrange(year, month)[1]))


def refuse_future(at: datetime) -> None:
    """Raise `BadInput` for a moment that has not come: nobody has decided anything then."""
    if at > clock.now():
        raise BadInput(
            _("This lies in the future. Give the moment at which it was said."),
            code="consent.future",
            fields={"at": _("choose now or earlier")},
        )
