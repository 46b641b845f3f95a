"""The form in which an officer decides on everything a request touches, group by group and item by item."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor
from requests.casebook.acts import ACTS, REFUSE, act_in_words, keys
from requests.deciding.approvals import LONGEST_SENTENCE
from requests.deciding.drafting import Key, drafts, mark, name_of
from requests.deciding.verdicts import Draft, GroupRow, ItemRow, redactable
from requests.forms.common import Errand
from requests.forms.desk import as_choices
from requests.holding import asked
from requests.law import grounds
from requests.models import Case, Kind, VerdictKind

#: Why it is done, where that is kept with the case: the question and its choices.
REASONS: dict[str, tuple[Any, Callable[[], list[tuple[str, Any]]]]] = {
    Kind.DELETE: (_("Why the data is to be erased"), lambda: as_choices(grounds.ERASURES)),
    Kind.STOP: (_("Why the processing is stopped"), asked.ground_choices),
}
#: Items of a group on the page of the case, the remarkable ones first; the page of the group has all.
SHOWN = 10


def acts_on(kind: str, source: str) -> dict[str, Any]:
    """What can be done about an item of this source: a file cannot be redacted, only left out."""
    return {
        act: name for act, name in ACTS[kind].items() if act != VerdictKind.REDACT or redactable(kind, source)
    }


@dataclass
class Line:
    """A group or an item as the form shows it: what is known of it and its three inputs."""

    row: GroupRow | ItemRow
    verdict: forms.BoundField
    ground: forms.BoundField
    sentence: forms.BoundField
    #: What stands as draft where something else was entered and not stored yet.
    stored: str = ""
    items: list[Line] = field(default_factory=list)

    @property
    def kept(self) -> bool:
        """Whether a group stays unless somebody decides otherwise; an item follows its group."""
        return isinstance(self.row, GroupRow) and self.row.suggestion == REFUSE

    @property
    def alone(self) -> bool:
        """Whether the one item of a group is called as the group is: naming it would say the same twice."""
        return isinstance(self.row, GroupRow) and self.row.names == [str(self.row.label)]

    @property
    def unnamed(self) -> int:
        """How many of a group there are besides those named."""
        return self.row.count - len(self.row.names) if isinstance(self.row, GroupRow) else 0

    @property
    def unlisted(self) -> int:
        """How many of a group there are besides those listed one by one."""
        return self.row.count - len(self.items) if isinstance(self.row, GroupRow) else 0

    @property
    def wrong(self) -> bool:
        """Whether something in it, or in one of its items, needs correcting."""
        fields = (self.verdict, self.ground, self.sentence)
        return any(one.errors for one in fields) or any(item.wrong for item in self.items)

    @property
    def apart(self) -> bool:
        """Whether one of its items is decided otherwise than the group."""
        return any(item.verdict.value() for item in self.items)


class BoardForm(Errand):
    """Groups with verdict, ground and words; an item that differs has its own.

    An empty verdict leaves a group to the suggestion, and an item to its group: then nothing is stored.
    """

    seen = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def __init__(
        self,
        data: Any = None,
        *,
        case: Case,
        groups: Sequence[GroupRow],
        known: Mapping[Key, Draft],
        whole: bool = True,
    ) -> None:
        self._fresh = mark(case, known)
        super().__init__(data, initial={"seen": self._fresh})
        self.case, self.groups, self.known = case, groups, known
        self._refusals = [("", _("Choose a ground")), *as_choices(grounds.refusals_for(case.kind))]
        if whole and case.kind in REASONS:
            label, choices = REASONS[case.kind]
            self.fields["ground"] = forms.ChoiceField(
                label=label, required=False, choices=[("", _("No particular ground")), *choices()]
            )
        self._rows = dict(self._keyed())
        for key, row in self._rows.items():
            self._add(key, row)

    def _keyed(self) -> Iterator[tuple[Key, GroupRow | ItemRow]]:
        for group in self.groups:
            yield (group.source, group.kind, ""), group
            for item in group.items:
                yield (group.source, group.kind, item.ref), item

    def _add(self, key: Key, row: GroupRow | ItemRow) -> None:
        draft, acts = self.known.get(key, Draft(*key)), acts_on(self.case.kind, key[0])
        inherited = gettext("As its group") if key[2] else self._suggested(row)
        self.fields[name_of("verdict", key)] = forms.ChoiceField(
            label=_("What is done"),
            required=False,
            choices=[("", inherited), *acts.items()],
            initial=draft.verdict,
        )
        self.fields[name_of("ground", key)] = forms.ChoiceField(
            label=_("Ground, if refused"),
            required=False,
            choices=self._refusals,
            initial=draft.ground or ("" if key[2] or draft.verdict else row.ground),
        )
        self.fields[name_of("sentence", key)] = forms.CharField(
            label=_("Your words to the person, if refused"),
            required=False,
            max_length=LONGEST_SENTENCE,
            initial=draft.sentence,
            widget=forms.Textarea(attrs={"rows": 2}),
        )

    def _suggested(self, row: GroupRow | ItemRow) -> str:
        act = act_in_words(self.case.kind, row.suggestion)
        return gettext("As suggested: %(act)s") % {"act": act} if act else gettext("As suggested for each")

    def clean(self) -> dict[str, Any]:
        """A refusal names its ground, and says why in words where no lock says it already."""
        cleaned = super().clean() or self.cleaned_data
        for key in self._rows:
            draft = self._draft(key)
            if draft.verdict != REFUSE or draft == self.known.get(key) or self._rows[key].locked_by:
                continue
            if not draft.ground and name_of("ground", key) not in self.errors:
                self.add_error(name_of("ground", key), gettext("Choose the ground of the refusal."))
            if not draft.sentence and name_of("sentence", key) not in self.errors:
                self.add_error(name_of("sentence", key), gettext("Write why, in plain words."))
        return cleaned

    def entered(self) -> list[Draft]:
        """What differs from the drafts in force, in the order of the page; a draft with an empty verdict
        returns to what is suggested."""
        found = (self._draft(key) for key in self._rows)
        return [one for one in found if one != self.known.get(_key(one), Draft(*_key(one)))]

    def _draft(self, key: Key) -> Draft:
        ground = self.cleaned_data.get(name_of("ground", key), "")
        words = self.cleaned_data.get(name_of("sentence", key), "").strip()
        verdict = self.cleaned_data.get(name_of("verdict", key), "") or self._meant(key, ground, words)
        return Draft(*key, verdict, ground, words) if verdict == REFUSE else Draft(*key, verdict)

    def _meant(self, key: Key, ground: str, words: str) -> str:
        """Another ground, or words, for a group that is suggested to be refused: that is a refusal."""
        row = self._rows[key]
        if key[2] or key in self.known or row.suggestion != REFUSE:
            return ""
        return REFUSE if words or (ground and ground != row.ground) else ""

    def reason(self) -> str:
        """Why it is done, as a code; empty for none, and for kinds that need no reason."""
        return str(self.cleaned_data.get("ground", ""))

    def renew(self) -> None:
        """Let what was entered be sent again, now that the page shows what is stored meanwhile."""
        given = QueryDict(mutable=True)
        given.update(self.data)
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
            for group in self.groups
        ]

    def _line(self, key: Key, row: GroupRow | ItemRow, items: list[Line]) -> Line:
        verdict, ground, sentence = (self[name_of(part, key)] for part in ("verdict", "ground", "sentence"))
        return Line(row, verdict, ground, sentence, self._stored(key, verdict), items)

    def _stored(self, key: Key, verdict: forms.BoundField) -> str:
        draft = self.known.get(key)
        if not self.is_bound or draft is None or verdict.value() == draft.verdict:
            return ""
        return gettext("Saved: %(act)s") % {"act": act_in_words(self.case.kind, draft.verdict)}

    def keys(self) -> list[tuple[str, str, Any]]:
        """The keys that choose what is done, with the act and its words."""
        return keys(self.case.kind)

    def shared(self) -> list[forms.BoundField]:
        """The inputs that belong to no line."""
        return [self[name] for name in ("ground",) if name in self.fields]


def _key(draft: Draft) -> Key:
    return draft.source, draft.kind, draft.ref


def board_form(actor: Actor, case: Case, groups: Sequence[GroupRow], data: Any = None) -> BoardForm:
    """The form of the page of a case, empty or with what was sent: of each group the remarkable items, and
    those that were sent."""
    known, sent = drafts(actor, case), data if data is not None else ()
    chosen = [replace(group, items=_remarkable(group, known, sent)) for group in groups]
    return BoardForm(data, case=case, groups=chosen, known=known)


def group_form(actor: Actor, case: Case, group: GroupRow, data: Any = None) -> BoardForm:
    """The form of the page of one group, with the items it was given."""
    return BoardForm(data, case=case, groups=[group], known=drafts(actor, case), whole=False)


def _remarkable(group: GroupRow, known: Container[Key], sent: Container[str]) -> list[ItemRow]:
    """The first items by name, those before the others that are decided apart, kept, or name others."""

    def plain(item: ItemRow) -> bool:
        apart = (group.source, group.kind, item.ref) in known
        return not (apart or item.locked_by or item.third_persons or item.suggestion != group.suggestion)

    def was_sent(item: ItemRow) -> bool:
        return name_of("verdict", (group.source, group.kind, item.ref)) in sent

    found = sorted(group.items, key=lambda item: (plain(item), item.name, item.ref))
    return found[:SHOWN] + [item for item in found[SHOWN:] if was_sent(item)]
