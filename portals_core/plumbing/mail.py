"""The only sender of mail. A message is stored with the change that causes it and handed over later."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils.translation import gettext_lazy as _

from portals_core.plumbing import clock, outbox
from portals_core.plumbing.errors import BadInput
from portals_core.plumbing.models import Mail, MailState
from portals_core.plumbing.registry import Registry

HANDLER = "mail.send"
#: One question, asked by mail with a purpose: (subject, purpose, "email") -> allowed. Filled by `consent`.
GATE: Registry[Callable[[UUID, str, str], bool]] = Registry("mail gate")
#: Whether a message is still wanted when its turn comes, by the name before the colon of `only_if`.
CHECKS: Registry[Callable[[str], bool]] = Registry("mail checks")


def send(
    *,
    to: str,
    title: str,
    body: str,
    kind: str,
    language: str = "en",
    subject: UUID | None = None,
    purpose: str = "",
    only_if: str = "",
    at: datetime | None = None,
) -> UUID:
    """Promise a message inside the caller's transaction; returns its id.

    `kind` names the sort of notice. `purpose` is empty for notices owed by law or contract; with a purpose
    the consent gate is asked when the message is handed over, however long it waited (D15). `only_if` is
    "check:reference": that one of `CHECKS` must say yes at the same moment, or the message is held back.
    """
    try:
        validate_email(to)
    except ValidationError:
        raise BadInput(
            _("This is not an e-mail address. Write it like name@example.org."), code="mail.address"
        ) from None
    mail = Mail(
        subject_id=subject,
        kind=kind,
        to=to,
        title=" ".join(title.split()),
        body=body,
        language=language,
        created_at=at or clock.now(),
    )
    mail.save(force_insert=True)
    promised = {"mail": str(mail.id), "purpose": purpose, "only_if": only_if}
    outbox.enqueue(HANDLER, about=f"mail:{mail.id}", payload=promised)
    return mail.id


def hand_over(held: outbox.Claim) -> None:
    """Job handler: give one message to the mail server, or keep it where none is set.

    Mail cannot be exactly once: a message is marked "possibly sent" before it is handed over. Whether it may
    leave is asked before every try, so also of one that a worker left behind on its way; a worker that lost
    its lease meanwhile, or whose message was held back by another, sends nothing (`Stale`).
    """
    mail = _open().filter(pk=str(held.payload["mail"])).first()
    if mail is None:
        return
    purpose, only_if = str(held.payload.get("purpose", "")), str(held.payload.get("only_if", ""))
    if _unwanted(only_if) or _held_back(mail, purpose):
        _move(held, mail, MailState.HELD, body="")
    elif not settings.MAIL_LEAVES:
        _move(held, mail, MailState.KEPT, sent_at=clock.now())
    elif _move(held, mail, MailState.SENDING):
        EmailMessage(
            mail.title,
            mail.body,
            settings.DEFAULT_FROM_EMAIL,
            [mail.to],
            headers={
                "Message-ID": f"<{mail.id}@{settings.DEFAULT_FROM_EMAIL.rpartition('@')[2]}>",
                "Auto-Submitted": "auto-generated",
            },
        ).send()
        # The text held links that work once: it is not kept a moment longer than needed.
        Mail.objects.filter(pk=mail.pk).update(state=MailState.SENT, sent_at=clock.now(), body="")


def held_back(*, since: datetime) -> dict[str, int]:
    """How many messages were held back that were promised since then, by their kind."""
    rows = Mail.objects.filter(state=MailState.HELD, created_at__gte=since).order_by()
    return dict(rows.values_list("kind").annotate(Count("pk")))


def _open() -> QuerySet[Mail]:
    """Messages that are still to go, or possibly gone."""
    return Mail.objects.filter(state__in=[MailState.WAITING, MailState.SENDING])


def _move(held: outbox.Claim, mail: Mail, state: MailState, **also: object) -> bool:
    """Whether the message was still open and is now in this state. Raises `Stale`."""
    with transaction.atomic():
        held.hold()
        return bool(_open().filter(pk=mail.pk).update(state=state, **also))


def _unwanted(only_if: str) -> bool:
    name, _colon, reference = only_if.partition(":")
    return bool(only_if) and not CHECKS.get(name)(reference)


def _held_back(mail: Mail, purpose: str) -> bool:
    if not purpose:
        return False
    return mail.subject_id is None or not GATE.get("gate")(mail.subject_id, purpose, "email")
