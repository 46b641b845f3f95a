"""Corrections, field by field: what is proposed, what the officer says to each, and making it so (W4, R7).

Values of fields kept encrypted stand in a proposal sealed under the record's key, too (F13); whoever reads a
proposal reads it through `values_of`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from portals_core.access import fields as access_fields
from portals_core.access.actor import Actor, Kind, system
from portals_core.ledger import append
from portals_core.plumbing.errors import Absent, BadInput, Conflict
from portals_core.plumbing.sources import SOURCES, Authority, Change, Item
from portals_core.records import catalogue, masking, projects, sealed
from portals_core.records.models import Field, Record
from portals_core.records.projects import Shared
from portals_core.writing import door
from requests.casebook import barriers
from requests.law.states import State
from requests.models import Case, Proposal
from requests.models import Kind as CaseKind

SOURCE = "records"
#: Under this name a proposal holds a sealed value.
_SEALED = "sealed"
_CHECK = system("check a proposed correction")


def propose(case: Case, record: Record, given: Mapping[str, object], *, actor: Actor) -> None:
    """Store what the given values would change. Raises `BadInput` for a field or value that cannot be.

    A person may have anything about themself corrected, also what the portal does not show (F1, F2); who
    asks for somebody else may name only fields they see there, and learns nothing of the others. Neither
    do staff who write down what somebody asked: a masked field is for those who may uncover it.
    """
    fields = known = catalogue.fields(record.module)
    of, layout = record.module, record.layout_id
    if case.on_behalf:
        known = access_fields.readable(actor, of, fields, layout=layout)
    elif actor.kind is Kind.STAFF:
        known = access_fields.readable(actor, of, fields, layout=layout)
        known += access_fields.masked(actor, of, fields) if actor.may(access_fields.UNMASK) else []
    labels = {field.key: field.label for field in known}
    strange = sorted(set(given) - set(labels))
    if strange:
        raise BadInput(
            _("%(module)s have no field “%(field)s”.")
            % {"module": record.module.label_plural, "field": strange[0]},
            code="field.unknown",
        )
    stored = sealed.opened(record)
    changed = door.checked(_CHECK, record.module, fields, given, before=stored)
    if not changed:
        raise BadInput(
            _("Say what is wrong: give at least one value that differs from the one stored."),
            code="rectify.nothing",
        )
    secret = {field.key for field in fields if field.encrypted}
    for position, (key, value) in enumerate(changed.items()):
        row = Proposal(
            case=case,
            source=SOURCE,
            ref=str(record.pk),
            field=key,
            label=labels[key],
            position=position,
        )
        row.before = _kept(row, "before", stored.get(key), secret=key in secret)
        row.proposed = _kept(row, "proposed", value, secret=key in secret)
        row.save(force_insert=True)


def enter(*, actor: Actor, case: UUID | str, given: Mapping[str, object], at: datetime) -> None:
    """An officer writes down the fields of a request that came without them, by phone or without an account.

    Raises `Absent`, `Forbidden`, `BadInput` as `propose`, and `Conflict` where the case is not in review, is
    no correction, or has its fields already.
    """
    barriers.needs(actor, "cases.decide")
    with transaction.atomic():
        found = barriers.taken(actor, case, "decide")
        barriers.not_about_oneself(actor, found)
        rows = Proposal.objects.visible_to(_CHECK).filter(case=found)
        if found.kind != CaseKind.RECTIFY or found.state != State.IN_REVIEW or rows.exists():
            raise Conflict(
                _("This step is not possible now. Reload the page to see where the request stands."),
                code="rectify.enter",
            )
        record = Record.objects.fetch(_CHECK, found.person)
        propose(found, record, given, actor=actor)
        append.record(
            "case.corrections",
            actor=actor,
            about=found.ref,
            subject=found.person,
            at=at,
            detail={"fields": sorted(given)},
        )


def _kept(row: Proposal, column: str, value: object, *, secret: bool) -> object:
    if not secret or value is None:
        return value
    return {_SEALED: sealed.locked(UUID(row.ref), value, context=_context(row, column))}


def _is_secret(row: Proposal) -> bool:
    of = Record.objects.visible_to(_CHECK).filter(pk=row.ref).values("module")
    return Field.objects.visible_to(_CHECK).filter(module__in=of, key=row.field, encrypted=True).exists()


def values_of(row: Proposal) -> tuple[object, object]:
    """What stood in the field and what is proposed, both in clear."""
    return _opened(row, "before"), _opened(row, "proposed")


def _opened(row: Proposal, column: str) -> object:
    value = getattr(row, column)
    # No stored value of a field is an object, so nothing but a sealed one looks like this.
    if not isinstance(value, dict):
        return value
    return sealed.unlocked(UUID(row.ref), value[_SEALED], context=_context(row, column))


def _context(row: Proposal, column: str) -> str:
    return f"proposal:{row.pk}:{column}"


def uncover(case: Case, correction: str, *, actor: Actor, at: datetime) -> UUID:
    """Let a member of staff see one correction of a masked field; the log keeps that they did. Returns its
    id, for `reads.corrections`. Raises `Absent`, and what `masking.uncover` raises."""
    rows = Proposal.objects.visible_to(actor).filter(case=case, source=SOURCE)
    row = next((row for row in rows if str(row.pk) == correction), None)
    if row is None:
        raise Absent(_("There is nothing here, or it is not shared with you."))
    masking.uncover(actor=actor, record=row.ref, key=row.field, at=at)
    return row.pk


def shared(actor: Actor, case: Case) -> list[tuple[str, Shared]]:
    """(label, where it counts) of every field to be corrected that several projects use: whoever works with
    it in one of them gets the corrected value (F15)."""
    rows = list(Proposal.objects.visible_to(actor).filter(case=case, source=SOURCE))
    records = Record.objects.visible_to(_CHECK).filter(pk__in={row.ref for row in rows})
    found = {}
    for record in records.select_related("module"):
        fields = catalogue.fields(record.module)
        for key, where in projects.shared(actor, record.module, fields).items():
            found[(str(record.pk), key)] = where
    return [(row.label, found[(row.ref, row.field)]) for row in rows if (row.ref, row.field) in found]


def answer(case: Case, answers: Mapping[str, bool] | None) -> bool:
    """Store yes or no for every proposal, by its id or its field key; without answers, yes to all.

    Returns whether any was refused. Raises `BadInput` when one is left open or unknown, or none approved.
    """
    rows = list(Proposal.objects.visible_to(_CHECK).filter(case=case))
    given = {str(key): bool(value) for key, value in (answers or {}).items()}
    names = {str(row.pk) for row in rows} | {row.field for row in rows}
    if set(given) - names:
        raise BadInput(_("One of the fields decided on is not part of this request."), code="decision.fields")
    said = {row.pk: True if not given else given.get(str(row.pk), given.get(row.field)) for row in rows}
    if None in said.values():
        raise BadInput(_("Decide on every field: correct it or not."), code="decision.fields")
    if not any(said.values()):
        raise BadInput(
            _("If nothing is to be corrected, refuse the request as a whole."), code="decision.fields"
        )
    for key, yes in said.items():
        Proposal.objects.visible_to(_CHECK).filter(pk=key).update(approved=yes)
    return not all(said.values())


def approved(case: Case) -> list[Proposal]:
    """The corrections to make, in their order."""
    return list(Proposal.objects.visible_to(_CHECK).filter(case=case, approved=True))


class _Undo(Exception):
    pass


def rehearse(case: Case, *, at: datetime) -> None:
    """Make the approved corrections and take them back: what cannot be stored is said to the officer now
    and not to a job later. Raises what the writing room raises."""
    try:
        with transaction.atomic():
            for proposal in approved(case):
                apply(case, proposal, actor=_CHECK)
            raise _Undo
    except _Undo:
        pass


def apply(case: Case, proposal: Proposal, *, actor: Actor) -> list[Change]:
    """Write one approved value through its source, under the authority of its case."""
    item = Item(proposal.source, "record", proposal.ref)
    return SOURCES.get(proposal.source).rectify(
        item,
        {proposal.field: _opened(proposal, "proposed")},
        subject=case.person,
        actor=actor,
        under=Authority(case.pk, "rectify", case.person),
    )


def applied(proposal: Proposal, changes: list[Change], *, at: datetime) -> None:
    """Remember that it is done and what stood there in that moment."""
    done: dict[str, object] = {"applied_at": at}
    if changes:
        done["before"] = _kept(proposal, "before", changes[0].before, secret=_is_secret(proposal))
    Proposal.objects.visible_to(_CHECK).filter(pk=proposal.pk).update(**done)
