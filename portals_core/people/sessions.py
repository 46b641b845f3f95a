"""Sessions that have ended are removed: they name who was signed in."""

from __future__ import annotations

from importlib import import_module

from django.conf import settings

from portals_core.plumbing import outbox

HANDLER = "people.clear_sessions"
DUTY = "sessions"


def clear(held: outbox.Claim) -> None:
    """Job handler: delete every session that has expired. Doing it again changes nothing."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
