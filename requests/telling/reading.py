"""The way of a person without an account to what is written to them: a link that ends (W16).

Opening the link shows nothing yet; pressing the button does, as often as wanted until it ends. One answer
uses it up. Whoever has it has the mailbox to which the answer of the case goes anyway.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor, Kind, system
from portals_core.plumbing import links
from portals_core.plumbing.errors import Absent, Conflict
from requests.models import Case, CaseDetail, Letter, Message
from requests.policy import SAID
from requests.telling import letter_values, reached

PURPOSE = "case.read"
TTL = timedelta(days=14)
_READ = system("show a person what was written to them")


@dataclass(frozen=True, slots=True)
class Door:
    """What a working link leads to, before anything is shown."""

    case: Case
    language: str
    until: datetime


@dataclass(frozen=True, slots=True)
class File:
    """A letter, ready to be handed out."""

    name: str
    content: bytes


def way(case: Case, detail: CaseDetail, *, at: datetime) -> str:
    """Where the person reads what was written: the portal, or a fresh link. Empty without an address."""
    page = letter_values.page(case)
    if page or not detail.reply_to:
        return page
    token = links.issue(PURPOSE, about=case.ref, at=at, ttl=TTL)
    return links.address(reverse("dsr_requests:read", args=[token]))


def door(token: str, *, at: datetime) -> Door:
    """What the link leads to. Raises `Absent` for a link that does not work, and once the words of the case
    are deleted."""
    link = links.peek(token, PURPOSE, at=at)
    case = Case.objects.fetch(_READ, UUID(link.about.partition(":")[2]))
    detail = reached.detail_of(case)
    if detail is None:
        raise Absent(_("What was written about this request is deleted."), code="link.gone")
    return Door(case, detail.language, link.expires_at)


def language_of(case: Case) -> str:
    """The language in which the person is written to; empty once the words of the case are deleted."""
    detail = reached.detail_of(case)
    return detail.language if detail is not None else ""


def person(case: Case) -> Actor:
    """The one who writes by link: nobody signed in, known to the log as the person of the case."""
    return Actor(kind=Kind.ANONYMOUS, ref=f"person:{case.subject or case.pk}")


def messages(case: Case) -> list[Message]:
    """What was said between the person and the officers, oldest first; no internal note."""
    rows = Message.objects.visible_to(_READ).filter(case=case, direction__in=SAID)
    return list(rows.order_by("at", "id"))


def letters(case: Case) -> list[Letter]:
    """The letters, newest first, without their documents."""
    rows = Letter.objects.visible_to(_READ).filter(case=case).defer("pdf")
    return list(rows.order_by("-at", "-id"))


def file(token: str, key: str, *, at: datetime) -> File:
    """The document of one letter, by the link. Raises `Absent` for one of another case and `Conflict` while
    it is being made."""
    case = door(token, at=at).case
    found: Letter = Letter.objects.fetch(_READ, key)
    if found.case_id != case.pk:
        raise Absent(_("There is nothing here, or it is not shared with you."))
    return document(found)


def document(letter: Letter) -> File:
    """A letter as a file. Raises `Conflict` while it is being made."""
    if not letter.pdf:
        raise Conflict(_("The document is being made. Try again in a minute."), code="letter.unmade")
    return File(f"{letter.case.number}-{letter.kind}.pdf", bytes(letter.pdf))
