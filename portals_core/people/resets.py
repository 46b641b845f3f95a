"""A new password for somebody who forgot it: a single-use link to the address we have (U15, decision 6).

Asking tells nobody whether an address is known: both ways cost one query and one job (promise 2).
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import system
from portals_core.ledger import append
from portals_core.people import accounts
from portals_core.people.models import User, normalise_email
from portals_core.plumbing import clock, links, mail, outbox
from portals_core.plumbing.errors import Absent
from portals_core.plumbing.models import OneTimeLink

PURPOSE = "reset"
HANDLER = "people.send_reset"
TTL = timedelta(hours=1)
#: Whoever asks again within this time gets no second message: nobody floods a mailbox through us.
PAUSE = timedelta(minutes=2)
_RESET = system("reset a password")


def ask(*, email: str) -> None:
    """Promise a message to the owner of this address, if it has one here."""
    known = User.objects.visible_to(_RESET).filter(email=normalise_email(email)).first()
    with transaction.atomic():
        # For an unknown address the job is about nobody: its id leads nowhere.
        outbox.enqueue(HANDLER, about=f"user:{known.public_id if known else uuid.uuid4()}")


def send_link(held: outbox.Claim) -> None:
    """Job handler: write to the owner of an open account; for any other there is nothing to do."""
    at = clock.now()
    user = _owner(held.about)
    if user is None:
        return
    with transaction.atomic():
        held.hold()
        if OneTimeLink.objects.filter(purpose=PURPOSE, about=user.ref, created_at__gt=at - PAUSE).exists():
            return
        token = links.issue(PURPOSE, about=user.ref, at=at, ttl=TTL)
        title, body = _letter(user, token)
        mail.send(
            to=user.email,
            title=title,
            body=body,
            kind="reset",
            language=user.language,
            subject=user.identity_id,
            at=at,
        )
        append.record("account.reset_asked", actor=_RESET, about=user.ref, at=at)


def resettable(token: str, *, at: datetime) -> User:
    """The account that a link serves; changes nothing. Raises `Absent` for a link that does not work."""
    return _account(links.peek(token, PURPOSE, at=at).about)


def reset(*, token: str, password: str, at: datetime) -> User:
    """Use the link up and set the password; every session ends. Of two at once one succeeds.

    A refused password (`BadInput`) leaves the link as it was; `Absent` for a link that does not work.
    """
    with transaction.atomic():
        user = _account(links.redeem(token, PURPOSE, at=at).about)
        actor = accounts.actor_of(user, verified=False)
        accounts.set_password(user=user, password=password, at=at, actor=actor)
    return user


def _owner(about: str) -> User | None:
    rows = User.objects.visible_to(_RESET).filter(public_id=about.partition(":")[2], is_active=True)
    return rows.first()


def _account(about: str) -> User:
    user = _owner(about)
    if user is None:
        # The words of a link that is gone: who holds one learns nothing of the account.
        raise Absent(
            _("This link was used already, has expired, or was not copied whole. Ask for a new one."),
            code="link.gone",
        )
    return user


def _letter(user: User, token: str) -> tuple[str, str]:
    named = {
        "name": user.name,
        "organisation": settings.ORGANISATION,
        "link": links.address(reverse("portals_core:reset-link", args=[token])),
        "minutes": int(TTL.total_seconds() // 60),
    }
    with translation.override(user.language):
        body = gettext(
            "Hello %(name)s,\n\n"
            "somebody asked for a new password for your account at %(organisation)s. Choose one here:\n\n"
            "%(link)s\n\n"
            "The link works once, for %(minutes)s minutes. If it was not you, you need not do anything: "
            "your password stays as it is.\n"
        )
        return gettext("A new password for %(organisation)s") % named, body % named
