"""The mail a demo kept instead of sending: reading it, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portals_core.plumbing.errors import Absent
from portals_core.plumbing.models import Mail

PAGE = 25


@dataclass(frozen=True)
class Page:
    """Some messages; `after` leads to the next older ones, empty where there are none."""

    messages: Sequence[Mail]
    after: str


def page(*, to: str = "", after: str = "") -> Page:
    """A page of messages, of one address where `to` is given, older than the message `after`."""
    rows = Mail.objects.order_by("-created_at", "-id")
    if to.strip():
        rows = rows.filter(to__iexact=to.strip())
    if after:
        last = message(after)
        rows = rows.filter(Q(created_at__lt=last.created_at) | Q(created_at=last.created_at, id__lt=last.id))
    found = list(rows[: PAGE + 1])
    return Page(found[:PAGE], str(found[PAGE - 1].pk) if len(found) > PAGE else "")


def message(key: UUID | str) -> Mail:
    """One message. Raises `Absent` for a key that is none."""
    try:
        return Mail.objects.get(pk=UUID(str(key)))
    except (Mail.DoesNotExist, ValueError):
        raise Absent(_("There is nothing here, or it is not shared with you.")) from None
