"""The files on records, as personal data this app holds (R6, W10)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor, Kind, system
from portals_core.plumbing import clock
from portals_core.plumbing.estimates import Few
from portals_core.plumbing.sources import Authority, Change, Claim, Enclosed, Item, Row
from portals_core.records import files, lookups
from portals_core.records.models import Attachment
from portals_core.writing import attachments

_READ = system("collect what is held about a subject")


class Attachments:
    """The files on the subject's own record and on every record that belongs to it."""

    key = "attachments"
    label = _("Files")

    def describe(self) -> Iterable[Claim]:
        for name in ("name", "media_type", "size", "sha256", "internal", "author", "created_at"):
            yield Claim("portals_core.Attachment", name, personal=True)

    def find(self, subject: UUID, *, actor: Actor) -> Iterator[Item]:
        for file in self._of(subject):
            yield Item(
                source=self.key,
                kind="file",
                ref=str(file.pk),
                label=file.name,
                acts=frozenset({"erase"}),
                key_scope=file.record_id,
            )

    def export(self, subject: UUID, *, actor: Actor) -> Iterator[Row]:
        """Each file with its bytes. What staff added is in the copy too, apart from what the person gave."""
        for file in self._of(subject):
            given = file.author is not None and file.author.kind == Kind.PORTAL and not file.internal
            path = f"{file.pk}/{file.name}"
            facts = {
                "id": str(file.pk),
                "record": str(file.record_id),
                "file": f"attachments/{path}",
                "name": file.name,
                "media_type": file.media_type,
                "size": file.size,
                "sha256": file.sha256,
                "created_at": file.created_at.isoformat(),
            }
            enclosed = Enclosed(path, files.content(file.record_id, file.pk))
            yield Row("files" if given else "staff_files", facts, provided=given, enclosed=enclosed)

    def _of(self, subject: UUID) -> Iterator[Attachment]:
        for batch in chain([[subject]], lookups.belonging(subject)):
            rows = Attachment.objects.visible_to(_READ).filter(Few(record__in=batch))
            yield from rows.select_related("author").iterator()

    def erase(self, item: Item, *, subject: UUID, actor: Actor, under: Authority) -> None:
        attachments.erase(actor=actor, attachment=item.ref, at=clock.now(), under=under)

    def restrict(self, item: Item, *, subject: UUID, actor: Actor, under: Authority) -> None:
        """Nothing of its own: the restriction of the record forbids adding and removing."""

    def rectify(
        self, item: Item, values: Mapping[str, object], *, subject: UUID, actor: Actor, under: Authority
    ) -> list[Change]:
        """A file is replaced by removing it and adding another."""
        return []
