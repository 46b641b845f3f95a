"""What a person is told of their export: that it is there, and the way to it. Never the data itself."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse
from django.utils import formats, translation
from django.utils.translation import gettext as _

from exports import cases
from exports.models import Bundle
from portals_core.people import accounts
from portals_core.plumbing import links, mail
from requests.models import Case
from requests.telling.notices import answers

#: Purpose of the link by which a person without an account takes their bundle.
LINK = "download"


def ready(bundle: Bundle, case: Case, *, at: datetime) -> None:
    """Inside the caller's transaction: mail to the person. With an account they sign in and take it; without
    one they get a link that works once. For a person without an address a letter waits to be posted."""
    account = accounts.account_of(case.person)
    if account is not None and account.is_active and account.confirmed_at:
        way, until = links.address(reverse("exports:download", args=[bundle.pk])), bundle.expires_at
        _send(bundle, account.email, account.language, way, until, once=False, at=at)
        return
    address, language = cases.answer_to(case)
    if address:
        ttl = timedelta(days=settings.EXPORT_LINK_DAYS)
        token = links.issue(LINK, about=bundle.ref, at=at, ttl=ttl)
        way = links.address(reverse("exports:redeem", args=[token]))
        _send(bundle, address, language, way, at + ttl, once=True, at=at)
    else:
        answers.copy_by_post(case, at=at)


def _send(
    bundle: Bundle,
    to: str,
    language: str,
    way: str,
    until: datetime | None,
    *,
    once: bool,
    at: datetime,
) -> None:
    with translation.override(language):
        day = formats.date_format(until, "DATE_FORMAT") if until else ""
        lines = [
            _("Your request %(number)s is fulfilled. Your copy is ready:") % {"number": bundle.case_number},
            way,
            (_("The link works once, until %(day)s.") if once else _("You can take it until %(day)s."))
            % {"day": day},
            f"{settings.ORGANISATION}\n{settings.CONTACT_EMAIL}",
        ]
        title = _("Your copy is ready: request %(number)s") % {"number": bundle.case_number}
    mail.send(
        to=to,
        title=title,
        body="\n\n".join(lines),
        kind="export.ready",
        language=language,
        subject=bundle.subject,
        at=at,
    )
