"""A person answers whether somebody may ask in their name (W17, decision 14).

The link in the mail shows the question on GET and takes the answer by POST only (W16). Who follows it has
shown that the address is theirs, nothing more: it opens no account and no data.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from portals_core.access.actor import Actor, Kind, system
from portals_core.people.models import User
from portals_core.plumbing import links
from requests import lifecycle, notices, planning
from requests.models import Case, CaseDetail, Mandate
from requests.states import Who

TTL = timedelta(days=14)
#: Where the link leads; the page shows `asked(token)` and posts to `confirm` or `object_to`.
PATH = "/requests/confirm/{token}/"
_READ = system("ask a person about a request in their name")


@dataclass(frozen=True)
class Question:
    """What the page behind the link may say: who asks for what. Nothing that is stored about the person."""

    number: str
    kind: str
    asker: str
    until: datetime
    #: In which the question was put.
    language: str


def ask(case: Case, *, actor: Actor, address: str, language: str, at: datetime) -> Case:
    """Put the question, inside the transaction of filing. The case waits for the answer."""
    Mandate(case=case, subject=case.person, address=address, asked_at=at).save(force_insert=True)
    waiting = lifecycle.move(case, "ask_proof", actor=actor, who=Who.SYSTEM, at=at)
    token = links.issue(lifecycle.MANDATE_LINK, about=case.ref, at=at, ttl=TTL)
    notices.asked(
        waiting,
        to=address,
        language=language,
        asker=_asker(case),
        link=links.address(PATH.format(token=token)),
        until=at + TTL,
        at=at,
    )
    return waiting


def asked(token: str, *, at: datetime) -> Question:
    """The question behind a link, unchanged by looking. Raises `Absent` for a link that does not work."""
    link = links.peek(token, lifecycle.MANDATE_LINK, at=at)
    case = _case(link.about)
    detail = CaseDetail.objects.visible_to(_READ).filter(case=case).first()
    language = detail.language if detail else settings.LANGUAGE_CODE
    return Question(case.number, case.kind, _asker(case), link.expires_at, language)


def confirm(token: str, *, at: datetime) -> Case:
    """The person agrees: the request is reviewed from now on. Raises `Absent` for a used or ended link and
    `Conflict` when the case went on without it."""
    return _answered(token, "prove", at=at)


def object_to(token: str, *, at: datetime, reason: str = "") -> Case:
    """The person does not agree: the request ends, and nothing happens because of it."""
    return _answered(token, "object", at=at, reason=reason.strip() or _("The person does not agree."))


def _answered(token: str, transition: str, *, at: datetime, reason: str = "") -> Case:
    agrees = transition == "prove"
    with transaction.atomic():
        # Looked at first, used second: the locks are taken in the order that holds everywhere.
        case = _case(links.peek(token, lifecycle.MANDATE_LINK, at=at).about)
        planning.lock_subject(case.subject)
        links.redeem(token, lifecycle.MANDATE_LINK, at=at)
        changes = {"proved_at": at} if agrees else {}
        person = Actor(kind=Kind.ANONYMOUS, ref=f"person:{case.subject}")
        moved = lifecycle.move(
            case, transition, actor=person, who=Who.PERSON, at=at, reason=reason, **changes
        )
        column = "confirmed_at" if agrees else "objected_at"
        Mandate.objects.visible_to(_READ).filter(case=case).update(**{column: at})
    return moved


def _case(ref: str) -> Case:
    return Case.objects.fetch(_READ, UUID(ref.partition(":")[2]))


def _asker(case: Case) -> str:
    user = User.objects.visible_to(_READ).filter(pk=case.requester_id).first()
    return user.name or user.email if user else ""
