"""Where every purpose stands for a person at one moment, read from what was decided and never stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.functional import Promise

from consent.catalogue import purposes, texts
from consent.law.bases import Basis as LawfulBasis
from consent.models import (
    NOT_APPLICABLE,
    PERMITTING,
    Authority,
    Basis,
    Decision,
    Objection,
    Purpose,
    Question,
    State,
    Text,
)
from consent.standing import words
from portals_core.access.actor import system
from portals_core.records.models import Record

_STANDING = system("say where consent stands")


@dataclass(frozen=True)
class Standing:
    """Where one purpose stands for one person at one moment."""

    purpose: Purpose
    #: What they would agree to now, in the reader's language; `None` before the first publication.
    text: Text | None
    state: State
    since: datetime | None = None
    #: The decision that counts, with the text it was made on; `None` where nothing was decided.
    decision: Decision | None = None
    basis: Basis | None = None
    #: When it ends by itself, if it holds now: its own end, or the date by which a newer text asks again.
    until: datetime | None = None
    #: Whether a newer text is what ends it, or ended it.
    by_new_text: bool = False
    #: When they objected to what this purpose does, if that is later than the decision (Art. 21(2)).
    objected: datetime | None = None
    #: The question that waits for their answer.
    question: Question | None = None

    @property
    def given(self) -> bool:
        """Whether they agreed and it has not ended, objected to or not."""
        return self.state in PERMITTING

    @property
    def permits(self) -> bool:
        """Whether it is on: agreed to, not ended, not objected to since."""
        return self.given and self.objected is None

    @property
    def can_end(self) -> bool:
        """Whether there is something to withdraw."""
        return self.given or self.state is State.WAITING

    @property
    def seen(self) -> int:
        """The number of the decision behind it; 0 where nothing was decided."""
        return self.decision.number if self.decision else 0

    @property
    def decided_on(self) -> Text | None:
        """The text that was decided on, which may be older than `text`."""
        return self.decision.text if self.decision else None

    @property
    def on_behalf(self) -> bool:
        return bool(self.decision and self.decision.on_behalf)

    @property
    def as_parent(self) -> bool:
        """Whether a parent decided (Art. 8(1))."""
        return bool(self.decision and self.decision.authority == Authority.PARENT)

    @property
    def outdated(self) -> bool:
        """Whether the text has changed since it was decided on."""
        return bool(self.text and self.decided_on and self.text.version > self.decided_on.version)

    @property
    def may_be_asked(self) -> bool:
        """Whether whoever added the person can ask them: never again once the person said no (W18)."""
        theirs = bool(self.decision and self.decision.authority == Authority.SELF)
        said_no = theirs and self.state in (State.REFUSED, State.WITHDRAWN)
        return self.text is not None and not self.can_end and not said_no

    @property
    def own_label(self) -> Promise | str:
        """The state in a word or two, for the person."""
        return words.label(self.state)

    @property
    def own_words(self) -> Promise:
        """The state in a sentence for the person, with the next step."""
        return words.own(self.state, by_new_text=self.by_new_text, objected=self.objected is not None)

    @property
    def others_words(self) -> Promise:
        """The same for whoever added the person."""
        return words.of_another(self.state, as_parent=self.as_parent, objected=self.objected is not None)


def of(subjects: list[UUID], *, portal: bool, language: str, at: datetime) -> Mapping[UUID, list[Standing]]:
    """Where every active purpose stands for each person; constantly many queries, whatever their number.

    In the portal a basis shows only where it is consent, a purpose pursued on another basis is not offered
    (D3), and nothing new is offered where the kind of record is kept without compliance (D2). Whatever was
    once given can always be withdrawn.
    """
    active = list(purposes.active())
    now, ending = texts.current_of(active, language), _ending(active)
    decided = _by_purpose(Decision, subjects, "text", superseded_at=None)
    asked = _by_purpose(Question, subjects, "asked_by", closed_at=None)
    bases = _by_purpose(Basis, subjects, "purpose", valid_to=None)
    objections = list(Objection.objects.visible_to(_STANDING).filter(subject__in=subjects))
    governed = governed_among(subjects) if portal else set(subjects)
    found: dict[UUID, list[Standing]] = {subject: [] for subject in subjects}
    for subject in subjects:
        own = [one for one in objections if one.subject == subject]
        for purpose in active:
            key = (subject, purpose.pk)
            decision, basis, text = decided.get(key), bases.get(key), now.get(purpose.pk)
            if portal and not _is_offered(text, decision, basis, subject in governed):
                continue
            shown = None if portal and _other(basis) else basis
            standing = _standing(purpose, text, decision, ending.get(purpose.pk, ()), own, at)
            found[subject].append(replace(standing, basis=shown, question=asked.get(key)))
    return found


def governed_among(subjects: Iterable[UUID]) -> set[UUID]:
    """Those of them whose kind of record is kept under compliance (D2)."""
    rows = Record.objects.visible_to(_STANDING).filter(pk__in=list(subjects), module__compliance=True)
    return set(rows.values_list("pk", flat=True))


def _by_purpose(model: Any, subjects: list[UUID], related: str, **narrow: object) -> dict[Any, Any]:
    rows = model.objects.visible_to(_STANDING).filter(subject__in=subjects, **narrow)
    return {(row.subject, row.purpose_id): row for row in rows.select_related(related)}


def _ending(active: Iterable[Purpose]) -> dict[int, list[tuple[int, datetime]]]:
    """By purpose: versions that ask everybody again, each with the date by which."""
    rows = texts.renewals().filter(purpose__in=[one.pk for one in active])
    found: dict[int, list[tuple[int, datetime]]] = {}
    for purpose, version, renew_by in rows.values_list("purpose", "version", "renew_by").order_by():
        if renew_by is not None:
            found.setdefault(purpose, []).append((version, renew_by))
    return found


def _is_offered(text: Text | None, decision: Decision | None, basis: Basis | None, governed: bool) -> bool:
    """A switch for what rests on a contract or a law would promise what it cannot do; yet whatever was once
    given can always be withdrawn."""
    if decision is not None and decision.state in PERMITTING | {State.WAITING}:
        return True
    return governed and text is not None and not _other(basis)


def _other(basis: Basis | None) -> bool:
    return basis is not None and basis.basis not in (LawfulBasis.CONSENT.value, NOT_APPLICABLE)


def _standing(
    purpose: Purpose,
    text: Text | None,
    decision: Decision | None,
    ending: Iterable[tuple[int, datetime]],
    objections: Iterable[Objection],
    at: datetime,
) -> Standing:
    if decision is None:
        return Standing(purpose, text, State.PENDING)
    found = Standing(purpose, text, State(decision.state), decision.at, decision)
    if decision.state not in PERMITTING:
        return found
    renew_by = min((day for version, day in ending if version > decision.text.version), default=None)
    until = min((day for day in (decision.ends_at, renew_by) if day), default=None)
    by_new_text = until is not None and until == renew_by
    if until is not None and until <= at:
        return replace(found, state=State.EXPIRED, since=until, by_new_text=by_new_text)
    against = [one.at for one in objections if _meets(one, purpose) and one.at >= decision.at]
    return replace(found, until=until, by_new_text=by_new_text, objected=max(against, default=None))


def _meets(objection: Objection, purpose: Purpose) -> bool:
    """Whether an objection is to what this purpose does (Art. 21(2))."""
    return (objection.marketing and purpose.marketing) or (objection.sharing and purpose.sharing)
