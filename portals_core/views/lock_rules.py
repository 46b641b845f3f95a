"""The administrator's room for the locking of a module: its mode, its rules, and one rule (L1, L6–L15)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRefresh

from portals_core.access.actor import Actor
from portals_core.entry import STAFF, entry
from portals_core.forms.conditions import ConditionsForm
from portals_core.forms.filling import show_refusal
from portals_core.forms.lock_rules import LockRuleForm, ModeForm
from portals_core.locks import overview, rules
from portals_core.locks.models import LockRule, Mode
from portals_core.plumbing import clock
from portals_core.plumbing.errors import Absent, BadInput, Conflict, DsrError
from portals_core.records import catalogue, inputs, reads
from portals_core.records.models import Module
from portals_core.views import building, entering, locks_told
from portals_core.views.given import asking, posted

BOTH = ("GET", "POST")


@entry(STAFF, "setup.manage", methods=BOTH)
def locking(request: HttpRequest, module: str) -> HttpResponse:
    """How the module's records are locked, and by which rules; switching rules off says first what ends."""
    of = catalogue.module(module)
    mode, held = rules.mode_of(of), overview.locked_now(of)
    form, status, ending = ModeForm(posted(request), initial={"mode": mode}), 200, 0
    if request.method == "POST":
        ending = _ending(form, held)
        done, status = (None, 200) if ending else entering.attempt(form, lambda: _set_mode(request, of, form))
        if done:
            messages.success(request, _("Saved. It counts from now on."))
            return redirect("portals_core:setup-locks", of.key)
    context = {
        "module": of,
        "form": form,
        "ending": ending,
        "resting": mode not in (Mode.AUTOMATIC, Mode.BOTH),
        "rules": locks_told.told(asking(request), of, held),
        "full": len(held) >= settings.LIMIT_LOCK_RULES,
        "limit": settings.LIMIT_LOCK_RULES,
        "cap": reads.CAP,
        **_work(of),
    }
    return render(request, "portals_core/setup/locks.html", context, status=status)


def _ending(form: ModeForm, held: Mapping[int, int]) -> int:
    """How many locks would end with the chosen mode, unless whoever chose it has read that."""
    ends = form.is_valid() and form.ends_rules() and not form.cleaned_data["sure"]
    return sum(held.values()) if ends else 0


def _set_mode(request: HttpRequest, of: Module, form: ModeForm) -> bool:
    rules.set_mode(actor=asking(request), module=of, mode=form.cleaned_data["mode"], at=clock.now())
    return True


@entry(STAFF, "setup.manage")
def progress(request: HttpRequest, module: str) -> HttpResponse:
    """How far the work of changed rules is; when it is over, the page is to be loaded anew."""
    of = catalogue.module(module)
    work = _work(of)
    if not work["working"]:
        return HttpResponseClientRefresh()
    return render(request, "portals_core/setup/locks_progress.html", {"module": of, **work})


def _work(of: Module) -> dict[str, Any]:
    """The work of changed rules that is under way, each with the rule's name, and whether some stopped."""
    found = overview.settling(of)
    names = {row.pk: row.name for row in rules.stored_rules(of)}
    return {
        "working": [(one, names.get(one.rule, "")) for one in found if not one.stopped],
        "stopped": any(one.stopped for one in found),
    }


@dataclass
class _Desk:
    """Everything on the page of one rule."""

    actor: Actor
    module: Module
    stored: LockRule | None
    rule: LockRuleForm
    form: ConditionsForm
    unreadable: bool
    tried: overview.Tried | None = None

    def description(self) -> dict[str, Any]:
        """The rule as entered. Only where both forms are valid."""
        return {**self.rule.described(), "conditions": self.form.described()}


@entry(STAFF, "setup.manage", methods=BOTH)
def add_rule(request: HttpRequest, module: str) -> HttpResponse:
    """One more rule; a module that has all it may have says so before anything is filled in (L7)."""
    of = catalogue.module(module)
    if request.method == "GET" and rules.stored_rules(of).count() >= settings.LIMIT_LOCK_RULES:
        return redirect("portals_core:setup-locks", of.key)
    return _build(request, of, None)


@entry(STAFF, "setup.manage", methods=BOTH)
def change_rule(request: HttpRequest, module: str, rule: int) -> HttpResponse:
    """One rule: tried, changed."""
    of = catalogue.module(module)
    return _build(request, of, _rule_of(of, rule))


@entry(STAFF, "setup.manage", methods=BOTH)
def delete_rule(request: HttpRequest, module: str, rule: int) -> HttpResponse:
    """Say how many locks end with a rule, then remove it."""
    of = catalogue.module(module)
    found = _rule_of(of, rule)
    if request.method == "POST":
        rules.delete_rule(actor=asking(request), rule=found.pk, at=clock.now())
        messages.success(request, _("The rule was deleted. Its locks end now."))
        return redirect("portals_core:setup-locks", of.key)
    context = {"module": of, "rule": found, "ending": overview.locked_now(of)[found.pk], "cap": reads.CAP}
    return render(request, "portals_core/setup/lock_rule_delete.html", context)


def _rule_of(of: Module, key: int) -> LockRule:
    found = rules.rule(key)
    if found.module_id != of.pk:
        raise Absent(_("There is no such rule."), code="lock_rule.absent")
    return found


def _build(request: HttpRequest, of: Module, stored: LockRule | None) -> HttpResponse:
    desk = _desk(request, of, stored)
    done, status = building.step(request, desk.form, lambda act: _answer(act, desk))
    if done:
        messages.success(request, _("The rule was saved."))
        return redirect("portals_core:setup-locks", of.key)
    status = building.status_for(request, status)
    return render(request, "portals_core/setup/lock_rule.html", _context(desk), status=status)


def _desk(request: HttpRequest, of: Module, stored: LockRule | None) -> _Desk:
    actor, fields, data = asking(request), catalogue.fields(of), posted(request)
    before, unreadable = building.rows_of(stored.criteria if stored else None)
    described = rules.described(stored) if stored else None
    judged = data is None or data.get("act") in building.ACTS
    built = ConditionsForm(
        data,
        fields=fields,
        link=partial(inputs.link, actor),
        target=partial(inputs.target, actor),
        before=before,
    )
    entered = LockRuleForm(data, fields=fields, before=described, judged=judged)
    return _Desk(actor, of, stored, entered, built, unreadable)


def _answer(act: str, desk: _Desk) -> tuple[bool, int]:
    """(whether it was stored, the status)."""
    valid = desk.form.is_valid()
    if not (desk.rule.is_valid() and valid):
        return False, 400
    given: dict[str, Any] = {"actor": desk.actor, "module": desk.module, "at": clock.now()}
    given |= {"description": desk.description(), "rule": desk.stored.pk if desk.stored else None}
    try:
        if act == "save":
            rules.define_rule(**given)
            return True, 200
        desk.tried = overview.tried(**given)
    except (BadInput, Conflict) as error:
        return False, _refused(desk, error)
    return False, 200


def _refused(desk: _Desk, error: DsrError) -> int:
    """Put a refusal beside what it is about, the conditions among it."""
    wrong = error.fields.pop("conditions", None)
    if wrong is not None:
        desk.form.wrong(wrong)
        if not error.fields:
            return error.http_status
    error.fields = desk.rule.placed(error.fields)
    return show_refusal(desk.rule, error)


def _context(desk: _Desk) -> dict[str, Any]:
    (words,) = building.in_words(desk.actor, [desk.form.tree], catalogue.fields(desk.module))
    return {
        "desk": desk,
        "module": desk.module,
        "stored": desk.stored,
        "form": desk.rule,
        "conditions": desk.form,
        "words": words,
        "tried": desk.tried,
        "resting": rules.mode_of(desk.module) not in (Mode.AUTOMATIC, Mode.BOTH),
        "cap": reads.CAP,
        "wrong": building.mistaken(desk.rule, desk.form),
    }
