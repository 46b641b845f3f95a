"""The way of a person without an account to a question about their request: a link, as long as it waits.

Opening the link shows the question, which stands in the same mail; only an answer changes anything and uses
the link up (W16). Another answer, by letter or telephone, ends the link as well.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import system
from portals_core.plumbing import links
from portals_core.plumbing.errors import Absent
from requests.law.calendars import place
from requests.law.states import State
from requests.models import Case, Clarification
from requests.telling import letter_values, reached

LINK = "case.question"
_ASKED = system("show a person what they are asked")


def way(case: Case, until: date, *, at: datetime) -> str:
    """Where the person answers: in the portal, or behind a fresh link that works until that day is over.
    Empty for who has neither an account nor an address."""
    if letter_values.page(case):
        return links.address(reverse("dsr_requests:answer", args=[case.pk]))
    detail = reached.detail_of(case)
    if detail is None or not detail.reply_to:
        return ""
    zone = place(case.country, case.subdivision).zone
    ends = datetime.combine(until + timedelta(days=1), time.min, tzinfo=zone)
    token = links.issue(LINK, about=case.ref, at=at, ttl=ends - at)
    return links.address(reverse("dsr_requests:question", args=[token]))


def linked(token: str, *, at: datetime) -> Clarification:
    """The open question behind a link, unchanged by looking. Raises `Absent` for a link that does not work
    and a question that waits no more."""
    about = links.peek(token, LINK, at=at).about
    rows = Clarification.objects.visible_to(_ASKED).select_related("case").filter(answered_at=None)
    found: Clarification | None = rows.filter(case=UUID(about.partition(":")[2])).last()
    if found is None or found.case.state != State.WAITING:
        raise Absent(_("There is no open question to you about this request."), code="link.gone")
    return found
