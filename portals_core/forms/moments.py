"""Moments as a browser's input writes them: in the reader's time zone, without naming it."""

from __future__ import annotations

from datetime import UTC, datetime

from django.utils import timezone


def local(value: object) -> str:
    """A stored moment for the input: local, seconds only where there are any; other text as it stands."""
    if not value:
        return ""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return str(value)
    if moment.tzinfo:
        moment = timezone.localtime(moment).replace(tzinfo=None)
    if moment.microsecond:
        return moment.isoformat(timespec="milliseconds")
    return moment.isoformat(timespec="seconds" if moment.second else "minutes")


def utc(value: object) -> object:
    """What the browser sent, in UTC; anything else is left for the writer to refuse."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return value
    return (moment if moment.tzinfo else timezone.make_aware(moment)).astimezone(UTC).isoformat()
