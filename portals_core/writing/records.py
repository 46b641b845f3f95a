"""Create, change and delete records. Each verb is one transaction with its leaf, or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor, Kind, system
from portals_core.ledger import append
from portals_core.locks import automatic
from portals_core.plumbing import outbox
from portals_core.plumbing.errors import BadInput, Broken, Conflict
from portals_core.plumbing.sources import Authority, Change
from portals_core.records import catalogue, reads, sealed, values
from portals_core.records.models import Edge, Field, FieldType, Module, Record, UniqueValue
from portals_core.writing import attachments, door

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
) -> Record:
    """A new record with the given values; `source` says how it came here (D18), `clone_of` of which record
    it began as a copy: then that one must be in sight, open to cloning, and free of a restriction.

    Nothing but the values is copied: no basis, no consent, no notes, no files (D19). Raises `Forbidden`, or
    `BadInput` with a sentence per field: type, required, unique, link.
    """
    door.refuse_unless_may_create(actor, module)
    with transaction.atomic():
        original = None if clone_of is None else door.open_for(actor, clone_of, "clone")
        fields = catalogue.fields(module)
        layout = reads.new_layout(actor, module, original)
        kept = door.company(actor, module)
        given = door.refuse_other_company(fields, given, kept)
        checked = door.checked(actor, module, fields, given, layout=layout, kept=kept)
        stored = {key: value for key, value in checked.items() if value is not None}
        links = door.reach_of_lookups(actor, fields, stored, kept=kept)
        door.refuse_to_add_to_locked(actor, links)
        record = Record(
            module=module,
            layout=layout,
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
        _store_unique(record, fields, stored)
        for field, target in links.items():
            Edge(field=field, source=record, target=target).save(force_insert=True)
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
) -> list[Change]:
    """Set the given values; returns what really changed, before and after. Nothing changed: nothing stored.

    `version` is the one the editor saw; a change in between raises `Conflict`. See `door.open_for` and
    `door.checked` for the other refusals. The leaf's detail holds the values before and after, also those
    kept encrypted: it is sealed under the same key, the record's own, and goes with it. A lock on some fields
    refuses a change of one of them whole. `source` says by what the values came (D18); left out, it follows
    from who acts.
    """
    with transaction.atomic():
        stored = door.open_for(actor, record, "edit", version=version, under=under, path=path)
        module = stored.module
        fields = catalogue.fields(module)
        near = reads.is_near(actor, stored)
        before = sealed.opened(stored)
        changed = door.checked(actor, module, fields, given, before=before, layout=stored.layout, near=near)
        if not changed:
            return []
        door.refuse_if_locked(stored.pk, "edit", fields=changed, under=under, actor=actor)
        links = door.reach_of_lookups(actor, fields, changed)
        door.refuse_to_add_to_locked(actor, links)
        after = {key: value for key, value in {**before, **changed}.items() if value is not None}
        _swap(stored, fields, after, changed, at, source or door.origin(actor, under))
        _restore_unique(stored, fields, changed, after)
        _relink(stored, fields, changed, links)
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
            },
        )
        # Nobody may write a record out of their own sight (write, then look again).
        automatic.settle(Record.objects.fetch(actor, stored.pk), actor=actor, at=at)
        outbox.announce("record.changed", about=f"record:{stored.pk}", fields=sorted(changed))
    labels = {field.key: field.label for field in fields}
    return [Change(key, labels[key], before.get(key), value) for key, value in changed.items()]


def delete_record(*, actor: Actor, record: UUID | str, at: datetime, under: Authority | None = None) -> None:
    """Remove a record with its notes, files, links and unique values.

    The ledger keeps that it happened; what it said goes with the record's key where an erasure asks.
    Other records that pointed here lose that value, each with a leaf of its own.
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
) -> None:
    plain, secret = sealed.divided(fields, after)
    kept = {key: text for key, text in stored.sealed.items() if key in secret and key not in changed}
    anew = {key: value for key, value in secret.items() if key not in kept}
    written = {
        "values": plain,
        "folded": values.forms(fields, after),
        "sealed": {**kept, **sealed.seal(stored.pk, anew)},
        "changed_source": source[:200],
    }
    rows = Record.objects.visible_to(_WRITE).filter(pk=stored.pk, version=stored.version)
    if rows.update(**written, version=F("version") + 1, changed_at=at) != 1:
        raise Conflict(
            _("Somebody else changed this record meanwhile. Reload the page and enter your change again."),
            code="record.changed",
        )


def _store_unique(record: Record, fields: Sequence[Field], stored: Mapping[str, object]) -> None:
    for field in fields:
        form = values.normal_form(field, stored.get(field.key)) if field.unique else None
        if form is None:
            continue
        try:
            with transaction.atomic():
                UniqueValue(field=field, record=record, value=form[:400]).save(force_insert=True)
        except IntegrityError:
            raise _taken(field) from None


def _restore_unique(
    record: Record, fields: Sequence[Field], changed: Mapping[str, object], after: Mapping[str, object]
) -> None:
    touched = [field for field in fields if field.unique and field.key in changed]
    if touched:
        UniqueValue.objects.visible_to(_WRITE).filter(record=record, field__in=touched).delete()
        _store_unique(record, touched, {field.key: after.get(field.key) for field in touched})


def _taken(field: Field) -> BadInput:
    # Says nothing of whose value it is (F6).
    sentence = _("%(field)s: this value cannot be used because it must be unique.") % {"field": field.label}
    return BadInput(sentence, code="value.not_unique", fields={field.key: _("this value must be unique")})


def _relink(
    record: Record, fields: Sequence[Field], changed: Mapping[str, object], links: Mapping[Field, Record]
) -> None:
    touched = [field for field in fields if field.type == FieldType.LOOKUP and field.key in changed]
    if touched:
        Edge.objects.visible_to(_WRITE).filter(source=record, field__in=touched).delete()
    for field, target in links.items():
        Edge(field=field, source=record, target=target).save(force_insert=True)


def _clear_mentions(actor: Actor, stored: Record, at: datetime, under: Authority | None) -> None:
    edges = Edge.objects.visible_to(_WRITE).filter(target=stored).exclude(source=stored)
    for edge in edges.select_related("field").order_by("source_id"):
        # Row-locked, and read for each link anew: one record may name another twice.
        source = Record.objects.fetch(_WRITE, edge.source_id, lock=True)
        if under is None:
            door.refuse_if_locked(source.pk, "edit", fields={edge.field.key: None}, actor=actor)
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
