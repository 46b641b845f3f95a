"""The form below a text: boxes nobody ticked beforehand, room for remarks, two buttons (Art. 7, D11)."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from consent.forms.common import Shown
from consent.models import Channel
from consent.standing.standings import Standing


class Deciding(Shown):
    """What a person enters below a text. The writer checks it against the text itself."""

    #: Set where the page showed the boxes: then nothing ticked means nothing chosen.
    boxes = forms.BooleanField(required=False, widget=forms.HiddenInput)
    channels = forms.MultipleChoiceField(
        label=_("How may we reach you for this?"),
        help_text=_("Choose as many as you like, at least one."),
        choices=Channel.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one way in which we may reach you, or say no.")},
    )
    remarks = forms.CharField(
        required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 3, "maxlength": 1000})
    )

    @property
    def chosen(self) -> list[str] | None:
        """The channels ticked; `None` where the page asked for none."""
        return self.cleaned_data["channels"] if self.cleaned_data["boxes"] else None


def below(standing: Standing, *, remarks: str = "", unticked: bool = False) -> Deciding:
    """The form as the page shows it for the text of now, with no box ticked, whatever was ticked before:
    a changed text is agreed to anew. `unticked` says beside the boxes that one is missing."""
    text = standing.text
    assert text is not None, "a form stands below a text"
    boxes = bool(text.show_channels and text.channels)
    shown = {"text": text.pk, "seen": standing.seen, "boxes": boxes, "remarks": remarks}
    form = Deciding(shown if unticked and boxes else None, initial=shown)
    channels = form.fields["channels"]
    assert isinstance(channels, forms.MultipleChoiceField)
    channels.required = True
    channels.choices = [(one.value, one.label) for one in Channel if one.value in text.channels]
    form.fields["remarks"].label = text.remarks_label
    for name, wanted in {"boxes": boxes, "channels": boxes, "remarks": bool(text.remarks_label)}.items():
        if not wanted:
            del form.fields[name]
    return form
