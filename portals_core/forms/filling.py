"""What views and forms put into a form besides what the person typed: choices, and a writer's refusal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from portals_core.plumbing.errors import DsrError


def show_refusal(form: forms.Form, error: DsrError) -> int:
    """Put the refusal's sentences beside their fields, or above the form; returns the HTTP status."""
    placed = [field for field in error.fields if field in form.fields]
    for field in placed:
        form.add_error(field, str(error.fields[field]))
    if not placed or len(placed) < len(error.fields):
        form.add_error(None, str(error.public))
    return error.http_status


def offer(form: forms.Form, name: str, choices: Sequence[tuple[Any, Any]]) -> None:
    """Give a field of a form its choices, read when the form is made."""
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    field.choices = choices
