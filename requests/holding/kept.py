"""What a plan refuses, as the person is told it: which, how many, why, and until when (W5, N2).

It is worked out once, when the case is closed, and stored with the plan: locks end later, and what was told
stays what it was. The officer's own words are not copied; they go with the other words of the case.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from portals_core.access.actor import Actor, system
from portals_core.locks import words as lock_words
from portals_core.locks.decide import KEEPING, InForce
from portals_core.plumbing.sources import SOURCES
from portals_core.records import catalogue
from portals_core.records import reads as records
from requests.holding import duties, judging, planning
from requests.holding.book import batches
from requests.law import grounds
from requests.law.plan import Entry
from requests.models import Case, Plan, Verdict

#: Of each group this many are named on a page.
NAMED = 8
_STORE = system("store what was kept")


@dataclass(frozen=True)
class Kept:
    """Items of one kind that are refused for the same reason. `reason` is the sentence of the ground,
    `article` where it stands, `because` what a lock says to the person, `words` the officer's own; `refs`
    are the first records among them."""

    label: object
    count: int
    reason: object
    article: str
    because: object = ""
    law: str = ""
    words: str = ""
    until: date | None = None
    refs: tuple[str, ...] = ()

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


@dataclass(frozen=True)
class Shown:
    """A group with the names of the first that the reader may see; the others are a number."""

    kept: Kept
    names: tuple[str, ...]

    @property
    def unnamed(self) -> int:
        return self.kept.count - len(self.names)


@dataclass(frozen=True)
class _Group:
    """What a group is stored by. `said` is the draft that has the officer's words."""

    source: str
    kind: str
    ground: str
    lock: str = ""
    plain: str = ""
    law: str = ""
    until: str = ""
    said: int | None = None


@dataclass
class _Members:
    """How many items a group has, and the first records among them."""

    count: int = 0
    refs: list[str] = field(default_factory=list)

    def add(self, entry: Entry) -> None:
        self.count += 1
        if entry.source == planning.RECORDS and len(self.refs) < NAMED:
            self.refs.append(entry.ref)


def of(case: Case, entries: Iterable[Entry]) -> list[Kept]:
    """What these entries refuse or leave out in part, in the order of the sources. Constantly many queries
    for any batch of items."""
    return _read(case, _rows(case, entries))


def settle(case: Case, entries: Iterable[Entry]) -> list[Kept]:
    """The same, stored for good with the plan in force; inside the caller's transaction."""
    rows = _rows(case, entries)
    Plan.objects.visible_to(_STORE).filter(case=case, digest=case.plan_digest).update(kept=rows)
    return _read(case, rows)


def stored(case: Case) -> list[Kept]:
    """What was kept when the case was closed; worked out now where nothing was stored yet."""
    plans = Plan.objects.visible_to(_STORE).filter(case=case, digest=case.plan_digest)
    rows = plans.values_list("kept", flat=True).last()
    return of(case, planning.entries_stored(case)) if rows is None else _read(case, rows)


def shown(actor: Actor, case: Case) -> list[Shown]:
    """What was kept, with the names that this reader may see. Constantly many queries, whatever is kept."""
    groups = stored(case)
    named = records.references(actor, [ref for one in groups for ref in one.refs])
    titles = {str(key): reference.title for key, reference in named.items()}
    return [Shown(one, tuple(titles[ref] for ref in one.refs if ref in titles)) for one in groups]


def _rows(case: Case, entries: Iterable[Entry]) -> list[dict[str, object]]:
    drafts = judging.rows_of(case)
    # The same words about several items are one reason.
    first: dict[str, int] = {}
    groups: dict[_Group, _Members] = {}
    for several in batches(entry for entry in entries if not entry.touched):
        locks = duties.keeping(case.person, several)
        for entry in several:
            own = drafts.get((entry.source, entry.kind, entry.ref))
            row = own or drafts.get((entry.source, entry.kind, ""))
            said = first.setdefault(row.sentence, row.pk) if row and row.sentence else None
            group = _group(entry, locks.get((entry.source, entry.ref)), said)
            groups.setdefault(group, _Members()).add(entry)
    order = sorted(groups, key=lambda group: tuple(map(str, vars(group).values())))
    return [{**vars(group), **vars(groups[group])} for group in order]


def _group(entry: Entry, lock: InForce | None, said: int | None) -> _Group:
    if lock is None or lock.ground not in KEEPING:
        # What somebody else has asked is not told.
        return _Group(entry.source, entry.kind, entry.ground, said=said)
    until = lock.ends_on.isoformat() if lock.ends_on else ""
    return _Group(entry.source, entry.kind, entry.ground, lock.ground, lock.plain, lock.law, until, said)


def _read(case: Case, rows: Iterable[Mapping[str, object]]) -> list[Kept]:
    groups = [dict(row) for row in rows]
    if not groups:
        return []
    labels = {one.key: one.label_plural for one in catalogue.modules()}
    drafts = {row["said"] for row in groups if row["said"]}
    said = Verdict.objects.visible_to(_STORE).filter(pk__in=drafts) if drafts else ()
    words = {row.pk: row.sentence for row in said}
    return [_kept(case, row, labels, words) for row in groups]


def _kept(
    case: Case, row: Mapping[str, object], labels: Mapping[str, object], words: Mapping[int, str]
) -> Kept:
    source, kind, lock = str(row["source"]), str(row["kind"]), str(row["lock"])
    ground = grounds.refusal(str(row["ground"]), case.kind)
    said, refs = row["said"], row["refs"]
    assert isinstance(refs, list)
    return Kept(
        label=(labels.get(kind, kind) if source == planning.RECORDS else "") or SOURCES.get(source).label,
        count=int(str(row["count"])),
        reason=ground.sentence,
        article=ground.article,
        because=row["plain"] or (lock_words.PLAIN[lock] if lock else ""),
        law=str(row["law"]),
        words=words.get(said, "") if isinstance(said, int) else "",
        until=date.fromisoformat(str(row["until"])) if row["until"] else None,
        refs=tuple(map(str, refs)),
    )
