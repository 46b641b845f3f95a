"""Telling people what was decided for them, or entered on their word (Art. 7(3), 12)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from consent.contact import letters
from consent.contact.asking import WITHDRAW_TTL, language_of
from consent.models import Purpose, Text
from consent.standing.history import WITHDRAW, link_about
from portals_core.access.actor import Actor
from portals_core.people import accounts
from portals_core.plumbing import links
from portals_core.records.models import Record


def withdrawn_for(*, actor: Actor, record: Record, texts: Sequence[Text], at: datetime) -> None:
    """Tell a person in one message what somebody withdrew in their name, if they have an address."""
    if letters.address_of(record):
        with translation.override(language_of(record)):
            _ended(
                record,
                kind="consent.revoked",
                title=_("%(organisation)s: consent withdrawn in your name"),
                begins=_("%(who)s withdrew this consent in your name. It ended at once:"),
                who=actor.name,
                texts=texts,
                at=at,
            )


def withdrawn_by_word(*, record: Record, texts: Sequence[Text], at: datetime) -> None:
    """Tell a person that the withdrawal they told us of was entered, if they have an address."""
    if letters.address_of(record):
        with translation.override(language_of(record)):
            _ended(
                record,
                kind="consent.withdrawn",
                title=_("%(organisation)s: your withdrawal was entered"),
                begins=_("You told us that you no longer agree. This ended at once:"),
                texts=texts,
                at=at,
            )


def _ended(
    record: Record,
    *,
    kind: str,
    title: str,
    begins: str,
    texts: Sequence[Text],
    at: datetime,
    who: str = "",
) -> None:
    paragraphs = [begins, "%(texts)s", _("If that is not what you want, write to %(contact)s.")]
    named = "\n".join(text.title for text in texts)
    body = "\n\n".join(paragraphs)
    letters.send(record, kind=kind, title=title, body=body, who=who, texts=named, at=at)


def agreed_by_parent(
    *, record: Record, purpose: Purpose, text: Text, at: datetime, parent: Actor | None = None
) -> None:
    """Tell a child what somebody with parental responsibility agreed to; the parent, if they are signed in
    and the child has no address. With a link to withdraw (Art. 7(3), 8)."""
    to = letters.address_of(record) or _address_of(parent)
    if not to:
        return
    token = links.issue(WITHDRAW, about=link_about(record.pk, purpose), at=at, ttl=WITHDRAW_TTL)
    with translation.override(language_of(record)):
        letters.send(
            record,
            kind="consent.confirmed",
            title=_("%(organisation)s: a parent or guardian agreed"),
            body="\n\n".join(
                [
                _("Somebody with parental responsibility agreed to this for a child:"),
                "%(text)s",
                _("The child and the parent can withdraw at any time, without a reason. Keep this message; "
                  "the link does it:"),
                "%(link)s",
                ]
            ),
            text=f"{text.title}\n\n{text.body}",
            link=links.address(reverse("consent:withdraw-by-link", args=[token])),
            at=at,
            to=to,
        )  # fmt: skip


def _address_of(parent: Actor | None) -> str:
    account = accounts.account_of(parent.identity) if parent and parent.identity else None
    return account.email if account else ""
