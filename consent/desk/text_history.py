"""The history of a purpose's texts for staff: its versions, what is missing, and who is concerned."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from consent.catalogue import texts
from consent.models import PERMITTING, Decision, Purpose, Question, Text, Withdrawn
from portals_core.access.actor import Actor, system
from portals_core.ledger import reads as ledger
from portals_core.ledger.models import LedgerEntry
from portals_core.plumbing.errors import Absent
from portals_core.records.reads import CAP, capped

PAGE = 10
_COUNT = system("say how many people a change of a purpose or text concerns")
_LEAVES = system("name the log entries of published texts")


@dataclass(frozen=True)
class Version:
    """One version in its languages, the site's first."""

    number: int
    texts: list[Text]
    withdrawn: Withdrawn | None
    #: The log entry of each publication and of the withdrawal, by what the entry is about.
    leaves: Mapping[str, LedgerEntry] = field(default_factory=dict)

    @property
    def original(self) -> Text:
        """The text that began the version."""
        return self.texts[0]

    @property
    def rows(self) -> list[tuple[Text, LedgerEntry | None]]:
        """Each text with its log entry."""
        return [
            (text, self.leaves.get(texts.about(text.purpose, text.version, text.language)))
            for text in self.texts
        ]


@dataclass(frozen=True)
class Page:
    """Some versions, newest first; `after` is the number from which the next page goes on."""

    rows: list[Version]
    after: int | None = None

    @property
    def address(self) -> str:
        """The query of the next page; empty where there is none."""
        return f"?before={self.after}" if self.after else ""


@dataclass(frozen=True)
class Newest:
    """How the newest version of one purpose stands."""

    text: Text
    withdrawn: bool
    #: Codes of the site's languages that it does not speak.
    missing: list[str]


@dataclass(frozen=True)
class Affected:
    """How many people hold a consent now, and how many are asked and have not answered; capped."""

    agreed: int
    asked: int
    cap: int = CAP


def page(actor: Actor, purpose: Purpose, *, before: int | None = None) -> Page:
    """Versions of the purpose from the newest, or below `before`; a constant number of queries."""
    rows = Text.objects.visible_to(actor).filter(purpose=purpose)
    numbers = rows.filter(version__lt=before) if before else rows
    wanted = list(numbers.order_by("-version").values_list("version", flat=True).distinct()[: PAGE + 1])
    shown = wanted[:PAGE]
    return Page(
        _versions(actor, purpose, rows.filter(version__in=shown)),
        shown[-1] if len(wanted) > len(shown) else None,
    )


def version(actor: Actor, purpose: Purpose, number: int) -> Version:
    """One version. Raises `Absent`."""
    rows = Text.objects.visible_to(actor).filter(purpose=purpose, version=number)
    found = _versions(actor, purpose, rows)
    if not found:
        raise Absent(_("There is no such version."), code="text.absent")
    return found[0]


def numbers(actor: Actor, purpose: Purpose, language: str) -> list[int]:
    """Versions that speak this language, newest first."""
    rows = Text.objects.visible_to(actor).filter(purpose=purpose, language=language)
    return list(rows.order_by("-version").values_list("version", flat=True))


def text(actor: Actor, purpose: Purpose, number: int, language: str) -> Text:
    """One version in one language. Raises `Absent`."""
    rows = Text.objects.visible_to(actor).filter(purpose=purpose, version=number, language=language)
    found = rows.select_related("purpose").first()
    if found is None:
        raise Absent(_("There is no such text."), code="text.absent")
    return found


def languages(actor: Actor, purpose: Purpose) -> list[str]:
    """Languages in which any version speaks, in the site's order."""
    rows = Text.objects.visible_to(actor).filter(purpose=purpose)
    spoken = set(rows.order_by().values_list("language", flat=True).distinct())
    return [code for code, _name in settings.LANGUAGES if code in spoken]


def newest_of(purposes: Iterable[Purpose], language: str) -> dict[int, Newest]:
    """The newest version of each purpose that has one, for a reader of `language`; one query."""
    spoken: dict[int, list[Any]] = {}
    for one in texts.newest().filter(purpose__in=[purpose.pk for purpose in purposes]):
        spoken.setdefault(one.purpose_id, []).append(one)
    return {
        purpose: Newest(
            text=min(found, key=lambda one: texts.rank(one.language, language)),
            withdrawn=found[0].is_withdrawn,
            missing=_missing({one.language for one in found}),
        )
        for purpose, found in spoken.items()
    }


def affected(purpose: Purpose, *, at: datetime, number: int | None = None) -> Affected:
    """Whom a change of the purpose, or of one version of its text, concerns at that moment."""
    agreed = (
        Decision.objects.visible_to(_COUNT)
        .filter(purpose=purpose, superseded_at=None, state__in=PERMITTING)
        .filter(Q(ends_at=None) | Q(ends_at__gt=at))
    )
    asked = Question.objects.visible_to(_COUNT).filter(purpose=purpose, closed_at=None)
    if number is not None:
        agreed, asked = agreed.filter(text__version=number), asked.filter(text__version=number)
    return Affected(capped(agreed), capped(asked))


def _versions(actor: Actor, purpose: Purpose, rows: QuerySet[Text]) -> list[Version]:
    by_number: dict[int, list[Text]] = {}
    for one in rows.select_related("purpose").order_by("-version", "pk"):
        by_number.setdefault(one.version, []).append(one)
    ended = Withdrawn.objects.visible_to(actor).filter(purpose=purpose, version__in=by_number)
    withdrawn = {one.version: one for one in ended.select_related("by")}
    leaves = _leaves(purpose, by_number)
    order = {code: place for place, (code, _name) in enumerate(settings.LANGUAGES)}
    order[settings.LANGUAGE_CODE] = -1
    return [
        Version(
            number,
            sorted(found, key=lambda one: order.get(one.language, len(order))),
            withdrawn.get(number),
            leaves,
        )
        for number, found in by_number.items()
    ]


def _leaves(purpose: Purpose, by_number: Mapping[int, list[Text]]) -> dict[str, LedgerEntry]:
    names = [texts.about(purpose, number) for number in by_number]
    names += [
        texts.about(purpose, one.version, one.language) for found in by_number.values() for one in found
    ]
    return {entry.about: entry for entry in ledger.entries(_LEAVES).filter(about__in=names)}


def _missing(spoken: set[str]) -> list[str]:
    return [code for code, _name in settings.LANGUAGES if code not in spoken]
