"""The form that adds a file to a record. What may be added, the writer decides."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _


class FileForm(forms.Form):
    """A file of the portal."""

    file = forms.FileField(label=_("File"), allow_empty_file=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A page has another form beside it, with fields of the same names.
        self.auto_id = "file_%s"
        most = {"size": filesizeformat(settings.LIMIT_FILE_BYTES)}
        self.fields["file"].help_text = _("At most %(size)s.") % most

    def given(self) -> dict[str, Any]:
        """What the writer gets. Only for a valid form."""
        file = self.cleaned_data["file"]
        return {"name": file.name, "content": file, "internal": self.cleaned_data.get("internal", False)}


class StaffFileForm(FileForm):
    """A file of staff: inside unless they say otherwise (C10)."""

    internal = forms.BooleanField(
        label=_("For staff only"),
        required=False,
        initial=True,
        help_text=_("Otherwise the person sees it in the portal."),
    )
