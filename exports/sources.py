"""What this app holds of a person: their earlier copies. They are shown, and erased with the person (W10)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from exports import build, notices, store
from exports.models import Bundle, Download, State
from portals_core.access.actor import Actor, system
from portals_core.ledger import append
from portals_core.plumbing import clock, links, outbox
from portals_core.plumbing.sources import Authority, Change, Claim, Item, Row

_READ = system("collect what is held about a subject")


class Exports:
    """Bundles made for the subject, with who took them."""

    key = "exports"
    label = _("Earlier copies")

    def describe(self) -> Iterable[Claim]:
        for name in ("subject", "requested_by", "file", "created_at", "built_at", "told_at"):
            yield Claim("exports.Bundle", name, personal=True)
        for name in ("by", "at", "outcome"):
            yield Claim("exports.Download", name, personal=True)

    def find(self, subject: UUID, *, actor: Actor) -> Iterator[Item]:
        for bundle in _of(subject).order_by("created_at", "id").iterator():
            yield Item(
                source=self.key,
                kind="bundle",
                ref=str(bundle.pk),
                label=bundle.case_number,
                acts=frozenset({"erase"}),
            )

    def export(self, subject: UUID, *, actor: Actor) -> Iterator[Row]:
        """Facts of finished copies and every attempt to take one; the one being made is not among them."""
        finished = _of(subject).exclude(state=State.BUILDING).order_by("created_at", "id")
        for bundle in finished.iterator():
            yield Row(
                "exports",
                {
                    "id": str(bundle.pk),
                    "request": bundle.case_number,
                    "state": bundle.state,
                    "built_at": bundle.built_at and bundle.built_at.isoformat(),
                    "expires_at": bundle.expires_at and bundle.expires_at.isoformat(),
                    "size": bundle.size,
                    "sha512": bundle.sha512,
                },
                provided=False,
            )
            attempts = Download.objects.visible_to(_READ).filter(bundle=bundle).order_by("at", "id")
            for attempt in attempts.iterator():
                facts = {"export": str(bundle.pk), "at": attempt.at.isoformat(), "outcome": attempt.outcome}
                yield Row("downloads", facts, provided=False)

    def erase(self, item: Item, *, subject: UUID, actor: Actor, under: Authority) -> None:
        """The row and every open link go now; the file goes once that is committed, at the latest with the
        job stored here, so that a transaction rolled back has lost no file. Idempotent."""
        with transaction.atomic():
            bundle = _of(subject).filter(pk=item.ref).first()
            if bundle is None:
                return
            key = bundle.pk
            links.revoke(notices.LINK, about=bundle.ref, at=clock.now())
            _of(subject).filter(pk=key).delete()
            append.record(
                "bundle.erased",
                actor=actor,
                about=f"case:{under.case}",
                detail={"bundle": str(key)},
            )
            outbox.enqueue(build.REMOVE, about=f"case:{under.case}", payload={"bundle": str(key)})
            transaction.on_commit(lambda: store.remove(key))

    def restrict(self, item: Item, *, subject: UUID, actor: Actor, under: Authority) -> None:
        """Nothing to restrict: a copy is for the person alone."""

    def rectify(
        self, item: Item, values: Mapping[str, object], *, subject: UUID, actor: Actor, under: Authority
    ) -> list[Change]:
        """A copy shows what was held when it was made; it is not rectified."""
        return []


def _of(subject: UUID) -> QuerySet[Bundle]:
    return Bundle.objects.visible_to(_READ).filter(subject=subject)
