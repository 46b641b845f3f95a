"""Single-use, expiring links. A GET shows, only a POST redeems (W16)."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from portals_core.plumbing.errors import Absent
from portals_core.plumbing.models import OneTimeLink

TOKEN_BYTES = 32


def issue(purpose: str, *, about: str, at: datetime, ttl: timedelta) -> str:
    """A new token for one purpose and one thing; the older ones for the same end at once."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    revoke(purpose, about=about, at=at)
    OneTimeLink(digest=_digest(token), purpose=purpose, about=about, created_at=at, expires_at=at + ttl).save(
        force_insert=True
    )
    return token


def address(path: str) -> str:
    """The full address of a path, from the configured origin and never from a request."""
    return settings.BASE_URL.rstrip("/") + path


def peek(token: str, purpose: str, *, at: datetime) -> OneTimeLink:
    """The link behind a token, unchanged. Raises `Absent` for a wrong, used, expired or revoked one."""
    link = OneTimeLink.objects.filter(digest=_digest(token), purpose=purpose).first()
    if link is None or link.used_at or link.revoked_at or link.expires_at <= at:
        raise _gone()
    return link


def redeem(token: str, purpose: str, *, at: datetime) -> OneTimeLink:
    """Use the link up, inside the caller's transaction. Of two callers one succeeds."""
    link = peek(token, purpose, at=at)
    used = OneTimeLink.objects.filter(pk=link.pk, used_at=None, revoked_at=None, expires_at__gt=at).update(
        used_at=at
    )
    if used != 1:
        raise _gone()
    return link


def revoke(purpose: str, *, about: str, at: datetime) -> int:
    """End every open link of this purpose and thing; returns how many there were."""
    return OneTimeLink.objects.filter(purpose=purpose, about=about, used_at=None, revoked_at=None).update(
        revoked_at=at
    )


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _gone() -> Absent:
    return Absent(
        _("This link was used already, has expired, or was not copied whole. Ask for a new one."),
        code="link.gone",
    )
