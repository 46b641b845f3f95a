"""Two versions of a text: every part that people are shown, with what differs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from consent.catalogue.compare import Part, compare, differ
from consent.models import Channel, Text


@dataclass(frozen=True)
class Compared:
    """One part of two texts; `own` says that its words are in the language of the texts."""

    label: Promise
    parts: list[Part]
    own: bool

    @property
    def differs(self) -> bool:
        """Whether the two versions say something else here."""
        return differ(self.parts)


def fields(old: Text, new: Text) -> list[Compared]:
    """Every part that one of the two has, in the order in which people read them."""
    shown = [(label, read(old), read(new), own) for label, read, own in _PARTS if read(old) or read(new)]
    return [Compared(label, compare(before, after), own) for label, before, after, own in shown]


def _channels(text: Text) -> str:
    return ", ".join(str(Channel(channel).label) for channel in text.channels)


def _choice(text: Text) -> str:
    return str(_("Each by itself") if text.show_channels else _("All together")) if text.channels else ""


def _renewal(text: Text) -> str:
    return date_format(localtime(text.renew_by), "DATE_FORMAT") if text.renew_by else ""


def _controller(text: Text) -> str:
    return "\n".join(str(value) for value in text.facts.get("controller", {}).values() if value)


def _recipients(text: Text) -> str:
    return "\n".join(
        f"{one['name']} ({one['country']})" if one.get("country") else str(one["name"])
        for one in text.facts.get("recipients", [])
    )


_PARTS: tuple[tuple[Promise, Callable[[Text], str], bool], ...] = (
    (_("Title"), lambda text: text.title, True),
    (_("Text"), lambda text: text.body, True),
    (_("Privacy statement"), lambda text: text.statement, True),
    (_("Directly above the button"), lambda text: text.before_submit, True),
    (_("Question above a box for remarks"), lambda text: text.remarks_label, True),
    (_("Channels"), _channels, False),
    (_("People agree to the channels"), _choice, False),
    (_("People can agree again until"), _renewal, False),
    (_("Who is responsible"), _controller, False),
    (_("Which data"), lambda text: "\n".join(text.facts.get("data", [])), False),
    (_("Who receives it"), _recipients, False),
    (_("How long it is kept"), lambda text: str(text.facts.get("limits", "")), False),
)
