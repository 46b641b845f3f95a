"""What the organisation wants to do with data: reading purposes, and setting them up."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Unpack, cast

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from consent.catalogue import purpose_rules
from consent.catalogue.purpose_rules import Rules
from consent.models import Channel, Purpose, Text
from portals_core.access.actor import Actor, system
from portals_core.ledger import append
from portals_core.plumbing import outbox
from portals_core.plumbing.errors import Absent, BadInput, Conflict, Forbidden
from portals_core.records import catalogue
from portals_core.records.models import Module

#: Announced with every change of a purpose: about "purpose:<key>".
DEFINED = "purpose.defined"
_READ = system("read the purposes")
_KEY = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_LONGEST_NAME = 120


def active() -> QuerySet[Purpose]:
    """Purposes that are pursued now, in their order."""
    return Purpose.objects.visible_to(_READ).filter(active=True)


def all_of_them(actor: Actor) -> QuerySet[Purpose]:
    """Every purpose the actor may see, those no longer pursued too."""
    return Purpose.objects.visible_to(actor)


def purpose(key: str) -> Purpose:
    """The purpose with this key. Raises `Absent`."""
    found = Purpose.objects.visible_to(_READ).select_related("form_module").filter(key=key).first()
    if found is None:
        raise Absent(_("There is no such purpose."), code="purpose.absent")
    return found


def form_modules() -> list[Module]:
    """Modules that a public form may enter people in: of people with an address, consent kept, which require
    nothing but name and address (D7, D16)."""
    kept = catalogue.modules().filter(identity=True, compliance=True).exclude(email_key="")
    return [module for module in kept if _needed(module) <= {module.title_key, module.email_key}]


def _needed(module: Module) -> set[str]:
    layout = catalogue.layouts(module).first()
    return {one.key for one in catalogue.fields(module) if one.required} | set(
        layout.required if layout else ()
    )


def rules_of(of: Purpose) -> Rules:
    """The settings of a purpose as `define` takes them; of an unsaved one the usual values."""
    values = {name: getattr(of, name) for name in Rules.__annotations__}
    return cast(Rules, {**values, "form_module": of.form_module.key if of.form_module else ""})


def define(
    *,
    actor: Actor,
    key: str,
    name: str,
    description: str = "",
    channels: Iterable[str] = (),
    active: bool = True,
    new: bool = False,
    **rules: Unpack[Rules],
) -> Purpose:
    """Set up a purpose, or change the one with this key. Needs "setup.manage".

    Rules left out stay as they are; a new purpose has the usual ones. Once a text was published the channels
    can only become fewer: people agreed to no more than they read (D17). Raises `Conflict` for more, and
    with `new` for a key that is taken; `BadInput` for what cannot be, with a sentence for each field.
    """
    if not actor.may("setup.manage"):
        raise Forbidden(_("Only an administrator may set up purposes."))
    wanted = purpose_rules.channels(channels)
    _check_names(key, name)
    with transaction.atomic():
        stored = Purpose.objects.visible_to(actor, "edit").select_for_update().filter(key=key).first()
        if stored is None:
            stored = Purpose(key=key, position=Purpose.objects.visible_to(_READ).count())
        elif new:
            raise Conflict(
                _("There is a purpose with this key already. Choose another key."),
                code="purpose.exists",
                fields={"key": _("taken already")},
            )
        elif set(wanted) - set(stored.channels) and _is_published(stored):
            raise Conflict(
                _("People agreed to fewer channels. Set up a new purpose for more."),
                code="purpose.widened",
                fields={"channels": _("only fewer, once a text is published")},
            )
        stored.name, stored.description = name.strip(), description.strip()
        stored.channels, stored.active = wanted, active
        merged = _take_over(stored, rules)
        stored.save()
        detail: dict[str, Any] = {"name": stored.name, "description": stored.description, "channels": wanted}
        append.record(
            "purpose.defined",
            actor=actor,
            about=f"purpose:{key}",
            detail={**detail, "active": active, **merged},
        )
        outbox.announce(DEFINED, about=f"purpose:{key}")
    return stored


def _check_names(key: str, name: str) -> None:
    if not _KEY.fullmatch(key):
        raise BadInput(
            _("Begin the key with a small letter; then small letters, digits and hyphens, at most 40."),
            code="purpose.key",
            fields={"key": _("this cannot be a key")},
        )
    if not name.strip():
        raise BadInput(_("Give the purpose a name."), fields={"name": _("this field is required")})
    if len(name.strip()) > _LONGEST_NAME:
        raise BadInput(_("Shorten the name to 120 characters."), fields={"name": _("too long")})


def _take_over(stored: Purpose, given: Rules) -> Rules:
    """Put the rules given over those it has; all of them together must fit."""
    merged = cast(Rules, {**rules_of(stored), **given})
    modules = {one.key: one for one in form_modules()}
    purpose_rules.check(merged, modules.values())
    for name in Rules.__annotations__.keys() - {"form_module"}:
        setattr(stored, name, merged[name])  # type: ignore[literal-required]
    stored.form_module = modules.get(merged["form_module"])
    return merged


def channel_names(channels: Iterable[str]) -> list[str]:
    """Ways of contact in words, in the order given."""
    return [str(Channel(channel).label) for channel in channels]


def _is_published(stored: Purpose) -> bool:
    return Text.objects.visible_to(_READ).filter(purpose=stored).exists()
