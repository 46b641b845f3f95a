"""Handing a bundle out: one person, one file, briefly, and every attempt on record (promise 25).

The owner is asked for again at the moment of handing out, and the bytes are compared with the digest stored
when they were built, so that what was changed on the disk is not handed out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import IO
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from exports import notices, store
from exports.models import Bundle, Download, Kind, Outcome, State
from portals_core.access.actor import Actor, system
from portals_core.access.actor import Kind as Sort
from portals_core.ledger import append
from portals_core.plumbing import keyring, links
from portals_core.plumbing.errors import Absent, Conflict, DsrError

_READ = system("hand out a bundle")


@dataclass(frozen=True)
class Handout:
    """An opened file to send, and the name it is sent under."""

    file: IO[bytes]
    name: str
    size: int


def hand_out(*, actor: Actor, bundle: UUID | str, at: datetime) -> Handout:
    """Open a bundle for whoever may have it; call outside a transaction.

    Raises `Absent` for everybody else, alike for a bundle that is not there, and `Conflict` for one that is
    not ready or over. Refusals are recorded, too.
    """
    try:
        found: Bundle = Bundle.objects.fetch(actor, bundle, "download")
        file = _opened(found, at)
    except DsrError as refusal:
        _record_refusal(bundle, actor, refusal, at)
        raise
    with transaction.atomic():
        _record(found, actor, Outcome.HANDED_OUT, at)
    return Handout(file, _file_name(found), found.size or 0)


def shown(token: str, *, at: datetime) -> Bundle:
    """The bundle behind a link, unchanged by looking. Raises `Absent` for a link that does not work."""
    return _behind(links.peek(token, notices.LINK, at=at).about)


def redeem(token: str, *, at: datetime) -> Handout:
    """Use a mailed link up and open its bundle. Of twenty callers one succeeds; the others get `Absent`."""
    link = links.peek(token, notices.LINK, at=at)
    bundle = _behind(link.about)
    actor = Actor(kind=Sort.ANONYMOUS, ref=f"link:{link.pk}")
    try:
        file = _opened(bundle, at)
    except DsrError as refusal:
        _record_refusal(bundle.pk, actor, refusal, at)
        raise
    try:
        with transaction.atomic():
            links.redeem(token, notices.LINK, at=at)
            _record(bundle, actor, Outcome.HANDED_OUT, at)
    except DsrError as refusal:
        file.close()
        _record_refusal(bundle.pk, actor, refusal, at)
        raise
    return Handout(file, _file_name(bundle), bundle.size or 0)


def of_person(actor: Actor) -> list[Bundle]:
    """The actor's own bundles, newest first."""
    return list(Bundle.objects.visible_to(actor).order_by("-created_at")[:50])


def bundle_for(actor: Actor, bundle: UUID | str) -> Bundle:
    """One bundle with its state. Raises `Absent`."""
    return Bundle.objects.fetch(actor, bundle)


def of_case(actor: Actor, case: UUID) -> list[Bundle]:
    """The bundles of a case that `actor` may know of, newest first."""
    return list(Bundle.objects.visible_to(actor).filter(case_id=case).order_by("-created_at")[:50])


def _opened(bundle: Bundle, at: datetime) -> IO[bytes]:
    if bundle.state == State.BUILDING:
        raise Conflict(
            _("This copy is still in preparation. Come back a little later."), code="bundle.building"
        )
    if bundle.state == State.PURGED or bundle.expires_at is None or bundle.expires_at <= at:
        raise Conflict(_("This copy has expired and was deleted. Ask for a new one."), code="bundle.expired")
    return store.open_checked(bundle.pk, sha512=bundle.sha512, size=bundle.size or 0)


def _behind(ref: str) -> Bundle:
    """The bundle a link was issued for, as long as its person was not erased."""
    bundle = Bundle.objects.visible_to(_READ).filter(pk=ref.partition(":")[2], kind=Kind.SUBJECT).first()
    if bundle is None or bundle.subject is None or keyring.is_destroyed(bundle.subject):
        raise Absent(_("There is nothing here, or it is not shared with you."))
    return bundle


def _record(bundle: Bundle, actor: Actor, outcome: str, at: datetime, code: str = "") -> None:
    Download(bundle=bundle, by=actor.ref, at=at, outcome=outcome).save(force_insert=True)
    append.record(
        "bundle.handed_out" if outcome == Outcome.HANDED_OUT else "bundle.refused",
        actor=actor,
        about=bundle.case_ref,
        outcome=outcome,
        at=at,
        detail={"bundle": str(bundle.pk), "code": code},
    )


def _record_refusal(bundle: UUID | str, actor: Actor, refusal: DsrError, at: datetime) -> None:
    """In a transaction of its own. An id that names no bundle leaves no entry: guessing fills no log."""
    try:
        found = Bundle.objects.visible_to(_READ).filter(pk=bundle).first()
    except (ValidationError, ValueError, TypeError):
        return
    if found is not None:
        with transaction.atomic():
            _record(found, actor, Outcome.REFUSED, at, refusal.code)


def _file_name(bundle: Bundle) -> str:
    """From our own number only: nothing a person wrote comes near a header (attack 51)."""
    word = "evidence" if bundle.kind == Kind.EVIDENCE else "export"
    return f"{word}-{bundle.case_number}.zip"
