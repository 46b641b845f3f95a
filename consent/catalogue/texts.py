"""Published texts: versions count per purpose, one version may speak several languages, none is ever changed.

What a person is shown is the newest version; in their language where that version has it, otherwise in the
site's. An older version is never shown in its place, however well it is translated (W15); while the newest is
withdrawn nothing is shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Unpack

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from consent.catalogue import composing
from consent.catalogue.composing import Words
from consent.models import Purpose, Text, Withdrawn
from portals_core.access.actor import Actor, system
from portals_core.ledger import append
from portals_core.plumbing import outbox
from portals_core.plumbing.errors import Absent, BadInput, Conflict, Forbidden

#: Announced about "purpose:<key>", with `version`; of a publication with its `language`, too.
PUBLISHED, WITHDRAWN = "consent_text.published", "consent_text.withdrawn"
_READ = system("read published texts")
_PUBLISH = system("publish a text")
_LONGEST_REASON = 400


def current(purpose: Purpose, language: str) -> Text | None:
    """What a person reading `language` is shown for this purpose now.

    `None` before the first publication, and while the newest version is withdrawn.
    """
    return current_of([purpose], language).get(purpose.pk)


def current_of(purposes: Iterable[Purpose], language: str) -> dict[int, Text]:
    """The same for many purposes, in one query, by the purpose's id."""
    chosen: dict[int, Text] = {}
    for text in _offered().filter(purpose__in=[one.pk for one in purposes]):
        best = chosen.get(text.purpose_id)
        if best is None or rank(text.language, language) < rank(best.language, language):
            chosen[text.purpose_id] = text
    return chosen


def rank(language: str, wanted: str) -> int:
    """How well a text in `language` serves a reader of another; the smallest is shown."""
    return 0 if language == wanted else 1 if language == settings.LANGUAGE_CODE else 2


def newest() -> QuerySet[Any]:
    """The texts of every purpose's newest version, each with `is_withdrawn`."""
    rows = Text.objects.visible_to(_READ)
    newer = rows.filter(purpose=OuterRef("purpose"), version__gt=OuterRef("version"))
    withdrawn = Withdrawn.objects.visible_to(_READ).filter(
        purpose=OuterRef("purpose"), version=OuterRef("version")
    )
    rows = rows.filter(~Exists(newer)).annotate(is_withdrawn=Exists(withdrawn))
    return rows.select_related("purpose")


def renewals() -> QuerySet[Text]:
    """Versions that ask everybody again by a moment, `renew_by`: consents to earlier ones end then (D17). One
    that was withdrawn asks nobody and ends nothing."""
    withdrawn = Withdrawn.objects.visible_to(_READ).filter(
        purpose=OuterRef("purpose"), version=OuterRef("version")
    )
    return Text.objects.visible_to(_READ).filter(~Exists(withdrawn), renew_by__isnull=False)


def spoken(purpose: Purpose, version: int) -> dict[str, Text]:
    """One version in each of its languages."""
    rows = Text.objects.visible_to(_READ).filter(purpose=purpose, version=version)
    return {one.language: one for one in rows.order_by("language")}


def _offered() -> QuerySet[Any]:
    return newest().filter(is_withdrawn=False)


def shown(purpose: Purpose, text: int) -> Text:
    """The text with this id, if it is of the version shown now (Art. 7(1)).

    Raises `Conflict` when it was withdrawn or a newer version was published since, `Absent` for no text of
    this purpose.
    """
    found = Text.objects.visible_to(_READ).select_related("purpose").filter(pk=text, purpose=purpose).first()
    if found is None:
        raise Absent(_("There is no such text."), code="text.absent")
    now = newest().filter(pk=found.pk).first()
    if now is None:
        raise Conflict(
            _("The text was changed while you were reading. Please read the new text and decide again."),
            code="consent.text_changed",
        )
    if now.is_withdrawn:
        raise Conflict(
            _("This text was withdrawn while you were reading. Nothing was stored; you need do nothing."),
            code="consent.text_withdrawn",
        )
    return found


def publish(
    *,
    actor: Actor,
    purpose: str,
    language: str,
    title: str,
    body: str,
    at: datetime,
    after: int | None = None,
    **words: Unpack[Words],
) -> Text:
    """Publish a text: in the site's language a new version, in another a translation of the current one.

    Needs "consent.manage". Channels and facts are frozen with the version as purpose and register say now; a
    translation has those of its original, and its `show_channels` and `renew_by`. `after` is the newest
    version its writer had seen. Raises `BadInput` for words that cannot be published, and `Conflict` where
    another version came meanwhile, there is nothing to translate, the version to translate is withdrawn, or
    it has that language already: a published text is frozen, a better one is a new version (D11).
    """
    _admit(actor)
    with transaction.atomic():
        stored = _locked(purpose)
        text = _composed(stored, language, title, body, words, after=after, at=at)
        text.save(force_insert=True)
        append.record(
            "consent_text.published",
            actor=actor,
            about=about(stored, text.version, language),
            at=at,
            detail={"version": text.version, "language": language, "digest": text.digest},
        )
        outbox.announce(PUBLISHED, about=f"purpose:{purpose}", version=text.version, language=language)
    return text


def preview(
    *,
    actor: Actor,
    purpose: str,
    language: str,
    title: str,
    body: str,
    at: datetime,
    after: int | None = None,
    **words: Unpack[Words],
) -> Text:
    """What `publish` would store, not stored; raises what it would raise."""
    _admit(actor)
    found = Purpose.objects.visible_to(_PUBLISH).filter(key=purpose).first()
    if found is None:
        raise Absent(_("There is no such purpose."), code="purpose.absent")
    return _composed(found, language, title, body, words, after=after, at=at)


def withdraw_version(*, actor: Actor, purpose: str, version: int, reason: str, at: datetime) -> Withdrawn:
    """From now on nobody is asked on this version; the text and every consent to it stay as they are.

    Needs "consent.manage". Raises `Absent` for no such version, `BadInput` without a reason, and `Conflict`
    for one withdrawn already.
    """
    _admit(actor)
    reason = " ".join(reason.split())
    if not reason or len(reason) > _LONGEST_REASON:
        raise BadInput(
            _("Say in a sentence why the text is withdrawn: at most 400 characters."),
            code="text.reason",
            fields={"reason": _("give a reason of at most 400 characters")},
        )
    with transaction.atomic():
        stored = _locked(purpose)
        if not Text.objects.visible_to(_PUBLISH).filter(purpose=stored, version=version).exists():
            raise Absent(_("There is no such version."), code="text.absent")
        if Withdrawn.objects.visible_to(_PUBLISH).filter(purpose=stored, version=version).exists():
            raise Conflict(_("This version was withdrawn already."), code="text.withdrawn_already")
        withdrawn = Withdrawn(purpose=stored, version=version, reason=reason, at=at, by_id=actor.user_id)
        withdrawn.save(force_insert=True)
        append.record(
            "consent_text.withdrawn",
            actor=actor,
            about=about(stored, version),
            at=at,
            detail={"version": version, "reason": reason},
        )
        outbox.announce(WITHDRAWN, about=f"purpose:{purpose}", version=version)
    return withdrawn


def about(purpose: Purpose, version: int, language: str = "") -> str:
    """How the ledger names a version, or its text in one language: "text:news:2:fi"."""
    return f"text:{purpose.key}:{version}" + (f":{language}" if language else "")


def _admit(actor: Actor) -> None:
    if not actor.may("consent.manage"):
        raise Forbidden(_("Your role does not include publishing consent texts."))


def _locked(key: str) -> Purpose:
    stored = Purpose.objects.visible_to(_PUBLISH).select_for_update().filter(key=key).first()
    if stored is None:
        raise Absent(_("There is no such purpose."), code="purpose.absent")
    return stored


def _composed(
    of: Purpose, language: str, title: str, body: str, words: Words, *, after: int | None, at: datetime
) -> Text:
    there = {text.language: text for text in newest().filter(purpose=of)}
    return composing.compose(of, language, title, body, words, there=there, after=after, at=at)
