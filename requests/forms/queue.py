"""The shape of what is entered in the queue, for its rules and for the register."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from consent.register import countries
from portals_core.forms.filling import offer
from portals_core.people.models import User
from requests.casebook import words
from requests.desk.queue import CLOSED, MINE, NOBODY, OPEN, OVERDUE, THIS_WEEK, UNREAD, Filters
from requests.desk.rules import Rule
from requests.desk.saved_views import LONGEST_NAME
from requests.forms.common import Errand
from requests.law import calendars
from requests.law.states import State
from requests.models import AssignmentRule, Channel, Kind

_DAY: dict[str, Any] = {"widget": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}


class QueueForm(forms.Form):
    """Filters of the queue; whatever is not a choice counts as none."""

    number = forms.CharField(label=_("Number"), required=False, max_length=20)
    kind = forms.ChoiceField(label=_("Kind"), required=False)
    state = forms.ChoiceField(label=_("State"), required=False)
    due = forms.ChoiceField(
        label=_("Due"),
        required=False,
        choices=[("", _("any day")), (OVERDUE, _("overdue")), (THIS_WEEK, _("within 7 days"))],
    )
    assignee = forms.ChoiceField(label=_("Assigned to"), required=False)
    by = forms.DateField(label=_("Due by the end of"), required=False, **_DAY)
    channel = forms.ChoiceField(label=_("Channel"), required=False)
    country = forms.ChoiceField(label=_("Country"), required=False)
    user_type = forms.ChoiceField(label=_("User type of who asked"), required=False)
    unread = forms.ChoiceField(
        label=_("Messages"), required=False, choices=[("", _("read or not")), (UNREAD, _("unread"))]
    )
    #: The record of a person: pages about them lead here with it.
    subject = forms.UUIDField(required=False, widget=forms.HiddenInput)

    MAIN = ("number", "kind", "state", "due", "assignee")
    MORE = ("by", "channel", "country", "user_type", "unread")

    def __init__(
        self, *args: Any, officers: Sequence[User], user_types: Sequence[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        states = [(state.value, words.badge(state).word) for state in State]
        offer(self, "kind", [("", _("every kind")), *Kind.choices])
        offer(self, "state", [("", _("open")), (CLOSED, _("closed")), *states])
        people = [(str(one.public_id), one.name or one.email) for one in officers]
        offer(self, "assignee", [("", _("anybody")), (MINE, _("me")), (NOBODY, _("nobody")), *people])
        offer(self, "channel", [("", _("every channel")), *Channel.choices])
        named = sorted((countries.name(code), code) for code in calendars.ZONES)
        offer(self, "country", [("", _("every country")), *((code, name) for name, code in named)])
        offer(self, "user_type", [("", _("every user type")), *user_types])

    def wanted(self) -> Filters:
        """The filters that hold; a day goes before a word about the due day."""
        self.is_valid()
        given = dict(self.cleaned_data)
        day = given.pop("by", None)
        given["due"] = day.isoformat() if day else given.get("due", "")
        given["state"] = "" if given.get("state") == OPEN else given.get("state", "")
        return Filters(**{one.name: str(given.get(one.name) or "").strip() for one in fields(Filters)})

    def main(self) -> list[forms.BoundField]:
        """The filters that are always in sight."""
        return [self[name] for name in self.MAIN]

    def more(self) -> list[forms.BoundField]:
        """The filters one unfolds."""
        return [self[name] for name in self.MORE]


def query_of(wanted: Filters | Mapping[str, str]) -> dict[str, str]:
    """Filters as they stand in an address."""
    given = asdict(wanted) if isinstance(wanted, Filters) else dict(wanted)
    due = given.get("due", "")
    if due[:1].isdecimal():
        given.pop("due")
        given["by"] = due
    return {name: value for name, value in given.items() if value}


class ViewForm(Errand):
    """The filters in force, under a name."""

    name = forms.CharField(label=_("Name of the view"), max_length=LONGEST_NAME)
    shared = forms.BooleanField(label=_("Share it with every officer"), required=False)


class RuleForm(Errand):
    """Who gets new requests."""

    name = forms.CharField(label=_("Name"), max_length=80)
    officers = forms.MultipleChoiceField(
        label=_("Officers"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("They get requests in turn. Nobody gets a request they recorded themselves."),
    )
    kinds = forms.MultipleChoiceField(
        label=_("Kinds"),
        required=False,
        choices=Kind.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen means every kind."),
    )
    channels = forms.MultipleChoiceField(
        label=_("Channels"),
        required=False,
        choices=Channel.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen means every channel."),
    )
    countries = forms.CharField(
        label=_("Countries"),
        required=False,
        max_length=200,
        help_text=_("Two-letter codes with commas, for example PL, DE. Empty means every country."),
    )
    position = forms.IntegerField(
        label=_("Place in the order"),
        min_value=0,
        max_value=10_000,
        help_text=_("The first rule that fits counts. Smaller numbers come first."),
    )
    active = forms.BooleanField(label=_("In use"), required=False)

    def __init__(self, *args: Any, officers: Sequence[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "officers", [(str(one.public_id), one.name or one.email) for one in officers])

    def wanted(self) -> Rule:
        """What was entered, as the writer takes it."""
        given = dict(self.cleaned_data)
        codes = [code.strip().upper() for code in given.pop("countries").split(",")]
        return Rule(countries=[code for code in codes if code], **given)


def told(rule: AssignmentRule | None) -> dict[str, Any]:
    """What the form of a rule begins with."""
    if rule is None:
        return {"active": True, "position": 10}
    return {
        "name": rule.name,
        "officers": rule.officers,
        "kinds": rule.kinds,
        "channels": rule.channels,
        "countries": ", ".join(rule.countries),
        "position": rule.position,
        "active": rule.active,
    }


class PeriodForm(Errand):
    """Which requests the register holds, by day of receipt."""

    since = forms.DateField(label=_("Received from"), **_DAY)
    until = forms.DateField(label=_("Received until"), **_DAY)
