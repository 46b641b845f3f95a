"""The shape of what people send back of a page they read."""

from __future__ import annotations

from django import forms


class Shown(forms.Form):
    """What the page showed when the button was pressed: the text, and the decision it stood beside."""

    text = forms.IntegerField(min_value=1, widget=forms.HiddenInput)
    seen = forms.IntegerField(min_value=0, required=False, widget=forms.HiddenInput)
