"""What is stored beside a record and follows its values: unique values and links. For the writers of records
only, inside their transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import system
from portals_core.plumbing.errors import BadInput
from portals_core.records import values
from portals_core.records.models import Edge, Field, FieldType, Record, UniqueValue

_WRITE = system("keep links and unique values")


def store_unique(record: Record, fields: Sequence[Field], stored: Mapping[str, object]) -> None:
    """Claim the record's unique values. Raises `BadInput` for one that another record has."""
    for field in fields:
        form = values.normal_form(field, stored.get(field.key)) if field.unique else None
        if form is None:
            continue
        try:
            with transaction.atomic():
                UniqueValue(field=field, record=record, value=form[:400]).save(force_insert=True)
        except IntegrityError:
            raise _taken(field) from None


def restore_unique(
    record: Record, fields: Sequence[Field], changed: Mapping[str, object], after: Mapping[str, object]
) -> None:
    """The same for those that changed; what the record had before is free again."""
    touched = [field for field in fields if field.unique and field.key in changed]
    if touched:
        UniqueValue.objects.visible_to(_WRITE).filter(record=record, field__in=touched).delete()
        store_unique(record, touched, {field.key: after.get(field.key) for field in touched})


def _taken(field: Field) -> BadInput:
    # Says nothing of whose value it is (F6).
    sentence = _("%(field)s: this value cannot be used because it must be unique.") % {"field": field.label}
    return BadInput(sentence, code="value.not_unique", fields={field.key: _("this value must be unique")})


def keep_links(record: Record, links: Mapping[Field, Record]) -> None:
    """Keep where the record's links lead."""
    for field, target in links.items():
        Edge(field=field, source=record, target=target).save(force_insert=True)


def follow_links(
    record: Record, fields: Sequence[Field], changed: Mapping[str, object], links: Mapping[Field, Record]
) -> None:
    """The same for links that changed."""
    touched = [field for field in fields if field.type == FieldType.LOOKUP and field.key in changed]
    if touched:
        Edge.objects.visible_to(_WRITE).filter(source=record, field__in=touched).delete()
    keep_links(record, links)
