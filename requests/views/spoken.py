"""Pages in the language of the message that led there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import translation

from portals_core.entry import Asked


def language_of(request: Asked, asked_in: str) -> str:
    """The language of the message, unless the person chose another one on this machine."""
    known = dict(settings.LANGUAGES)
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    return next((one for one in (chosen, asked_in) if one in known), request.LANGUAGE_CODE)


def spoken(
    request: Asked, language: str, template: str, context: Mapping[str, Any], *, status: int = 200
) -> HttpResponse:
    """A page in this language."""
    with translation.override(language):
        request.LANGUAGE_CODE = language
        return render(request, template, context, status=status)
