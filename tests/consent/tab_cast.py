"""Purposes for the privacy tab, and decisions in every state, whoever writes them in real life."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from consent.catalogue import purposes, texts
from consent.models import Authority, Decision, Method, Purpose, State, Text
from consent.standing import history
from tests import cast
from tests.consent.consent_cast import LOOK

CHANNELS = ("email", "phone", "post")


def offer(key: str, title: str, *, channels=CHANNELS, show_channels=True, at=cast.NOW, **text) -> Text:
    """A purpose with a published text; its channels are boxes unless `show_channels` is false. A purpose
    that is there gets another version."""
    if not Purpose.objects.visible_to(LOOK).filter(key=key).exists():
        purposes.define(actor=cast.SETTING_UP, key=key, name=title, channels=channels)
    given = {"body": f"The words about {title}.", **text}
    return texts.publish(
        actor=cast.SETTING_UP,
        purpose=key,
        language="en",
        title=title,
        at=at,
        show_channels=show_channels,
        **given,
    )


def store(
    subject: UUID,
    text: Text,
    state: State,
    *,
    authority: Authority = Authority.SELF,
    method: Method = Method.PORTAL,
    at: datetime = cast.NOW,
    **more,
) -> Decision:
    """One more decision, as the one writer stores it."""
    with transaction.atomic():
        return history.add(
            state,
            actor=more.pop("actor", cast.SETTING_UP),
            subject=subject,
            purpose=text.purpose,
            text=text,
            before=history.latest(subject, text.purpose),
            authority=authority,
            method=method,
            at=at,
            **more,
        )
