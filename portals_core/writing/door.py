"""The one door: what every write asks before it touches a record."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from portals_core.access import fields as access_fields
from portals_core.access import scope
from portals_core.access.actor import Actor, Kind, system
from portals_core.locks import decide, place, words
from portals_core.plumbing.errors import Absent, BadInput, Conflict, Forbidden, Locked
from portals_core.plumbing.sources import Authority
from portals_core.records import values
from portals_core.records.models import Field, FieldType, Layout, Link, Module, Record

_BELONGING = system("add to a record that is there")
_FILLED_IN = system("add people to the company of a main user")


def open_for(
    actor: Actor,
    key: UUID | str,
    action: str,
    *,
    version: int | None = None,
    under: Authority | None = None,
    path: str = "",
) -> Record:
    """The record, row-locked, if `actor` may do `action` to it now.

    `path` is what the act is part of where that can be locked by itself, such as "import". Raises `Absent`
    when the record is out of sight, `Forbidden` when it is in sight and the act is not allowed, `Locked`
    when a lock stands in the way of all of it (`refuse_locked_fields` asks for the rest), `Conflict` when it
    changed since `version`.
    """
    try:
        record = Record.objects.fetch(actor, key, action, lock=True)
    except Absent:
        Record.objects.fetch(actor, key, "view")
        raise Forbidden(_("You can see this record but not change it."), code="record.read_only") from None
    for act in (action, path) if path else (action,):
        refuse_if_locked(record.pk, act, under=under, actor=actor)
    if version is not None and version != record.version:
        raise Conflict(
            _("Somebody else changed this record meanwhile. Reload the page and enter your change again."),
            code="record.changed",
        )
    return record


def refuse_if_locked(
    record: UUID,
    action: str,
    *,
    fields: Mapping[str, object] | None = None,
    under: Authority | None = None,
    actor: Actor | None = None,
) -> None:
    """Raise `Locked` with its ground if a lock in force forbids `action`, for "edit" of these `fields`. In
    the portal the sentence is the plain ground; the reason staff wrote down stays inside (L8)."""
    locks = place.in_force([record]).get(record, ())
    decision = decide.decide(action, locks, actor=actor, fields=fields, under=under)
    if decision.by is None:
        return
    sentence = words.refusal(decision.by, action, actor)
    hindered = dict.fromkeys(sorted(decision.fields), sentence)
    raise Locked(sentence, code=decision.by.ground, fields=hindered or None)


def refuse_if_evidence(record: UUID) -> None:
    """Raise `Locked` if a legal hold keeps this record as it is, whoever asks for the change of a link."""
    held = [lock for lock in place.in_force([record]).get(record, ()) if lock.ground == decide.EVIDENCE]
    if held:
        raise Locked(words.refusal(held[0], "edit", None), code=held[0].ground)


def refuse_if_nothing_open(actor: Actor, record: Record, keys: Collection[str]) -> None:
    """Raise `Locked` if locks keep every one of the fields `keys` from being changed. For pages that ask
    before they act; the writers ask again."""
    locks = place.in_force([record.pk]).get(record.pk, ())
    if "edit" not in decide.open_acts(["edit"], locks, keys, actor=actor):
        refuse_if_locked(record.pk, "edit", fields=dict.fromkeys(keys), actor=actor)


def refuse_to_add_to_locked(actor: Actor, links: Mapping[Field, Record]) -> None:
    """Raise `Locked` if a record would come to belong to one on which processing is restricted (W3). Takes
    the row lock that placing a lock takes: what is added is seen by whoever restricts."""
    for key in sorted({target.pk for field, target in links.items() if field.link == Link.BELONGS}):
        Record.objects.fetch(_BELONGING, key, lock=True)
        refuse_if_locked(key, "add", actor=actor)


def refuse_unless(actor: Actor, record: Record, action: str) -> None:
    """Raise `Forbidden` if a record in sight is not this person's to edit or delete, locks aside. For pages
    that ask before they act; the writers ask again."""
    if not Record.objects.visible_to(actor, action, module=record.module_id).filter(pk=record.pk).exists():
        raise Forbidden(_("You can see this record but not change it."), code="record.read_only")


def checked(
    actor: Actor,
    of: Module,
    fields: Sequence[Field],
    given: Mapping[str, object],
    *,
    before: Mapping[str, object] | None = None,
    layout: Layout | None = None,
    near: bool = True,
    kept: Mapping[str, str] | None = None,
    moved: bool = False,
) -> dict[str, object]:
    """The stored form of the given values; with `before`, only what differs from it. `layout` is the
    record's, `moved` says that it is not in it yet; `near` is false where a condition alone brings it into
    reach; `kept` are values that we fill in ourselves.

    Raises `BadInput` for an unknown key, a value of the wrong type or a required one left empty,
    `Forbidden` for a field the actor may not write. Every sentence names its field. A field the actor can
    neither read nor write is refused whatever is given, or the answer would tell what it holds (decision 10).
    """
    known = {field.key: field for field in fields}
    strange = sorted(set(given) - set(known))
    if strange:
        raise BadInput(
            _("%(module)s have no field “%(field)s”.") % {"module": of.label_plural, "field": strange[0]},
            code="field.unknown",
        )
    place: dict[str, Any] = {"layout": layout.pk if layout else None, "near": near}
    allowed = {one.key for one in access_fields.writable(actor, of, known.values(), **place)}
    read = {one.key for one in access_fields.readable(actor, of, known.values(), **place)}
    if before is not None:
        _refuse_fields(known, [key for key in given if key not in allowed | read])
    parsed = _parsed([known[key] for key in given], given)
    changed = {key: value for key, value in parsed.items() if before is None or before.get(key) != value}
    _refuse_fields(
        known,
        [key for key in changed if key not in allowed and (before is not None or changed[key] is not None)],
    )
    changed |= kept or {}
    after = {**(before or {}), **changed}
    asked = known.values() if before is None else [known[key] for key in changed]
    if moved and layout is not None:
        # Of what somebody neither reads nor writes they are not told that it is empty.
        wanted = set(layout.required) & (allowed | read) | set(changed)
        asked = [field for key, field in known.items() if key in wanted]
    _require(asked, after, _required_here(actor, of, known.values(), layout))
    return changed


def _refuse_fields(known: Mapping[str, Field], keys: Iterable[str]) -> None:
    hidden = sorted(keys)
    if hidden:
        raise Forbidden(_("You may not change the field “%(field)s”.") % {"field": known[hidden[0]].label})


def _required_here(
    actor: Actor, of: Module, fields: Iterable[Field], layout: Layout | None
) -> frozenset[str]:
    """Keys required by the layout or by what is shared, beside those the module requires (F3)."""
    kept = list(fields)
    mine = access_fields.required(actor, of, kept, layout=layout.pk if layout else None)
    return frozenset(one.key for one in mine) | frozenset(layout.required if layout else ())


def _parsed(fields: Iterable[Field], given: Mapping[str, object]) -> dict[str, object]:
    parsed: dict[str, object] = {}
    wrong: dict[str, object] = {}
    for field in fields:
        try:
            parsed[field.key] = values.parse(field, given[field.key])
        except BadInput as error:
            wrong[field.key] = error.fields.get(field.key, error.public)
            first = error
    if wrong:
        raise BadInput(first.public, code="value.wrong", fields=wrong)
    return parsed


def _require(fields: Iterable[Field], after: Mapping[str, object], here: frozenset[str]) -> None:
    missing = [
        field
        for field in fields
        if (field.required or field.key in here) and after.get(field.key) in values.EMPTY
    ]
    if missing:
        wrong = {field.key: _("this field is required") for field in missing}
        raise BadInput(
            _("%(field)s: this field is required.") % {"field": missing[0].label},
            code="value.required",
            fields=wrong,
        )


def reach_of_lookups(
    actor: Actor, fields: Sequence[Field], changed: Mapping[str, object], *, kept: Iterable[str] = ()
) -> dict[Field, Record]:
    """The records that changed lookups point at: each must be in the right module and in sight, but for
    those in fields that we fill in ourselves, `kept`.

    A target out of sight is refused with the words for one that is not there.
    """
    found: dict[Field, Record] = {}
    for field in fields:
        target = changed.get(field.key)
        if field.type != FieldType.LOOKUP or target is None:
            continue
        try:
            record = Record.objects.fetch(_FILLED_IN if field.key in kept else actor, target)
        except Absent:
            record = None
        if record is None or record.module_id != field.target_id:
            sentence = _("%(field)s: there is no such record.") % {"field": field.label}
            raise BadInput(sentence, code="lookup.absent", fields={field.key: _("there is no such record")})
        found[field] = record
    return found


def company(actor: Actor, of: Module) -> dict[str, str]:
    """What a main user's additions to this module hold, whatever they give: the link to the company (M2)."""
    grant = actor.grants.get(of.pk)
    if actor.kind is not Kind.PORTAL or not actor.main_user or grant is None or grant.company is None:
        return {}
    key, form = grant.company
    return {key: form}


def refuse_other_company(
    fields: Iterable[Field], given: Mapping[str, object], kept: Mapping[str, str]
) -> dict[str, object]:
    """The given values without those in `kept`. Raises `BadInput` for one that says something else."""
    for field in fields:
        if field.key in kept and str(given.get(field.key) or kept[field.key]) != kept[field.key]:
            sentence = _("%(field)s: the people you add belong to your own company.") % {"field": field.label}
            raise BadInput(sentence, code="company.other", fields={field.key: _("must be your own company")})
    return {key: value for key, value in given.items() if key not in kept}


def origin(actor: Actor, under: Authority | None = None) -> str:
    """By what a change came, where nobody says more: "portal", "staff", "request" or "automatic" (D18).

    Network addresses are not kept: they would say where people were, and nothing about the data.
    """
    if under is not None:
        return "request"
    return actor.kind.value if actor.kind in (Kind.PORTAL, Kind.STAFF) else "automatic"


def refuse_unless_may_create(actor: Actor, of: Module) -> None:
    """Raise `Forbidden` if the actor may not add records to the module."""
    if not may_create(actor, of):
        raise Forbidden(_("You may not add records here."), code="record.no_create")


def may_create(actor: Actor, of: Module) -> bool:
    """Whether the actor may add records to the module at all."""
    return scope.may_create(actor, of.pk)
