"""System checks of this app: the table of ages can be used."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from consent.standing import children


@register()
def ages_can_be_used(**kwargs: Any) -> list[CheckMessage]:
    """A table that cannot be read would let children agree alone, or stop everybody."""
    try:
        children.table()
    except (OSError, ValueError) as error:
        return [
            Error(
                f"The table of ages “{settings.AGES}” cannot be used: {error}.",
                hint="Correct the file DSR_AGES names; consent/data/ages.toml shows how to write it.",
                id="consent.E001",
            )
        ]
    return []
