"""The form in which an officer decides on everything a request touches, group by group and item by item."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor
from requests import grounds
from requests.approvals import LONGEST_SENTENCE
from requests.desk_forms import as_choices
from requests.drafting import Draft, Entered, Key, drafts, mark, name_of
from requests.forms import Errand
from requests.models import Case, Kind, VerdictKind
from requests.verdicts import Board, GroupRow, ItemRow

#: What an act is called for each kind of request, as a choice and as what was chosen.
ACTS: Mapping[str, Mapping[str, Any]] = {
    Kind.DELETE: {"fulfil": _("Erase"), "refuse": _("Keep: refuse to erase")},
    Kind.STOP: {"fulfil": _("Lock"), "refuse": _("Leave as it is: refuse to lock")},
    Kind.EXPORT: {
        "fulfil": _("Put into the copy"),
        "redact": _("Put into the copy without what is about others"),
        "refuse": _("Leave out: refuse"),
    },
}
REFUSE = VerdictKind.REFUSE.value


def act_in_words(kind: str, verdict: str) -> str:
    """What a verdict does in a request of this kind; empty for none."""
    return str(ACTS.get(kind, ACTS[Kind.DELETE]).get(verdict, ""))


@dataclass
class Line:
    """A group or an item as the form shows it: what is known of it and its three inputs."""

    row: GroupRow | ItemRow
    key: Key
    verdict: forms.BoundField
    ground: forms.BoundField
    sentence: forms.BoundField
    #: What stands as draft or suggestion where something else was entered but is not stored.
    stored: str = ""
    items: list[Line] = field(default_factory=list)

    @property
    def unnamed(self) -> int:
        """How many of a group there are besides those named."""
        return self.row.count - len(self.row.names) if isinstance(self.row, GroupRow) else 0

    @property
    def wrong(self) -> bool:
        """Whether something in it, or in one of its items, needs correcting."""
        fields = (self.verdict, self.ground, self.sentence)
        return any(one.errors for one in fields) or any(item.wrong for item in self.items)

    @property
    def apart(self) -> int:
        """How many of its items are decided otherwise than the group."""
        return sum(bool(item.verdict.value()) for item in self.items)


class BoardForm(Errand):
    """Every group with verdict, ground and words; an item that differs has its own.

    An empty verdict leaves a group to the suggestion, and an item to its group: then nothing is stored.
    """

    seen = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def __init__(
        self, data: Any = None, *, case: Case, board: Board, drafts: Mapping[Key, Draft], seen: str
    ) -> None:
        super().__init__(data, initial={"seen": seen})
        self.case, self.board, self.drafts, self._fresh = case, board, drafts, seen
        self._refusals = [("", _("Choose a ground")), *as_choices(grounds.refusals_for(case.kind))]
        if case.kind == Kind.DELETE:
            self.fields["ground"] = forms.ChoiceField(
                label=_("Why the data is to be erased"),
                required=False,
                choices=[("", _("No particular ground")), *as_choices(grounds.ERASURES)],
            )
        self._rows = dict(self._keyed())
        for key, row in self._rows.items():
            self._add(key, row)

    def _keyed(self) -> Iterator[tuple[Key, GroupRow | ItemRow]]:
        for group in self.board.groups:
            yield (group.source, group.kind, ""), group
            for item in group.items:
                yield (group.source, group.kind, item.ref), item

    def _add(self, key: Key, row: GroupRow | ItemRow) -> None:
        draft, acts = self.drafts.get(key), ACTS[self.case.kind]
        inherited = gettext("As its group") if key[2] else self._suggested(row)
        self.fields[name_of("verdict", key)] = forms.ChoiceField(
            label=_("What is done"),
            required=False,
            choices=[("", inherited), *acts.items()],
            initial=draft.verdict if draft else "",
        )
        self.fields[name_of("ground", key)] = forms.ChoiceField(
            label=_("Ground, if refused"),
            required=False,
            choices=self._refusals,
            initial=draft.ground if draft else "" if key[2] else row.ground,
        )
        self.fields[name_of("sentence", key)] = forms.CharField(
            label=_("Your words to the person, if refused"),
            required=False,
            max_length=LONGEST_SENTENCE,
            initial=draft.sentence if draft else "",
            widget=forms.Textarea(attrs={"rows": 2}),
        )

    def _suggested(self, row: GroupRow | ItemRow) -> str:
        act = act_in_words(self.case.kind, row.suggestion)
        return gettext("As suggested: %(act)s") % {"act": act} if act else gettext("As suggested")

    def clean(self) -> dict[str, Any]:
        """A refusal names its ground, and says why in words where no lock says it already."""
        cleaned = super().clean() or self.cleaned_data
        for key, draft in self._all_entered():
            if draft.verdict != REFUSE or draft == self.drafts.get(key):
                continue
            if not draft.ground and name_of("ground", key) not in self.errors:
                self.add_error(name_of("ground", key), gettext("Choose the ground of the refusal."))
            if not draft.sentence and not self._rows[key].locked_by:
                self.add_error(name_of("sentence", key), gettext("Write why, in plain words."))
        return cleaned

    def entered(self) -> list[Entered]:
        """What differs from the drafts in force, in the order of the page; no draft returns to what is
        suggested."""
        return [
            Entered(key, draft if draft.verdict else None)
            for key, draft in self._all_entered()
            if draft != self.drafts.get(key, Draft())
        ]

    def _all_entered(self) -> Iterator[tuple[Key, Draft]]:
        return ((key, self._draft(key)) for key in self._rows)

    def _draft(self, key: Key) -> Draft:
        given = {part: self.cleaned_data.get(name_of(part, key), "") for part in ("verdict", "ground")}
        words = self.cleaned_data.get(name_of("sentence", key), "").strip()
        verdict = given["verdict"] or self._meant(key, given["ground"], words)
        return Draft(verdict, given["ground"], words) if verdict == REFUSE else Draft(verdict)

    def _meant(self, key: Key, ground: str, words: str) -> str:
        """Another ground, or words, for what is suggested to be refused: that is a refusal."""
        row = self._rows[key]
        changed = bool(words) or ground != row.ground
        refused = row.suggestion == REFUSE and key not in self.drafts
        return REFUSE if changed and refused and (ground or words) else ""

    def erasure_ground(self) -> str:
        """Why the data is to be erased; empty for none, and for other kinds."""
        return str(self.cleaned_data.get("ground", ""))

    def renew(self) -> None:
        """Let what was entered be sent again, now that the page shows what is stored meanwhile."""
        given: QueryDict = self.data.copy()  # type: ignore[assignment]
        given["seen"] = self._fresh
        self.data = given

    def lines(self) -> list[Line]:
        """Every group with its items, ready to draw."""
        return [
            self._line(
                (group.source, group.kind, ""),
                group,
                [self._line((group.source, group.kind, item.ref), item, []) for item in group.items],
            )
            for group in self.board.groups
        ]

    def _line(self, key: Key, row: GroupRow | ItemRow, items: list[Line]) -> Line:
        verdict, ground, sentence = (self[name_of(part, key)] for part in ("verdict", "ground", "sentence"))
        return Line(row, key, verdict, ground, sentence, self._stored(key, verdict), items)

    def _stored(self, key: Key, verdict: forms.BoundField) -> str:
        draft = self.drafts.get(key)
        if not self.is_bound or draft is None or verdict.value() == draft.verdict:
            return ""
        return gettext("Saved meanwhile: %(act)s") % {"act": act_in_words(self.case.kind, draft.verdict)}

    def shared(self) -> list[forms.BoundField]:
        """The inputs that belong to no line."""
        return [self[name] for name in ("ground",) if name in self.fields]


def board_form(actor: Actor, case: Case, board: Board, data: Any = None) -> BoardForm:
    """The form over a board, empty or with what was sent."""
    known = drafts(actor, case)
    return BoardForm(data, case=case, board=board, drafts=known, seen=mark(case, known))
