"""Conditions as numbered rows under a pattern: a form for whatever carries a rule (sharing, locks, …).

It works by whole posts: every button sends all rows and gets all of them back, so that nothing entered is
lost and no script is needed. What a comparison means, `records.conditions` decides, row by row.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from portals_core.access import criteria
from portals_core.forms import comparing
from portals_core.forms.comparing import COUNTED, Blank, Draft
from portals_core.plumbing.errors import BadInput
from portals_core.records import conditions
from portals_core.records.inputs import Input
from portals_core.records.models import Field, FieldType

#: How to ask for the target of a link; see `records.inputs.link`.
Link = Callable[[Field, object], Input]
#: Which record in sight a text names: its id, or a value that names it.
Target = Callable[[Input, str], object]


class RowForm(forms.Form):
    """One comparison. It shows a draft and the mistakes found in it; the conditions' reader finds them."""

    use_required_attribute = False

    def __init__(self, draft: Draft, number: int, owner: ConditionsForm) -> None:
        super().__init__(prefix=f"{owner.prefix}-{number - 1}")
        self.draft, self.number = draft, number
        self.chosen = owner.fields.get(draft.field)
        self.fields["field"] = Blank(
            label=_("Field"), widget=forms.Select(choices=_named(owner.fields.values())), initial=draft.field
        )
        if self.chosen is not None:
            self._ask_how(self.chosen, owner)

    def _ask_how(self, chosen: Field, owner: ConditionsForm) -> None:
        hows = comparing.comparators(chosen)
        how = self.draft.how if self.draft.how in hows else hows[0]
        choices = [(one, conditions.HOW[one]) for one in hows]
        self.fields["how"] = Blank(label=_("Comparison"), widget=forms.Select(choices=choices), initial=how)
        others = comparing.comparable_own(chosen, how, owner.own.values())
        counted = comparing.counts_days(chosen, self.draft)
        with_what = [(one.key, _own(one)) for one in others]
        if comparing.countable(chosen, how):
            with_what.insert(0, (COUNTED, _("a day counted from today")))
        if with_what:
            self.fields["own"] = Blank(
                label=_("Compared with"),
                widget=forms.Select(choices=[("", _("a value")), *with_what]),
                initial=COUNTED if counted else self.draft.own,
            )
        if self.draft.own in {one.key for one in others}:
            return
        link = owner.link(chosen, None) if chosen.type == FieldType.LOOKUP else None
        for name, asked in comparing.inputs(chosen, how, self.draft.values, link, counted=counted):
            self.fields[name] = asked

    def wrong(self, sentence: object, name: str = "") -> None:
        """Show what is wrong beside an input of the row, or beside its field where there is no such input."""
        place = next((one for one in (name, "value", "field") if one in self.fields), "field")
        self.errors.setdefault(place, self.error_class()).append(str(sentence))


class PatternForm(forms.Form):
    """How the numbered conditions are joined."""

    pattern = forms.CharField(
        label=_("How the conditions are joined"),
        required=False,
        max_length=500,
        help_text=_("For example: (1 and 2) or not 3. Left empty, all of them must hold."),
    )


@dataclass
class _Read:
    described: Mapping[str, Any] | None = None
    tree: criteria.Tree | None = None


class ConditionsForm:
    """Rows and their pattern. `fields` are those a condition may ask for, `own` those of the person's own
    record with which they may be compared; a rule that concerns no viewer has none.

    `data` is a whole post, `before` what is stored, as `conditions.described` gives it. Buttons named "act"
    with the values "add" and "remove-<number>" are answered by `act`; others belong to the page.
    """

    def __init__(
        self,
        data: QueryDict | None,
        *,
        fields: Sequence[Field],
        link: Link,
        target: Target,
        own: Sequence[Field] = (),
        before: Mapping[str, Any] | None = None,
        prefix: str = "c",
    ) -> None:
        self.fields = {one.key: one for one in fields if not one.masked}
        self.own = {one.key: one for one in own if not one.masked and not one.encrypted}
        self.link, self.target, self.prefix = link, target, prefix
        self._reader = conditions.Reader(fields, own)
        self._read = _Read()
        #: What is wrong with all of them together.
        self.mistakes: list[str] = []
        sent = data is not None
        self._show(
            comparing.sent(data, prefix) if data is not None else comparing.drafts(before),
            data.get(f"{prefix}-pattern", "") if sent and data else str((before or {}).get("pattern", "")),
        )

    def _show(self, drafts: Sequence[Draft], pattern: str) -> None:
        self.rows = [RowForm(draft, number, self) for number, draft in enumerate(drafts, start=1)]
        self.joined = PatternForm(prefix=self.prefix, initial={"pattern": pattern})
        self.text = pattern

    @property
    def full(self) -> bool:
        """Whether there are as many conditions as there may be (C13)."""
        return len(self.rows) >= settings.LIMIT_CONDITIONS

    @property
    def limit(self) -> int:
        """How many conditions there may be."""
        return int(settings.LIMIT_CONDITIONS)

    def act(self, wish: str) -> bool:
        """Add or remove a row, where a button asks for that; whether one did."""
        drafts = [row.draft for row in self.rows]
        gone = re.fullmatch(r"remove-(\d{1,3})", wish)
        if wish == "add":
            self._show([*drafts, Draft()], self.text)
        elif gone and 0 < int(gone[1]) <= len(drafts):
            number = int(gone[1])
            kept = [*drafts[: number - 1], *drafts[number:]]
            self._show(kept, comparing.without(self.text, number) if kept else "")
        return wish == "add" or gone is not None

    def is_valid(self) -> bool:
        """Read everything; what is wrong then stands beside its row, or beside the pattern."""
        described = [self._row(row) for row in self.rows]
        if any(row.errors for row in self.rows):
            return False
        if not described:
            self._read = _Read()
            return True
        whole = {"rows": described, "pattern": self.text}
        try:
            self._read = _Read(whole, self._reader.read(whole))
        except BadInput as error:
            self.joined.errors.setdefault("pattern", self.joined.error_class()).append(str(error.public))
            return False
        return True

    def wrong(self, sentence: object) -> None:
        """Show what somebody else finds wrong with the conditions as a whole."""
        self.mistakes.append(str(sentence))

    def look(self) -> None:
        """Read what is there without a word about what is not finished."""
        if not self.is_valid():
            self._show([row.draft for row in self.rows], self.text)

    def _row(self, row: RowForm) -> dict[str, object]:
        draft = row.draft
        if not draft.field:
            row.wrong(_("Choose a field, or remove the condition."), "field")
            return {}
        field = self.fields.get(draft.field)
        described: dict[str, object] = {"field": draft.field, "how": draft.how or "is"}
        if draft.own and draft.own != COUNTED:
            described["own"] = draft.own
        elif field is not None:
            described["value"] = self._values(row, field)
        if row.errors:
            return described
        try:
            self._reader.read(described)
        except BadInput as error:
            row.wrong(error.public, _place(draft, field))
        return described

    def _values(self, row: RowForm, field: Field) -> list[str]:
        given = comparing.values(field, row.draft)
        if field.type != FieldType.LOOKUP:
            return given
        asked = self.link(field, None)
        found = [self.target(asked, one) for one in given]
        if None in found:
            row.wrong(_("%(field)s: there is no such record.") % {"field": field.label})
        return [str(one) for one in found]

    def described(self) -> Mapping[str, Any] | None:
        """What was entered, as the reader takes it; `None` for no conditions. Only for a valid form."""
        return self._read.described

    @property
    def tree(self) -> criteria.Tree | None:
        """The conditions that were entered. Only for a valid form."""
        return self._read.tree


def _place(draft: Draft, field: Field | None) -> str:
    if field is None:
        return "field"
    if draft.how not in comparing.comparators(field):
        return "how"
    return "own" if draft.own and draft.own != COUNTED else "value"


def _own(one: Field) -> object:
    return _("the person’s own “%(field)s”") % {"field": one.label}


def _named(fields: Any) -> list[tuple[str, object]]:
    return [("", _("– choose –")), *((one.key, one.label) for one in fields)]
