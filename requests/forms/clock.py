"""The shape of what is entered about the clock of a case; what it means is checked by the writers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from requests.forms.common import Errand
from requests.law import grounds
from requests.law.grounds import Ground
from requests.timing.clock import IDENTITY, LONGEST_ANSWER, LONGEST_WORDS

_ROWS = forms.Textarea(attrs={"rows": 4})


def _choices(known: Iterable[Ground]) -> list[tuple[str, Any]]:
    return [("", _("Choose a ground")), *((one.code, one.sentence) for one in known)]


class AskForm(Errand):
    """A question to the person; who signed in is not asked who they are."""

    ground = forms.ChoiceField(label=_("Why do you ask?"))
    question = forms.CharField(
        label=_("Your question"),
        help_text=_("The person reads exactly these words. Ask for no copy of an identity card."),
        max_length=LONGEST_WORDS,
        widget=_ROWS,
    )

    def __init__(self, *args: Any, signed_in: bool, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "auto_id": "ask_%s"})
        known = [one for one in grounds.QUESTIONS if not (signed_in and one.code == IDENTITY)]
        self.fields["ground"].choices = _choices(known)  # type: ignore[attr-defined]


class ExtendForm(Errand):
    """Two further months: a ground from the closed list, and why in plain words (Art. 12(3))."""

    ground = forms.ChoiceField(label=_("Why is more time needed?"))
    sentence = forms.CharField(
        label=_("Your words to the person"),
        help_text=_("The person gets them at once, with the new day."),
        max_length=LONGEST_WORDS,
        widget=_ROWS,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "auto_id": "extend_%s"})
        self.fields["ground"].choices = _choices(grounds.EXTENSIONS)  # type: ignore[attr-defined]


class _Answer(Errand):
    """Below a question, which it names: another one may stand there by the time the answer comes."""

    question = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def put_below(self, question: int) -> None:
        """Show what was refused again, below the question that stands there now."""
        self.data = {**dict(self.data.items()), "question": question}


class AnswerForm(_Answer):
    """The person's answer to the open question."""

    text = forms.CharField(label=_("Your answer"), max_length=LONGEST_ANSWER, widget=_ROWS)


class RecordAnswerForm(_Answer):
    """An answer that came by phone, mail or letter, and when."""

    text = forms.CharField(label=_("What the person answered"), max_length=LONGEST_ANSWER, widget=_ROWS)
    received_on = forms.DateField(
        label=_("On which day did it arrive?"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Left empty, it arrived today. The clock runs again from that day."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "auto_id": "answer_%s"})
