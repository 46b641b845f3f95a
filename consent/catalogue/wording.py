"""The words of a text before it is published: one form for line ends and spaces, and limits. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portals_core.plumbing.errors import BadInput

LONGEST_TITLE = 200
LONGEST_BODY = 20_000
LONGEST_STATEMENT = 20_000
LONGEST_BEFORE_SUBMIT = 2_000
LONGEST_REMARKS_LABEL = 200


def checked(
    *, language: str, title: str, body: str, words: Mapping[str, Any], at: datetime
) -> dict[str, str]:
    """Title, body, statement, sentence before the button and question for remarks as they are stored.

    Raises `BadInput` with a sentence for each field that cannot be published.
    """
    if language not in dict(settings.LANGUAGES):
        raise BadInput(_("Choose one of the site's languages."), fields={"language": _("unknown language")})
    said = {
        "title": " ".join(title.split()),
        "body": lines(body),
        "statement": lines(words.get("statement", "")),
        "before_submit": lines(words.get("before_submit", "")),
        "remarks_label": " ".join(words.get("remarks_label", "").split()),
    }
    _refuse_empty(said)
    _refuse_long(said)
    _refuse_past(words.get("renew_by"), at)
    return said


def lines(given: str) -> str:
    """Browsers send CRLF; what is stored, digested and shown has one form."""
    return given.replace("\r\n", "\n").replace("\r", "\n").strip()


def _refuse_empty(said: Mapping[str, str]) -> None:
    empty = {name: _("this field is required") for name in ("title", "body") if not said[name]}
    if empty:
        raise BadInput(
            _("A text needs a title and words people can agree to."), code="text.empty", fields=empty
        )


def _refuse_long(said: Mapping[str, str]) -> None:
    limits = {
        "title": LONGEST_TITLE,
        "body": LONGEST_BODY,
        "statement": LONGEST_STATEMENT,
        "before_submit": LONGEST_BEFORE_SUBMIT,
        "remarks_label": LONGEST_REMARKS_LABEL,
    }
    faults = {
        name: _("at most %(limit)s characters") % {"limit": limit}
        for name, limit in limits.items()
        if len(said[name]) > limit
    }
    if faults:
        raise BadInput(
            _("This text is too long for anybody to agree to. Shorten it."),
            code="text.too_long",
            fields=faults,
        )


def _refuse_past(renew_by: datetime | None, at: datetime) -> None:
    if renew_by is not None and timezone.localdate(renew_by) < timezone.localdate(at):
        raise BadInput(
            _("People cannot agree again by a day that is over. Choose today or later."),
            code="text.renew_by",
            fields={"renew_by": _("choose today or later")},
        )
