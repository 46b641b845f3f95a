"""The conditions under which a user type shares a module: built row by row, tried with somebody's eyes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portals_core.access.actor import Actor
from portals_core.entry import STAFF, entry
from portals_core.forms.conditions import ConditionsForm
from portals_core.forms.filling import show_refusal
from portals_core.forms.sharing_rules import EyesForm, RuleForm
from portals_core.people import previews, shares, sight, usertypes
from portals_core.people.models import AWAITED, UserType
from portals_core.people.previews import Compared
from portals_core.plumbing import clock
from portals_core.plumbing.errors import BadInput, Conflict
from portals_core.records import catalogue, inputs, reads
from portals_core.records.models import Module
from portals_core.views import building
from portals_core.views.given import asking
from portals_core.views.usertypes import onward

BOTH = ("GET", "POST")
#: Rows of a preview: enough to recognise what is meant.
FIRST = 10
NONE_YET = gettext_lazy(
    "Add a condition. To share without conditions, take the choice back on the page of the user type."
)


@dataclass
class _Desk:
    """Everything on the builder's page."""

    actor: Actor
    user_type: UserType
    module: Module
    row: Mapping[str, Any]
    rule: RuleForm
    form: ConditionsForm
    eyes: EyesForm | None
    opened: bool
    unreadable: bool
    #: Other modules of the type whose conditions are still to be written.
    missing: Sequence[Module]
    compared: Compared | None = None

    @property
    def awaited(self) -> bool:
        """Whether the conditions of this module are still to be written."""
        return self.row.get("conditions") == AWAITED


@entry(STAFF, "setup.manage", methods=BOTH)
def conditions_of(request: HttpRequest, pk: int, module: str) -> HttpResponse:
    """Build, try and store the conditions of one module of a user type (C1–C6, C9–C13)."""
    desk = _desk(request, pk, module)
    done, status = building.step(request, desk.form, lambda act: _answer(act, desk))
    if done:
        messages.success(request, _("Saved. It counts from everybody's next page on."))
        if desk.awaited or desk.missing:
            return onward(desk.user_type.pk)
        return redirect("portals_core:user-type-conditions", desk.user_type.pk, desk.module.key)
    status = building.status_for(request, status)
    return render(request, "portals_core/conditions/page.html", _context(desk), status=status)


def _desk(request: HttpRequest, pk: int, key: str) -> _Desk:
    actor, stored, of = asking(request), usertypes.user_type(pk), catalogue.module(key)
    described = usertypes.description_of(stored)["modules"]
    row = next((one for one in described if one["module"] == of.key), None)
    opened, row = row is not None, row or {"module": of.key, "fields": {}}
    before, unreadable = building.rows_of(None if row.get("conditions") == AWAITED else row.get("conditions"))
    data = request.POST if request.method == "POST" else None
    whole = data if data and data.get("act") in building.ACTS else None
    chosen = {name: data.get(name, "") for name in ("sharing", "match")} if data else dict(row)
    eyes_given = {name: data.get(f"p-{name}", "") for name in ("person", "record")} if data else None
    return _Desk(
        actor,
        stored,
        of,
        row,
        RuleForm(whole, initial={"sharing": "private", "match": "all"} | chosen, linked=bool(row.get("via"))),
        ConditionsForm(
            data,
            fields=catalogue.fields(of),
            own=catalogue.fields(stored.identity_module),
            link=partial(inputs.link, actor),
            target=partial(inputs.target, actor),
            before=before,
        ),
        EyesForm(
            data if data and data.get("act") == "preview" else None,
            initial=eyes_given,
            prefix="p",
            actor=actor,
            user_type=stored,
            of=of,
        )
        if previews.may_look(actor)
        else None,
        opened,
        unreadable,
        [one for one in shares.awaited().get(stored.pk, ()) if one != of],
    )


def _answer(act: str, desk: _Desk) -> tuple[bool, int]:
    """(whether it was stored, the status)."""
    valid = desk.form.is_valid()
    if not (desk.rule.is_valid() and valid):
        return False, 400
    if desk.awaited and desk.form.tree is None:
        desk.rule.add_error(None, NONE_YET)
        return False, 400
    description = _description(desk)
    try:
        if act == "preview":
            return False, _preview(desk, description)
        usertypes.define_user_type(
            actor=desk.actor, user_type=desk.user_type.pk, at=clock.now(), **description
        )
    except (BadInput, Conflict) as error:
        return False, show_refusal(desk.rule, error)
    return True, 200


def _preview(desk: _Desk, description: Mapping[str, Any]) -> int:
    if desk.eyes is None or not desk.eyes.is_valid():
        return 400
    desk.compared = previews.compared(
        actor=desk.actor,
        user=desk.eyes.user(),
        description=description,
        module=desk.module,
        record=desk.eyes.record(),
        at=clock.now(),
    )
    return 200


def _description(desk: _Desk) -> dict[str, Any]:
    """The user type as it would be with what is entered."""
    described = usertypes.description_of(desk.user_type)
    changed = {**desk.row, **desk.rule.cleaned_data, "conditions": desk.form.described()}
    rows = [changed if one["module"] == desk.module.key else one for one in described["modules"]]
    return {**described, "modules": rows if desk.opened else [*rows, changed]}


def _context(desk: _Desk) -> dict[str, Any]:
    fields = catalogue.by_module()
    paths = [sight.path_in_words(path, desk.module.pk, fields) for path in desk.row.get("via", ())]
    own = fields.get(desk.user_type.identity_module_id, ())
    (words,) = building.in_words(desk.actor, [desk.form.tree], fields.get(desk.module.pk, ()), own)
    return {
        "desk": desk,
        "user_type": desk.user_type,
        "module": desk.module,
        "conditions": desk.form,
        "ways": paths,
        "words": words,
        "compared": desk.compared,
        "first": desk.compared.page.rows[:FIRST] if desk.compared and desk.compared.page else (),
        "cap": reads.CAP,
        "wrong": building.mistaken(desk.rule, desk.form),
    }
