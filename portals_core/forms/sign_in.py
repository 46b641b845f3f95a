"""Shapes of what people type to get in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

#: A longer password costs the server work and nobody anything: refused before it is hashed.
LONGEST_PASSWORD = 1024


def password_field(label: Any, autocomplete: str, help_text: Any = "") -> forms.CharField:
    """One password; never trimmed, never shown again. `autocomplete` tells the password manager which."""
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(
        label=label, max_length=LONGEST_PASSWORD, strip=False, widget=widget, help_text=help_text
    )


def new_password_field() -> forms.CharField:
    """A password to be chosen: typed once, because a manager fills it in and a reset is one click away."""
    return password_field(
        _("New password"),
        "new-password",
        _("At least 12 characters. A sentence of four or five words is good and easy to type."),
    )


class SignInForm(forms.Form):
    username = forms.CharField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "inputmode": "email"}),
    )
    password = password_field(_("Password"), "current-password")
    next = forms.CharField(required=False, widget=forms.HiddenInput)


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("Code"),
        max_length=16,
        help_text=_("Six digits from your authenticator app. Each code works once."),
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"}
        ),
    )
    next = forms.CharField(required=False, widget=forms.HiddenInput)


class PasswordAgainForm(forms.Form):
    password = password_field(_("Your password"), "current-password")
    next = forms.CharField(required=False, widget=forms.HiddenInput)


class AskResetForm(forms.Form):
    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
    )


class NewPasswordForm(forms.Form):
    password = new_password_field()


class ChangePasswordForm(forms.Form):
    current = password_field(_("Present password"), "current-password")
    password = new_password_field()
