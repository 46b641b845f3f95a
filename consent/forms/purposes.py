"""The shape of what staff enter about purposes; what it means is checked by the writers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from consent.catalogue import purpose_rules
from consent.models import Channel, NoAnswer
from portals_core.plumbing.errors import DsrError
from portals_core.records.models import Module


@dataclass(frozen=True)
class Section:
    """Fields of a form under one heading, with a sentence that says what they are about."""

    title: Promise
    text: Promise
    fields: list[forms.BoundField]


class Refusable(forms.Form):
    """A form that can show a writer's refusal."""

    def blame(self, error: DsrError) -> int:
        """Show the writer's sentences at their fields, what was entered kept; the status to answer with."""
        known = {name: sentence for name, sentence in error.fields.items() if name in self.fields}
        for name, sentence in known.items():
            self.add_error(name, str(sentence))
        if not known:
            self.add_error(None, str(error.public))
        return error.http_status


class PurposeForm(Refusable):
    """Everything a purpose says, in sections."""

    SECTIONS = (
        (
            _("What it is"),
            _("Name it as you would to the people you ask."),
            ("key", "name", "description", "active"),
        ),
        (
            _("How people are reached"),
            _("Each text that is published asks for the channels as they are then."),
            ("channels",),
        ),
        (
            _("What kind of purpose"),
            _("The law gives people more rights for some purposes."),
            ("marketing", "sharing", "for_children"),
        ),
        (
            _("How long a consent holds"),
            _("Ask again from time to time: people forget what they agreed to."),
            ("consent_months",),
        ),
        (
            _("When people are asked"),
            _("What happens between the question and the answer, and when none comes."),
            ("remind_days", "wait_days", "no_answer", "erase_days"),
        ),
        (
            _("Public form"),
            _("A page on which people you do not know yet can agree. They confirm by e-mail."),
            ("public_form", "form_module"),
        ),
    )

    key = forms.SlugField(
        label=_("Key"),
        max_length=40,
        help_text=_("Small letters, digits and hyphens. It cannot be changed later."),
    )
    name = forms.CharField(label=_("Name"), max_length=120)
    description = forms.CharField(
        label=_("Description for colleagues"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    active = forms.BooleanField(
        label=_("Pursued now"),
        required=False,
        initial=True,
        help_text=_(
            "Without this tick nobody is asked or contacted for it. What people decided stays stored."
        ),
    )
    channels = forms.MultipleChoiceField(
        label=_("Channels"),
        choices=Channel.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("How people may be reached for it. Once a text is published, only fewer."),
    )
    marketing = forms.BooleanField(
        label=_("Direct marketing"),
        required=False,
        help_text=_("An objection to marketing ends it at once, whatever the basis."),
    )
    sharing = forms.BooleanField(
        label=_("Data goes to others for their own ends"),
        required=False,
        help_text=_("A browser's signal against selling and sharing ends it at once."),
    )
    for_children = forms.BooleanField(
        label=_("An online service offered directly to children"),
        required=False,
        help_text=_("Below the age their country sets, a parent or guardian must agree."),
    )
    consent_months = forms.IntegerField(
        label=_("Months until a consent ends"),
        required=False,
        min_value=1,
        max_value=purpose_rules.LONGEST_CONSENT_MONTHS,
        help_text=_("Counted from the day it was given. Empty: it does not end by itself."),
    )
    remind_days = forms.IntegerField(
        label=_("Days until one reminder"),
        required=False,
        min_value=1,
        max_value=purpose_rules.LONGEST_WAIT_DAYS,
        initial=7,
        help_text=_("Counted from the question. Empty: nobody is reminded."),
    )
    wait_days = forms.IntegerField(
        label=_("Days to answer"),
        min_value=1,
        max_value=purpose_rules.LONGEST_WAIT_DAYS,
        initial=30,
        help_text=_("After them the question counts as not answered."),
    )
    no_answer = forms.ChoiceField(
        label=_("When no answer comes"),
        choices=NoAnswer.choices,
        widget=forms.RadioSelect,
        initial=NoAnswer.OFFICER.value,
        help_text=_("Where nothing else allows keeping the person's data, it is locked."),
    )
    erase_days = forms.IntegerField(
        label=_("Days until the deletion is prepared"),
        required=False,
        min_value=1,
        max_value=purpose_rules.LONGEST_ERASE_DAYS,
        help_text=_("Counted from the end of the time to answer. Only with “Prepare its deletion”."),
    )
    public_form = forms.BooleanField(label=_("Offer a public form"), required=False)
    form_module = forms.ChoiceField(
        label=_("Enter new people in"),
        required=False,
        help_text=_("Modules of people with an e-mail address, for which consent is kept."),
    )

    def __init__(self, *args: Any, modules: Iterable[Module], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        into = self.fields["form_module"]
        assert isinstance(into, forms.ChoiceField)
        into.choices = [("", _("None")), *((one.key, one.label_plural) for one in modules)]

    def sections(self) -> Iterator[Section]:
        """The form under its headings."""
        for title, text, names in self.SECTIONS:
            yield Section(title, text, [self[name] for name in names])
