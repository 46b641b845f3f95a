"""What portal and desk share when somebody fills in a record: the form, and the writer's answer to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django import forms
from django.http import HttpRequest, QueryDict

from portals_core.access.actor import Actor
from portals_core.forms.filling import show_refusal
from portals_core.forms.records import RecordForm, tell_shared
from portals_core.locks import decide
from portals_core.plumbing import clock
from portals_core.plumbing.errors import BadInput, Conflict, Forbidden, Locked
from portals_core.plumbing.sources import Change
from portals_core.records import inputs, placed, projects, reads
from portals_core.records.models import Module, Record
from portals_core.views import standing
from portals_core.views.given import asking, posted
from portals_core.writing import door
from portals_core.writing.records import change_record, create_record

#: Under this name a form sends the keys of the fields it showed and did not ask for.
KEPT = "kept"
T = TypeVar("T")


def new_form(actor: Actor, of: Module, data: QueryDict | None = None) -> RecordForm:
    """The form for a new record of the module."""
    return RecordForm(inputs.inputs(actor, of), data, layouts=placed.choices(actor, of))


def form_of(actor: Actor, of: Module, found: Record, data: QueryDict | None = None) -> RecordForm:
    """The form for a record that exists. A field that a lock keeps is shown and not asked for; one that was
    asked for is taken as it was sent, and the writer refuses it if it is locked by then (L11)."""
    asked = inputs.inputs(actor, of, found)
    keys = [*(one.field.key for one in asked), placed.KEY]
    if data is None:
        left_out = frozenset(decide.locked_fields(standing.locks_of(found), keys, actor=actor))
    else:
        left_out = frozenset(keys) & frozenset(data.getlist(KEPT))
    open_ = [one for one in asked if one.field.key not in left_out]
    layouts = () if placed.KEY in left_out else placed.choices(actor, of, found)
    form = RecordForm(open_, data, version=found.version, layouts=layouts)
    tell_shared(form, projects.shared(actor, of, [one.field for one in open_]))
    form.kept = standing.kept(actor, of, found, left_out) if left_out else ()
    return form


def opened(request: HttpRequest, of: Module, found: Record) -> RecordForm:
    """The form of a page that changes a record. Raises `Locked` where it is opened and nothing is left to
    change; what was typed before a lock came is never thrown away with it."""
    actor, data = asking(request), posted(request)
    if data is None:
        door.refuse_if_nothing_open(actor, found, [one.key for one in reads.writable(actor, of, found)])
    return form_of(actor, of, found, data)


def clone_form(actor: Actor, of: Module, found: Record, data: Mapping[str, Any] | None = None) -> RecordForm:
    """The form for a new record that begins as a copy of one."""
    return RecordForm(inputs.copies(actor, of, found), data)


def entered(actor: Actor, form: RecordForm) -> dict[str, object]:
    """What the writer gets: the changed values, links in words turned into records."""
    return {**form.given(), **inputs.resolved(actor, form.asked, form.typed())}


def copied(actor: Actor, form: RecordForm) -> dict[str, object]:
    """The same for a clone: what was filled in beforehand counts, too."""
    return {**form.whole(), **inputs.resolved(actor, form.asked, form.typed())}


def attempt(form: forms.Form, write: Callable[[], T]) -> tuple[T | None, int]:
    """Call the writer if the shape is right. Returns its answer and 200, or nothing and the status, with
    its sentences in the form."""
    if not form.is_valid():
        return None, 400
    try:
        return write(), 200
    except (BadInput, Conflict, Forbidden, Locked) as error:
        return None, show_refusal(form, error)


def add(
    actor: Actor, of: Module, form: RecordForm, *, source: str, original: Record | None = None
) -> tuple[Record | None, int]:
    """Try to store what was filled in as a new record, or as a clone of `original`; see `attempt`."""
    filled = copied if original else entered
    return attempt(
        form,
        lambda: create_record(
            actor=actor,
            module=of,
            given=filled(actor, form),
            source=source,
            clone_of=original.pk if original else None,
            layout=form.layout(),
            at=clock.now(),
        ),
    )


def change(actor: Actor, found: Record, form: RecordForm) -> tuple[list[Change] | None, int]:
    """Try to store what was changed, against the version that was shown; see `attempt`. Fields that a lock
    closed meanwhile come back beside what was typed in them, to be copied; the others can still be saved."""
    done, status = attempt(
        form,
        lambda: change_record(
            actor=actor,
            record=found.pk,
            given=entered(actor, form),
            version=form.seen_version(),
            layout=form.layout(),
            at=clock.now(),
        ),
    )
    if status == Locked.http_status:
        _close(actor, found, form)
    return done, status


def _close(actor: Actor, found: Record, form: RecordForm) -> None:
    keys = [*(one.field.key for one in form.asked), placed.KEY]
    locked = decide.locked_fields(standing.locks_of(found), keys, actor=actor)
    refused = [str(sentence) for key in locked for sentence in form.errors.get(key, ())]
    typed = form.leave_out(locked)
    if refused and not form.non_field_errors():
        form.add_error(None, refused[0])
    left_out = {*locked, *(one.key for one in form.kept)} - {placed.KEY}
    form.kept = standing.kept(actor, found.module, found, left_out, typed=typed)


def start_of(request: HttpRequest) -> UUID | None:
    """After which row a page of a list begins; what is no id means the first page."""
    return _id(request.GET.get("after", ""))


def moment_of(request: HttpRequest) -> tuple[datetime | None, UUID | None]:
    """The same for lists by time: moment and id of the row before; anything else means the first page."""
    moment, _comma, key = request.GET.get("after", "").partition(",")
    after = _id(key)
    try:
        since = datetime.fromisoformat(moment)
    except ValueError:
        return None, None
    return (since, after) if after and since.tzinfo else (None, None)


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
