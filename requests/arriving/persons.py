"""Find the person somebody names: by record id, by mail address, by a unique value."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q, QuerySet, TextField, Value
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from portals_core.access.actor import Actor, Kind, system
from portals_core.access.compile import ValueText
from portals_core.plumbing.errors import Absent, BadInput
from portals_core.records import catalogue, values
from portals_core.records.models import FieldType, Module, Record, UniqueValue

_FIND = system("find the person a request names")


def named(actor: Actor, word: str) -> UUID:
    """The identity record meant by `word`. For portal users only themself and people they added count.

    Raises `Absent` for nobody and for somebody out of reach alike, `BadInput` for several.
    """
    found = list(_in_reach(actor).filter(_means(word)).values_list("pk", flat=True).distinct()[:2])
    if not found:
        raise Absent(_("There is nothing here, or it is not shared with you."))
    if len(found) > 1:
        raise BadInput(_("Several people match. Give the id of the record."), code="person.ambiguous")
    return found[0]


def _in_reach(actor: Actor) -> QuerySet[Record]:
    rows = Record.objects.visible_to(_FIND).filter(module__identity=True)
    if actor.kind is Kind.STAFF and actor.may("cases.decide"):
        return rows
    if actor.kind is Kind.PORTAL and actor.identity is not None:
        return rows.filter(Q(pk=actor.identity) | Q(creator_id=actor.user_id))
    return rows.none()


def _means(word: str) -> Q:
    try:
        return Q(pk=UUID(word))
    except ValueError:
        meant = Q(pk__in=[])
    for module in catalogue.modules().filter(identity=True):
        meant |= Q(pk__in=_by_unique(module, word))
        if module.email_key:
            same = Exact(ValueText(module.email_key), Value(word.strip(), output_field=TextField()))
            meant |= Q(module=module) & Q(same)
    return meant


def _by_unique(module: Module, word: str) -> list[UUID]:
    found: list[UUID] = []
    for field in catalogue.fields(module):
        if field.unique and field.type != FieldType.LOOKUP:
            try:
                form = values.normal_form(field, values.parse(field, word))
            except BadInput:
                continue
            rows = UniqueValue.objects.visible_to(_FIND).filter(field=field, value=form)
            found += rows.values_list("record", flat=True)
    return found
