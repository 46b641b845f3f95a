"""Why something is refused, as the person reads it: ground, article, law, the officer's words (Art. 12(4)).

Where a lock stands in the way, the reason is written from the lock: its law, its words, its end (N2).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice
from uuid import UUID

from django.utils import formats
from django.utils.translation import gettext as _

from portals_core.access.actor import system
from portals_core.locks import place
from portals_core.locks import words as lock_words
from portals_core.locks.decide import KEEPING, InForce
from portals_core.plumbing.sources import SOURCES
from portals_core.records import catalogue
from requests.holding import planning
from requests.holding.book import Book, batches
from requests.law import grounds
from requests.law.plan import Entry
from requests.law.states import State
from requests.models import Case, Kind, Proposal, Verdict, VerdictKind

_READ = system("write the reasons of a decision")
#: Grounds that rest on a duty to keep: the locks behind it are named.
_KEPT = {"JustificationA17LegallyRequired", "JustificationA17LegalClaims"}
#: Items looked at for the locks behind a refusal of the whole.
MOST = 10_000
#: What is told together: source and kind; with them the law it is kept for, and until when.
_Kind = tuple[str, str]
_Group = tuple[_Kind, str, date | None]


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that is refused; `what` is empty for the whole request."""

    what: str
    ground: str
    article: str
    words: str = ""
    law: str = ""
    ends_on: date | None = None

    def told(self) -> str:
        """In one paragraph, in the language that is active."""
        parts = [
            f"{self.ground} ({_('Art. %(article)s GDPR') % {'article': self.article}})"
            if self.ground
            else "",
            self.law,
            _("We must keep it until %(day)s.") % {"day": formats.date_format(self.ends_on, "DATE_FORMAT")}
            if self.ends_on
            else "",
            self.words,
        ]
        said = " ".join(part for part in parts if part)
        return f"{self.what}: {said}" if self.what else said


@dataclass(frozen=True, slots=True)
class Told:
    """A decision as a letter needs it: what is done and what is refused."""

    done: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()


def told(case: Case) -> Told:
    """What the decision, or its draft, says; in the language that is active."""
    if case.kind == Kind.RECTIFY:
        return _corrections(case)
    planned = planning.entries_stored(case)
    if case.state == State.REFUSED or (not planned and _refused_whole(case)):
        return Told(reasons=tuple(_whole(case)))
    if planned:
        return _planned(case, planned)
    return _drafted(case)


def _refused_whole(case: Case) -> bool:
    return any(one.code == case.ground for one in grounds.refusals_for(case.kind))


def _ground(case: Case, code: str) -> tuple[str, str]:
    for one in grounds.refusals_for(case.kind):
        if one.code == code:
            return str(one.sentence), one.article
    return "", ""


def _whole(case: Case) -> Iterator[Reason]:
    yield Reason("", *_ground(case, case.ground), words=case.sentence)
    if case.kind != Kind.DELETE or case.ground not in _KEPT or case.subject is None:
        return
    found = islice(planning.items_of(case.subject, planning.ACTS[Kind.DELETE]), MOST)
    labels = _labels()
    groups: Counter[_Group] = Counter()
    for several in batches(Entry(item.source, item.kind, item.ref) for item in found):
        groups.update(group for _one, group in _by_lock(several))
    for (kind, law, ends_on), count in groups.items():
        if law or ends_on:
            yield Reason(_counted(labels, kind, count), "", "", law=law, ends_on=ends_on)


def _planned(case: Case, entries: Book) -> Told:
    said = {(row.source, row.kind, row.ref): row.sentence for row in _verdicts(case)}
    done: Counter[_Kind] = Counter()
    left: Counter[_Kind] = Counter()
    #: By ground and the officer's words.
    groups: dict[tuple[str, str], Counter[_Group]] = {}
    for several in batches(entries):
        refused = [one for one in several if one.verdict == VerdictKind.REFUSE]
        done.update(_kind(one) for one in several if one.verdict != VerdictKind.REFUSE)
        left.update(map(_kind, refused))
        for one, group in _by_lock(refused):
            own = said.get((one.source, one.kind, one.ref)) or said.get((one.source, one.kind, ""), "")
            groups.setdefault((one.ground, own), Counter())[group] += 1
    labels = _labels()
    return Told(
        tuple(_counted(labels, kind, count) for kind, count in done.items()),
        tuple(_counted(labels, kind, count) for kind, count in left.items()),
        tuple(
            Reason(_counted(labels, kind, count), *_ground(case, code), words=own, law=law, ends_on=ends_on)
            for (code, own), counted in groups.items()
            for (kind, law, ends_on), count in counted.items()
        ),
    )


def _drafted(case: Case) -> Told:
    """What stands refused among the drafts, by kind; the counts follow with the plan."""
    labels = _labels()
    rows = [row for row in _verdicts(case) if row.verdict == VerdictKind.REFUSE]
    reasons = [
        Reason(
            str(labels.get((row.source, row.kind), labels.get((row.source, ""), row.kind))),
            *_ground(case, row.ground),
            words=row.sentence,
        )
        for row in rows
    ]
    unique = tuple(dict.fromkeys(reasons))
    return Told(refused=tuple(dict.fromkeys(one.what for one in unique)), reasons=unique)


def _corrections(case: Case) -> Told:
    rows = list(Proposal.objects.visible_to(_READ).filter(case=case))
    done = tuple(row.label for row in rows if row.approved)
    left = tuple(row.label for row in rows if row.approved is False)
    if case.state == State.REFUSED or left:
        reason = Reason(", ".join(left), *_ground(case, case.ground), words=case.sentence)
        return Told(done, left, (reason,))
    return Told(done)


def _verdicts(case: Case) -> list[Verdict]:
    return list(Verdict.objects.visible_to(_READ).filter(case=case))


def _by_lock(several: list[Entry]) -> Iterator[tuple[Entry, _Group]]:
    """Of a batch each entry with its kind, and for which law it is kept and until when; without a lock both
    are empty."""
    keeping = _keeping([UUID(one.ref) for one in several if one.source == planning.RECORDS])
    for one in several:
        lock = keeping.get(one.ref)
        yield one, (_kind(one), _law(lock), lock.ends_on if lock else None)


def _keeping(records: list[UUID]) -> dict[str, InForce]:
    found: dict[str, InForce] = {}
    for record, locks in place.in_force(records).items() if records else ():
        kept = [lock for lock in locks if lock.ground in KEEPING]
        if kept:
            # The longest duty is the one that tells when the data can go.
            found[str(record)] = max(kept, key=lambda lock: lock.ends_on or date.max)
    return found


def _law(lock: InForce | None) -> str:
    if lock is None:
        return ""
    # What staff wrote down is never told (L8).
    words = str(lock.plain or lock_words.PLAIN[lock.ground])
    return f"{words} ({lock.law})" if lock.law else words


def _kind(one: Entry) -> _Kind:
    return one.source, one.kind if one.source == planning.RECORDS else ""


def _labels() -> dict[tuple[str, str], object]:
    modules = catalogue.modules().values_list("key", "label_plural")
    return {
        **{(key, ""): source.label for key, source in SOURCES.items()},
        **{(planning.RECORDS, key): label for key, label in modules},
    }


def _counted(labels: dict[tuple[str, str], object], kind: tuple[str, str], count: int) -> str:
    return f"{labels.get(kind, kind[1] or kind[0])} ({formats.number_format(count)})"
