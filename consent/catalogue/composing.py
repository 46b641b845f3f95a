"""Making a text ready to be published: its version, what it takes from its original, and its digest."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypedDict

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from consent import register
from consent.catalogue import wording
from consent.law.evidence import text_digest
from consent.models import Purpose, Text
from portals_core.plumbing.errors import Conflict


class Words(TypedDict, total=False):
    """What `publish` takes beside title and body; the last two count for the site's language only."""

    statement: str
    before_submit: str
    remarks_label: str
    show_channels: bool
    renew_by: datetime | None


def compose(
    of: Purpose,
    language: str,
    title: str,
    body: str,
    words: Words,
    *,
    there: Mapping[str, Any],
    after: int | None,
    at: datetime,
) -> Text:
    """The text as it would be published now, with its version and digest; not stored.

    `there` holds the newest version by language, each with `is_withdrawn`. Raises `BadInput` and `Conflict`
    as `texts.publish` does.
    """
    said = wording.checked(language=language, title=title, body=body, words=words, at=at)
    version = _next_version(there, language, after)
    original = there.get(settings.LANGUAGE_CODE) if language != settings.LANGUAGE_CODE else None
    frozen: dict[str, Any] = {
        **said,
        "channels": original.channels if original else of.channels,
        "show_channels": original.show_channels if original else words.get("show_channels", False),
        "facts": original.facts if original else register.facts(of),
        "renew_by": original.renew_by if original else words.get("renew_by"),
    }
    digest = text_digest(purpose=of.key, language=language, version=version, **frozen)
    return Text(purpose=of, language=language, version=version, published_at=at, digest=digest, **frozen)


def _next_version(there: Mapping[str, Any], language: str, after: int | None) -> int:
    last = next(iter(there.values()), None)
    number = last.version if last else 0
    if after is not None and after != number:
        raise Conflict(
            _("Version %(number)s was published meanwhile. Compare it with yours before you publish.")
            % {"number": number},
            code="text.overtaken",
        )
    if language == settings.LANGUAGE_CODE:
        return number + 1
    if last is None:
        raise Conflict(
            _("Publish the text in the site's language first, then its translations."),
            code="text.no_original",
        )
    if last.is_withdrawn:
        raise Conflict(
            _("This version is withdrawn. Publish a new version in the site's language first."),
            code="text.withdrawn",
        )
    if language in there:
        raise Conflict(
            _(
                "This version has that language already, and published texts stay as they are. "
                "Publish a new version in the site's language first."
            ),
            code="text.frozen",
        )
    return number
