"""Create, change and delete records. Each verb is one transaction with its leaf, or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor, Kind, system
from portals_core.ledger import append
from portals_core.locks import automatic
from portals_core.plumbing import outbox
from portals_core.plumbing.errors import Broken, Conflict
from portals_core.plumbing.sources import Authority, Change
from portals_core.records import catalogue, keyed, placed, reads, sealed, values
from portals_core.records.models import Edge, Field, Layout, Module, Record
from portals_core.writing import alongside, attachments, door

_WRITE = system("keep links and unique values")


def create_record(
    *,
    actor: Actor,
    module: Module,
    given: Mapping[str, object],
    source: str,
    at: datetime,
    owner_id: int | None = None,
    clone_of: UUID | None = None,
    layout: int | None = None,
) -> Record:
    """A new record with the given values; `source` says how it came here (D18), `clone_of` of which record
    it began as a copy: then that one must be in sight, open to cloning, and free of a restriction. It stands
    in the `layout` that is named, which must be one of `placed.offered`, or in `placed.new_layout`.

    Nothing but the values is copied: no basis, no consent, no notes, no files (D19). Raises `Forbidden`, or
    `BadInput` with a sentence per field: type, required, unique, link.
    """
    door.refuse_unless_may_create(actor, module)
    with transaction.atomic():
        original = None if clone_of is None else door.open_for(actor, clone_of, "clone")
        fields = catalogue.fields(module)
        stands = (
            placed.chosen(actor, module, layout) if layout else placed.new_layout(actor, module, original)
        )
        kept = door.company(actor, module)
        given = door.refuse_other_company(fields, given, kept)
        checked = door.checked(actor, module, fields, given, layout=stands, kept=kept)
        stored = {key: value for key, value in checked.items() if value is not None}
        links = door.reach_of_lookups(actor, fields, stored, kept=kept)
        door.refuse_to_add_to_locked(actor, links)
        record = Record(
            module=module,
            layout=stands,
            creator_id=actor.user_id,
            owner_id=owner_id or (actor.user_id if actor.kind is Kind.STAFF else None),
            folded=values.forms(fields, stored),
            source=source[:200],
            created_at=at,
            changed_at=at,
        )
        record.values, secret = sealed.divided(fields, stored)
        record.sealed = sealed.seal(record.pk, secret)
        record.save(force_insert=True)
        alongside.store_unique(record, fields, stored)
        keyed.store(record, fields, stored)
        alongside.keep_links(record, links)
        append.record(
            "record.created",
            actor=actor,
            about=f"record:{record.pk}",
            at=at,
            detail={
                "module": module.key,
                "source": source,
                "fields": sorted(stored),
                **({"clone_of": str(clone_of)} if clone_of else {}),
            },
        )
        automatic.settle(record, actor=actor, at=at)
        Record.objects.fetch(actor, record.pk)
    return record


def change_record(
    *,
    actor: Actor,
    record: UUID | str,
    given: Mapping[str, object],
    at: datetime,
    version: int | None = None,
    under: Authority | None = None,
    path: str = "",
    source: str = "",
    layout: int | None = None,
) -> list[Change]:
    """Set the given values; returns what really changed, before and after. Nothing changed: nothing stored.

    `version` is the one the editor saw; a change in between raises `Conflict`. See `door.open_for` and
    `door.checked` for the other refusals. The leaf's detail holds the values before and after, also those
    kept encrypted: it is sealed under the same key, the record's own, and goes with it. A lock on some fields
    refuses a change of one of them whole. `source` says by what the values came (D18); left out, it follows
    from who acts. `layout`, one of `placed.offered`, moves the record there: every value stays, and what that
    layout requires must be filled in.
    """
    with transaction.atomic():
        stored = door.open_for(actor, record, "edit", version=version, under=under, path=path)
        module, was = stored.module, stored.layout
        fields = catalogue.fields(module)
        near = reads.is_near(actor, stored)
        before = sealed.opened(stored)
        moved = layout is not None and layout != stored.layout_id
        stands = placed.chosen(actor, module, layout) if moved and layout else was
        changed = door.checked(
            actor, module, fields, given, before=before, layout=stands, near=near, moved=moved
        )
        if not changed and not moved:
            return []
        asked = {**changed, placed.KEY: layout} if moved else changed
        door.refuse_if_locked(stored.pk, "edit", fields=asked, under=under, actor=actor)
        links = door.reach_of_lookups(actor, fields, changed)
        door.refuse_to_add_to_locked(actor, links)
        after = {key: value for key, value in {**before, **changed}.items() if value is not None}
        _swap(stored, fields, after, changed, at, source or door.origin(actor, under), stands)
        alongside.restore_unique(stored, fields, changed, after)
        keyed.replace(stored, fields, changed, after)
        alongside.follow_links(stored, fields, changed, links)
        append.record(
            "record.changed",
            actor=actor,
            about=f"record:{stored.pk}",
            subject=stored.pk,
            at=at,
            detail={
                "before": {key: before.get(key) for key in changed},
                "after": changed,
                "case": str(under.case) if under else None,
                **({"layout": {"before": _name(was), "after": _name(stands)}} if moved else {}),
            },
        )
        # Nobody may write a record out of their own sight (write, then look again).
        automatic.settle(Record.objects.fetch(actor, stored.pk), actor=actor, at=at)
        outbox.announce("record.changed", about=f"record:{stored.pk}", fields=sorted(changed))
    return _told(fields, before, changed, [(was, stands)] if moved else [])


def _told(
    fields: Sequence[Field],
    before: Mapping[str, object],
    changed: Mapping[str, object],
    moves: Sequence[tuple[Layout | None, Layout | None]],
) -> list[Change]:
    labels = {field.key: field.label for field in fields}
    found = [Change(key, labels[key], before.get(key), value) for key, value in changed.items()]
    return [*found, *(Change(placed.KEY, str(placed.LABEL), _name(a), _name(b)) for a, b in moves)]


def _name(layout: Layout | None) -> str | None:
    return layout.name if layout else None


def delete_record(*, actor: Actor, record: UUID | str, at: datetime, under: Authority | None = None) -> None:
    """Remove a record with its notes, files, links and unique values.

    The ledger keeps that it happened; what it said goes with the record's key where an erasure asks.
    Other records that pointed here lose that value, each with a leaf of its own. `under` a case the locks of
    those are not asked, except for a legal hold: evidence keeps whom it names.
    """
    with transaction.atomic():
        stored = door.open_for(actor, record, "delete", under=under)
        _clear_mentions(actor, stored, at, under)
        outbox.announce("record.deleting", about=f"record:{stored.pk}")
        attachments.leave_with(stored, actor=actor, at=at, under=under)
        Record.objects.visible_to(system("delete through the door")).filter(pk=stored.pk).delete()
        append.record(
            "record.deleted",
            actor=actor,
            about=f"record:{stored.pk}",
            at=at,
            detail={"module": stored.module.key, "case": str(under.case) if under else None},
        )


def _swap(
    stored: Record,
    fields: Sequence[Field],
    after: Mapping[str, object],
    changed: Mapping[str, object],
    at: datetime,
    source: str,
    layout: Layout | None,
) -> None:
    plain, secret = sealed.divided(fields, after)
    kept = {key: text for key, text in stored.sealed.items() if key in secret and key not in changed}
    anew = {key: value for key, value in secret.items() if key not in kept}
    written = {
        "values": plain,
        "folded": values.forms(fields, after),
        "sealed": {**kept, **sealed.seal(stored.pk, anew)},
        "changed_source": source[:200],
        "layout": layout,
    }
    rows = Record.objects.visible_to(_WRITE).filter(pk=stored.pk, version=stored.version)
    if rows.update(**written, version=F("version") + 1, changed_at=at) != 1:
        raise Conflict(
            _("Somebody else changed this record meanwhile. Reload the page and enter your change again."),
            code="record.changed",
        )


def _clear_mentions(actor: Actor, stored: Record, at: datetime, under: Authority | None) -> None:
    edges = Edge.objects.visible_to(_WRITE).filter(target=stored).exclude(source=stored)
    for edge in edges.select_related("field").order_by("source_id"):
        # Row-locked, and read for each link anew: one record may name another twice.
        source = Record.objects.fetch(_WRITE, edge.source_id, lock=True)
        if under is None:
            door.refuse_if_locked(source.pk, "edit", fields={edge.field.key: None}, actor=actor)
        else:
            door.refuse_if_evidence(source.pk)
        rest = {key: value for key, value in source.values.items() if key != edge.field.key}
        forms = {key: form for key, form in source.folded.items() if key != edge.field.key}
        rows = Record.objects.visible_to(_WRITE).filter(pk=source.pk, version=source.version)
        written = {"values": rest, "folded": forms, "changed_source": door.origin(actor, under)}
        if rows.update(**written, version=F("version") + 1, changed_at=at) != 1:
            raise Broken("", code="record.moved", detail=f"{source.pk} changed while {stored.pk} was deleted")
        append.record(
            "record.unlinked",
            actor=actor,
            about=f"record:{source.pk}",
            at=at,
            detail={"field": edge.field.key, "case": str(under.case) if under else None},
        )
        automatic.settle(Record.objects.fetch(_WRITE, source.pk), actor=actor, at=at)
        outbox.announce("record.changed", about=f"record:{source.pk}", fields=[edge.field.key])
