"""System checks of the wiring: it will not start unsafe."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register


@register(Tags.security)
def sqlite_takes_write_locks_early(**kwargs: Any) -> list[CheckMessage]:
    """SQLite without `IMMEDIATE` answers racing writers with errors instead of one clean refusal."""
    return [
        Error(
            f"The SQLite database “{alias}” does not begin its transactions IMMEDIATE.",
            hint="Set OPTIONS['transaction_mode'] = 'IMMEDIATE'.",
            id="dsr_portal.E001",
        )
        for alias, config in settings.DATABASES.items()
        if config["ENGINE"].endswith("sqlite3")
        and config.get("OPTIONS", {}).get("transaction_mode") != "IMMEDIATE"
    ]


@register(Tags.security, deploy=True)
def demo_is_off(**kwargs: Any) -> list[CheckMessage]:
    """The demo shows everybody's mail: never where people are served."""
    if not settings.DEMO:
        return []
    return [Error("The demo is on.", hint="Use dsr_portal.settings.production.", id="dsr_portal.E002")]


@register(deploy=True)
def letters_say_where_they_come_from(**kwargs: Any) -> list[CheckMessage]:
    """A case makes letters, and who has no mail address answers them by post (Art. 12(2))."""
    if settings.POSTAL_ADDRESS.strip():
        return []
    return [
        Error(
            "Letters have no postal address to be answered to.",
            hint="Set DSR_POSTAL_ADDRESS.",
            id="dsr_portal.E004",
        )
    ]


@register(Tags.security, deploy=True)
def no_fault_points(**kwargs: Any) -> list[CheckMessage]:
    """Fault points belong to crash tests."""
    if not settings.FAULT_POINTS:
        return []
    return [Error("Fault points are set.", hint="Unset DSR_FAULT_POINTS.", id="dsr_portal.E003")]
