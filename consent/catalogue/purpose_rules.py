"""The settings of a purpose and what makes them fit together: every fault is named at its field."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypedDict

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from consent.models import Channel, NoAnswer
from portals_core.plumbing.errors import BadInput
from portals_core.records.models import Module

LONGEST_CONSENT_MONTHS = 120
LONGEST_WAIT_DAYS = 365
LONGEST_ERASE_DAYS = 3650


class Rules(TypedDict, total=False):
    """What a purpose says beside its name and channels; the fields of `Purpose`, the module by its key."""

    marketing: bool
    sharing: bool
    for_children: bool
    consent_months: int | None
    remind_days: int | None
    wait_days: int
    no_answer: str
    erase_days: int | None
    public_form: bool
    form_module: str


def check(rules: Rules, modules: Iterable[Module]) -> None:
    """Raise `BadInput` naming every setting that cannot be; `modules` are those a public form may fill."""
    faults: dict[str, object] = {}
    for fault in (_lasting(rules), _asking(rules), _form(rules, {one.key for one in modules})):
        faults |= fault
    if faults:
        raise BadInput(
            _("Some settings cannot be, or do not fit together. Look at the fields that are marked."),
            code="purpose.settings",
            fields=faults,
        )


def channels(given: Iterable[str]) -> list[str]:
    """The channels in their order. Raises `BadInput` for one there is not."""
    wanted = set(given)
    strange = sorted(wanted - set(Channel.values))
    if strange:
        raise BadInput(
            _("“%(channel)s” is not a channel. There are: %(known)s.")
            % {"channel": strange[0], "known": ", ".join(Channel.values)},
            code="purpose.channel",
            fields={"channels": _("unknown channel")},
        )
    return [channel for channel in Channel.values if channel in wanted]


def _lasting(rules: Rules) -> dict[str, Promise]:
    months = rules["consent_months"]
    if months is None or _within(months, LONGEST_CONSENT_MONTHS):
        return {}
    return {"consent_months": _("Between 1 and 120 months, or empty.")}


def _asking(rules: Rules) -> dict[str, Promise]:
    faults: dict[str, Promise] = {}
    wait, remind, erase = rules["wait_days"], rules["remind_days"], rules["erase_days"]
    if not _within(wait, LONGEST_WAIT_DAYS):
        faults["wait_days"] = _("Between 1 and 365 days.")
    elif remind is not None and not _within(remind, wait - 1):
        faults["remind_days"] = _(
            "The reminder must come before the time to answer is over, or leave it empty."
        )
    if rules["no_answer"] not in NoAnswer.values:
        faults["no_answer"] = _("Choose one of these.")
    elif rules["no_answer"] == NoAnswer.ERASE and not _within(erase, LONGEST_ERASE_DAYS):
        faults["erase_days"] = _("Say after how many days: between 1 and 3650.")
    elif rules["no_answer"] != NoAnswer.ERASE and erase is not None:
        faults["erase_days"] = _("Leave this empty, or choose above that the deletion is prepared.")
    return faults


def _form(rules: Rules, modules: set[str]) -> dict[str, Promise]:
    module = rules["form_module"]
    if module and module not in modules:
        return {
            "form_module": _(
                "Choose a module of people for which consent is kept, and which requires only name and "
                "address."
            )
        }
    if rules["public_form"] and not module:
        return {"form_module": _("A public form needs the module in which new people are entered.")}
    return {}


def _within(given: Any, most: int) -> bool:
    return type(given) is int and 1 <= given <= most
