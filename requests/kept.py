"""What a plan refuses, as the person is told it: which, how many, why, and until when (W5, N2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from portals_core.locks import words as lock_words
from portals_core.locks.decide import InForce
from portals_core.plumbing.sources import SOURCES
from portals_core.records import catalogue
from requests import grounds, judging, planning
from requests.models import Case, Verdict
from requests.plan import Entry


@dataclass(frozen=True)
class Kept:
    """Items of one kind that are refused for the same reason. `reason` is the sentence of the ground,
    `article` where it stands, `because` what a lock says to the person, `words` the officer's own."""

    label: object
    count: int
    reason: object
    article: str
    because: object = ""
    law: str = ""
    words: str = ""
    until: date | None = None

    def told(self) -> str:
        """One paragraph, in the language that is active."""
        parts = [
            _("%(what)s (%(count)s): %(why)s")
            % {"what": self.label, "count": self.count, "why": self.reason},
            _("The law: Art. %(article)s GDPR.") % {"article": self.article} if self.article else "",
            self.because,
            self.law and f"{self.law}.",
            self.words,
            self.until and _("Until %(day)s.") % {"day": date_format(self.until, "DATE_FORMAT")},
        ]
        return " ".join(str(part) for part in parts if part)


def of(case: Case, entries: Iterable[Entry]) -> list[Kept]:
    """What these entries refuse or leave out in part, in the order of the sources. Constantly many queries
    for any batch of items."""
    left = [entry for entry in entries if not entry.touched]
    if not left:
        return []
    locks = planning.keeping(key for entry in left if (key := planning.record_of(entry)) is not None)
    rows = judging.rows_of(case)
    labels = {one.key: one.label_plural for one in catalogue.modules()}
    groups: dict[tuple[object, ...], list[Entry]] = {}
    facts: dict[tuple[object, ...], Kept] = {}
    for entry in left:
        row = rows.get((entry.source, entry.kind, entry.ref)) or rows.get((entry.source, entry.kind, ""))
        one = _kept(case, entry, _lock(entry, locks), row, labels)
        same = (entry.source, entry.kind, entry.ground, str(one.because), one.law, one.words, one.until)
        groups.setdefault(same, []).append(entry)
        facts.setdefault(same, one)
    return [
        replace(one, count=len(groups[same]))
        for same, one in sorted(facts.items(), key=lambda pair: tuple(map(str, pair[0])))
    ]


def _lock(entry: Entry, locks: dict[UUID, InForce]) -> InForce | None:
    key = planning.record_of(entry)
    return locks.get(key) if key is not None else None


def _kept(
    case: Case, entry: Entry, lock: InForce | None, row: Verdict | None, labels: dict[str, str]
) -> Kept:
    label = labels.get(entry.kind, entry.kind) if entry.source == planning.RECORDS else None
    ground = grounds.refusal(entry.ground, case.kind)
    return Kept(
        label=label or SOURCES.get(entry.source).label,
        count=1,
        reason=ground.sentence,
        article=ground.article,
        because=(lock.plain or lock_words.PLAIN[lock.ground]) if lock else "",
        law=lock.law if lock else "",
        words=row.sentence if row else "",
        until=lock.ends_on if lock else None,
    )
