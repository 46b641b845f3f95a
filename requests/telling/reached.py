"""Who is reached by post only, and what that changes: more days to wait for them, and how they answer.

The days are added to what waits for the person. The organisation's own time to answer is counted by the law
alone (Art. 12(3), Reg. 1182/71) and never grows by the post.
"""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext as _

from portals_core.access.actor import system
from requests.models import Case, CaseDetail

_READ = system("see how the person a case is about is reached")


def detail_of(case: Case) -> CaseDetail | None:
    """Address and language of the person; None once the words of the case are forgotten."""
    return CaseDetail.objects.visible_to(_READ).filter(case=case).first()


def by_post(case: Case) -> bool:
    """Whether the person is told on paper only, so that no link helps."""
    detail = detail_of(case)
    return detail is not None and not detail.reply_to


def post_days(case: Case) -> int:
    """By how many days whatever waits for the person waits longer, because letters are on their way."""
    return settings.POST_DAYS if by_post(case) else 0


def how_to_answer(case: Case) -> str:
    """How a question on paper is answered, in the language that is active; empty for who has a mail address:
    their message says where."""
    if not by_post(case):
        return ""
    lines = [
        _("How to answer: write to us by post and quote the number %(number)s.") % {"number": case.number},
        *([_("Our address:"), *sender()] if settings.POSTAL_ADDRESS.strip() else []),
        _("Or call us: %(phone)s") % {"phone": settings.CONTACT_PHONE} if settings.CONTACT_PHONE else "",
        _("Or write to %(contact)s.") % {"contact": settings.CONTACT_EMAIL},
    ]
    return "\n".join(filter(None, lines))


def sender() -> list[str]:
    """The organisation as it stands on an envelope, line by line; its name where no address is set."""
    lines = [line.strip() for line in settings.POSTAL_ADDRESS.splitlines() if line.strip()]
    return lines if settings.ORGANISATION in lines[:1] else [settings.ORGANISATION, *lines]
