"""What the writers of the register have in common: who may, and what a row must say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext_lazy as _

from consent.register import countries
from portals_core.access.actor import Actor
from portals_core.plumbing.errors import BadInput, Conflict, Forbidden

Row = TypeVar("Row", bound=models.Model)


def may_change(actor: Actor) -> None:
    """Raise `Forbidden` unless the actor sets up."""
    if not actor.may("setup.manage"):
        raise Forbidden(_("Only an administrator may change the register."))


def fill(row: models.Model, values: Mapping[str, object], *, but: Iterable[str] = ()) -> dict[str, object]:
    """Put values into a row, texts trimmed, and return a sentence for each field they do not fit; `but`
    names fields not looked at."""
    for name, value in values.items():
        setattr(row, name, value.replace("\r\n", "\n").strip() if isinstance(value, str) else value)
    try:
        row.clean_fields(exclude=set(but))
    except ValidationError as error:
        return {name: sentences[0] for name, sentences in error.message_dict.items()}
    return {}


def said(row: models.Model, names: Iterable[str]) -> dict[str, object]:
    """What a row says now, for the ledger."""
    return {name: getattr(row, name) for name in names}


def country_problem(code: str) -> dict[str, object]:
    """A sentence under "country" for a code that is none of ISO 3166-1."""
    if code in countries.CODES:
        return {}
    return {"country": _("Give the country by its two letters, like FI.")}


def refuse(wrong: Mapping[str, object]) -> None:
    """Raise `BadInput` with a sentence for each field, if there is one."""
    if wrong:
        names = ", ".join(sorted(wrong))
        raise BadInput(
            _("This cannot be entered yet. Look at: %(fields)s.") % {"fields": names},
            code="register.wrong",
            fields=wrong,
        )


def store(row: Row, twin: Callable[[], Conflict]) -> Row:
    """Save a row; where another one has what only one can have, raise what `twin` makes."""
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise twin() from None
    return row


def same_name() -> Conflict:
    """Another entry has this name."""
    sentence = _("Another entry of the register has this name. Change that one, or choose another name.")
    return Conflict(sentence, code="register.name", fields={"name": sentence})
