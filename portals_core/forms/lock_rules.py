"""Forms of a module's locking: how its records are locked, and a rule beside its conditions (L1, L6–L14)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from django import forms
from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portals_core.forms.filling import offer
from portals_core.locks import words
from portals_core.locks.decide import ACTS
from portals_core.locks.models import Fields, Ground, Mode
from portals_core.people import roles, usertypes
from portals_core.records.models import Field, FieldType

MODES = [
    (Mode.OFF, _("Off. Only a restriction or a legal hold locks records here.")),
    (Mode.MANUAL, _("By hand. Staff with the right lock a record and say why; the rules below rest.")),
    (Mode.AUTOMATIC, _("By rules. A record is locked when it keeps the conditions of a rule.")),
    (Mode.BOTH, _("By hand and by rules.")),
]
GROUNDS = [
    (
        Ground.BUSINESS,
        _(
            "Business rule. It protects how you work. An approved correction or deletion that the person "
            "asked for passes it."
        ),
    ),
    (
        Ground.RETENTION,
        _(
            "Kept by law. A law obliges you to keep the record. A deletion is refused for it, with the law "
            "and the end of the period."
        ),
    ),
    (
        Ground.LEGAL_HOLD,
        _(
            "Legal hold. The record is needed for a legal claim. A deletion is refused for it until that is "
            "settled."
        ),
    ),
]
BINDS = [
    ("all", _("Everybody")),
    ("only", _("Only these roles and user types")),
    ("except", _("Everybody but these roles and user types")),
]
MONTHS, YEARS = "months", "years"
_DATES = (FieldType.DATE, FieldType.DATETIME)


class ModeForm(forms.Form):
    """How records of a module can be locked (L13)."""

    mode = forms.ChoiceField(label=_("How records are locked"), choices=MODES, widget=forms.RadioSelect)
    #: Set by the page that has said how many locks end.
    sure = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def ends_rules(self) -> bool:
        """Whether rules rest with the chosen mode. Only for a valid form."""
        return self.cleaned_data["mode"] not in (Mode.AUTOMATIC, Mode.BOTH)


class LockRuleForm(forms.Form):
    """A rule but for its conditions; `described()` is what `define_rule` takes beside them.

    A post is judged only where `judged` says so: a button that changes rows of conditions shows everything
    again as it was entered, without a word about it.
    """

    use_required_attribute = False
    name = forms.CharField(
        label=_("Name"), max_length=80, help_text=_("Staff read it on each record that the rule locks.")
    )
    ground = forms.ChoiceField(
        label=_("Ground"), choices=GROUNDS, widget=forms.RadioSelect, initial=Ground.BUSINESS
    )
    law = forms.CharField(
        label=_("Law or matter"),
        max_length=200,
        required=False,
        help_text=_("For example: § 147 AO. Needed where a law or a legal claim asks to keep the record."),
    )
    plain = forms.CharField(
        label=_("What the person is told"),
        max_length=400,
        required=False,
        widget=forms.Textarea(attrs={"rows": "2"}),
        help_text=_("One plain sentence. Left empty, the portal says what the ground means."),
    )
    actions = forms.MultipleChoiceField(
        label=_("What is refused besides editing"),
        required=False,
        choices=[(act, capfirst(words.ACTS[act])) for act in ACTS if act != "edit"],
        widget=forms.CheckboxSelectMultiple,
    )
    fields_mode = forms.ChoiceField(
        label=_("Which fields are locked"),
        choices=Fields.choices,
        widget=forms.RadioSelect,
        initial=Fields.EXCEPT,
        help_text=_("With “all fields but these” and none ticked, every field is locked."),
    )
    fields_ = forms.MultipleChoiceField(
        label=_("These fields"), required=False, widget=forms.CheckboxSelectMultiple
    )
    binds = forms.ChoiceField(
        label=_("Whom it binds"), choices=BINDS, widget=forms.RadioSelect, initial="all"
    )
    roles = forms.MultipleChoiceField(label=_("Roles"), required=False, widget=forms.CheckboxSelectMultiple)
    user_types = forms.MultipleChoiceField(
        label=_("User types"), required=False, widget=forms.CheckboxSelectMultiple
    )
    from_key = forms.ChoiceField(
        label=_("Period from"),
        required=False,
        help_text=_("The lock ends when the period is over. Without a date, it has no end yet."),
    )
    period = forms.IntegerField(label=_("For"), required=False, min_value=1, max_value=1200)
    unit = forms.ChoiceField(
        label=_("Months or years"),
        choices=[(YEARS, pgettext_lazy("period", "years")), (MONTHS, pgettext_lazy("period", "months"))],
        required=False,
        initial=YEARS,
    )
    existing = forms.BooleanField(
        label=_("Also records that are there already"),
        required=False,
        help_text=_("Otherwise a record is locked when it is added or changed next."),
    )
    _groups: ClassVar[Sequence[tuple[object, Sequence[str]]]] = (
        (_("Why"), ("ground", "law", "plain")),
        (_("What is locked"), ("actions", "fields_mode", "fields_")),
        (_("Whom it binds"), ("binds", "roles", "user_types")),
        (_("Until when"), ("from_key", "period", "unit")),
        (_("Which records"), ("existing",)),
    )
    #: Where a writer's refusal stands, by the name it gives the place.
    _places: ClassVar[Mapping[str, str]] = {"fields": "fields_", "months": "period"}

    def __init__(
        self,
        data: QueryDict | None,
        *,
        fields: Sequence[Field],
        before: Mapping[str, Any] | None = None,
        judged: bool = True,
    ) -> None:
        shown = _shown(before) if before else {}
        if data is not None and not judged:
            named = self.base_fields.items()
            shown = {name: one.widget.value_from_datadict(data, {}, name) for name, one in named}
        super().__init__(data if judged else None, initial=shown)
        offer(self, "fields_", [(one.key, one.label) for one in fields])
        dates = [one for one in fields if one.type in _DATES and not one.encrypted]
        offer(self, "from_key", [("", _("no period")), *((one.key, one.label) for one in dates)])
        offer(self, "roles", [(one.key, one.name) for one in roles.roles()])
        types = [(str(one.pk), one.name) for one in usertypes.user_types()]
        if types:
            offer(self, "user_types", types)
        else:
            del self.fields["user_types"]

    def groups(self) -> Iterator[tuple[object, list[BoundField]]]:
        """The fields under their headings, the name aside."""
        for title, names in self._groups:
            yield title, [self[name] for name in names if name in self.fields]

    def placed(self, given: Mapping[str, object]) -> dict[str, object]:
        """A writer's sentences under the names of this form's inputs."""
        return {self._places.get(name, name): sentence for name, sentence in given.items()}

    def described(self) -> dict[str, Any]:
        """The rule as entered, its conditions aside. Only for a valid form."""
        entered = dict(self.cleaned_data)
        number, unit = entered.pop("period"), entered.pop("unit")
        entered["fields"] = entered.pop("fields_")
        if entered["binds"] == "all":
            entered |= {"roles": [], "user_types": []}
        entered["months"] = number * (12 if unit == YEARS else 1) if number else None
        return entered


def _shown(rule: Mapping[str, Any]) -> dict[str, Any]:
    """A stored rule as the form shows it: whole years as years."""
    months = rule["months"] or 0
    in_years = months % 12 == 0
    return {
        **rule,
        "fields_": rule["fields"],
        "user_types": [str(one) for one in rule["user_types"]],
        "period": (months // 12 if in_years else months) or None,
        "unit": YEARS if in_years else MONTHS,
    }
