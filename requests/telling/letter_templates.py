"""The organisation's own letters: versions per kind and language, frozen, the newest in force.

Where there is none the text the product brings along holds, as version 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor, system
from portals_core.ledger import append
from portals_core.plumbing.errors import Absent, Conflict
from requests.casebook import barriers
from requests.models import LetterKind, LetterTemplate
from requests.telling import letters_texts, placeholders

_READ = system("read the text of a letter")
KEEP = "cases.letters"


@dataclass(frozen=True, slots=True)
class Words:
    """The text in force; version 0 is the one the product brings along."""

    kind: str
    language: str
    version: int
    title: str
    body: str
    at: datetime | None = None

    @property
    def name(self) -> object:
        """The kind in words."""
        return LetterKind(self.kind).label


def check(kind: str, language: str) -> None:
    """Raise `Absent` for a kind or language that does not exist."""
    if kind not in letters_texts.KINDS or language not in dict(settings.LANGUAGES):
        raise Absent(_("There is no such page."))


def current(kind: str, language: str) -> Words:
    """What a letter of this kind says in this language now."""
    row = LetterTemplate.objects.visible_to(_READ).filter(kind=kind, language=language).first()
    return _as_words(row) if row else original(kind, language)


def original(kind: str, language: str) -> Words:
    """The text the product brings along."""
    return Words(kind, language, 0, *letters_texts.words(kind, language))


def _as_words(row: LetterTemplate) -> Words:
    return Words(row.kind, row.language, row.version, row.title, row.body, row.at)


def overview(actor: Actor) -> list[tuple[object, str, list[tuple[str, Words | None]]]]:
    """(label, kind, [(language, own text or None)]) of every letter, in one query."""
    newest: dict[tuple[str, str], Words] = {}
    for row in LetterTemplate.objects.visible_to(actor).order_by("version"):
        newest[row.kind, row.language] = _as_words(row)
    return [
        (
            kind.label,
            kind.value,
            [(code, newest.get((kind.value, code))) for code, _name in settings.LANGUAGES],
        )
        for kind in map(LetterKind, letters_texts.KINDS)
    ]


def versions(actor: Actor, kind: str, language: str) -> list[LetterTemplate]:
    """Every version, newest first, with who wrote it."""
    check(kind, language)
    rows = LetterTemplate.objects.visible_to(actor).filter(kind=kind, language=language)
    return list(rows.select_related("by").order_by("-version"))


def version(actor: Actor, kind: str, language: str, number: int) -> Words:
    """One version; 0 is the text the product brings along. Raises `Absent`."""
    check(kind, language)
    if number == 0:
        return original(kind, language)
    rows = LetterTemplate.objects.visible_to(actor).filter(kind=kind, language=language, version=number)
    row = rows.first()
    if row is None:
        raise Absent(_("There is no such version."))
    return _as_words(row)


def sample(kind: str, language: str, *, title: str, body: str) -> Words:
    """How a letter with this text would read, with sample values. Raises `BadInput` like `publish`."""
    check(kind, language)
    heading, text = placeholders.checked(kind, title=title, body=body)
    with translation.override(language):
        values = placeholders.samples()
        return Words(kind, language, 0, placeholders.title(heading, values), placeholders.body(text, values))


def publish(
    *, actor: Actor, kind: str, language: str, title: str, body: str, after: int, at: datetime
) -> LetterTemplate:
    """Put a new version in force. `after` is the newest one its writer had seen.

    Needs "cases.letters". Raises `Forbidden`, `Absent` for an unknown kind or language, `BadInput` for a text
    that cannot be used and `Conflict` where another version came meanwhile.
    """
    barriers.needs(actor, KEEP)
    check(kind, language)
    heading, text = placeholders.checked(kind, title=title, body=body)
    with transaction.atomic():
        if current(kind, language).version != after:
            raise _other()
        row = LetterTemplate(
            kind=kind,
            language=language,
            version=after + 1,
            title=heading,
            body=text,
            by=barriers.user_of(actor),
            at=at,
        )
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError:
            raise _other() from None
        append.record(
            "letter_template.published",
            actor=actor,
            about=f"letter:{kind}",
            at=at,
            detail={"kind": kind, "language": language, "version": row.version},
        )
    return row


def revert(*, actor: Actor, kind: str, language: str, to: int, after: int, at: datetime) -> LetterTemplate:
    """Put the words of an earlier version, or with 0 those of the product, in force as a new version."""
    barriers.needs(actor, KEEP)
    older = version(actor, kind, language, to)
    given = {"title": older.title, "body": older.body}
    return publish(actor=actor, kind=kind, language=language, after=after, at=at, **given)


def languages() -> Iterator[str]:
    """Codes of the languages letters are written in."""
    return (code for code, _name in settings.LANGUAGES)


def _other() -> Conflict:
    return Conflict(
        _("Somebody else saved a version meanwhile. Look at it before you save yours."), code="letter.version"
    )
