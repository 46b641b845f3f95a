"""The shape of what officers enter about cases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from requests.casebook import words
from requests.casebook.reads import Correction
from requests.deciding.approvals import LONGEST_SENTENCE
from requests.forms.common import Errand
from requests.law import grounds
from requests.law.grounds import Ground
from requests.models import Case, Kind


def as_choices(found: Iterable[Ground]) -> list[tuple[str, Any]]:
    """Grounds to choose from, each with its article."""
    return [
        (one.code, _("%(sentence)s (Art. %(article)s)") % {"sentence": one.sentence, "article": one.article})
        for one in found
    ]


_SENTENCE: dict[str, Any] = {
    "label": _("Your words to the person"),
    "max_length": LONGEST_SENTENCE,
    "widget": forms.Textarea(attrs={"rows": 4}),
}


class RefuseForm(Errand):
    """Refuse the whole request: a ground from the closed list, and why in plain words (W19)."""

    ground = forms.ChoiceField(label=_("Ground"))
    sentence = forms.CharField(
        help_text=_("Plain words. The person reads them with the ground and how to complain."), **_SENTENCE
    )

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["ground"].choices = [("", _("Choose a ground")), *as_choices(grounds.refusals_for(kind))]  # type: ignore[attr-defined]

    def decision(self) -> dict[str, Any]:
        """Arguments of the decision."""
        return {"outcome": "refuse", **self.cleaned_data}


class ApproveForm(Errand):
    """Approve the whole request."""

    def decision(self) -> dict[str, Any]:
        """Arguments of the decision."""
        return {"outcome": "approve", **self.cleaned_data}


class EraseForm(ApproveForm):
    """Approve a deletion: the reason to erase is kept with the case."""

    ground = forms.ChoiceField(label=_("Why the data is to be erased"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["ground"].choices = [("", _("No particular ground")), *as_choices(grounds.ERASURES)]  # type: ignore[attr-defined]


class CorrectForm(ApproveForm):
    """Yes or no to every proposed correction; a no needs ground and words (W4)."""

    prefix_of_fields = "answer_"
    ground = forms.ChoiceField(
        label=_("Ground"), required=False, help_text=_("Needed when a field is not corrected.")
    )
    sentence = forms.CharField(
        required=False, help_text=_("Needed when a field is not corrected."), **_SENTENCE
    )

    def __init__(self, *args: Any, corrections: Sequence[Correction], kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.corrections = corrections
        self.fields["ground"].choices = [("", _("No ground")), *as_choices(grounds.refusals_for(kind))]  # type: ignore[attr-defined]
        for one in corrections:
            self.fields[f"answer_{one.id}"] = forms.ChoiceField(
                label=_("Correct “%(field)s”?") % {"field": one.label},
                choices=[("yes", _("Yes")), ("no", _("No"))],
                widget=forms.RadioSelect,
                error_messages={"required": _("Decide on this field.")},
            )

    def rows(self) -> list[tuple[dict[str, object], forms.BoundField]]:
        """Every correction, before and after, with its question."""
        fields = [self[f"answer_{one.id}"] for one in self.corrections]
        return list(zip(words.compared(self.corrections), fields, strict=True))

    def decision(self) -> dict[str, Any]:
        """Arguments of the decision."""
        answers = {str(one.id): self.cleaned_data[f"answer_{one.id}"] == "yes" for one in self.corrections}
        refused = not all(answers.values())
        return {
            "outcome": "approve",
            "ground": self.cleaned_data["ground"] if refused else "",
            "sentence": self.cleaned_data["sentence"],
            "proposals": answers,
        }


def approving(case: Case, corrections: Sequence[Correction], data: Any = None) -> ApproveForm:
    """The form by which this kind of case is approved."""
    if case.kind == Kind.DELETE:
        return EraseForm(data)
    if case.kind == Kind.RECTIFY:
        return CorrectForm(data, corrections=corrections, kind=case.kind)
    return ApproveForm(data if data is None else {})


class SendBackForm(Errand):
    """A second officer disagrees, and says why to the colleague."""

    reason = forms.CharField(
        label=_("Why do you send it back?"), max_length=1_000, widget=forms.Textarea(attrs={"rows": 3})
    )


class SeenForm(forms.Form):
    """The digest of the plan that the second officer had before their eyes."""

    digest = forms.RegexField(r"\A[0-9a-f]{64}\Z", widget=forms.HiddenInput)
