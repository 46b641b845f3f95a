"""What is held about a person, counted by kind: shown before anything is asked, decided or erased."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import system
from portals_core.plumbing.sources import SOURCES, Item
from portals_core.records import catalogue
from portals_core.records.models import Record
from portals_core.records.reads import personal_counts
from requests.holding import planning
from requests.models import Kind

_ORIGIN = system("tell a person where their data came from")
#: Sources stored as a word of our own, not as a sentence somebody wrote.
_ENTERED = {"portal": _("entered in the portal"), "staff": _("entered by staff")}
#: Beyond this a page says "more than" instead of counting on.
MOST = 10_000
#: Items named in each group; the rest is a number.
NAMED = 8


@dataclass
class Group:
    """Items of one kind: how many, and the names of the first."""

    label: object
    count: int = 0
    #: How many fields of the kind say something about a person, and how many of these are sensitive (F11).
    personal: int = 0
    sensitive: int = 0
    names: list[str] = field(default_factory=list)
    #: How these came here, in words, in the order of the alphabet (D18); told only in an overview.
    origins: list[str] = field(default_factory=list)

    @property
    def unnamed(self) -> int:
        """How many there are besides those named."""
        return self.count - len(self.names)


@dataclass(frozen=True)
class Holdings:
    """Groups in the order of the sources. `capped` says that counting stopped at `MOST`."""

    groups: list[Group]
    total: int
    capped: bool


def held(subject: UUID, act: str, *, named: bool) -> Holdings:
    """What stands about a person on which `act` can be done. Whoever calls has asked who may know it.

    Without `named` only the kinds and counts are given.
    """
    found = islice(planning.items_of(subject, act), MOST + 1)
    return _counted(((item, item.label) for item in found), named=named)


def overview(subject: UUID) -> Holdings:
    """What is held about a person, for that person's own eyes: every kind with its personal fields and how
    it came here (D6, D18, Art. 15(1)(g)). Constantly many queries for any number of records."""
    items = list(islice(planning.items_of(subject, planning.ACTS[Kind.DELETE]), MOST + 1))
    found = _counted(((item, item.label) for item in items), named=False)
    marked = {module.label_plural: catalogue.fields(module) for module in catalogue.modules()}
    came = _origins(item.ref for item in items if item.source == planning.RECORDS)
    for group in found.groups:
        plain, group.sensitive = personal_counts(marked.get(str(group.label), ()))
        group.personal = plain + group.sensitive
        group.origins = came.get(str(group.label), [])
    return found


def _origins(refs: Iterable[str]) -> dict[str, list[str]]:
    """By the plural of the module: in which ways these records came here, in words."""
    rows = Record.objects.visible_to(_ORIGIN).filter(pk__in=list(refs)).exclude(source="").order_by()
    found: dict[str, set[str]] = {}
    for label, source in rows.values_list("module__label_plural", "source").distinct():
        found.setdefault(label, set()).add(str(_ENTERED.get(source, source)))
    return {label: sorted(sources) for label, sources in found.items()}


def planned(items: Iterable[Iterable[object]]) -> Holdings:
    """A stored plan by kind: counts only, because a plan holds no names (N3)."""
    return _counted(((Item(str(source), str(kind), ""), "") for source, kind, *_rest in items), named=False)


def _counted(items: Iterable[tuple[Item, str]], *, named: bool) -> Holdings:
    labels = _labels()
    groups: dict[tuple[str, str], Group] = {}
    total = 0
    for item, name in items:
        total += 1
        if total > MOST:
            break
        key = (item.source, item.kind if item.source == planning.RECORDS else "")
        group = groups.setdefault(key, Group(labels.get(key, item.kind)))
        group.count += 1
        if named and name and len(group.names) < NAMED:
            group.names.append(name)
    return Holdings(list(groups.values()), min(total, MOST), total > MOST)


def _labels() -> dict[tuple[str, str], object]:
    """Modules by their plural; every other source by its own label."""
    modules = {
        (planning.RECORDS, key): label
        for key, label in catalogue.modules().values_list("key", "label_plural")
    }
    return {**{(key, ""): source.label for key, source in SOURCES.items()}, **modules}
